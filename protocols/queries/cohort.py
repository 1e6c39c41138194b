"""What the programme has done for its men so far: counts from rows, each with its denominator.

Definitions: domain reference §1.3 (who responded, who counts) and §1.1 (the published study, shown
beside ours and never mixed with it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, JSONField, OuterRef, Subquery
from django.db.models.functions import JSONObject

from clinic.models import Account, Site
from labs.models import Result, SemenAnalysis
from labs.rules.response import (
    Analysis,
    BaselineStratum,
    Response,
    ResponseStatus,
    responded_by_month,
    response,
)
from patients.models import RetrievalProcedure
from protocols.models import AdverseEvent, Enrolment, ResponseEvaluation
from protocols.rules.adverse_events import shipped_clinical_grades
from protocols.rules.proportions import Proportion, proportion
from protocols.rules.side_effects import title_of

LIPIDS = ("total_cholesterol", "triglycerides")
STOPPED = ("DISCONTINUED", "WITHDRAWN_TREATMENT", "WITHDRAWN_CONSENT", "LOST_TO_FOLLOW_UP")


@dataclass(frozen=True, slots=True)
class Man:
    """One man who took at least one capsule."""

    first_dose_on: date
    baseline: str
    status: str
    retrieved: bool
    arrest: bool
    lipids_altered: bool
    terms: frozenset[str]
    response: Response


@dataclass(frozen=True, slots=True)
class Study:
    """What the published study reports for the same line (domain reference §1.1)."""

    events: int
    of: int

    @property
    def proportion(self) -> Proportion:
        return proportion(self.events, self.of)


@dataclass(frozen=True, slots=True)
class Line:
    """One row: what is counted, ours, and the study's where it reports it."""

    what: str
    ours: Proportion
    study: Study | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    note: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Cohort:
    """The whole page; `men` took a capsule, `enrolled` were ever enrolled."""

    enrolled: int
    men: int
    evaluable: int
    on_treatment: int
    completed: int
    tables: Sequence[Table]


def cohort_of(user: Account, site: Site) -> Cohort:
    """The outcome of every enrolment at the member's site, in one query."""
    rows = list(_rows(user))
    men = [_man(row, site) for row in rows if row["first_dose_on"] is not None]
    evaluable = [man for man in men if man.response.evaluable]
    return Cohort(
        enrolled=len(rows),
        men=len(men),
        evaluable=len(evaluable),
        on_treatment=sum(man.status in ("ACTIVE", "ON_HOLD") for man in men),
        completed=sum(man.status in ("COMPLETED_TREATMENT", "CLOSED") for man in men),
        tables=(
            _baseline(men),
            _responses(men, "Everybody who took a capsule (intention to treat)", with_study=True),
            _responses(evaluable, "Those with a valid sample since Day 1 (evaluable)"),
            _side_effects(men),
        ),
    )


def _rows(user: Account) -> Iterable[Mapping[str, Any]]:
    samples = (
        SemenAnalysis.objects.final()
        .filter(patient=OuterRef("patient_id"))
        .order_by("collected_at", "pk")
        .values(
            json=JSONObject(
                at="collected_at", sperm="sperm_seen", motile="motile_seen", valid="valid"
            )
        )
    )
    lipids = (
        Result.objects.current()
        .filter(patient=OuterRef("patient_id"), analyte__key__in=LIPIDS, draw__fasting=True)
        .filter(grade__isnull=False)
        .order_by("collected_at", "pk")
        .values(json=JSONObject(at="collected_at", analyte="analyte_id", grade="grade"))
    )
    procedures = RetrievalProcedure.objects.filter(patient=OuterRef("patient_id"), struck_at=None)
    arrest = RetrievalProcedure.Histology.MATURATION_ARREST
    events = AdverseEvent.objects.standing().filter(enrolment=OuterRef("pk"))
    terms = events.order_by().values("term")
    return (
        Enrolment.objects.visible_to(user)
        .order_by("pk")
        .values(
            "first_dose_on",
            "baseline",
            "status",
            samples=ArraySubquery(samples),
            answer=Subquery(_answers(), output_field=JSONField()),
            lipids=ArraySubquery(lipids),
            terms=ArraySubquery(terms.distinct()),
            retrieved=Exists(procedures),
            arrest=Exists(procedures.filter(histology=arrest)),
            number=F("pk"),
        )
    )


def _answers() -> Any:
    """The answer of the response rule that holds, with what a clinician decided."""
    rows = ResponseEvaluation.objects.filter(enrolment=OuterRef("pk")).order_by("-pk")
    columns = (
        "status", "first_sperm_on", "first_motile_on", "response_on", "days", "month",
        "evaluable", "sentence",
    )  # fmt: skip
    return rows.values(json=JSONObject(**{name: F(name) for name in columns}))[:1]


def _response(row: Mapping[str, Any], stratum: BaselineStratum, site: Site) -> Response:
    """As it was written when something last changed; worked out here where none was written."""
    first: date = row["first_dose_on"]
    said = row["answer"]
    if said is None:
        return response(first_dose_on=first, baseline=stratum, analyses=_analyses(row, site))
    day = {
        name: date.fromisoformat(said[name]) if said[name] else None
        for name in ("first_sperm_on", "first_motile_on", "response_on")
    }
    return Response(
        status=ResponseStatus(said["status"]),
        stratum=stratum,
        first_sperm_on=day["first_sperm_on"],
        first_motile_on=day["first_motile_on"],
        response_date=day["response_on"],
        days=said["days"],
        month=said["month"],
        evaluable=said["evaluable"],
        sentence=said["sentence"],
        first_dose_on=first,
    )


def _analyses(row: Mapping[str, Any], site: Site) -> list[Analysis]:
    return [
        Analysis(
            collected_on=site.localdate(datetime.fromisoformat(sample["at"])),
            sperm_seen=sample["sperm"],
            motile_seen=sample["motile"],
            valid=sample["valid"],
        )
        for sample in row["samples"]
    ]


def _man(row: Mapping[str, Any], site: Site) -> Man:
    first: date = row["first_dose_on"]
    stratum = (
        BaselineStratum.CRYPTOZOOSPERMIA
        if row["baseline"] == BaselineStratum.CRYPTOZOOSPERMIA
        else BaselineStratum.AZOOSPERMIA
    )
    return Man(
        first_dose_on=first,
        baseline=row["baseline"],
        status=row["status"],
        retrieved=row["retrieved"],
        arrest=row["arrest"],
        lipids_altered=altered(row["lipids"], first, site),
        terms=frozenset(row["terms"]),
        response=_response(row, stratum, site),
    )


def altered(lipids: Sequence[Mapping[str, Any]], first_dose_on: date, site: Site) -> bool:
    """Whether a fasting value after Day 1 has a higher CTCAE grade than the last one before."""
    before: dict[int, int] = {}
    for value in lipids:
        on = site.localdate(datetime.fromisoformat(value["at"]))
        if on <= first_dose_on:
            before[value["analyte"]] = value["grade"]
        elif value["grade"] > before.get(value["analyte"], 0):
            return True
    return False


def share(men: Sequence[Man], test: Any) -> Proportion:
    return proportion(sum(1 for man in men if test(man)), len(men))


def of_stratum(men: Sequence[Man], stratum: BaselineStratum) -> list[Man]:
    return [man for man in men if man.baseline == stratum]


def confirmed(man: Man) -> bool:
    return man.response.status is ResponseStatus.CONFIRMED


def confirmed_by(month: int) -> Any:
    """On or before the close of that month's window (target + 7 days)."""

    def test(man: Man) -> bool:
        days = man.response.days
        return days is not None and responded_by_month(days, month)

    return test


def motile(man: Man) -> bool:
    return man.response.first_motile_on is not None


def _baseline(men: Sequence[Man]) -> Table:
    azoo, crypto = BaselineStratum.AZOOSPERMIA, BaselineStratum.CRYPTOZOOSPERMIA
    unknown = [man for man in men if not man.baseline]
    lines = [
        Line("Azoospermia", share(men, lambda man: man.baseline == azoo), Study(26, 30)),
        Line("Cryptozoospermia", share(men, lambda man: man.baseline == crypto), Study(4, 30)),
    ]
    if unknown:
        lines.append(Line("Not classified", share(men, lambda man: not man.baseline)))
    lines.append(
        Line(
            "Of the azoospermic, an earlier retrieval",
            share(of_stratum(men, azoo), lambda man: man.retrieved),
            Study(24, 26),
        )
    )
    return Table("Before the first capsule", "of everybody who took a capsule", lines)


def _responses(men: Sequence[Man], title: str, *, with_study: bool = False) -> Table:
    azoo = of_stratum(men, BaselineStratum.AZOOSPERMIA)
    crypto = of_stratum(men, BaselineStratum.CRYPTOZOOSPERMIA)
    responders = [man for man in men if confirmed(man)]

    def beside(events: int, of: int) -> Study | None:
        return Study(events, of) if with_study else None

    return Table(
        title,
        "a confirmed response is two or more valid samples in a row with motile sperm, "
        "seven days or more apart",
        (
            Line("Confirmed response", share(men, confirmed), beside(11, 30)),
            Line("… by month 3", share(men, confirmed_by(3)), beside(9, 30)),
            Line("… by month 6", share(men, confirmed_by(6))),
            Line("Of the azoospermic", share(azoo, confirmed), beside(7, 26)),
            Line("Of the cryptozoospermic", share(crypto, confirmed), beside(4, 4)),
            Line("Motile sperm seen at least once", share(men, motile)),
            Line(
                "Of the responders, by month 3",
                share(responders, confirmed_by(3)),
                beside(9, 11),
                "only among those who responded",
            ),
            Line(
                "Of the responders, maturation arrest",
                share(responders, lambda man: man.arrest),
                beside(6, 11),
                "in the tissue of an earlier retrieval",
            ),
        ),
    )


#: What the study reports, by the checklist items that mean the same (domain reference §1.1).
STUDY_EFFECTS = (
    ("Dry skin or chapped lips", ("cheilitis", "dry_skin"), Study(30, 30)),
    ("Irritability", ("irritability",), Study(14, 30)),
    ("Rash", ("rash",), Study(4, 30)),
)


def _side_effects(men: Sequence[Man]) -> Table:
    """The study's four first, then everything else that was recorded, most often first."""
    lines = [
        Line(what, share(men, lambda man, terms=terms: bool(man.terms & set(terms))), study)
        for what, terms, study in STUDY_EFFECTS
    ]
    lipids = Line(
        "Cholesterol panel altered",
        share(men, lambda man: man.lipids_altered),
        Study(5, 30),
        "cholesterol or triglycerides, fasting, of a higher grade than before",
    )
    lines.insert(2, lipids)
    named = {term for _, terms, _ in STUDY_EFFECTS for term in terms}
    book = shipped_clinical_grades()
    others = {term for man in men for term in man.terms} - named
    rest = [
        Line(title_of(term, book), share(men, lambda man, term=term: term in man.terms))
        for term in sorted(others)
    ]
    lines += sorted(rest, key=lambda line: -line.ours.events)
    lines.append(
        Line(
            "Stopped before the end",
            share(men, lambda man: man.status in STOPPED),
            Study(0, 30),
        )
    )
    return Table("Side effects", "men with it at least once, whatever the grade", lines)
