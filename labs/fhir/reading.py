"""A message in FHIR, from its bytes to reports; what the standard forbids is refused with why."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from clinic import fhir
from clinic.fhir import Issue, Resource, word
from labs.fhir.gathered import READ, Gathered, gathered
from labs.fhir.meaning import Understood, understood
from labs.fhir.values import original
from labs.models import Laboratory
from labs.rules.reported import Observation, Report, Unreadable

#: More of it than this is read by the worker, not while the sender waits.
MOST_NODES = 20_000
MOST_VALUES = 200


@dataclass(slots=True)
class Examined:
    """What a message says, or why the whole of it is refused."""

    resource: Resource
    nodes: int = 0
    understood: Understood = field(default_factory=Understood)
    issues: list[Issue] = field(default_factory=list)

    @property
    def is_large(self) -> bool:
        return self.nodes > MOST_NODES


def opened(raw: bytes) -> Examined:
    """The JSON in it, as far as a sender is told at once; raises clinic.fhir.Malformed."""
    read = fhir.read(raw)
    return Examined(read.resource, read.nodes)


def examine(found: Examined, laboratory: Laboratory) -> Examined:
    """Check every resource against the standard, and understand those that are as it has them.

    One faulty value of a batch or of a file is one refused row; of a transaction or by itself
    it refuses the whole, as does a faulty person, report or specimen.
    """
    together, issues = gathered(found.resource)
    if issues:
        found.issues = issues
        return found
    faulty = faults_of(together)
    whole = word(found.resource, "type") in ("", "transaction", "message")
    found.issues = [
        issue
        for resource, several in faulty
        if whole or resource["resourceType"] != "Observation"
        for issue in several
    ]
    if found.issues:
        return found
    found.understood = understood(found.resource, zone=laboratory.site.zone)
    spoilt = {original(resource): several[0] for resource, several in faulty}
    if spoilt:
        found.understood.reports = [with_faults(r, spoilt) for r in found.understood.reports]
    return found


def faults_of(together: Gathered) -> list[tuple[Resource, list[Issue]]]:
    """Each resource that is not as the standard has it; what is contained is checked there."""
    found = []
    for resource in together.resources:
        if resource["resourceType"] in READ and id(resource) not in together.inside:
            several = fhir.faults(resource, at=together.places[id(resource)])
            if several:
                found.append((resource, several))
    return found


def with_faults(report: Report, spoilt: Mapping[str, Issue]) -> Report:
    """The same report with the fault of each value that is not as the standard has it."""

    def told(seen: Observation) -> Observation:
        issue = spoilt.get(seen.original)
        return replace(seen, fault=issue.sentence[:200]) if issue else seen

    return replace(
        report,
        groups=tuple(
            replace(group, observations=[told(seen) for seen in group.observations])
            for group in report.groups
        ),
    )


def reports_in(raw: bytes, laboratory: Laboratory, options: Mapping[str, object]) -> list[Report]:
    """The reports of a message or a file, for whoever judges and files them."""
    try:
        found = examine(opened(raw), laboratory)
    except fhir.Malformed as why:
        raise Unreadable(str(why)) from None
    if found.issues:
        raise Unreadable(sentence_of(found.issues))
    if not found.understood.reports and found.understood.notices:
        raise Unreadable(found.understood.notices[0].sentence)
    return found.understood.reports


def sentence_of(issues: list[Issue]) -> str:
    """The first thing that is wrong, where it stands, and how many more there are."""
    first = issues[0]
    where = f" ({first.expression})" if first.expression else ""
    more = f" {len(issues) - 1} more like this." if len(issues) > 1 else ""
    return f"{first.sentence}{where}{more}"


def is_fhir(raw: bytes) -> bool:
    """Do the bytes look like a resource? By their beginning, without reading them."""
    head = raw[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"{") and b'"resourceType"' in raw[:65536]
