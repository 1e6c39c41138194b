"""The table of what every address answers to whom, as `addresses.txt` has it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, get_resolver, reverse

from clinic.access import Role
from tests.access.world import Things

FILE = Path(__file__).with_name("addresses.txt")
ROLES = {role.value[:4]: role for role in Role}
#: nobody signed in; each role at its own site; the patient whose ids they are; another patient of
#: the site; a member whose role has ended; and what whoever may open this at home is told when
#: the ids are another site's (whoever may not is told so here as there).
COLUMNS = ("anon", *ROLES, "self", "other", "gone", "away")
METHODS = ("GET", "POST")


@dataclass(frozen=True, slots=True)
class Row:
    """One address and method: `codes` maps each column to what it is answered."""

    name: str
    about: str
    method: str
    codes: dict[str, str]

    def url(self, things: Things) -> str:
        """`visit` stands for pk=visit; a part with a colon is a word of the address itself."""
        parts: dict[str, int | str] = {}
        for part in self.about.split(",") if self.about != "-" else []:
            if ":" in part:
                key, _, word = part.partition(":")
                parts[key] = word
            else:
                key, _, thing = part.rpartition("=")
                parts[key or "pk"] = things[thing]
        return reverse(self.name, kwargs=parts)

    def elsewhere(self, column: str) -> str:
        """What a role is told about another site's row."""
        at_home = self.codes[column]
        return at_home if at_home in {"403", "405"} else self.codes["away"]

    @property
    def is_of_a_site(self) -> bool:
        return self.codes["away"] != "-"

    def __str__(self) -> str:
        return f"{self.method:4} {self.name} ({self.about})"


def rows() -> list[Row]:
    found = []
    for line in FILE.read_text().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        name, about, method, *codes = line.split()
        if codes == ["never"]:
            codes = ["in", *["405"] * (len(COLUMNS) - 1)]
        found.append(Row(name, about, method, dict(zip(COLUMNS, codes, strict=True))))
    return found


def addresses(patterns: list | None = None, space: str = "") -> Iterator[str]:
    """The names of all addresses there are, allauth's included."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}"
        else:
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, inner)
