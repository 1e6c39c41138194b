"""A programme as tables that a clinician can read: what it says, where from, and whether signed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from labs.rules.units import printed_unit
from protocols.models import SignOff
from protocols.rules.definition import Definition
from protocols.rules.fields import shapes, shown
from protocols.rules.parts import Sourced
from protocols.rules.programme import Item, PlannedVisit
from protocols.rules.schedule import counted_from
from protocols.rules.sign_offs import walk
from protocols.rules.tables import (
    AnalyteTable,
    Band,
    Consequence,
    LabLimit,
    Limit,
    ReminderRule,
    RestartLimit,
)
from protocols.rules.verdicts import contact_words
from protocols.rules.vocabulary import ItemKind, Measure, Need

ITEMS = {
    ItemKind.PHQ9: "PHQ-9",
    ItemKind.AE_CHECKLIST: "side-effect checklist",
    ItemKind.IPLEDGE: "iPLEDGE",
    ItemKind.CLOSE_OUT: "side effects closed out",
    ItemKind.BLOOD_DONATION: "blood-donation date",
}
NEEDS = {
    Need.ALWAYS: "",
    Need.IF_FLAGGED: "if flagged",
    Need.IF_ABNORMAL: "if abnormal",
    Need.IF_STALE: "if older than 30 days",
    Need.OPTIONAL: "optional",
}
ACTIONS = {
    "CONTINUE": "continue",
    "CONTINUE_ADVISE": "continue, advise",
    "REPEAT": "repeat the test",
    "REVIEW": "review",
    "REDUCE": "reduce the dose",
    "HOLD": "hold",
    "STOP": "stop",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its cells, where it comes from, and whether the medical lead has signed it."""

    cells: tuple[str, ...]
    source: str = ""
    signed_off: bool | None = None
    #: Who signed it, and when.
    signed_by: str = ""
    part: Sourced | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One part of a programme. `key` is its anchor on the page."""

    key: str
    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def rows(self) -> list[tuple[Line, list[tuple[str, str]]]]:
        return [(row, list(zip(self.columns, row.cells, strict=True))) for row in self.lines]

    @property
    def unsigned(self) -> int:
        return sum(line.signed_off is False for line in self.lines)

    @property
    def one_source(self) -> str:
        """The source of the whole table, when all its lines share it and their state."""
        kinds = {(line.source, line.signed_off, line.signed_by) for line in self.lines}
        return self.lines[0].source if len(kinds) == 1 else ""

    @property
    def one_signature(self) -> str:
        """Who signed the whole table, when one member did."""
        return self.lines[0].signed_by if self.one_source else ""

    @property
    def sourced(self) -> bool:
        """Whether its lines say where they come from, each for itself."""
        return not self.one_source and any(line.source for line in self.lines)


def tables(definition: Definition) -> list[Table]:
    """The whole programme in the order it is lived through."""
    return [
        Table("dose", "Dose and supply", ("What", "How"), tuple(dose(definition))),
        Table(
            "visits",
            "Visits",
            ("Visit", "Due", "Window", "Asks for", "When missed"),
            tuple(visit(definition, row) for row in definition.visits),
        ),
        Table("panels", "Blood tests", ("Panel", "Measures", "Preparation"), panels(definition)),
        Table("eligibility", "Eligibility", ("Criterion", "Must be"), tuple(criteria(definition))),
        Table("gates", "Gates", ("What", "How"), tuple(gates(definition))),
        Table("counselling", "Counselling", ("Item",), counselling(definition)),
        Table(
            "safety",
            "Safety limits",
            ("Test", "When it is", "Proposes", "Repeat", "A clinician acts"),
            tuple(safety(definition)),
        ),
        Table("restart", "Restart after a hold", ("Test", "At most"), tuple(restart(definition))),
        Table(
            "symptoms",
            "Symptoms",
            ("Symptom", "Proposes", "A clinician acts"),
            tuple(symptoms(definition)),
        ),
        Table("mood", "Mood (PHQ-9)", ("Answer", "Proposes", "A clinician acts"), mood(definition)),
        Table(
            "medicines",
            "Medicines",
            ("Medicine", "At the start", "On treatment", "Why"),
            medicines(definition),
        ),
        Table("response", "Response", ("What", "How"), tuple(response(definition))),
        Table("deviations", "Deviations", ("Deviation", "Weight"), deviations(definition)),
        Table("reminders", "Reminders", ("Reminder", "When"), tuple(reminders(definition))),
        Table("others", "Other limits", ("What", "How"), tuple(others(definition))),
    ]


def line(part: Sourced, *cells: str) -> Line:
    return Line(cells, part.source, signed_off=False, part=part)


def dose(definition: Definition) -> Iterator[Line]:
    rule = definition.dose
    yield line(
        rule,
        "Dose",
        f"{rule.daily_mg} mg a day: {rule.daily_capsules} capsules of {rule.strength_mg} mg"
        f"{' with meals' if rule.with_meal else ''}, {rule.days} days",
    )
    yield line(rule, "Reduced dose", f"{rule.reduced_daily_capsules * rule.strength_mg} mg a day")
    yield line(rule, "Supply", f"at most {rule.max_supply_days} days at a time, no refills")
    yield line(rule, "In hand at a new bottle", f"at most {rule.max_days_on_hand} days")
    yield line(
        rule,
        "Adherence",
        f"adequate from {rule.adequate_from_percent:f} %, minor deviation from "
        f"{rule.minor_from_percent:f} %, over-use above {rule.over_use_above_percent:f} %",
    )
    yield line(
        rule,
        "Count, diary and bottles",
        f"asked about when they differ by more than {rule.adherence_spread_points:f} points",
    )
    yield line(rule, "Expiry of a lot", f"warned of {rule.expiry_warning_days} days before")
    yield line(rule, "Gap", f"{rule.gap_days} days in a row without the drug")
    yield line(
        rule, "Blood donation", f"not until {rule.blood_donation_months} month after the last dose"
    )
    yield line(rule, "Another course", f"not within {rule.re_treatment_days} days of the last dose")


def visit(definition: Definition, row: PlannedVisit) -> Line:
    before = f"−{row.before_days}" if row.before_days else "0"
    window = f"{before} to +{row.after_days} days"
    title = f"{row.code} {row.title}"
    return line(
        row, title, counted_from(row), window, asked(definition, row), row.missed.value.lower()
    )


def asked(definition: Definition, row: PlannedVisit) -> str:
    """What a visit asks for, the conditional things together under their condition."""
    groups: dict[Need, list[str]] = {}
    for item in row.items:
        groups.setdefault(item.need, []).append(item_words(definition, item))
    return "; ".join(
        f"{NEEDS[need]}: {', '.join(names)}" if NEEDS[need] else ", ".join(names)
        for need, names in groups.items()
    )


def item_words(definition: Definition, item: Item) -> str:
    if item.kind is ItemKind.LABS and item.panel:
        return definition.panel(item.panel).title.lower()
    return ITEMS.get(item.kind, item.kind.value.replace("_", " "))


def panels(definition: Definition) -> tuple[Line, ...]:
    return tuple(
        Line(
            (
                panel.title,
                ", ".join(key.replace("_", " ") for key in panel.analytes),
                panel.preparation,
            )
        )
        for panel in definition.panels
    )


def criteria(definition: Definition) -> Iterator[Line]:
    rule = definition.eligibility
    yield line(rule, "Sex", rule.sex)
    yield line(rule, "Age", f"{rule.min_age} to {rule.max_age} years")
    yield line(
        rule,
        "Diagnosis",
        f"{rule.azoospermic_samples} samples without sperm in the pellet, at least "
        f"{rule.azoospermic_gap_days} days apart, or cryptozoospermia",
    )
    yield line(rule, "PHQ-9", f"at most {rule.phq9_max_total}, question 9 answered with 0")
    for limit in rule.labs:
        yield line(limit, limit.title, f"at most {at_most(limit)}")
    for exclusion in rule.exclusions:
        yield line(exclusion, f"No {exclusion.title[:1].lower()}{exclusion.title[1:]}", "absent")


def at_most(limit: LabLimit | RestartLimit) -> str:
    tail = printed_unit(limit.units[0].unit) if limit.units else "× upper limit of normal"
    fasting = ", fasting" if limit.fasting else ""
    return f"{limit.at_most:f} {tail}{fasting}"


def gates(definition: Definition) -> Iterator[Line]:
    rule = definition.gates
    for title, days in (
        ("Screening before Day 1", rule.screening_max_days),
        ("Signed eligibility lasts", rule.eligible_for_days),
        ("Baseline laboratory at most old", rule.baseline_labs_max_age_days),
        ("Second semen analysis after the first, at least", rule.semen_gap_days),
        ("Second semen analysis before Day 1, at most", rule.semen_max_age_days),
        ("Completed without an end visit after", rule.complete_after_days),
    ):
        yield line(rule, title, f"{days} days")
    yield line(rule, "Consents needed to start", ", ".join(rule.consents))


def counselling(definition: Definition) -> tuple[Line, ...]:
    return tuple(line(item, item.text) for item in definition.counselling)


def safety(definition: Definition) -> Iterator[Line]:
    for table in definition.safety.analytes:
        for band in table.bands:
            yield band_line(table, band, table.title)
        for band in table.not_fasting_bands:
            yield band_line(table, band, f"{table.title}, not fasting")
    law = definition.safety.hys_law
    yield line(
        law,
        "Hy’s law",
        f"ALT or AST over {law.aminotransferase_over:f} × and bilirubin over "
        f"{law.bilirubin_over:f} × the upper limit",
        *follows(law),
    )


def band_line(table: AnalyteTable, band: Band, title: str) -> Line:
    when = band_words(band, table.measure, table.unit)
    if band.symptoms:
        when = f"any value with {', '.join(code.replace('_', ' ') for code in band.symptoms)}"
    return line(band, title, when, *follows(band))


def band_words(limit: Limit, measure: Measure, unit: str) -> str:
    """The edge of a band as a person says it."""
    if measure is Measure.GRADE:
        return f"CTCAE grade {limit.at_least:f} or more"
    tail = "× upper limit" if measure is Measure.TIMES_ULN else printed_unit(unit)
    if limit.over is not None:
        return f"over {limit.over:f} {tail}"
    if limit.under is not None:
        return f"under {limit.under:f} {tail}"
    return f"{limit.at_least:f} {tail} or more"


def follows(consequence: Consequence) -> tuple[str, str, str]:
    days = consequence.repeat_within_days
    repeat = "" if days is None else "at once" if days == 0 else f"within {days} days"
    return (ACTIONS[consequence.action], repeat, acts(consequence))


def acts(consequence: Consequence) -> str:
    return contact_words(consequence.contact_within_hours)


def restart(definition: Definition) -> Iterator[Line]:
    for limit in definition.safety.holds.restart:
        yield line(limit, limit.title, at_most(limit))


def symptoms(definition: Definition) -> Iterator[Line]:
    for rule in definition.safety.symptoms:
        yield line(rule, rule.title, ACTIONS[rule.action], acts(rule))


def mood(definition: Definition) -> tuple[Line, ...]:
    rule = definition.mood
    bands = [
        line(
            band,
            f"{band.at_least} to {band.at_most}, {band.name}",
            ACTIONS[band.action],
            acts(band),
        )
        for band in rule.bands
    ]
    steps = [
        line(step, f"question 9: {step.at_least} or more", ACTIONS[step.action], acts(step))
        for step in rule.item_nine
    ]
    return (*bands, *steps)


def medicines(definition: Definition) -> tuple[Line, ...]:
    return tuple(
        line(rule, rule.title, rule.at_start.value, rule.on_treatment.value, rule.sentence)
        for rule in definition.medicines
    )


def response(definition: Definition) -> Iterator[Line]:
    rule = definition.response
    yield line(rule, "Responder", rule.sentence)
    yield line(
        rule,
        "Confirming analysis",
        f"{rule.confirm_from_days} to {rule.confirm_to_days} days after sperm was first found",
    )


def deviations(definition: Definition) -> tuple[Line, ...]:
    return tuple(
        line(rule, rule.sentence, rule.weight.value.lower()) for rule in definition.deviations
    )


def reminders(definition: Definition) -> Iterator[Line]:
    plan = definition.reminders
    yield line(plan, "Quiet hours", f"{plan.quiet_from:%H:%M} to {plan.quiet_to:%H:%M}")
    for rule in plan.rules:
        yield line(plan, rule.code.replace("_", " ").lower(), distance(rule))


def others(definition: Definition) -> Iterator[Line]:
    """The limits that stand in no table of their own, as the editor calls them."""
    for title, part in (
        ("Fasting", definition.safety.fasting),
        ("Hold", definition.safety.holds),
        ("High risk", definition.high_risk),
        ("Laboratory", definition.lab_lateness),
        ("Sample", definition.semen_preparation),
        ("Lost to follow-up", definition.lost),
    ):
        for shape in shapes(type(part)):
            if shape.is_leaf and shape.name != "source":
                words = shown(shape, getattr(part, shape.name)).replace("\n", ", ")
                yield line(part, f"{title}: {shape.label.lower()}", f"{words} {shape.unit}".strip())


def distance(rule: ReminderRule) -> str:
    """How far a reminder lies from what it speaks of."""
    target = rule.target.replace("_", " ").removesuffix(" on").removesuffix(" at")
    amount = rule.days or rule.hours
    if amount == 0:
        return f"when it {target}"
    unit = ("day" if rule.days else "hour") + ("" if abs(amount) == 1 else "s")
    side = "before" if amount < 0 else "after"
    return f"{abs(amount)} {unit} {side} it {target}"


def as_context(definition: Definition, signed: Mapping[str, SignOff]) -> dict[str, Any]:
    """The tables, with the standing signatures of the reader's site under their lines."""
    names = {id(part): signed.get(choice.fingerprint) for part, choice in walk(definition, (), "")}
    found = [
        replace(table, lines=tuple(with_sign(row, names) for row in table.lines))
        for table in tables(definition)
    ]
    open_choices = sum(sign is None for sign in names.values())
    return {"tables": found, "unsigned": open_choices, "choices": len(names)}


def with_sign(row: Line, names: Mapping[int, SignOff | None]) -> Line:
    sign = names.get(id(row.part)) if row.part is not None else None
    if sign is None:
        return row
    return replace(
        row, signed_off=True, signed_by=f"{sign.printed_name}, {sign.signed_at:%d %b %Y}"
    )
