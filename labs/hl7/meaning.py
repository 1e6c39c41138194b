"""What an ORU^R01 means: whose it is, what was measured, in our words (labs.rules.reported).

Domain reference §6.4. The raw message is stored before anybody looks at it here; whatever
cannot be matched or understood stays in a queue that a person sees.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo

from clinic import hl7
from clinic.hl7 import Parsed, Segment, instant
from labs.models import Laboratory
from labs.rules.catalogue import Analyte, published_catalogue
from labs.rules.reported import Group, Observation, Person, Report, Unreadable
from labs.rules.units import normalised_unit

STATUSES = {
    "P": "preliminary", "R": "preliminary", "S": "preliminary", "F": "final", "U": "final",
    "C": "corrected", "X": "cannot", "D": "D",
}  # fmt: skip
#: Types whose text is one piece, whatever delimiters were left in it.
PLAIN = frozenset({"", "NM", "ST", "TX", "FT"})
CODED = frozenset({"CE", "CWE", "CNE", "CF", "IS", "ID"})
#: "Fasting status": a coded answer to that question, which no words in a note ever are.
FASTING = ("LN", "49541-6")
FASTED = {"Y": True, "N": False, "LA33-6": True, "LA32-8": False}
STANDING = frozenset({"final", "corrected"})
READABLE = PLAIN | CODED | {"SN"}
LONGEST_ORIGINAL = 65536
NOBODY = Person((), "", "", None)


def read(raw: bytes, laboratory: Laboratory, options: Mapping[str, object]) -> list[Report]:
    """The reports of a message or a batch file; times without an offset are on the site's clock.

    A file that names another laboratory than the one it was handed in for is not read.
    """
    reports: list[Report] = []
    position = 0
    try:
        for message in hl7.messages_of(raw):
            parsed = hl7.parse(message)
            refuse_other(parsed, laboratory)
            found = understood(parsed, zone=laboratory.site.zone, after=position)
            position += sum(len(list(report.observations)) for report in found)
            reports += found
    except hl7.Malformed as why:
        raise Unreadable(str(why)) from why
    return reports if position else []


def refuse_other(parsed: Parsed, laboratory: Laboratory) -> None:
    if why := why_not_ours(f"{parsed.kind}", parsed.header.text(12), parsed.header.text(11)):
        raise Unreadable(why)
    says = parsed.facility
    if says and laboratory.facility and says != laboratory.facility:
        raise Unreadable(f"It says that it is from {says}, not from {laboratory}.")
    if any(segment.name == "DSC" and segment.text(1) for segment in parsed.segments):
        raise Unreadable("It goes on in another message (DSC); ask for it in one piece.")


VERSIONS = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1")


def why_not_ours(kind: str, version: str, processing: str) -> str:
    """Why such a message is kept and not filed, or "" where it is."""
    if kind != "ORU^R01":
        return not_about_results(kind)
    if version and version not in VERSIONS:
        return f"It is written in HL7 {version}; versions 2.3 to 2.5.1 are taken in."
    if processing in ("T", "D"):
        return f"It is marked as a test (MSH-11 is {processing}); tests are not filed."
    return ""


def not_about_results(kind: str) -> str:
    named = kind.strip("^ ")
    what = f"This is a message of the type {named}" if named else "This message names no type"
    return f"{what}; only results (ORU^R01) are taken in."


@dataclass(slots=True)
class Reading:
    """The reports of one message while its segments go by."""

    zone: tzinfo
    position: int
    reports: list[Report] = field(default_factory=list)
    person: Person | None = None
    groups: list[Group] = field(default_factory=list)
    order: Segment | None = None

    def take(self, segment: Segment) -> None:
        match segment.name:
            case "PID":
                self.close()
                self.person = person_of(segment)
            case "ORC":
                self.order = segment
            case "OBR":
                self.groups.append(group_of(segment, self.order, self.zone))
                self.order = None
            case "OBX":
                self.position += 1
                observation = observation_of(segment, self.position, self.panel_status)
                if observation.tells and observation.status in STANDING:
                    self.group.fasting = FASTED[observation.value.upper()]
                self.group.observations.append(observation)
                self.times_of(segment)
            case "NTE" if self.groups:
                self.group.notes += notes_of(segment)
            case "SPM" if self.groups:
                self.specimen(segment)

    def close(self) -> None:
        """A new patient begins, or the message ends."""
        if self.person is not None or self.groups:
            self.reports.append(Report(self.person or NOBODY, tuple(self.groups)))
        self.person, self.groups, self.order = None, [], None

    @property
    def group(self) -> Group:
        """The collection of the last OBR; values before any stand in one that has no time."""
        if not self.groups:
            self.groups.append(Group("", "", "", None, None))
        return self.groups[-1]

    @property
    def panel_status(self) -> str:
        return self.group.status

    def times_of(self, obx: Segment) -> None:
        group, analysed = self.group, instant(obx.text(19), self.zone)
        if analysed and (group.analysed_at is None or analysed < group.analysed_at):
            group.analysed_at = analysed
        group.collected_at = group.collected_at or instant(obx.text(14), self.zone)

    def specimen(self, spm: Segment) -> None:
        group = self.group
        group.received_at = instant(spm.text(18), self.zone) or group.received_at
        group.collected_at = group.collected_at or instant(spm.text(17, part=1), self.zone)


def understood(parsed: Parsed, *, zone: tzinfo, after: int = 0) -> list[Report]:
    """Every patient group of a message with its collections; times without offset are local."""
    reading = Reading(zone, after)
    for segment in parsed.segments[1:]:
        reading.take(segment)
    reading.close()
    return reading.reports


def notes_of(nte: Segment) -> list[str]:
    lines = [nte.whole(3, n) for n in range(nte.repetitions(3))]
    return [line for line in lines if line]


def person_of(pid: Segment) -> Person:
    """Numbers from PID-3, and from PID-2 and PID-4 where older versions put them."""
    numbers = [pid.text(at, 1, n) for at in (3, 2, 4) for n in range(pid.repetitions(at))]
    try:
        born: date | None = date(int(pid.text(7)[:4]), int(pid.text(7)[4:6]), int(pid.text(7)[6:8]))
    except ValueError:
        born = None
    known = tuple(dict.fromkeys(number for number in numbers if number))
    return Person(known, pid.text(5, 1, part=1), pid.text(5, 2), born)


def group_of(obr: Segment, orc: Segment | None, zone: tzinfo) -> Group:
    """What the OBR says, and the ORC before it where the OBR leaves its numbers away."""
    return Group(
        panel_code=obr.text(4) or obr.text(4, 4),
        specimen=obr.text(3) or (orc.text(3) if orc else ""),
        order_number=obr.text(2) or (orc.text(2) if orc else ""),
        collected_at=instant(obr.text(7), zone),
        reported_at=instant(obr.text(22), zone),
        status=STATUSES.get(obr.text(25), ""),
    )


def observation_of(obx: Segment, position: int, panel_status: str) -> Observation:
    code, text, system = obx.text(3, 1), obx.text(3, 2), obx.text(3, 3)
    analyte, implies = _meant(code, system)
    if analyte is None and obx.text(3, 4):
        analyte, implies = _meant(obx.text(3, 4), obx.text(3, 6))
    said, kind, value = obx.text(11), obx.text(2), value_of(obx, obx.text(2))
    answers = (system, code) == FASTING and value.upper() in FASTED
    return Observation(
        position=position,
        code=code,
        code_text=text,
        system=system,
        value=value,
        unit=unit_of(obx),
        range_text=obx.whole(7),
        status=STATUSES.get(said, said or panel_status or "final"),
        analyte=analyte,
        implies=implies,
        original=obx.line[:LONGEST_ORIGINAL],
        fault="" if kind in READABLE else f"A value of type {kind[:10]} is no result.",
        tells="It says whether he was fasting; kept with the collection." if answers else "",
    )


def value_of(obx: Segment, kind: str) -> str:
    """The value as text: a structured number keeps its comparator, a coded answer its code.

    Several answers stand beside each other, so that none of them is taken for the whole.
    """
    return "\n".join(_said(obx, kind, n) for n in range(max(obx.repetitions(5), 1)))


def _said(obx: Segment, kind: str, n: int) -> str:
    if kind == "SN":
        sign, number, mark, more = (obx.text(5, part, n) for part in range(1, 5))
        return f"{sign}{number}{mark}{more}".removeprefix("=")
    if kind in CODED:
        return obx.text(5, 1, n) or obx.text(5, 2, n) or obx.text(5, 4, n)
    return obx.whole(5, n)


def unit_of(obx: Segment) -> str:
    """The unit's code; "10^9/L" is one unit, whose power nobody escaped."""
    whole = obx.whole(6)
    return whole if normalised_unit(whole) else obx.text(6, 1) or obx.text(6, 2)


def _meant(code: str, system: str) -> tuple[Analyte | None, dict[str, str]]:
    catalogue = published_catalogue()
    if system == catalogue.local_system:
        local = catalogue.by_local_code(code)
        if local is None:
            return None, {}
        found = next((a for a in catalogue.analytes if a.key == local.analyte), None)
        return found, local.implies
    return (catalogue.by_loinc(code), {}) if system == "LN" else (None, {})
