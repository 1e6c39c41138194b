"""One man's way as he may see it himself: visits, bookings, doses, diary; one query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, F, IntegerField, OuterRef, QuerySet, When

from clinic.models import Booking
from labs.models import Order, Result
from patients.models import Condition, Consent, ConsentText
from protocols.models import (
    TERMINAL,
    Appointment,
    CapsuleCount,
    DiaryDose,
    Dispense,
    DoseSegment,
    Enrolment,
    Feeling,
    Visit,
)
from protocols.queries.dosing import DoseRecord
from protocols.queries.enrolment import definition_of
from protocols.queries.kept import Kept
from protocols.queries.portal_owner import Owner, owning
from protocols.queries.story import COUNT, DISPENSE, SEGMENT, gathered, revived, segments_of
from protocols.rules.consents import Outdated, Words, outdated
from protocols.rules.definition import Definition
from protocols.rules.diary import first_open_day
from protocols.rules.schedule import Conditions
from protocols.rules.vocabulary import Status

VISIT = (
    "id", "enrolment_id", "planned_id", "code", "title", "opens_on", "target_on", "closes_on",
    "status", "attended_on",
)  # fmt: skip
TICK = ("id", "enrolment_id", "on", "slot", "taken_at")
FELT = ("id", "enrolment_id", "on", "mood", "tapped_at")
#: States in which a booking still stands, or has just been kept.
KEPT = [Booking.Status.BOOKED, Booking.Status.ARRIVED, Booking.Status.IN_PROGRESS,
        Booking.Status.COMPLETED]  # fmt: skip
#: As the page of the visit counts it: blood of the week before a window, and the 45 days before.
BEFORE_WINDOW, LOOK_BACK = timedelta(days=7), timedelta(days=45)


@dataclass(frozen=True, slots=True)
class Stop:
    """One booked task of a visit: the blood, the sample, the clinician."""

    pk: int
    task: str
    starts_at: datetime
    ends_at: datetime
    status: str

    @property
    def word(self) -> str:
        return str(Appointment.Task(self.task).label)


@dataclass(frozen=True, slots=True)
class Ordered:
    """An open order of the laboratory."""

    due_on: date
    semen: bool
    fasting: bool
    panel: str


@dataclass(slots=True)
class Course:
    """His enrolment and everything of it that his own pages show."""

    owner: Owner
    enrolment: Enrolment | None
    visits: list[Visit] = field(default_factory=list)
    stops: dict[int, list[Stop]] = field(default_factory=dict)
    doses: DoseRecord | None = None
    ticks: dict[tuple[date, str], DiaryDose] = field(default_factory=dict)
    felt: dict[date, Feeling] = field(default_factory=dict)
    orders: list[Ordered] = field(default_factory=list)
    graded_at: list[datetime] = field(default_factory=list)
    abnormal: bool = False
    conditions: frozenset[str] = frozenset()
    outdated: tuple[Outdated, ...] = ()

    @property
    def definition(self) -> Definition | None:
        return definition_of(self.enrolment.version) if self.enrolment else None

    @property
    def status(self) -> Status | None:
        return Status(self.enrolment.status) if self.enrolment else None

    @property
    def live(self) -> bool:
        """Something still happens."""
        return self.enrolment is not None and self.enrolment.status not in TERMINAL

    @property
    def clinician(self) -> str:
        """Who looks after him, by name."""
        member = self.enrolment.clinician if self.enrolment else None
        return member.account.name if member else "Your clinic"

    def capsules_on(self, day: date) -> int:
        """How many capsules were ordered for that day."""
        segment = self.doses.segment_on(day) if self.doses else None
        return segment.capsules_per_day if segment else 0

    def held_on(self, day: date) -> bool:
        segment = self.doses.segment_on(day) if self.doses else None
        return segment is not None and segment.kind == DoseSegment.Kind.HOLD

    def conditions_of(self, visit: Visit) -> Conditions:
        """What decides which conditional items that visit asks for (domain reference §2.3)."""
        site = self.owner.site
        opens = (visit.opens_on or self.owner.clinic_today) - BEFORE_WINDOW
        flags = self.definition.high_risk.flags if self.definition else ()
        return Conditions(
            grade_two_at_previous_visit=any(
                opens - LOOK_BACK <= site.localdate(at) < opens for at in self.graded_at
            ),
            high_risk=bool(self.conditions & set(flags)),
            last_abnormal=self.abnormal,
            labs_stale=True,
        )


def course_of(owner: Owner) -> Course:
    """The enrolment that runs, or else the last that ended."""
    since = first_open_day(owner.today)
    his = _last(account=owner.account.pk, patient=owner.patient.pk, since=since)
    found = next(iter(his), None)
    if found is None:
        return Course(owner, None)
    found.patient = owner.patient
    rows = vars(found)
    course = Course(
        owner,
        found,
        visits=revived(Visit, rows["told_visits"], VISIT),
        stops={row["id"]: list(_stops(row["stops"])) for row in rows["told_visits"]},
        ticks={(t.on, t.slot): t for t in revived(DiaryDose, rows["told_ticks"], TICK)},
        felt={f.on: f for f in revived(Feeling, rows["told_felt"], FELT)},
        orders=list(_ordered(rows["told_orders"])),
        graded_at=[datetime.fromisoformat(r["collected_at"]) for r in rows["told_graded"]],
        abnormal=any(row["flag"] in ("low", "high") for row in rows["told_newest"]),
        conditions=frozenset(row["key"] for row in rows["told_conditions"]),
        outdated=_outdated(rows["told_agreed"], rows["told_texts"], owner.clinic_today),
    )
    course.doses = DoseRecord(
        found,
        definition_of(found.version).dose,
        segments=segments_of(rows["told_segments"]),
        counts=revived(CapsuleCount, rows["told_counts"], COUNT),
        dispenses=revived(Dispense, rows["told_dispenses"], DISPENSE),
    )
    return course


def _enrolments(account: int, patient: int, since: date) -> QuerySet[Enrolment]:
    mine = {"enrolment": OuterRef("pk")}
    him = {"patient": OuterRef("patient_id")}
    kept = {**mine, "on__gte": since}
    results = Result.objects.current().filter(**him)
    newest = results.order_by("analyte_id", "-collected_at", "-pk").distinct("analyte_id")
    return (
        Enrolment.objects.visible_to(owning(account))
        .filter(patient=patient)
        .select_related("version__protocol", "clinician__account")
        .defer("version__definition")
        .annotate(
            over=Case(When(status__in=TERMINAL, then=1), default=0, output_field=IntegerField()),
            told_visits=gathered(_visits(), VISIT, stops=F("stops")),
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
            told_ticks=gathered(DiaryDose.objects.filter(**kept), TICK),
            told_felt=gathered(Feeling.objects.filter(**kept), FELT),
            told_orders=gathered(
                Order.objects.open().filter(**him),
                ("due_on", "semen", "fasting"),
                panel=F("panel__key"),
                panel_fasting=F("panel__needs_fasting"),
            ),
            told_graded=gathered(results.filter(grade__gte=2), ("collected_at",)),
            told_newest=gathered(newest, ("flag",)),
            told_conditions=gathered(
                Condition.objects.filter(**him, present=True, struck_at=None), ("key",)
            ),
            told_agreed=gathered(
                Consent.objects.filter(**him, withdrawn_on=None, struck_at=None),
                ("given_on",),
                kind=F("text__kind"),
                version=F("text__version"),
            ),
            told_texts=gathered(
                ConsentText.objects.all(), ("kind", "title", "version", "effective_on")
            ),
        )
        .order_by("over", "-opened_at", "-pk")[:1]
    )


_last = Kept(_enrolments, account=int, patient=int, since=date)


def _visits() -> QuerySet[Visit]:
    """His visits in the order of the plan, each with its standing bookings."""
    stops = gathered(
        Appointment.objects.filter(
            visit=OuterRef("pk"), booking__status__in=KEPT
        ).order_by("booking__during"),
        ("id", "task"),
        starts_at=F("booking__during__startswith"),
        ends_at=F("booking__during__endswith"),
        status=F("booking__status"),
    )  # fmt: skip
    return (
        Visit.objects.filter(enrolment=OuterRef("pk"))
        .annotate(stops=stops)
        .order_by("target_on", "attended_on", "pk")
    )


def _stops(rows: list[dict[str, Any]]) -> Iterator[Stop]:
    for row in rows:
        yield Stop(
            row["id"],
            row["task"],
            datetime.fromisoformat(row["starts_at"]),
            datetime.fromisoformat(row["ends_at"]),
            row["status"],
        )


def _ordered(rows: list[dict[str, Any]]) -> Iterator[Ordered]:
    for row in rows:
        yield Ordered(
            date.fromisoformat(row["due_on"]),
            row["semen"],
            row["fasting"] or bool(row["panel_fasting"]),
            row["panel"] or "",
        )


def _outdated(
    agreed: list[dict[str, Any]], texts: list[dict[str, Any]], today: date
) -> tuple[Outdated, ...]:
    """The texts whose words have changed since he agreed to them."""
    versions: dict[str, list[int]] = {}
    for row in agreed:
        versions.setdefault(row["kind"], []).append(row["version"])
    words = [
        Words(row["kind"], row["title"], row["version"], date.fromisoformat(row["effective_on"]))
        for row in texts
    ]
    return outdated(words, versions, today)
