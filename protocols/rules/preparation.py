"""How a man gets ready for one visit: what to leave out, what to bring, from when on.

Hours are counted as they pass, days by the calendar of the clinic, so that a change of the clocks
moves neither the last meal nor the day (domain reference §2.4, §4.1, §7.7).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from protocols.rules.definition import Definition
from protocols.rules.programme import Panel
from protocols.rules.vocabulary import ItemKind

#: What is said to be best beside the least that counts (domain reference §7.7).
LONGER_FAST_HOURS = 12
EVENING_FROM = 17


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visit takes from him, and when; an instant that is None is not booked."""

    blood_at: datetime | None
    sample_at: datetime | None
    panels: tuple[Panel, ...] = ()
    fasting: bool = False
    kinds: frozenset[ItemKind] = frozenset()

    @property
    def lipid_keys(self) -> frozenset[str]:
        return frozenset(key for panel in self.panels if panel.fasting for key in panel.analytes)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the list; a private one is kept off a discreet home page."""

    code: str
    icon: str
    text: str
    why: str
    begun: bool = False
    private: bool = False
    main: bool = True


def steps(
    definition: Definition, wanted: Wanted, *, zone: ZoneInfo, now: datetime
) -> tuple[Step, ...]:
    """Everything he has to think of, in the order in which it begins."""
    return tuple(_steps(definition, wanted, zone, now))


def _steps(definition: Definition, wanted: Wanted, zone: ZoneInfo, now: datetime) -> Iterator[Step]:
    if ItemKind.SEMEN in wanted.kinds:
        yield abstinence(definition, wanted.sample_at, zone, now)
    if wanted.blood_at is not None and wanted.fasting:
        yield from before_blood(definition, wanted, wanted.blood_at, zone, now)
    for panel in wanted.panels:
        if panel.preparation and not panel.fasting:
            yield Step(panel.key.upper(), "drop", panel.preparation, panel.title, main=False)
    if ItemKind.PILL_COUNT in wanted.kinds:
        yield Step("CAPSULES", "caps", "Bring the bottle back", "with every capsule you have left")
    if ItemKind.MEDICINES in wanted.kinds:
        yield Step("MEDICINES", "list", "Bring a list of what else you take",
                   "medicines, vitamins, supplements", main=False)  # fmt: skip
    if ItemKind.SEMEN in wanted.kinds:
        yield delivery(definition)


def before_blood(
    definition: Definition, wanted: Wanted, at: datetime, zone: ZoneInfo, now: datetime
) -> Iterator[Step]:
    """No alcohol where fats are measured, and nothing to eat."""
    rule = definition.safety.fasting
    if not wanted.panels or wanted.lipid_keys & set(rule.lipids):
        dry = earlier(at, rule.alcohol_free_hours, zone)
        yield Step(
            "ALCOHOL",
            "minus",
            f"No alcohol from {moment(dry, now, zone)}",
            f"{hours(rule.alcohol_free_hours)} hours before the blood test",
            dry <= now,
        )
    last = earlier(at, rule.min_hours, zone)
    best = earlier(at, Decimal(LONGER_FAST_HOURS), zone)
    yield Step(
        "FASTING",
        "clock",
        f"Nothing to eat after {moment(last, now, zone)}",
        f"water is fine; stopping at {best:%H:%M} is better still. Bring breakfast for afterwards",
        last <= now,
    )


def abstinence(definition: Definition, at: datetime | None, zone: ZoneInfo, now: datetime) -> Step:
    """Two to seven days before the sample, told as days once its time is known."""
    rule = definition.semen_preparation
    low, high = rule.abstinence_min_days, rule.abstinence_max_days
    why = f"{hours(low)} to {hours(high)} days before the sample"
    if at is None:
        return Step("ABSTINENCE", "lock", f"No ejaculation for {why}", "", private=True)
    local = at.astimezone(zone)
    last, first = (local - timedelta(days=float(days)) for days in (low, high))
    return Step(
        "ABSTINENCE",
        "lock",
        f"Last ejaculation between {short(first)} and {moment(last, now, zone)}, then none",
        why,
        last <= now,
        private=True,
    )


def delivery(definition: Definition) -> Step:
    minutes = definition.semen_preparation.start_within_minutes
    return Step(
        "DELIVERY",
        "tube",
        f"A sample made at home: hand it in within {minutes} minutes",
        "half of that is better; carry it close to your body, between 20 and 37 °C",
        private=True,
        main=False,
    )


def earlier(at: datetime, before: Decimal, zone: ZoneInfo) -> datetime:
    """So many hours earlier as hours pass, on the clinic's clock."""
    passed = at.astimezone(UTC) - timedelta(hours=float(before))
    return passed.astimezone(zone)


def moment(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Tonight, 20:30; tomorrow, 08:30; Sun 2 Aug, 20:30; Sun 2 Aug, midnight."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    hour = f"{local:%H:%M}"
    if hour == "00:00":
        local, hour = local - timedelta(minutes=1), "midnight"
    days = (local.date() - today).days
    if days == 0:
        word = "tonight" if local.hour >= EVENING_FROM else "today"
    elif days == 1:
        word = "tomorrow night" if local.hour >= EVENING_FROM else "tomorrow"
    else:
        word = short(local)
    return f"{word}, {hour}"


def short(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b}"


def hours(number: Decimal) -> str:
    return f"{number.normalize():f}"
