"""What an ORU^R01 means: whose it is, what was measured, and which action it calls.

Domain reference §6.4. The raw message is stored before anybody looks at it here; whatever
cannot be matched or understood stays in a queue that a person sees.
"""

from collections.abc import Mapping
from datetime import date, tzinfo

from clinic import hl7
from clinic.hl7 import Parsed, Segment, instant
from labs.models import Laboratory
from labs.rules.catalogue import Analyte, published_catalogue
from labs.rules.reported import Group, Observation, Person, Report, Unreadable

STATUSES = {"P": "preliminary", "F": "final", "C": "corrected", "X": "cannot", "R": "preliminary"}


def read(raw: bytes, laboratory: Laboratory, options: Mapping[str, object]) -> list[Report]:
    """The reports of a message as it came; times without an offset are on the site's clock."""
    try:
        parsed = hl7.parse(raw)
    except hl7.Malformed as why:
        raise Unreadable(str(why)) from why
    return understood(parsed, zone=laboratory.site.zone)


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
