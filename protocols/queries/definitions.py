"""The programmes of the house: what a draft says so far, what is signed off, what is offered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import QuerySet

from clinic.models import Account, Site
from labs.models import Analyte
from patients.models import ConsentText
from protocols.models import PublishedDefault, SignOff, Version
from protocols.queries.enrolment import definition_of
from protocols.rules.definition import Definition, DefinitionError, Known, Problem, as_read
from protocols.rules.sign_offs import Choice, choices
from protocols.rules.written import document_text, has_inner_comments, head_of
from protocols.rules.yaml_text import Reading, Unreadable, read_yaml

#: So many mistakes are listed; the rest are counted.
MOST_LISTED = 50


@dataclass(frozen=True)
class Draft:
    """A draft as it reads now: its content as far as it can be read, and what is wrong with it."""

    version: Version
    text: str
    known: Known

    @property
    def reading(self) -> Reading | None:
        return read_once(self.text)[0]

    @property
    def content(self) -> dict[str, Any] | None:
        """What the forms edit; none while the text cannot be read at all."""
        found = self.reading.content if self.reading else None
        return found if isinstance(found, dict) else None

    @cached_property
    def _wrong(self) -> DefinitionError | None:
        return judged_once(self.text, self.known)[1]

    @property
    def definition(self) -> Definition | None:
        return judged_once(self.text, self.known)[0]

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._wrong.problems if self._wrong else ()

    @cached_property
    def _each_once(self) -> list[Problem]:
        told: dict[tuple[int | None, str], Problem] = {}
        for problem in self.problems:
            told.setdefault((problem.line, problem.message), problem)
        return list(told.values())

    @property
    def wrong(self) -> int:
        """How many: a line that many rows share through an alias is one mistake."""
        return len(self._each_once) + (self._wrong.more if self._wrong else 0)

    @property
    def problems_told(self) -> list[Problem]:
        """The first of them, each once."""
        return self._each_once[:MOST_LISTED]

    @property
    def untold(self) -> int:
        return self.wrong - len(self.problems_told)

    @property
    def loses_comments(self) -> bool:
        """Whether a form, that writes the text anew, would lose comments of it."""
        return self.reading is not None and has_inner_comments(self.text, self.reading)


#: A text is read several times while it is saved and shown; nobody changes what was read.
@lru_cache(maxsize=8)
def read_once(text: str) -> tuple[Reading | None, Unreadable | None]:
    try:
        return read_yaml(text), None
    except Unreadable as error:
        return None, error


@lru_cache(maxsize=8)
def judged_once(text: str, known: Known) -> tuple[Definition | None, DefinitionError | None]:
    reading, unreadable = read_once(text)
    if reading is None:
        said = unreadable or Unreadable("")
        return None, DefinitionError((Problem("", said.message, said.line),))
    try:
        return as_read(Definition, reading, known), None
    except DefinitionError as error:
        return None, error


def known_names() -> Known:
    """What the house knows beyond the programme: its analytes, and the consents it can ask for."""
    return Known(
        analytes=frozenset(Analyte.objects.values_list("key", flat=True)),
        consents=frozenset(ConsentText.Kind.values),
    )


def draft_of(version: Version, text: str | None = None) -> Draft:
    """A draft as it is stored, or as somebody has typed it."""
    return Draft(version, version.source if text is None else text, known_names())


def text_of(version: Version) -> str:
    """A version as a text: a draft as it was typed, any other in the order of the schema."""
    if version.is_draft:
        return version.source
    head = f"{head_line(version)}\n{head_of(version.source)}"
    return document_text(definition_of(version), head)


def head_line(version: Version) -> str:
    published = version.published_at
    on = f", published {published:%Y-%m-%d}" if published else ""
    return f"# {version}{on}\n# Fingerprint {version.sha256}"


def newest_published(version: Version) -> Version | None:
    """The last published version of the same programme."""
    return (
        Version.objects.filter(protocol=version.protocol_id)
        .exclude(state=Version.State.DRAFT)
        .order_by("-number")
        .first()
    )


def offered(site: Site | int) -> list[Version]:
    """What a man can be enrolled in at a site: the newest published version of each programme,
    and the one the site has chosen, which comes first."""
    chosen = PublishedDefault.objects.filter(site=site).values_list("version", flat=True).first()
    rows = list(
        Version.objects.published()
        .select_related("protocol")
        .defer("definition", "source")
        .order_by("protocol__name", "-number")
    )
    newest: dict[int, Version] = {}
    for row in rows:
        newest.setdefault(row.protocol_id, row)
    first = [row for row in rows if row.pk == chosen]
    return [*first, *(row for row in newest.values() if row.pk != chosen)]


def fingerprints_signed(protocol: int, site: Site | int) -> frozenset[str]:
    """What the medical lead of a site stands for, of one programme."""
    rows = SignOff.objects.standing().filter(protocol=protocol, site=site)
    return frozenset(rows.values_list("fingerprint", flat=True))


def sign_offs(version: Version, user: Account) -> Mapping[str, SignOff]:
    """The standing signatures of the reader's site, by fingerprint."""
    rows: QuerySet[SignOff] = (
        SignOff.objects.visible_to(user).standing().filter(protocol=version.protocol_id)
    )
    return {row.fingerprint: row for row in rows}


def unsigned_choices(version: Version, site: Site | int) -> tuple[Choice, ...]:
    """What nobody at this site has signed off yet."""
    signed = fingerprints_signed(version.protocol_id, site)
    return tuple(choice for choice in choices_of(version) if choice.fingerprint not in signed)


_chosen: dict[str, tuple[Choice, ...]] = {}


def choices_of(version: Version) -> tuple[Choice, ...]:
    """Every choice of a version, looked for once per process: by its hash it never changes.

    Walking a whole programme for its fingerprints took a quarter of the time of a record.
    """
    found = _chosen.get(version.sha256)
    if found is None:
        found = choices(definition_of(version))
        if version.state != Version.State.DRAFT:
            _chosen[version.sha256] = found
    return found


def unsigned_rules(version: Version, site: Site | int) -> frozenset[str]:
    """The codes of the rules that rest on a value nobody at this site has signed."""
    return frozenset(choice.rule for choice in unsigned_choices(version, site) if choice.rule)


def mark_unsigned(findings: Sequence[Any], version: Version, signed: Collection[str]) -> None:
    """Note on each finding, as `unsigned`, whether a reason of it rests on an unsigned value.

    `signed` are the fingerprints that stand at his site (Story.signed).
    """
    if not findings:
        return
    codes = {
        choice.rule
        for choice in choices_of(version)
        if choice.rule and choice.fingerprint not in signed
    }
    for finding in findings:
        finding.unsigned = any(reason.get("rule") in codes for reason in finding.reasons)
