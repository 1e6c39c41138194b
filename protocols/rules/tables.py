"""The tables a clinician signs: limits, symptoms, mood, medicines, reminders."""

from datetime import time
from decimal import Decimal
from typing import ClassVar, Self

from pydantic import Field, field_validator, model_validator

from protocols.rules.parts import Code, Key, Part, Sourced, Words
from protocols.rules.vocabulary import About, Action, Effect, Measure, Status


class Limit(Part):
    """One edge of a number line: strictly over, from, or strictly under."""

    over: Decimal | None = None
    at_least: Decimal | None = None
    under: Decimal | None = None

    @model_validator(mode="after")
    def has_one_edge(self) -> Self:
        given = [edge for edge in (self.over, self.at_least, self.under) if edge is not None]
        if len(given) != 1:
            raise ValueError("give one of over, at_least and under")
        return self


class Consequence(Part):
    """What follows when a rule fires."""

    rule: Code
    action: Action
    repeat_within_days: int | None = Field(default=None, ge=0)
    contact_within_hours: int | None = Field(default=None, gt=0)
    tasks: tuple[Code, ...] = ()
    sentence: Words


class Band(Limit, Consequence, Sourced):
    """A stretch of values; with symptoms named, it needs one of them as well."""

    symptoms: tuple[Key, ...] = ()
    repeat_until_at_most: Decimal | None = Field(
        default=None, gt=0, description="repeat again and again until the result is at most this"
    )

    later: ClassVar[frozenset[str]] = frozenset({"repeat_until_at_most"})


class UnitFactor(Part):
    """A unit the laboratory may report in, and what turns it into the table's unit."""

    unit: Words
    factor: Decimal = Field(gt=0)


class AnalyteTable(Part):
    """The bands of one analyte (or of several that are judged alike); the most severe one holds."""

    analytes: tuple[Key, ...] = Field(min_length=1)
    title: Words
    measure: Measure
    units: tuple[UnitFactor, ...] = ()
    bands: tuple[Band, ...] = Field(min_length=1)
    not_fasting_bands: tuple[Band, ...] = ()

    @model_validator(mode="after")
    def values_have_units(self) -> Self:
        if self.measure is Measure.VALUE and not self.units:
            raise ValueError("a table of values names the units it reads")
        return self

    @property
    def unit(self) -> str:
        return self.units[0].unit if self.units else ""


class HysLaw(Consequence, Sourced):
    """Aminotransferase and bilirubin raised together (domain reference §2.4)."""

    aminotransferase_over: Decimal
    bilirubin_over: Decimal


class RestartLimit(Sourced):
    """A result that must be this low before treatment starts again after a hold."""

    analytes: tuple[Key, ...] = Field(min_length=1)
    title: Words
    measure: Measure
    at_most: Decimal
    units: tuple[UnitFactor, ...] = ()
    fasting: bool = False


class HoldRules(Sourced):
    restart: tuple[RestartLimit, ...] = Field(min_length=1)
    repeat_within_days: int = Field(gt=0)
    max_hold_days: int = Field(gt=0)


class ContactDefault(Sourced):
    """How soon a clinician acts when a band does not say it itself."""

    action: Action
    hours: int = Field(gt=0)


class Fasting(Sourced):
    min_hours: Decimal
    alcohol_free_hours: Decimal
    lipids: tuple[Key, ...] = Field(min_length=1)


class SymptomRule(Consequence, Sourced):
    code: Key
    title: Words


class SafetyTable(Part):
    """Everything the safety rule looks up (domain reference §2.4)."""

    fasting: Fasting
    contact_defaults: tuple[ContactDefault, ...]
    analytes: tuple[AnalyteTable, ...] = Field(min_length=1)
    hys_law: HysLaw
    holds: HoldRules
    symptoms: tuple[SymptomRule, ...] = Field(min_length=1)

    def table_of(self, analyte: str) -> AnalyteTable | None:
        return next((table for table in self.analytes if analyte in table.analytes), None)

    def symptom(self, code: str) -> SymptomRule | None:
        return next((symptom for symptom in self.symptoms if symptom.code == code), None)

    def contact_hours(self, action: Action) -> int | None:
        return next((row.hours for row in self.contact_defaults if row.action is action), None)


class MoodBand(Consequence, Sourced):
    name: Words
    at_least: int = Field(ge=0, le=27)
    at_most: int = Field(ge=0, le=27)


class ItemNineStep(Consequence, Sourced):
    """What an answer of this much or more to item 9 leads to."""

    at_least: int = Field(ge=1, le=3)


class MoodTable(Part):
    """The PHQ-9 ladder (domain reference §2.5)."""

    bands: tuple[MoodBand, ...] = Field(min_length=1)
    item_nine: tuple[ItemNineStep, ...] = Field(min_length=1)
    plan_or_intent: ItemNineStep
    rise: Consequence
    rise_points: int = Field(gt=0)
    invalid: Consequence
    max_missing: int = Field(ge=0, le=8)
    crisis_text: Words


class Exclusion(Sourced):
    """A fact about the man that keeps him out of the programme (domain reference §2.2)."""

    code: Key
    title: Words
    sentence: Words


class LabLimit(Sourced):
    """A screening result above this keeps him out."""

    code: Code
    analyte: Key
    exclusion: Key
    title: Words
    measure: Measure
    at_most: Decimal
    units: tuple[UnitFactor, ...] = ()
    fasting: bool = False


class Eligibility(Sourced):
    """Who may take part (domain reference §7.2)."""

    sex: Key
    min_age: int = Field(ge=0)
    max_age: int = Field(ge=0)
    phq9_max_total: int = Field(ge=0, le=27)
    phq9_sign_off_at: int = Field(ge=0, le=27)
    azoospermic_samples: int = Field(ge=1)
    azoospermic_gap_days: int = Field(ge=0)
    labs: tuple[LabLimit, ...]
    exclusions: tuple[Exclusion, ...]


class MedicineRule(Sourced):
    """Medicines that matter, by the names a patient or a prescriber may write."""

    code: Key
    title: Words
    names: tuple[Words, ...] = Field(min_length=1)
    exclusion: Key | None = None
    at_start: Effect
    on_treatment: Effect
    action: Action
    prohibited: bool = False
    sentence: Words


class ReminderRule(Part):
    """One reminder: about what, how far from its target, and until when it is of use."""

    code: Code
    about: About
    days: int = Field(default=0, description="from the target, negative before")
    hours: int = Field(default=0, description="from the target, negative before")
    target: Key
    useful_for_hours: int = Field(gt=0)
    for_staff: bool = False


class ReminderPlan(Sourced):
    """When the patient hears from us, and when never (domain reference §7.8)."""

    quiet_from: time
    quiet_to: time
    daily_at: time
    statuses: tuple[Status, ...] = Field(min_length=1)
    dose_statuses: tuple[Status, ...] = Field(min_length=1)
    max_dose_reminders_per_day: int = Field(ge=0)
    rules: tuple[ReminderRule, ...] = Field(min_length=1)

    @field_validator("quiet_from", "quiet_to", "daily_at", mode="before")
    @classmethod
    def is_written_as_a_clock_shows_it(cls, value: object) -> object:
        """YAML reads 21:00 without quotes as the number 1260, which would be 00:21."""
        if isinstance(value, int | float):
            raise ValueError('write the time in quotes, as a clock shows it: "21:00"')
        return value
