"""The plan of a programme: panels, visits, dose, gates, counselling, response, deviations."""

from decimal import Decimal
from typing import ClassVar, Self

from pydantic import Field, model_validator

from protocols.rules.parts import Code, Key, Part, Sourced, Words
from protocols.rules.vocabulary import (
    Anchor,
    DeviationClass,
    ItemKind,
    Mode,
    Need,
    Phase,
    Ruleset,
)


class Rulesets(Part):
    """The versions of published rules this definition was written against (domain reference §0)."""

    semen: Words
    ctcae: Words
    phq9: Words
    ipledge: Ruleset


class Panel(Part):
    """Analytes drawn together, and how the patient prepares."""

    key: Key
    title: Words
    analytes: tuple[Key, ...] = Field(min_length=1)
    optional_analytes: tuple[Key, ...] = ()
    fasting: bool = False
    preparation: str = ""


class Item(Part):
    """One thing a visit asks for, and when it must have it."""

    kind: ItemKind
    panel: Key | None = None
    need: Need = Need.ALWAYS
    note: str = ""

    @model_validator(mode="after")
    def only_labs_name_a_panel(self) -> Self:
        if (self.kind is ItemKind.LABS) != (self.panel is not None):
            raise ValueError("labs, and only labs, name a panel")
        return self


class PlannedVisit(Sourced):
    """One contact of the programme, placed by its distance from an anchor."""

    code: Code
    title: Words
    phase: Phase
    mode: Mode = Mode.IN_PERSON
    anchor: Anchor
    anchor_visit: Code | None = None
    offset_days: int | None = Field(default=None, ge=-3650, le=3650)
    offset_months: int | None = Field(default=None, ge=-120, le=120)
    before_days: int = Field(ge=0, le=365)
    after_days: int = Field(ge=0, le=365)
    tolerance_days: int = Field(
        default=0,
        ge=0,
        le=365,
        description="days outside the window on which it still is this visit",
    )
    early_tolerance_days: int | None = Field(default=None, ge=0, le=365)
    missed: DeviationClass
    key: bool = False
    items: tuple[Item, ...] = ()

    later: ClassVar[frozenset[str]] = frozenset(
        {"anchor_visit", "offset_months", "early_tolerance_days"}
    )

    @model_validator(mode="after")
    def is_counted_from_somewhere(self) -> Self:
        if (self.offset_days is None) == (self.offset_months is None):
            raise ValueError(
                "say how far it lies from its anchor: offset_days or offset_months, one of the two,"
                " for example offset_days: 30"
            )
        if (self.anchor is Anchor.VISIT) != (self.anchor_visit is not None):
            raise ValueError(
                "a visit counted from another visit, and only that, names it: anchor: visit and "
                "anchor_visit: M3"
            )
        return self

    @property
    def is_start(self) -> bool:
        """The visit of Day 1 itself."""
        return self.anchor is Anchor.FIRST_DOSE and not (self.offset_days or self.offset_months)


class Dose(Sourced):
    """The fixed regimen and the arithmetic that hangs on it (domain reference §2.1, §7.3)."""

    drug: Words
    strength_mg: int = Field(gt=0)
    daily_capsules: int = Field(gt=0)
    reduced_daily_capsules: int = Field(gt=0)
    with_meal: bool
    cycle_days: int = Field(gt=0, le=366)
    cycles: int = Field(gt=0, le=60)
    max_supply_days: int = Field(gt=0)
    max_days_on_hand: int = Field(ge=0)
    run_out_reminder_days: tuple[int, ...]
    adequate_from_percent: Decimal
    minor_from_percent: Decimal
    over_use_above_percent: Decimal
    gap_days: int = Field(gt=0)
    blood_donation_months: int = Field(ge=0)
    re_treatment_days: int = Field(ge=0)
    instructions: tuple[Words, ...]
    adherence_spread_points: Decimal = Field(
        default=Decimal(20),
        ge=0,
        le=100,
        description="percentage points by which count, diary and bottles may differ",
    )
    expiry_warning_days: int = Field(
        default=90, ge=0, le=730, description="days before its expiry a lot is warned of"
    )

    later: ClassVar[frozenset[str]] = frozenset({"adherence_spread_points", "expiry_warning_days"})

    @property
    def days(self) -> int:
        return self.cycle_days * self.cycles

    @property
    def daily_mg(self) -> int:
        return self.daily_capsules * self.strength_mg


class Gates(Sourced):
    """The distances the gates measure (domain reference §7.2)."""

    screening_max_days: int = Field(gt=0)
    eligible_for_days: int = Field(gt=0)
    baseline_labs_max_age_days: int = Field(gt=0)
    semen_gap_days: int = Field(gt=0)
    semen_max_age_days: int = Field(gt=0)
    complete_after_days: int = Field(gt=0)
    pick_up_days: int = Field(gt=0)
    consents: tuple[Key, ...] = Field(min_length=1)


class CounsellingItem(Sourced):
    code: Code
    text: Words


class ResponseRule(Sourced):
    """When a man counts as a responder (domain reference §1.3)."""

    analyses: int = Field(ge=1)
    span_days: int = Field(ge=0)
    confirm_from_days: int = Field(ge=0)
    confirm_to_days: int = Field(ge=0)
    sentence: Words


class DeviationRule(Sourced):
    """What a departure from the plan is called, how much it weighs, what follows."""

    code: Code
    weight: DeviationClass
    sentence: Words
    repeat_within_days: int | None = Field(default=None, ge=0)
    contact_within_hours: int | None = Field(default=None, ge=0)


class LabLateness(Sourced):
    collected_within_days: int = Field(ge=0)
    resulted_within_days: int = Field(ge=0)


class SemenPreparation(Sourced):
    """How a sample must have been given and started to count (domain reference §1.3)."""

    start_within_minutes: int = Field(gt=0)
    abstinence_min_days: Decimal
    abstinence_max_days: Decimal


class LostRule(Sourced):
    """When a man counts as lost to follow-up (domain reference §7.5)."""

    missed_in_a_row: int = Field(ge=1)
    attempts: int = Field(ge=1)
    channels: int = Field(ge=1)
    over_days: int = Field(ge=0)
    last_channel: Key
    silent_days: int = Field(ge=0)


class HighRisk(Sourced):
    """Who has his labs more often, and how often (domain reference §2.2)."""

    flags: tuple[Key, ...] = Field(min_length=1)
    labs_every_days: int = Field(gt=0)
    panels: tuple[Key, ...] = Field(min_length=1)
