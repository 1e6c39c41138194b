"""What is on file about the men of a what-if, read only where two versions ask differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from labs.models import Result
from patients.models import Consent, Medicine
from protocols.models import (
    EligibilityCheck,
    Enrolment,
    MoodQuestionnaire,
    SymptomGrade,
)
from protocols.queries.findings import fact_of
from protocols.queries.story import gathered
from protocols.rules.eligibility import EligibilityFacts
from protocols.rules.gates import StartFacts
from protocols.rules.lab_facts import LabFact
from protocols.rules.symptoms import symptoms_of
from protocols.rules.what_if_falls import Asked, Known

NO = "NO_"
DIAGNOSES = {"azoospermia": "confirmed azoospermia", "cryptozoospermia": "cryptozoospermia"}


def known_of(
    rows: Sequence[Enrolment], asked: Mapping[int, Asked], now: datetime
) -> Mapping[int, Known]:
    """By enrolment, in two queries at most; nothing is read where nothing is asked differently."""
    if all(ask.nothing for ask in asked.values()):
        return {}
    analytes = {key for ask in asked.values() for key in ask.analytes}
    papers = {paper["pk"]: paper for paper in papers_of([row.pk for row in rows])}
    results = results_of([row.patient_id for row in rows], analytes) if analytes else {}
    return {
        row.pk: known_man(row, papers[row.pk], results.get(row.patient_id, ()), now) for row in rows
    }


def papers_of(pks: Collection[int]) -> QuerySet[Enrolment, Any]:
    mine, him = {"enrolment": OuterRef("pk")}, {"patient": OuterRef("patient")}
    checks = EligibilityCheck.objects.filter(**mine, eligible=True).order_by("-pk")[:1]
    moods = MoodQuestionnaire.objects.filter(**mine, total__isnull=False).order_by("answered_at")
    grades = SymptomGrade.objects.filter(visit__enrolment=OuterRef("pk"), grade__gt=0)
    return Enrolment.objects.filter(pk__in=pks).values(
        "pk",
        checked=gathered(checks, ("criteria",)),
        moods=gathered(moods, ("answers", "total", "answered_at")),
        grades=gathered(
            grades.order_by("visit__attended_on", "pk"),
            ("term", "grade"),
            on=F("visit__attended_on"),
        ),
        medicines=ArraySubquery(
            Medicine.objects.filter(**him, struck_at=None).values(
                json=JSONObject(name="name", to="ended_on")
            )
        ),
        consented=ArraySubquery(
            Consent.objects.filter(**him, withdrawn_on=None, struck_at=None).values("text__kind")
        ),
    )


def results_of(
    patients: Collection[int], analytes: Collection[str]
) -> Mapping[int, Sequence[Result]]:
    """Each man's measured results of these analytes, oldest first."""
    found: dict[int, list[Result]] = defaultdict(list)
    rows = (
        Result.objects.current()
        .filter(patient__in=patients, analyte__key__in=analytes, formula="", value__isnull=False)
        .exclude(draw__status="entered_in_error")
        .select_related("analyte", "draw")
        .order_by("collected_at", "pk")
    )
    for row in rows:
        found[row.patient_id].append(row)
    return found


def known_man(
    row: Enrolment, paper: Mapping[str, Any], results: Sequence[Result], now: datetime
) -> Known:
    today = row.patient.site.localdate(now)
    baseline, newest = baseline_and_newest(row, results)
    moods = paper["moods"]
    return Known(
        results=tuple(fact_of(it, it.draw, baseline.get(it.analyte_id)) for it in newest.values()),
        symptoms=symptoms_of(last_grades(paper["grades"])),
        answers=tuple(moods[-1]["answers"]) if moods else (),
        mood_baseline=mood_before(row, moods[:-1]),
        medicines=tuple(
            it["name"]
            for it in paper["medicines"]
            if not it["to"] or date.fromisoformat(it["to"]) >= today
        ),
        eligibility=facts_as_checked(paper["checked"], baseline or newest),
        start=StartFacts(
            on=today,
            eligible_on=row.eligible_on if row.first_dose_on is None else today,
            consents=frozenset(paper["consented"]),
            ipledge_id="known",
            counselling_done=frozenset(row.counselling),
            contact_preferences=True,
        ),
    )


def baseline_and_newest(
    row: Enrolment, results: Sequence[Result]
) -> tuple[Mapping[int, Result], Mapping[int, Result]]:
    """The last of each analyte before Day 1, and the last of all."""
    newest = {it.analyte_id: it for it in results}
    if row.first_dose_on is None:
        return {}, newest
    day_one = datetime.combine(row.first_dose_on, time(), tzinfo=row.patient.site.zone)
    return {it.analyte_id: it for it in results if it.collected_at < day_one}, newest


def last_grades(grades: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The checklist as it was gone through the last time."""
    last = grades[-1]["on"] if grades else None
    return {it["term"]: it["grade"] for it in grades if it["on"] == last}


def mood_before(row: Enrolment, moods: Sequence[Mapping[str, Any]]) -> int | None:
    if row.first_dose_on is None:
        return None
    after = datetime.combine(
        row.first_dose_on + timedelta(days=1), time(), tzinfo=row.patient.site.zone
    )
    before = [it for it in moods if datetime.fromisoformat(it["answered_at"]) < after]
    return before[-1]["total"] if before else None


def facts_as_checked(
    checked: Sequence[Mapping[str, Any]], results: Mapping[int, Result]
) -> EligibilityFacts | None:
    """What was known when he was found eligible, read back from the criteria as signed."""
    if not checked:
        return None
    values = {it["code"]: it["value"] for it in checked[0]["criteria"]}
    return EligibilityFacts(
        sex=values.get("SEX") or None,
        age=number(values.get("AGE")),
        azoospermia_confirmed=values.get("DIAGNOSIS") == DIAGNOSES["azoospermia"],
        cryptozoospermia=values.get("DIAGNOSIS") == DIAGNOSES["cryptozoospermia"],
        phq9_total=number(values.get("PHQ9_TOTAL")),
        phq9_item_nine=number(values.get("PHQ9_ITEM9")),
        exclusions=dict(stated(values)),
        labs=tuple(facts_of_results(results)),
    )


def stated(values: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    for code, value in values.items():
        if code.startswith(NO) and value in ("yes", "no"):
            yield code.removeprefix(NO).lower(), value == "yes"


def facts_of_results(results: Mapping[int, Result]) -> Iterator[LabFact]:
    for row in results.values():
        yield fact_of(row, row.draw, None)


def number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
