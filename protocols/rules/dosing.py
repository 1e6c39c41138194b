"""Capsules and days: what should have been taken, what was, and how long the rest lasts.

Domain reference §2.1, §2.6 and §7.3.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from protocols.rules.contradiction import Contradiction
from protocols.rules.programme import Dose
from protocols.rules.windows import add_months

DAY = timedelta(days=1)
HUNDRED = Decimal(100)


class AdherenceClass(StrEnum):
    ADEQUATE = "ADEQUATE"
    MINOR = "MINOR"
    MAJOR = "MAJOR"
    OVER_USE = "OVER_USE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Segment:
    """Days on which the same number of capsules was ordered; 0 is a hold.

    `until_on` is the first day after it, as in a database range; None while it lasts.
    """

    from_on: date
    until_on: date | None
    daily_capsules: int

    def days_in(self, first_on: date, last_on: date) -> int:
        """How many days of the period, both ends included, lie in this segment."""
        start = max(self.from_on, first_on)
        after = last_on + DAY if self.until_on is None else min(self.until_on, last_on + DAY)
        return max(0, (after - start).days)


@dataclass(frozen=True, slots=True)
class PillCount:
    """What went out and came back; `returned` is None when the bottle did not come back."""

    dispensed: int
    returned: int | None
    carried_in: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Adherence:
    """The percentage is not rounded; it is None when it cannot be known."""

    expected: int
    actual: int | None
    percent: Decimal | None
    category: AdherenceClass


@dataclass(frozen=True, slots=True)
class Cumulative:
    mg: int
    mg_per_kg: Decimal | None


@dataclass(frozen=True, slots=True)
class Supply:
    """When the capsules run out, and on which days the patient is reminded."""

    run_out_on: date | None
    remind_on: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Prescription:
    capsules: int
    days_supply: int


def expected_capsules(segments: Iterable[Segment], *, first_on: date, last_on: date) -> int:
    """The capsules ordered over a period, both days included; none on the days of a hold."""
    return sum(segment.days_in(first_on, last_on) * segment.daily_capsules for segment in segments)


def expected_from_days(*, days: int, hold_days: int, daily_capsules: int) -> int:
    """The same from counts alone."""
    whole(days=days, hold_days=hold_days, daily_capsules=daily_capsules)
    if hold_days > days:
        raise Contradiction("hold_days", "There are more days of hold than days.")
    return (days - hold_days) * daily_capsules


def adherence(dose: Dose, *, expected: int, count: PillCount) -> Adherence:
    """Taken over expected, classed by the unrounded figure (domain reference §7.3)."""
    whole(
        expected=expected, dispensed=count.dispensed, carried_in=count.carried_in, lost=count.lost
    )
    if count.returned is None:
        return Adherence(expected, None, None, AdherenceClass.UNKNOWN)
    whole(returned=count.returned)
    actual = count.dispensed + count.carried_in - count.returned - count.lost
    if actual < 0:
        raise Contradiction("returned", "More capsules came back or were lost than went out.")
    if expected == 0:
        category = AdherenceClass.OVER_USE if actual else AdherenceClass.UNKNOWN
        return Adherence(expected, actual, None, category)
    percent = HUNDRED * actual / expected
    return Adherence(expected, actual, percent, adherence_class(dose, percent))


def adherence_class(dose: Dose, percent: Decimal) -> AdherenceClass:
    if percent > dose.over_use_above_percent:
        return AdherenceClass.OVER_USE
    if percent >= dose.adequate_from_percent:
        return AdherenceClass.ADEQUATE
    if percent >= dose.minor_from_percent:
        return AdherenceClass.MINOR
    return AdherenceClass.MAJOR


def cumulative(taken: Iterable[tuple[int, int]], *, weight_kg: Decimal | None) -> Cumulative:
    """Milligrams taken, from (capsules, strength in mg), and per kilogram at baseline."""
    mg = 0
    for capsules, strength_mg in taken:
        whole(capsules=capsules, strength_mg=strength_mg)
        mg += capsules * strength_mg
    if weight_kg is None:
        return Cumulative(mg, None)
    if weight_kg <= 0:
        raise Contradiction("weight_kg", "The weight must be more than 0 kg.")
    return Cumulative(mg, mg / weight_kg)


def supply(dose: Dose, *, on_hand: int, on: date, daily_capsules: int) -> Supply:
    """The run-out day and the reminders that still lie ahead; a hold never runs out."""
    whole(on_hand=on_hand, daily_capsules=daily_capsules)
    if daily_capsules == 0:
        return Supply(None, ())
    run_out_on = on + timedelta(days=on_hand // daily_capsules)
    days = sorted(dose.run_out_reminder_days, reverse=True)
    reminders = (run_out_on - timedelta(days=ahead) for ahead in days)
    return Supply(run_out_on, tuple(day for day in reminders if day >= on))


def prescription(dose: Dose, *, daily_capsules: int, days: int | None = None) -> Prescription:
    """A month of capsules and never more (domain reference §2.1)."""
    days = dose.max_supply_days if days is None else days
    whole(daily_capsules=daily_capsules, days=days)
    if daily_capsules == 0 or days == 0:
        raise Contradiction("daily_capsules", "Nothing is prescribed during a hold.")
    if daily_capsules > dose.daily_capsules:
        raise Contradiction(
            "daily_capsules", f"The programme's dose is {dose.daily_capsules} capsules a day."
        )
    if days > dose.max_supply_days:
        raise Contradiction("days", f"At most {dose.max_supply_days} days go on a prescription.")
    return Prescription(capsules=daily_capsules * days, days_supply=days)


def days_supply(*, capsules: int, daily_capsules: int) -> int:
    """Whole days that a bottle lasts."""
    whole(capsules=capsules, daily_capsules=daily_capsules)
    if daily_capsules == 0:
        raise Contradiction("daily_capsules", "Nothing is dispensed during a hold.")
    return capsules // daily_capsules


def blood_donation_blocked_until(dose: Dose, last_dose_on: date) -> date:
    """The last day without blood donation; it is allowed from the next (domain reference §2.6)."""
    return add_months(last_dose_on, dose.blood_donation_months)


def re_treatment_earliest(dose: Dose, last_dose_on: date) -> date:
    return last_dose_on + timedelta(days=dose.re_treatment_days)


def hold_has_ended_treatment(max_hold_days: int, *, held_from: date, on: date) -> bool:
    """Has the hold lasted more than its limit of consecutive days, both ends counted?"""
    return (on - held_from).days + 1 > max_hold_days


def longest_gap(
    segments: Iterable[Segment], dry_days: Iterable[date], *, first_on: date, last_on: date
) -> int:
    """The longest run of days without the drug that an order asked for; a hold is no gap."""
    ordered, dry = tuple(segments), frozenset(dry_days)
    longest = run = 0
    day = first_on
    while day <= last_on:
        asked = any(segment.days_in(day, day) and segment.daily_capsules for segment in ordered)
        run = run + 1 if asked and day in dry else 0
        longest, day = max(longest, run), day + DAY
    return longest


def whole(**counts: int) -> None:
    """Capsules and days are counted whole and never below nothing."""
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int):
            raise Contradiction(
                name, "Half a capsule or half a day is not counted; give a whole number."
            )
        if count < 0:
            raise Contradiction(name, "This cannot be less than nothing.")
