"""When the words he agreed to have been replaced, and what waits until he agrees to the new ones.

A new text blocks what it is about and nothing else: results, visits, holds and everything that
keeps him safe go on (domain reference §2.2, §7.2).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

#: What waits for the new words of each text, as people say it.
COVERS: Mapping[str, str] = {
    "screening": "screening does not begin",
    "treatment": "no first capsule is taken and no further bottle handed over",
    "storage": "he is asked before anything new is frozen",
    "messages": "he is sent what he agreed to before",
    "research": "he is asked before anything new is used",
}


@dataclass(frozen=True, slots=True)
class Words:
    """One version of one text, and since when it is in force."""

    kind: str
    title: str
    version: int
    effective_on: date


@dataclass(frozen=True, slots=True)
class Outdated:
    """He agreed to earlier words than those in force."""

    kind: str
    title: str
    agreed: int
    version: int
    since_on: date

    @property
    def sentence(self) -> str:
        since = f"{self.since_on.day} {self.since_on:%b %Y}"
        return (
            f"The {self.kind} consent has new words since {since} (version {self.version}); "
            f"he has agreed to version {self.agreed}: go through them with him."
        )

    @property
    def waits(self) -> str:
        return COVERS.get(self.kind, "")


def in_force(texts: Iterable[Words], on: date) -> dict[str, Words]:
    """For each kind the newest version that has taken effect by that day."""
    found: dict[str, Words] = {}
    for words in sorted(texts, key=lambda row: row.version):
        if words.effective_on <= on:
            found[words.kind] = words
    return found


def outdated(
    texts: Iterable[Words], agreed: Mapping[str, Collection[int]], on: date
) -> tuple[Outdated, ...]:
    """The texts of which he agreed to earlier words only; one he never signed is none of them."""
    found = []
    for kind, words in in_force(texts, on).items():
        versions = agreed.get(kind, ())
        if versions and words.version not in versions and max(versions) < words.version:
            found.append(
                Outdated(kind, words.title, max(versions), words.version, words.effective_on)
            )
    return tuple(found)
