"""The evidence of some men that one rule looks at, what it would say of each, and what was said.

Read in a few queries for any number of men; the rule itself is pure (protocols.rules.back_test).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import OuterRef, QuerySet, Subquery

from clinic.models import Account
from labs.models import Result
from labs.rules.ctcae import published_grade_table
from patients.models import Medicine
from protocols.models import (
    BackTestHit,
    CapsuleCount,
    Deviation,
    Enrolment,
    Finding,
    MoodQuestionnaire,
    SymptomGrade,
    SymptomReport,
    Visit,
)
from protocols.queries.back_test_course import courses_of, days_held, holds_of
from protocols.queries.dosing import adherence_of
from protocols.queries.findings import NEAR, WEEK, changing_results, fact_of
from protocols.queries.known_history import KnownMedicine
from protocols.queries.what_if import standing_of, with_plan
from protocols.queries.what_if_known import baseline_and_newest, results_of
from protocols.rules import back_test as rules
from protocols.rules.back_test import Fired, Kind, Triable
from protocols.rules.bands import AMINOTRANSFERASES, BILIRUBIN
from protocols.rules.definition import Definition
from protocols.rules.safety import evaluate
from protocols.rules.symptoms import symptoms_of
from protocols.rules.what_if import plan_of

Fate = BackTestHit.Fate
DECIDED = {"accepted": Fate.ACCEPTED, "edited": Fate.EDITED, "declined": Fate.DECLINED}


@dataclass(frozen=True, slots=True)
class Looked:
    """One piece of evidence: whose, when, and what the rule would have said of it."""

    enrolment: int
    label: str
    on: date
    fired: Fired | None


@dataclass(frozen=True, slots=True)
class Then:
    """What was in force: whether the rule fired, what became of it, and its sentence."""

    fate: str
    action: str
    sentence: str

    @property
    def fired(self) -> bool:
        return self.fate not in (Fate.ANOTHER, Fate.NOT_FIRED)


NOTHING = Then(Fate.NOT_FIRED, "", "")


def enrolments_of(user: Account, key: str) -> QuerySet[Enrolment]:
    """Whoever is or was in the programme at the member's site, in the order of enrolment."""
    later = Enrolment.objects.filter(
        patient=OuterRef("patient"), opened_at__gt=OuterRef("opened_at")
    )
    return (
        Enrolment.objects.visible_to(user)
        .filter(version__protocol__key=key)
        .select_related("patient__site")
        .annotate(until_at=Subquery(later.order_by("opened_at").values("opened_at")[:1]))
        .order_by("pk")
    )


def looks(
    definition: Definition, rule: Triable, men: Sequence[Enrolment], now: datetime
) -> Iterator[Looked]:
    """Every piece of evidence of these men that the rule looks at, with what it would say."""
    yield from LOOKS[rule.kind](definition, rule, men, now)


def at_blood(
    definition: Definition, rule: Triable, men: Sequence[Enrolment], now: datetime
) -> Iterator[Looked]:
    results = results_of({man.patient_id for man in men}, set(rule.analytes))
    named = changing_results(definition) if needs_symptoms(definition, rule) else frozenset()
    told = told_by(men) if named else {}
    courses = courses_of(rule, men)
    grades = published_grade_table()
    for man in men:
        mine = [row for row in results.get(man.patient_id, ()) if is_of(man, row.collected_at)]
        baseline, _ = baseline_and_newest(man, mine)
        course = courses[man.pk]
        for rows in by_draw(mine).values():
            on = man.patient.site.localdate(rows[0].collected_at)
            facts = [
                fact_of(row, row.draw, before(baseline, row)) for row in with_bilirubin(rows, mine)
            ]
            started = man.first_dose_on is not None and on >= man.first_dose_on
            verdict = evaluate(
                definition,
                results=facts,
                symptoms=near(told.get(man.pk, ()), on, named),
                history=course.history(on),
                grades=grades,
            )
            course.go_on(rows, rules.asked_again(verdict, rule, started=started))
            fired = rules.said(verdict, rule, started=started)
            if rule.kind is Kind.LIPIDS:
                fired = rules.of_lipids(definition, rule, facts) if started else None
            yield Looked(man.pk, f"labs.draw:{rows[0].draw_id}", on, fired)


def with_bilirubin(rows: Sequence[Result], mine: Sequence[Result]) -> Sequence[Result]:
    """Liver enzymes without a bilirubin are judged with that of the same week, as they arrive."""
    keys = {row.analyte.key for row in rows}
    if not keys & set(AMINOTRANSFERASES) or BILIRUBIN in keys:
        return rows
    at = rows[0].collected_at
    week = [
        row for row in mine if row.analyte.key == BILIRUBIN and abs(row.collected_at - at) <= WEEK
    ]
    return [*rows, *sorted(week, key=lambda row: row.value or 0)[-1:]]


def before(baseline: Mapping[int, Result], row: Result) -> Result | None:
    """The baseline value, unless this is it or earlier."""
    found = baseline.get(row.analyte_id)
    return found if found is not None and found.collected_at < row.collected_at else None


def by_draw(rows: Iterable[Result]) -> Mapping[int, Sequence[Result]]:
    found: dict[int, list[Result]] = defaultdict(list)
    for row in rows:
        found[row.draw_id].append(row)
    return found


def is_of(man: Enrolment, at: datetime) -> bool:
    """What was measured before he was enrolled anew belongs to his enrolment before."""
    until = vars(man)["until_at"]
    return until is None or at < until


def needs_symptoms(definition: Definition, rule: Triable) -> bool:
    return any(
        band.symptoms
        for table in definition.safety.analytes
        if set(rule.analytes) & set(table.analytes)
        for band in (*table.bands, *table.not_fasting_bands)
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What was ticked at one visit, or told in between: the label, the day, the symptoms."""

    label: str
    on: date
    symptoms: tuple[str, ...]


def told_by(men: Sequence[Enrolment]) -> Mapping[int, Sequence[Told]]:
    """By enrolment, in two queries: the checklists of visits and what was told between them."""
    found: dict[int, list[Told]] = defaultdict(list)
    grades: dict[tuple[int, int, date], dict[str, int]] = defaultdict(dict)
    rows = SymptomGrade.objects.filter(
        visit__enrolment__in=[man.pk for man in men], visit__attended_on__isnull=False
    ).values_list("visit__enrolment", "visit", "visit__attended_on", "term", "grade")
    for pk, visit, on, term, grade in rows.order_by("visit__attended_on", "pk"):
        if on is not None:
            grades[pk, visit, on][term] = grade
    for (pk, visit, on), ticked in grades.items():
        found[pk].append(Told(f"protocols.visit:{visit}", on, symptoms_of(ticked)))
    by_pk = {man.pk: man for man in men}
    for report in SymptomReport.objects.filter(enrolment__in=by_pk, struck_at=None).order_by("pk"):
        on = by_pk[report.enrolment_id].patient.site.localdate(report.told_at)
        found[report.enrolment_id].append(Told(report.label, on, tuple(report.codes)))
    return found


def near(told: Iterable[Told], on: date, named: Collection[str]) -> tuple[str, ...]:
    """The symptoms of the fortnight on either side that change what a result means."""
    there = (code for row in told if abs(row.on - on) <= NEAR for code in row.symptoms)
    return tuple(code for code in dict.fromkeys(there) if code in named)


def at_checklists(
    definition: Definition, rule: Triable, men: Sequence[Enrolment], now: datetime
) -> Iterator[Looked]:
    for pk, told in told_by(men).items():
        for row in told:
            yield Looked(pk, row.label, row.on, rules.of_told(definition, rule, row.symptoms))


def at_moods(
    definition: Definition, rule: Triable, men: Sequence[Enrolment], now: datetime
) -> Iterator[Looked]:
    by_pk = {man.pk: man for man in men}
    told: dict[int, list[MoodQuestionnaire]] = defaultdict(list)
    for row in MoodQuestionnaire.objects.filter(enrolment__in=by_pk).order_by("answered_at", "pk"):
        told[row.enrolment_id].append(row)
    for pk, rows in told.items():
        man = by_pk[pk]
        for row in rows:
            on = man.patient.site.localdate(row.answered_at)
            baseline = total_before(man, rows, row)
            fired = rules.of_answers(definition, rule, row.answers, baseline)
            yield Looked(pk, f"protocols.moodquestionnaire:{row.pk}", on, fired)


def total_before(
    man: Enrolment, rows: Iterable[MoodQuestionnaire], asked: MoodQuestionnaire
) -> int | None:
    """The last total up to Day 1, this one apart."""
    day_one = man.first_dose_on
    if day_one is None:
        return None
    totals = [
        row.total
        for row in rows
        if row.pk != asked.pk
        and row.total is not None
        and man.patient.site.localdate(row.answered_at) <= day_one
    ]
    return totals[-1] if totals else None


def at_visits(
    definition: Definition, rule: Triable, men: Sequence[Enrolment], now: datetime
) -> Iterator[Looked]:
    """Each visit in the days that this version gives it, whatever his own version said."""
    rows = with_plan(Enrolment.objects.filter(pk__in=[man.pk for man in men]).order_by("pk"))
    for row in rows:
        standing = standing_of(row, now)
        plan = plan_of(definition, standing.anchors)
        for visit in vars(row)["laid"]:
            laid = plan.get(visit["code"])
            came_on = standing.anchors.attended.get(visit["code"])
            if laid is None or (came_on is None and visit["status"] == Visit.Status.SKIPPED):
                continue
            fired = rules.of_visit(definition, rule, laid, came_on, standing.today)
            on = came_on or laid.window.latest_on + timedelta(days=1)
            if on <= standing.today:
                yield Looked(row.pk, f"protocols.visit:{visit['id']}", on, fired)


def at_holds(
    definition: Definition, rule: Triable, men: Sequence[Enrolment], now: datetime
) -> Iterator[Looked]:
    """Each hold that was ordered: on the first day that was too many, or on its last."""
    most = definition.safety.holds.max_hold_days
    holds = holds_of(men)
    for man in men:
        today = man.patient.site.localdate(now)
        for hold in holds[man.pk]:
            days = days_held(hold, today)
            if days < 1:  # one that was ordered for a day to come
                continue
            on = hold.during.lower + timedelta(days=min(days - 1, most))
            fired = rules.of_hold(definition, rule, days)
            yield Looked(man.pk, f"protocols.dosesegment:{hold.pk}", on, fired)


def at_counts(
    definition: Definition, rule: Triable, men: Sequence[Enrolment], now: datetime
) -> Iterator[Looked]:
    rows = CapsuleCount.objects.filter(enrolment__in=[man.pk for man in men])
    for row in rows.order_by("counted_on", "pk"):
        fired = rules.of_count(definition, rule, adherence_of(definition.dose, row))
        yield Looked(row.enrolment_id, f"protocols.capsulecount:{row.pk}", row.counted_on, fired)


def at_medicines(
    definition: Definition, rule: Triable, men: Sequence[Enrolment], now: datetime
) -> Iterator[Looked]:
    """Each medicine as it was put on the list, before the start or on the drug."""
    written: dict[int, list[Medicine]] = defaultdict(list)
    rows = Medicine.objects.filter(patient__in=[man.patient_id for man in men], struck_at=None)
    for row in rows.order_by("recorded_at", "pk"):
        written[row.patient_id].append(row)
    for man in men:
        for row in written[man.patient_id]:
            on = man.patient.site.localdate(row.recorded_at)
            if row.recorded_at < man.opened_at or not is_of(man, row.recorded_at):
                continue
            if man.last_dose_on is not None and on > man.last_dose_on:
                continue  # after treatment there is no drug that it could not go with
            started = man.first_dose_on is not None and on >= man.first_dose_on
            fired = None
            if taken_on(row, on):
                fired = rules.of_medicine(definition, rule, row.name, started=started)
            yield Looked(man.pk, f"patients.medicine:{row.pk}", on, fired)


def taken_on(row: Medicine, on: date) -> bool:
    return KnownMedicine(row.name, row.started_on, row.ended_on, on).taken_on(on)


LOOKS: Mapping[Kind, Callable[..., Iterator[Looked]]] = {
    Kind.LAB: at_blood,
    Kind.LIPIDS: at_blood,
    Kind.SYMPTOM: at_checklists,
    Kind.MOOD: at_moods,
    Kind.VISIT: at_visits,
    Kind.COUNT: at_counts,
    Kind.MEDICINE: at_medicines,
    Kind.HOLD: at_holds,
    Kind.SECOND_HOLD: at_blood,
    Kind.AGAIN: at_blood,
}


def in_force(rule: Triable, men: Sequence[Enrolment]) -> Mapping[str, Then]:
    """By the evidence, what was said of it then; in one query."""
    pks = [man.pk for man in men]
    if rule.code in rules.DEVIATIONS:
        rows = Deviation.objects.filter(enrolment__in=pks, code=rule.code)
        return {
            row.about: Then(
                Fate.WAITING if row.closed_at is None else Fate.ACCEPTED,
                rules.DEVIATION,
                row.sentence,
            )
            for row in rows
        }
    kind = Finding.Kind.MOOD if rule.kind is Kind.MOOD else Finding.Kind.SAFETY
    found: dict[str, Then] = {}
    for finding in Finding.objects.filter(enrolment__in=pks, kind=kind).order_by("pk"):
        then = then_of(finding, rule)
        known = found.get(finding.evidence)
        if known is None or then.fired or not known.fired:
            found[finding.evidence] = then
    return found


def then_of(finding: Finding, rule: Triable) -> Then:
    for reason in finding.reasons:
        if reason.get("rule") == rule.code:
            fate = DECIDED.get(finding.state, Fate.WAITING)
            return Then(fate, str(reason["action"]), str(reason["sentence"]))
    return Then(Fate.ANOTHER, "", "")
