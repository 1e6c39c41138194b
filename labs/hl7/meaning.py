"""What an ORU^R01 means: whose it is, what was measured, and which action it calls.

Domain reference §6.4. The raw message is stored before anybody looks at it here; whatever
cannot be matched or understood stays in a queue that a person sees.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from clinic.hl7 import Parsed, Segment, instant
from labs.rules.catalogue import Analyte, published_catalogue

STATUSES = {"P": "preliminary", "F": "final", "C": "corrected", "X": "cannot", "R": "preliminary"}
PRESENT = {"Y": "seen", "N": "none"}


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a message says it is about."""

    numbers: tuple[str, ...]
    family_name: str
    given_name: str
    born_on: date | None

    def __str__(self) -> str:
        born = f", {self.born_on:%Y-%m-%d}" if self.born_on else ""
        return f"{self.family_name} {self.given_name[:1]}{born}"


@dataclass(frozen=True, slots=True)
class Observation:
    """One OBX; `analyte` is None when nobody has mapped its code."""

    position: int
    code: str
    code_text: str
    system: str
    value: str
    unit: str
    range_text: str
    status: str
    analyte: Analyte | None
    implies: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """One OBR with its observations: a collection."""

    panel_code: str
    specimen: str
    order_number: str
    collected_at: datetime | None
    reported_at: datetime | None
    observations: list[Observation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    received_at: datetime | None = None
    analysed_at: datetime | None = None

    @property
    def is_semen(self) -> bool:
        """A semen analysis, by its panel or by what was measured."""
        if self.panel_code == "54231-6":
            return True
        known = [o.analyte for o in self.observations if o.analyte]
        return bool(known) and all(a.group == "semen" for a in known)


@dataclass(frozen=True, slots=True)
class Report:
    person: Person
    groups: tuple[Group, ...]


def understood(parsed: Parsed, *, zone: tzinfo) -> list[Report]:
    """Every patient group of a message with its collections; times without offset are local."""
    reports: list[Report] = []
    person: Person | None = None
    groups: list[Group] = []
    position = 0
    for segment in parsed.segments:
        if segment.name == "PID":
            if person is not None:
                reports.append(Report(person, tuple(groups)))
            person, groups = _person(segment), []
        elif segment.name == "OBR":
            groups.append(_group(segment, zone))
        elif groups:
            position += segment.name == "OBX"
            _add(groups[-1], segment, position, zone)
    if person is not None:
        reports.append(Report(person, tuple(groups)))
    return reports


def _add(group: Group, segment: Segment, position: int, zone: tzinfo) -> None:
    if segment.name == "OBX":
        group.observations.append(_observation(segment, position))
        analysed = instant(segment.text(19), zone)
        if analysed and (group.analysed_at is None or analysed < group.analysed_at):
            group.analysed_at = analysed
    elif segment.name == "NTE":
        group.notes.append(segment.text(3))
    elif segment.name == "SPM":
        group.received_at = instant(segment.text(18), zone)


def _person(pid: Segment) -> Person:
    numbers = [pid.text(3, 1, n) for n in range(pid.repetitions(3))]
    try:
        born: date | None = date(int(pid.text(7)[:4]), int(pid.text(7)[4:6]), int(pid.text(7)[6:8]))
    except ValueError:
        born = None
    return Person(tuple(n for n in numbers if n), pid.text(5, 1), pid.text(5, 2), born)


def _group(obr: Segment, zone: tzinfo) -> Group:
    return Group(
        panel_code=obr.text(4),
        specimen=obr.text(3),
        order_number=obr.text(2),
        collected_at=instant(obr.text(7), zone),
        reported_at=instant(obr.text(22), zone),
    )


def _observation(obx: Segment, position: int) -> Observation:
    code, text, system = obx.text(3, 1), obx.text(3, 2), obx.text(3, 3)
    analyte, implies = _meant(code, system)
    if analyte is None and obx.text(3, 4):
        analyte, implies = _meant(obx.text(3, 4), obx.text(3, 6))
    return Observation(
        position=position,
        code=code,
        code_text=text,
        system=system,
        value=_value(obx),
        unit=obx.text(6, 1),
        range_text=obx.text(7),
        status=STATUSES.get(obx.text(11), obx.text(11) or "final"),
        analyte=analyte,
        implies=implies,
    )


def _value(obx: Segment) -> str:
    """The value as text: a structured number keeps its comparator, a coded answer its code."""
    kind = obx.text(2)
    if kind == "SN":
        comparator, number, separator = obx.text(5, 1), obx.text(5, 2), obx.text(5, 3)
        return f"{comparator}{number}{separator}{obx.text(5, 4)}".lstrip("=")
    return obx.text(5, 1)


def _meant(code: str, system: str) -> tuple[Analyte | None, dict[str, str]]:
    catalogue = published_catalogue()
    if system == catalogue.local_system:
        local = catalogue.by_local_code(code)
        if local is None:
            return None, {}
        found = next((a for a in catalogue.analytes if a.key == local.analyte), None)
        return found, local.implies
    return (catalogue.by_loinc(code), {}) if system == "LN" else (None, {})


def semen_sheet(group: Group) -> dict[str, object]:
    """The answers a semen sheet takes from a collection (keys of domain reference §4.1)."""
    sheet: dict[str, object] = {}
    for seen in group.observations:
        if seen.analyte is None or seen.status == "cannot":
            continue
        sheet.update(seen.implies)
        key = seen.analyte.key
        sheet[key] = _answer(key, seen.value)
    if group.received_at:
        sheet["received_at"] = group.received_at
    if group.analysed_at:
        sheet["analysis_started_at"] = group.analysed_at
    if all(o.status == "preliminary" for o in group.observations):
        sheet["status"] = "preliminary"
    return sheet


def _answer(key: str, value: str) -> object:
    if key == "fresh_sperm_seen":
        return PRESENT.get(value.upper(), value)
    if key == "pellet_sperm_seen":
        return {"Y": "true", "N": "false"}.get(value.upper(), value)
    return value


def unknown(group: Group) -> Iterator[Observation]:
    """Observations nobody has mapped."""
    return (o for o in group.observations if o.analyte is None)
