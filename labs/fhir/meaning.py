"""What a message in FHIR means: whose it is, what was collected, what was measured in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from clinic.fhir import Issue, Resource, codings, day, instant, listed, part, word
from labs.fhir.gathered import Gathered, gathered, identifier
from labs.fhir.values import is_waiting, value_of
from labs.rules.reported import SEMEN_PANEL, Group, Person, Report

NOBODY = Person((), "", "", None)
ANALYSIS = "Analysis started"
#: HL7 table 0916: what was said about fasting, in its letters.
FASTING = {"F": True, "NF": False}
DEEPEST_PANEL = 8


@dataclass(slots=True)
class Understood:
    """The reports in it, what is wrong with the whole, and what there was nothing to do about."""

    reports: list[Report] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    notices: list[Issue] = field(default_factory=list)

    @property
    def values(self) -> int:
        return sum(len(group.observations) for report in self.reports for group in report.groups)


@dataclass(frozen=True, slots=True)
class Around:
    """What a report or a panel says for everything in it."""

    report: Resource | None = None
    panel: Resource | None = None
    status: str = ""


def understood(resource: Resource, *, zone: tzinfo) -> Understood:
    """Every person of a message with his collections; moments without offset are local."""
    found, issues = gathered(resource)
    result = Understood(issues=issues)
    if issues:
        return result
    collections: dict[tuple[str, str, str, bool], Group] = {}
    people: dict[str, Person] = {}
    position = 0
    for seen, around in observed(found):
        if is_waiting(seen):
            at = found.places.get(id(seen), "")
            result.notices.append(Issue(
                "It is registered and has no value yet: nothing was filed.",
                "informational", "information", at,
            ))  # fmt: skip
            continue
        person = person_of(found, seen, around)
        group = group_of(found, seen, around, zone)
        people[person.key] = person
        semen = group.panel_code == SEMEN_PANEL
        collection = collections.setdefault(
            (person.key, group.specimen, str(group.collected_at), semen), group
        )
        joined(collection, group)
        for part_of, whole in measured(seen):
            position += 1
            value = value_of(part_of, whole=whole, position=position, reported_as=around.status)
            collection.observations.append(value)
    for key, person in people.items():
        groups = tuple(
            group
            for (whose, *_), group in collections.items()
            if whose == key and group.observations
        )
        if groups:
            result.reports.append(Report(person, groups))
    return result


def joined(collection: Group, other: Group) -> None:
    """Add what a further value says about the same collection."""
    collection.notes.extend(note for note in other.notes if note not in collection.notes)
    collection.panel_code = collection.panel_code or other.panel_code
    collection.order_number = collection.order_number or other.order_number
    if collection.fasting is None:
        collection.fasting = other.fasting
    if other.reported_at and (
        collection.reported_at is None or other.reported_at > collection.reported_at
    ):
        collection.reported_at = other.reported_at


def measured(seen: Resource) -> Iterator[tuple[Resource, Resource | None]]:
    """The value of an observation and those of its components."""
    components = [each for each in listed(seen, "component") if isinstance(each, dict)]
    has_own = any(name.startswith("value") for name in seen) or "dataAbsentReason" in seen
    is_panel = bool(components or listed(seen, "hasMember"))
    if has_own or not is_panel:
        yield seen, None
    for each in components:
        yield each, seen


# --- which observations there are, and what stands around them ------------------------------------


def observed(found: Gathered) -> Iterator[tuple[Resource, Around]]:
    """Each observation once: those of reports, then of panels, then by themselves."""
    done: set[int] = set()
    for report in found.of("DiagnosticReport"):
        around = Around(report=report, status=_overruled(word(report, "status")))
        for seen in found.found(report, "result"):
            yield from _with_members(found, seen, around, done)
    members = {
        id(member)
        for panel in found.of("Observation")
        for member in found.found(panel, "hasMember")
        if member is not panel
    }
    everything = list(found.of("Observation"))
    for seen in [each for each in everything if id(each) not in members] + everything:
        yield from _with_members(found, seen, Around(), done)


def _overruled(status: str) -> str:
    """A report that is taken back or cancelled takes everything in it along."""
    return status if status in ("entered-in-error", "cancelled") else ""


def _with_members(
    found: Gathered, seen: Resource, around: Around, done: set[int], depth: int = 0
) -> Iterator[tuple[Resource, Around]]:
    if id(seen) in done or seen["resourceType"] != "Observation" or depth > DEEPEST_PANEL:
        return
    done.add(id(seen))
    members = list(found.found(seen, "hasMember"))
    inside = replace(around, panel=seen) if members or listed(seen, "component") else around
    yield seen, inside
    for member in members:
        yield from _with_members(found, member, inside, done, depth + 1)


# --- whose, and of which collection ---------------------------------------------------------------


def person_of(found: Gathered, seen: Resource, around: Around) -> Person:
    """By the Patient that came along, else by the number the reference names."""
    for holder in (seen, around.panel, around.report):
        subject = part(holder, "subject") if holder else {}
        if not subject:
            continue
        patient = found.find(subject, within=holder)
        if patient is not None and patient["resourceType"] == "Patient":
            return person(patient)
        if number := identifier(subject):
            return Person((number,), "", "", None)
    return NOBODY


def person(patient: Resource) -> Person:
    names = [each for each in listed(patient, "name") if isinstance(each, dict)]
    official = [each for each in names if word(each, "use") == "official"] or names
    name = official[0] if official else {}
    given = next((each for each in listed(name, "given") if isinstance(each, str)), "")
    numbers = [
        word(each, "value") for each in listed(patient, "identifier") if isinstance(each, dict)
    ]
    return Person(
        tuple(dict.fromkeys(number for number in numbers if number)),
        word(name, "family"),
        given.strip(),
        day(word(patient, "birthDate")),
    )


def group_of(found: Gathered, seen: Resource, around: Around, zone: tzinfo) -> Group:
    """The collection a value belongs to, without its values."""
    holders = [each for each in (seen, around.panel, around.report) if each is not None]
    specimen, number = specimen_of(found, holders)
    collection = part(specimen, "collection") if specimen else {}
    moments = [moment_of(each, "effective", zone) for each in holders]
    moments.append(moment_of(collection, "collected", zone))
    issued = [instant(word(each, "issued"), zone) for each in holders]
    panels = [code for each in holders for code in panel_codes(each)]
    return Group(
        panel_code=next(iter(panels), ""),
        specimen=number[:80],
        order_number=next((n for n in (order_of(found, each) for each in holders) if n), ""),
        collected_at=next((moment for moment in moments if moment), None),
        reported_at=max((moment for moment in issued if moment), default=None),
        notes=list(dict.fromkeys(notes_of(holders))),
        received_at=instant(word(specimen, "receivedTime"), zone) if specimen else None,
        analysed_at=analysed(specimen, zone) if specimen else None,
        fasting=fasting(collection),
    )


def specimen_of(found: Gathered, holders: list[Resource]) -> tuple[Resource | None, str]:
    """The specimen that came along and the number it goes by; else that of the report."""
    number = ""
    for holder in holders:
        for reference in [part(holder, "specimen"), *listed(holder, "specimen")]:
            if not isinstance(reference, dict) or not reference:
                continue
            specimen = found.find(reference, within=holder)
            if specimen is not None and specimen["resourceType"] == "Specimen":
                accession = word(part(specimen, "accessionIdentifier"), "value")
                return specimen, accession or identifier(specimen)
            number = number or identifier(reference)
    reports = [each for each in holders if each["resourceType"] == "DiagnosticReport"]
    return None, number or next((identifier(each) for each in reports), "")


def order_of(found: Gathered, holder: Resource) -> str:
    for reference in listed(holder, "basedOn"):
        if isinstance(reference, dict):
            number = identifier(found.find(reference, within=holder)) or identifier(reference)
            if number:
                return number
    return ""


def panel_codes(holder: Resource) -> Iterator[str]:
    """The LOINC of a report or of a panel; that of a single value names no panel."""
    is_panel = listed(holder, "hasMember") or listed(holder, "component")
    if holder["resourceType"] == "DiagnosticReport" or is_panel:
        found = list(codings(part(holder, "code")))
        yield from (code for system, code, _ in found if system == "LN")


def moment_of(holder: Resource, name: str, zone: tzinfo) -> datetime | None:
    """A moment, or the beginning of a period."""
    at = word(holder, f"{name}DateTime") or word(part(holder, f"{name}Period"), "start")
    return instant(at or word(holder, f"{name}Instant"), zone)


def notes_of(holders: list[Resource]) -> Iterator[str]:
    for holder in holders:
        for note in listed(holder, "note"):
            if isinstance(note, dict) and word(note, "text"):
                yield word(note, "text")
        if conclusion := word(holder, "conclusion"):
            yield conclusion


def analysed(specimen: Resource, zone: tzinfo) -> datetime | None:
    steps = [each for each in listed(specimen, "processing") if isinstance(each, dict)]
    begun = [
        instant(word(each, "timeDateTime"), zone)
        for each in steps
        if word(each, "description") == ANALYSIS
    ]
    return min((moment for moment in begun if moment), default=None)


def fasting(collection: Resource) -> bool | None:
    """Only its own code says it; words in a note never do (domain reference §2.4)."""
    codes = [code for _, code, _ in codings(part(collection, "fastingStatusCodeableConcept"))]
    return next((FASTING[code] for code in codes if code in FASTING), None)
