"""How the house writes days, instants, spans and numbers. Nothing here asks the clock."""

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Final

NO_BREAK: Final = "\u00a0"
THIN: Final = "\u202f"

_WORDS: Final[dict[str, str]] = {
    "America/New_York": "Eastern",
    "America/Detroit": "Eastern",
    "America/Toronto": "Eastern",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Phoenix": "Arizona",
    "America/Los_Angeles": "Pacific",
    "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii",
    "UTC": "UTC",
}


def day(on: date) -> str:
    """Tue 4 Aug 2026."""
    return f"{on:%a} {on.day} {on:%b %Y}"


def short_day(on: date) -> str:
    """4 Aug: where the year is plain from the page."""
    return f"{on.day} {on:%b}"


def weekday(on: date) -> str:
    """Tue 4 Aug: where the year is plain and the weekday helps."""
    return f"{on:%a} {on.day} {on:%b}"


def plain_day(on: date) -> str:
    """12 Mar 1990: birth dates and other days whose weekday says nothing."""
    return f"{on.day} {on:%b %Y}"


DAY_FORMS: Final = {"": day, "short": short_day, "weekday": weekday, "plain": plain_day}


def stamp(at: datetime, zone: tzinfo | None = None, *, named: bool = False) -> str:
    """Tue 4 Aug 2026, 09:30; `named` adds the word of the zone it is told in."""
    local = at.astimezone(zone) if zone else at
    word = f" {zone_word(local.tzinfo)}" if named and local.tzinfo else ""
    return f"{day(local)}, {local:%H:%M}{word}"


def zone_word(zone: tzinfo) -> str:
    """What people call a time zone: Pacific, Berlin."""
    name = str(zone)
    return _WORDS.get(name, name.rsplit("/", 1)[-1].replace("_", " "))


def age(born_on: date, on: date) -> int:
    """Completed years; who was born on 29 February turns a year older on 1 March."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def days_away(on: date, today: date) -> str:
    """Today, tomorrow, in 2 days, 2 days ago."""
    days = (on - today).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if days in near:
        return near[days]
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def span_away(at: datetime, now: datetime) -> str:
    """Now, in 5 min, 3 h ago; from a day on it counts calendar days in the zone of `now`."""
    away = at - now
    if abs(away) >= timedelta(hours=24):
        return days_away(at.astimezone(now.tzinfo).date(), now.date())
    minutes = int(abs(away).total_seconds() // 60)
    if minutes == 0:
        return "now"
    length = f"{minutes}{NO_BREAK}min" if minutes < 60 else f"{minutes // 60}{NO_BREAK}h"
    return f"in {length}" if away > timedelta(0) else f"{length} ago"


def figure(number: Decimal | float) -> str:
    """A number without an exponent, a true minus, and thin gaps from five digits on."""
    text = f"{number:f}" if isinstance(number, Decimal) else str(number)
    sign, text = ("\u2212", text[1:]) if text.startswith("-") else ("", text)
    whole, point, rest = text.partition(".")
    if len(whole) > 4:
        whole = f"{int(whole):,}".replace(",", THIN)
    return f"{sign}{whole}{point}{rest}"


def quantity(number: Decimal | float | None, unit: str = "", comparator: str = "") -> str:
    """A value kept on one line: < 7 mg/dL; nothing measured is a middle dot."""
    if number is None:
        return "·"
    unit = unit.replace(" ", NO_BREAK)
    return NO_BREAK.join(part for part in (comparator, figure(number), unit) if part)


def initials(name: str) -> str:
    """D.R., as a tile on Today shows a person."""
    return "".join(f"{part[0].upper()}." for part in name.split())


def monogram(name: str) -> str:
    """ML: first and last letter pair of a name without its title."""
    parts = [part for part in name.split() if part.strip(".").lower() not in {"dr", "prof"}]
    return "".join(part[0].upper() for part in (parts[:1] + parts[1:][-1:]))
