"""The resources of one message, found by every name they are called in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from clinic.fhir import Issue, Resource, listed, part, word

READ = ("Observation", "DiagnosticReport", "Specimen", "Patient")
BUNDLES = ("transaction", "batch", "collection", "message", "document")
NOT_TAKEN = "Results are taken as Observation, DiagnosticReport or a Bundle of them, not as {}."


@dataclass(slots=True)
class Gathered:
    """Resources in the order they came, and what they may be called: fullUrl, Type/id, #id."""

    resources: list[Resource] = field(default_factory=list)
    places: dict[int, str] = field(default_factory=dict)
    inside: dict[int, Resource] = field(default_factory=dict)
    named: dict[str, Resource] = field(default_factory=dict)

    def of(self, kind: str) -> Iterator[Resource]:
        return (each for each in self.resources if each["resourceType"] == kind)

    def find(self, reference: object, *, within: Resource | None = None) -> Resource | None:
        """The resource a reference means, if it came with the message."""
        address = word(reference, "reference") if isinstance(reference, dict) else ""
        if address.startswith("#"):
            holder = self.inside.get(id(within), within)
            for each in listed(holder, "contained") if holder else []:
                if isinstance(each, dict) and word(each, "id") == address[1:]:
                    return each
            return None
        found = self.named.get(address)
        return found or self.named.get("/".join(address.split("/")[-2:])) if address else None

    def found(self, holder: Resource, name: str) -> Iterator[Resource]:
        """What the references of a repeating element mean, as far as they came along."""
        for reference in listed(holder, name):
            if (each := self.find(reference, within=holder)) is not None:
                yield each


def gathered(resource: Resource) -> tuple[Gathered, list[Issue]]:
    """Everything in a resource or a bundle, with what is wrong about how it is put together."""
    found = Gathered()
    if resource["resourceType"] != "Bundle":
        _add(found, resource, resource["resourceType"])
        return found, _not_taken(resource)
    kind = word(resource, "type")
    if kind not in BUNDLES:
        why = f"A Bundle of the type “{kind[:30]}” is not taken; send a transaction or a batch."
        return found, [Issue(why, "not-supported", "error", "Bundle.type")]
    issues = []
    for number, entry in enumerate(listed(resource, "entry")):
        at = f"Bundle.entry[{number}]"
        inner = part(entry, "resource") if isinstance(entry, dict) else {}
        if not isinstance(inner.get("resourceType"), str):
            issues.append(Issue("This entry holds no resource.", "required", "error", at))
            continue
        issues += _add(found, inner, f"{at}.resource", word(entry, "fullUrl"))
    return found, issues


def _not_taken(resource: Resource) -> list[Issue]:
    kind = resource["resourceType"]
    if kind in ("Observation", "DiagnosticReport"):
        return []
    return [Issue(NOT_TAKEN.format(kind[:40]), "not-supported", "error", kind[:40])]


def _add(found: Gathered, resource: Resource, at: str, address: str = "") -> list[Issue]:
    found.resources.append(resource)
    found.places[id(resource)] = at
    for number, inner in enumerate(listed(resource, "contained")):
        if isinstance(inner, dict) and isinstance(inner.get("resourceType"), str):
            found.resources.append(inner)
            found.places[id(inner)] = f"{at}.contained[{number}]"
            found.inside[id(inner)] = resource
    own = f"{resource['resourceType']}/{word(resource, 'id')}" if word(resource, "id") else ""
    names = {name for name in (address, own) if name}
    if twice := sorted(name for name in names if name in found.named):
        words = f"Two resources of the bundle are both called {twice[0][:80]}."
        return [Issue(words, "duplicate", "error", at)]
    found.named |= dict.fromkeys(names, resource)
    return []


def identifier(resource: Mapping[str, object] | None) -> str:
    """The first identifier of a resource, or one of a reference by identifier."""
    if resource is None:
        return ""
    single = part(resource, "identifier")
    if single:
        return word(single, "value")
    values = (word(each, "value") for each in listed(resource, "identifier")
              if isinstance(each, dict))  # fmt: skip
    return next((value for value in values if value), "")
