"""A programme that contradicts itself: each contradiction with its place and a sentence.

Only what can be read as a programme comes here; what is misspelt or missing is said before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from protocols.rules.consistency_tables import mood_ladder, reminders_fit, safety_ladders
from protocols.rules.problems import Path, Problem, spelled
from protocols.rules.vocabulary import ItemKind, Phase

if TYPE_CHECKING:
    from protocols.rules.definition import Definition
    from protocols.rules.programme import PlannedVisit
    from protocols.rules.tables import Band

Found = Iterator[tuple[Path, str]]
#: A calendar month when windows are compared; how long it is in truth depends on the day.
MONTH = 30.44
LONGEST_VISIT_CODE = 8
LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class Known:
    """What the house knows by name beyond the programme itself."""

    analytes: frozenset[str] = frozenset()
    consents: frozenset[str] = frozenset()


def contradictions(definition: Definition, known: Known | None = None) -> Iterator[Problem]:
    """Everything in it that cannot be true together."""
    for check in CHECKS:
        for way, sentence in check(definition):
            yield Problem(spelled(way), sentence, way=way)
    if known is not None:
        for way, sentence in unknown_to_the_house(definition, known):
            yield Problem(spelled(way), sentence, way=way)


def given_twice(definition: Definition) -> Found:
    """A name stands for one thing: a second row of it would never be found."""
    exclusions, limits = definition.eligibility.exclusions, definition.eligibility.labs
    lists: list[tuple[str, Path, str, Sequence[str]]] = [
        ("panel", ("panels",), "key", [row.key for row in definition.panels]),
        ("visit", ("visits",), "code", [row.code for row in definition.visits]),
        ("counselling item", ("counselling",), "code", [r.code for r in definition.counselling]),
        ("deviation", ("deviations",), "code", [row.code for row in definition.deviations]),
        ("medicine", ("medicines",), "code", [row.code for row in definition.medicines]),
        ("exclusion", ("eligibility", "exclusions"), "code", [row.code for row in exclusions]),
        ("laboratory limit", ("eligibility", "labs"), "code", [row.code for row in limits]),
        (
            "symptom",
            ("safety", "symptoms"),
            "code",
            [row.code for row in definition.safety.symptoms],
        ),
        ("reminder", ("reminders", "rules"), "code", [r.code for r in definition.reminders.rules]),
    ]
    for noun, way, field, names in lists:
        for row, name in enumerate(names):
            if name in names[:row]:
                first = names.index(name) + 1
                yield (
                    (*way, row, field),
                    f"The {noun} {name} is given twice, here and as number {first}: rename one.",
                )
    yield from analytes_twice(definition)


def analytes_twice(definition: Definition) -> Found:
    tables: dict[str, str] = {}
    for row, table in enumerate(definition.safety.analytes):
        for number, analyte in enumerate(table.analytes):
            if analyte in tables:
                yield (
                    ("safety", "analytes", row, "analytes", number),
                    f"{analyte} is judged in “{tables[analyte]}” already: one table for each.",
                )
            tables.setdefault(analyte, table.title)


def unknown_panels(definition: Definition) -> Found:
    """A visit that asks for a panel the programme does not have."""
    panels = [panel.key for panel in definition.panels]
    named: list[tuple[Path, str | None]] = [
        (("visits", v, "items", i, "panel"), item.panel)
        for v, visit in enumerate(definition.visits)
        for i, item in enumerate(visit.items)
    ]
    risk = definition.high_risk.panels
    named += [(("high_risk", "panels", number), key) for number, key in enumerate(risk)]
    for way, panel in named:
        if panel and panel not in panels:
            yield way, no_such("panel", panel, panels)


def unknown_symptoms(definition: Definition) -> Found:
    """A band that waits for a symptom nobody asks about."""
    symptoms = [row.code for row in definition.safety.symptoms]
    for way, band in bands_of(definition):
        for number, symptom in enumerate(band.symptoms):
            if symptom not in symptoms:
                yield (*way, "symptoms", number), no_such("symptom", symptom, symptoms)


def bands_of(definition: Definition) -> Iterator[tuple[Path, Band]]:
    for t, table in enumerate(definition.safety.analytes):
        for name in ("bands", "not_fasting_bands"):
            for b, band in enumerate(getattr(table, name)):
                yield ("safety", "analytes", t, name, b), band


def unknown_exclusions(definition: Definition) -> Found:
    """A limit or a medicine that points to a reason the programme does not have."""
    exclusions = [row.code for row in definition.eligibility.exclusions]
    both = [*exclusions, *LAB_EXCLUSIONS]
    for n, limit in enumerate(definition.eligibility.labs):
        if limit.exclusion not in both:
            way: Path = ("eligibility", "labs", n, "exclusion")
            yield way, no_such("exclusion", limit.exclusion, both)
    for n, rule in enumerate(definition.medicines):
        if rule.exclusion and rule.exclusion not in exclusions:
            yield ("medicines", n, "exclusion"), no_such("exclusion", rule.exclusion, exclusions)


#: What a laboratory limit is counted as without a row among the exclusions.
LAB_EXCLUSIONS = ("high_triglycerides", "abnormal_labs")


def no_such(noun: str, name: str, there: Sequence[str]) -> str:
    return f"There is no {noun} {name}. There are: {', '.join(there)}."


def anchors_hold(definition: Definition) -> Found:
    """Each visit hangs, at the end, on a day that a person brings about."""
    visits = {visit.code: visit for visit in definition.visits}
    for row, visit in enumerate(definition.visits):
        if visit.anchor_visit is None:
            continue
        way: Path = ("visits", row, "anchor_visit")
        if visit.anchor_visit not in visits:
            yield way, no_such("visit", visit.anchor_visit, list(visits))
        elif circle := circle_from(visit, visits):
            yield (
                way,
                (
                    f"{' is counted from '.join(circle)}: in a circle none of them has a day. "
                    "Count one of them from first_dose, last_dose or enrolment."
                ),
            )


def circle_from(visit: PlannedVisit, visits: dict[str, PlannedVisit]) -> list[str]:
    """The codes on the way from a visit back to itself, if there is one."""
    way = [visit.code]
    at = visit
    while at.anchor_visit is not None and at.anchor_visit in visits:
        at = visits[at.anchor_visit]
        if at.code in way:
            return [*way, at.code] if at.code == visit.code else []
        way.append(at.code)
    return []


def one_visit_starts(definition: Definition) -> Found:
    starts = [row for row, visit in enumerate(definition.visits) if visit.is_start]
    if not starts:
        yield (
            ("visits",),
            "No visit is the start: one has anchor: first_dose and offset_days: 0.",
        )
    for row in starts[1:]:
        first, second = definition.visits[starts[0]].code, definition.visits[row].code
        yield ("visits", row), f"{first} and {second} are both Day 1: there is one start."


def days_belong_to_one_visit(definition: Definition) -> Found:
    """No day is on time for two visits that hang on the same day."""
    rows = list(enumerate(definition.visits))
    for (_, one), (row, other) in combinations(rows, 2):
        hanging = (one.anchor, one.anchor_visit) == (other.anchor, other.anchor_visit)
        if not hanging or one.code == other.code or (one.is_start and other.is_start):
            continue
        early, late = sorted((one, other), key=middle)
        closes, opens = middle(early) + early.after_days, middle(late) - late.before_days
        if closes >= opens:
            yield (
                ("visits", row),
                (
                    f"The windows of {early.code} and {late.code} share days: {early.code} closes "
                    f"on day {closes:+.0f}, {late.code} opens on day {opens:+.0f}. Make one "
                    "narrower."
                ),
            )


def middle(visit: PlannedVisit) -> float:
    if visit.offset_months is not None:
        return visit.offset_months * MONTH
    return float(visit.offset_days or 0)


def codes_fit(definition: Definition) -> Found:
    for row, visit in enumerate(definition.visits):
        if len(visit.code) > LONGEST_VISIT_CODE:
            yield (
                ("visits", row, "code"),
                f"The code {visit.code} is too long: at most {LONGEST_VISIT_CODE} characters.",
            )
        if len(visit.title) > LONGEST_TITLE:
            yield ("visits", row, "title"), f"At most {LONGEST_TITLE} characters for a title."


def consent_is_asked_for(definition: Definition) -> Found:
    """The start waits for a signature that some visit up to it must ask for."""
    asked = any(
        item.kind is ItemKind.CONSENT
        for visit in definition.visits
        if visit.phase is Phase.SCREENING or visit.is_start
        for item in visit.items
    )
    if not asked:
        yield (
            ("gates", "consents"),
            (
                f"The start waits for consent to {', '.join(definition.gates.consents)}, and no "
                "visit up to Day 1 asks for it: add an item of kind consent to one of them."
            ),
        )


def numbers_agree(definition: Definition) -> Found:
    dose, rule, prep = definition.dose, definition.eligibility, definition.semen_preparation
    if dose.reduced_daily_capsules >= dose.daily_capsules:
        yield (
            ("dose", "reduced_daily_capsules"),
            f"The reduced dose must be below the full dose of {dose.daily_capsules} a day.",
        )
    limits = (dose.minor_from_percent, dose.adequate_from_percent, dose.over_use_above_percent)
    if sorted(set(limits)) != list(limits):
        yield (
            ("dose", "adequate_from_percent"),
            (
                "Adherence limits must rise: minor_from_percent, adequate_from_percent, "
                "over_use_above_percent."
            ),
        )
    for way, low, high, words in (
        (("eligibility", "min_age"), rule.min_age, rule.max_age, "max_age"),
        (
            ("response", "confirm_from_days"),
            definition.response.confirm_from_days,
            definition.response.confirm_to_days,
            "confirm_to_days",
        ),
        (
            ("semen_preparation", "abstinence_min_days"),
            prep.abstinence_min_days,
            prep.abstinence_max_days,
            "abstinence_max_days",
        ),
        (
            ("eligibility", "phq9_sign_off_at"),
            rule.phq9_sign_off_at,
            rule.phq9_max_total,
            "phq9_max_total",
        ),
    ):
        if low > high:
            yield way, f"{way[-1]} is {low}, above {words}, which is {high}."


def unknown_to_the_house(definition: Definition, known: Known) -> Found:
    """Analytes no laboratory of ours measures, consents nobody has a text for."""
    for way, analyte in analytes_named(definition):
        if known.analytes and analyte not in known.analytes:
            yield way, no_such("analyte", analyte, sorted(known.analytes))
    for number, consent in enumerate(definition.gates.consents):
        if known.consents and consent not in known.consents:
            yield ("gates", "consents", number), no_such("consent", consent, sorted(known.consents))


def analytes_named(definition: Definition) -> Iterator[tuple[Path, str]]:
    """Every analyte the programme speaks of, with its place."""
    safety, screens = definition.safety, definition.eligibility.labs
    lists: list[tuple[Path, Sequence[str]]] = []
    for p, panel in enumerate(definition.panels):
        lists.append((("panels", p, "analytes"), panel.analytes))
        lists.append((("panels", p, "optional_analytes"), panel.optional_analytes))
    for t, table in enumerate(safety.analytes):
        lists.append((("safety", "analytes", t, "analytes"), table.analytes))
    for r, limit in enumerate(safety.holds.restart):
        lists.append((("safety", "holds", "restart", r, "analytes"), limit.analytes))
    lists.append((("safety", "fasting", "lipids"), safety.fasting.lipids))
    for way, names in lists:
        for number, analyte in enumerate(names):
            yield (*way, number), analyte
    for number, screen in enumerate(screens):
        yield ("eligibility", "labs", number, "analyte"), screen.analyte


CHECKS: tuple[Callable[[Definition], Iterable[tuple[Path, str]]], ...] = (
    given_twice,
    unknown_panels,
    unknown_symptoms,
    unknown_exclusions,
    anchors_hold,
    one_visit_starts,
    days_belong_to_one_visit,
    codes_fit,
    consent_is_asked_for,
    numbers_agree,
    safety_ladders,
    mood_ladder,
    reminders_fit,
)
