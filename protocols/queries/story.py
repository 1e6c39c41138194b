"""Everything that has happened to one man in the programme, read in one query.

The record, its banner and the report show a dozen tables at once and a page costs ten queries at
most, so PostgreSQL gathers the rows of each table into one array (see `gathered`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    JSONField,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import JSONObject

from clinic.models import HOLDING
from labs.models import SemenAnalysis
from patients.models import Allergy, Patient
from protocols.models import (
    TERMINAL,
    AdverseEvent,
    Appointment,
    CapsuleCount,
    Deviation,
    Dispense,
    DoseSegment,
    Duty,
    Enrolment,
    Finding,
    MoodQuestionnaire,
    SignOff,
    SymptomGrade,
    Visit,
)
from protocols.queries.dosing import DoseRecord
from protocols.queries.enrolment import definition_of
from protocols.queries.kept import Kept
from protocols.rules.definition import Definition

M = TypeVar("M", bound=Model)


class Exact(json.JSONDecoder):
    """Numbers as they stood in the column, not as binary fractions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "parse_float": Decimal})


@dataclass(frozen=True, slots=True)
class Booked:
    """When and with whom a visit is booked."""

    pk: int
    starts_at: datetime
    status: str
    resource: str


@dataclass(slots=True)
class Story:
    """One man's way so far; every list is in the order of time."""

    patient: Patient
    enrolment: Enrolment | None
    visits: list[Visit] = field(default_factory=list)
    bookings: dict[int, Booked] = field(default_factory=dict)
    doses: DoseRecord | None = None
    findings: list[Finding] = field(default_factory=list)
    deviations: list[Deviation] = field(default_factory=list)
    events: list[AdverseEvent] = field(default_factory=list)
    moods: list[MoodQuestionnaire] = field(default_factory=list)
    grades: dict[int, dict[str, int]] = field(default_factory=dict)
    samples: list[SemenAnalysis] = field(default_factory=list)
    allergies: list[str] = field(default_factory=list)
    #: What his site's medical lead has signed off, by fingerprint; asked while a finding is open.
    signed: frozenset[str] = frozenset()
    #: What is still to be done for him, the soonest first.
    duties: list[Duty] = field(default_factory=list)

    @property
    def definition(self) -> Definition | None:
        return definition_of(self.enrolment.version) if self.enrolment else None

    @property
    def first_dose_on(self) -> date | None:
        return self.enrolment.first_dose_on if self.enrolment else None

    @property
    def start_code(self) -> str:
        """The code of the visit on which he takes the first capsule."""
        visits = self.definition.visits if self.definition else ()
        starts = (v for v in visits if v.is_start)
        return next((visit.code for visit in starts), "")

    def local(self, at: datetime) -> date:
        """The calendar day of an instant at his clinic."""
        return self.patient.site.localdate(at)

    def day(self, on: date) -> int | None:
        """Day of treatment; Day 1 is the day of the first capsule, there is no Day 0."""
        first = self.first_dose_on
        if first is None:
            return None
        return (on - first).days + (1 if on >= first else 0)


VISIT = (
    "id", "enrolment_id", "planned_id", "code", "title", "opens_on", "target_on", "closes_on",
    "status", "attended_on", "timing", "weight_kg", "systolic_mmhg", "diastolic_mmhg",
)  # fmt: skip
SEGMENT = ("id", "enrolment_id", "kind", "capsules_per_day", "strength_mg", "reason")
COUNT = (
    "id", "enrolment_id", "visit_id", "counted_on", "since_on", "carried_in", "dispensed",
    "returned", "handed_in", "lost", "expected",
)  # fmt: skip
DISPENSE = ("id", "enrolment_id", "on", "capsules")
FINDING = (
    "id", "enrolment_id", "kind", "action", "urgency", "headline", "reasons", "ruleset",
    "evidence", "evidence_at", "repeat_by", "contact_by", "raised_at", "state",
)  # fmt: skip
DEVIATION = (
    "id", "enrolment_id", "visit_id", "code", "weight", "sentence", "raised_on", "outcome",
    "cause", "corrective_action",
)  # fmt: skip
EVENT = (
    "id", "enrolment_id", "visit_id", "term", "title", "grade", "worst_grade", "onset_on",
    "ended_on", "seriousness", "relation", "expected", "drug_action", "outcome", "reviewed_at",
    "recorded_by_id",
)  # fmt: skip
DUTY = ("id", "enrolment_id", "code", "title", "due_at")
MOOD = ("id", "enrolment_id", "visit_id", "total", "item9", "band", "answered_at")
SAMPLE = (
    "id", "patient_id", "collected_at", "result_class", "valid", "sperm_seen", "motile_seen",
    "volume_ml", "concentration_comparator", "concentration_m_per_ml", "progressive_pct",
    "total_motility_pct", "normal_pct", "tmsc_m", "total_sperm_m", "edition", "pellet_sperm_n",
    "pellet_motile_n", "estimate_per_ml", "detection_limit_per_ml", "sentence", "deviations",
    "status", "reviewed_at", "correction_reason",
)  # fmt: skip


def story_of(patient: Patient, enrolment: int | None = None) -> Story:
    """What the record of this man tells: his live enrolment, or else the last that ended.

    A page about an earlier one names it by its key.
    """
    his = _one(patient=patient.pk, enrolment=enrolment) if enrolment else _last(patient=patient.pk)
    found = next(iter(his), None)
    if found is None:
        return Story(
            patient,
            None,
            samples=list(_samples().filter(patient=patient)),
            allergies=list(
                _allergies().filter(patient=patient).values_list("substance", flat=True)
            ),
        )
    found.patient = patient
    rows = vars(found)
    told = Story(
        patient,
        found,
        visits=revived(Visit, rows["told_visits"], VISIT),
        bookings=_bookings(rows["told_visits"]),
        findings=revived(Finding, rows["told_findings"], FINDING),
        deviations=revived(Deviation, rows["told_deviations"], DEVIATION),
        events=revived(AdverseEvent, rows["told_events"], EVENT),
        moods=revived(MoodQuestionnaire, rows["told_moods"], MOOD),
        samples=revived(SemenAnalysis, rows["told_samples"], SAMPLE),
        allergies=[row["substance"] for row in rows["told_allergies"]],
        signed=frozenset(rows["told_signed"]),
        duties=revived(Duty, rows["told_duties"], DUTY),
    )
    told.doses = DoseRecord(
        found,
        definition_of(found.version).dose,
        segments=segments_of(rows["told_segments"]),
        counts=revived(CapsuleCount, rows["told_counts"], COUNT),
        dispenses=revived(Dispense, rows["told_dispenses"], DISPENSE),
    )
    for row in rows["told_grades"]:
        told.grades.setdefault(row["visit_id"], {})[row["term"]] = row["grade"]
    return told


def gathered(rows: QuerySet[Any], names: tuple[str, ...], **more: Any) -> ArraySubquery:
    """The rows of a related table as one array of JSON objects, in their order."""
    exact = JSONField(decoder=Exact)
    return ArraySubquery(
        rows.values(json=JSONObject(**{name: F(name) for name in names}, **more)),
        output_field=ArrayField(exact),
    )


def revived(model: type[M], rows: list[dict[str, Any]], names: tuple[str, ...]) -> list[M]:
    """Gathered rows as instances again; what was not asked for stays at its default."""
    columns = {column.attname: column for column in model._meta.concrete_fields}
    fields = [(name, columns[name].to_python) for name in names]
    return [
        model(
            **{
                name: (row[name] if name.endswith("_id") else python(row[name]))
                for name, python in fields
            }
        )
        for row in rows
    ]


def _signed() -> QuerySet[SignOff]:
    open_findings = Finding.objects.open().filter(enrolment=OuterRef(OuterRef("pk")))
    return SignOff.objects.standing().filter(
        Exists(open_findings),
        protocol=OuterRef("version__protocol"),
        site=OuterRef("patient__site"),
    )


def _enrolments(patient: int) -> QuerySet[Enrolment]:
    mine = {"enrolment": OuterRef("pk")}
    return (
        Enrolment.objects.filter(patient=patient)
        .select_related("version__protocol", "clinician__account")
        .defer("version__definition")
        .annotate(
            over=Case(When(status__in=TERMINAL, then=1), default=0, output_field=IntegerField()),
            told_visits=gathered(_visits(), VISIT, booking=F("booking")),
            told_segments=gathered(
                DoseSegment.objects.filter(**mine).order_by("during"),
                SEGMENT,
                begins=F("during__startswith"),
                ends=F("during__endswith"),
            ),
            told_counts=gathered(
                CapsuleCount.objects.filter(**mine).order_by("counted_on", "pk"), COUNT
            ),
            told_dispenses=gathered(Dispense.objects.filter(**mine).order_by("on", "pk"), DISPENSE),
            told_findings=gathered(Finding.objects.open().filter(**mine), FINDING),
            told_signed=ArraySubquery(_signed().values("fingerprint")),
            told_deviations=gathered(
                Deviation.objects.standing().filter(**mine).order_by("raised_on", "pk"),
                DEVIATION,
            ),
            told_events=gathered(AdverseEvent.objects.standing().filter(**mine), EVENT),
            told_duties=gathered(Duty.objects.open().filter(**mine).order_by("due_at", "pk"), DUTY),
            told_moods=gathered(MoodQuestionnaire.objects.filter(**mine), MOOD),
            told_grades=gathered(
                SymptomGrade.objects.filter(visit__enrolment=OuterRef("pk")),
                ("visit_id", "term", "grade"),
            ),
            told_samples=gathered(_samples().filter(patient=OuterRef("patient_id")), SAMPLE),
            told_allergies=gathered(
                _allergies().filter(patient=OuterRef("patient_id")), ("substance",)
            ),
        )
        .order_by("over", "-opened_at", "-pk")
    )


_last = Kept(lambda patient: _enrolments(patient)[:1], patient=int)
_one = Kept(
    lambda patient, enrolment: _enrolments(patient).filter(pk=enrolment), patient=int, enrolment=int
)


def _samples() -> QuerySet[SemenAnalysis]:
    return SemenAnalysis.objects.final().order_by("collected_at", "pk")


def _allergies() -> QuerySet[Any]:
    return Allergy.objects.filter(struck_at=None).order_by("-severe", "substance")


def _visits() -> QuerySet[Visit]:
    """His visits, each with the live booking that comes first."""
    booking = (
        Appointment.objects.filter(visit=OuterRef("pk"), booking__status__in=HOLDING)
        .order_by("booking__during")
        .values(
            json=JSONObject(
                pk=F("booking_id"),
                starts_at=F("booking__during__startswith"),
                status=F("booking__status"),
                resource=F("booking__resource__name"),
            )
        )[:1]
    )
    return Visit.objects.filter(enrolment=OuterRef("pk")).annotate(
        booking=Subquery(booking, output_field=JSONField())
    )


def _bookings(rows: list[dict[str, Any]]) -> dict[int, Booked]:
    return {
        row["id"]: Booked(
            row["booking"]["pk"],
            datetime.fromisoformat(row["booking"]["starts_at"]),
            row["booking"]["status"],
            row["booking"]["resource"],
        )
        for row in rows
        if row["booking"]
    }


def segments_of(rows: list[dict[str, Any]]) -> list[DoseSegment]:
    """Gathered orders of the dose, each over its days again."""
    made = revived(DoseSegment, rows, SEGMENT)
    for segment, row in zip(made, rows, strict=True):
        ends = row["ends"]
        segment.during = DateRange(
            date.fromisoformat(row["begins"]), date.fromisoformat(ends) if ends else None, "[)"
        )
    return made
