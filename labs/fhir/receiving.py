"""Results handed in over the FHIR door: kept first, then filed as any message, then answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from clinic import fhir
from clinic.fhir import Issue, Resource
from labs.actions import inbound
from labs.actions.handed_in import keep_handed_in, lane_of_bytes
from labs.actions.reading import file_next
from labs.fhir.reading import MOST_VALUES, Examined, examine, opened
from labs.models import InboundMessage, Laboratory, LaboratoryToken, StagedRow
from labs.rules.catalogue import published_catalogue
from labs.rules.dictionary import code_refusal
from labs.rules.judging import DONE, Fate

State = InboundMessage.State
LATER = "It is kept and will be filed within a minute."
MATCHED_BY_HAND = "The patient could not be matched; a person at the clinic will look at it."
#: A longer message is read by the worker: what it takes to read it stays with a process for long.
LARGE = 1024 * 1024
AGAIN = "The same message was received before; it was not filed twice."
HELD = "It is kept; a person at the clinic has to look at it."
DONE_WORDS = {
    Fate.NEW: "filed",
    Fate.DUPLICATE: "there already",
    Fate.CORRECTION: "filed as a correction",
    Fate.TAKEN_BACK: "taken back",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told: a status of HTTP and sentences."""

    status: int
    issues: list[Issue] = field(default_factory=list)
    location: str = ""

    @property
    def body(self) -> Resource:
        return fhir.outcome(self.issues)


def receive(raw: bytes, *, token: LaboratoryToken, expected: str, now: datetime) -> Answer:
    """Keep the bytes, file what can be filed, and say what became of it.

    `expected` is the kind of resource the address takes; "" takes each of them.
    """
    with inbound.held(lane_of_bytes(raw)):
        # The lane is ours before the message is there: no process beside us takes it first.
        message = keep_handed_in(raw=raw, token=token, now=now)
        return _answer(message, token.laboratory, expected, now=now)


def _answer(
    message: InboundMessage, laboratory: Laboratory, expected: str, *, now: datetime
) -> Answer:
    if message.state != State.RECEIVED:
        return received_before(message)
    raw = bytes(message.raw)
    if len(raw) > LARGE:
        return Answer(202, [Issue(LATER, "informational", "information")])
    try:
        found = opened(raw)
    except fhir.Malformed as why:
        return refused(message, Issue(str(why), "structure"))
    if wrong := wrong_kind(found.resource, expected):
        return refused(message, wrong)
    if found.is_large:
        return Answer(202, [Issue(LATER, "informational", "information")])
    examine(found, laboratory)
    if not found.issues and found.understood.values > MOST_VALUES:
        return Answer(202, [Issue(LATER, "informational", "information")])
    filed = file_next(now=now, pk=message.pk) or message
    return answered(filed, found)


def wrong_kind(resource: Resource, expected: str) -> Issue | None:
    kind = resource["resourceType"]
    if expected and kind != expected:
        words = f"This address takes {expected}; what came is {kind[:40]}."
        return Issue(words, "invalid", "error", "resourceType")
    return None


def refused(message: InboundMessage, why: Issue) -> Answer:
    """Kept as it came, and nothing of it will be filed."""
    if message.state == State.RECEIVED:
        inbound.set_aside(message=message, state=State.REFUSED, explanation=why.sentence)
    return Answer(400, [why])


def received_before(message: InboundMessage) -> Answer:
    told = [Issue(AGAIN, "duplicate", "information")]
    if message.is_open:
        return Answer(202, [*told, Issue(HELD, "informational", "warning")])
    return Answer(200, told)


def answered(message: InboundMessage, found: Examined) -> Answer:
    """201 where something new was filed, 200 where it was there, 202 where a person must look."""
    if found.issues:
        return Answer(400, found.issues)
    if message.state == State.REFUSED:
        if found.understood.notices and not found.understood.reports:
            return Answer(202, found.understood.notices)
        return Answer(422, [Issue(message.explanation, "processing")])
    if message.state == State.RECEIVED:
        return Answer(202, [Issue(LATER, "informational", "information")])
    rows = list(message.rows.order_by("position"))
    issues = [told(row) for row in rows] + found.understood.notices
    if any(row.state not in DONE for row in rows):
        return Answer(202, issues, location_of(rows, found))
    new = any(row.state in (Fate.NEW, Fate.CORRECTION) for row in rows)
    return Answer(201 if new else 200, issues, location_of(rows, found))


def told(row: StagedRow) -> Issue:
    """One value in a sentence; of a patient nobody found it says no more than that."""
    named = f"{row.system} {row.code}".strip() or row.code_text[:60] or f"Value {row.position}"
    if row.state == Fate.UNMATCHED:
        return Issue(f"{named}: {MATCHED_BY_HAND}", "not-found", "warning")
    if row.state in DONE:
        words = DONE_WORDS[Fate(row.state)]
        return Issue(f"{named}: {words}.", "informational", "information")
    if row.state == Fate.UNKNOWN_CODE:
        wrong = code_refusal(row.system, row.code, None, published_catalogue())
        return Issue(f"{named}: {wrong or row.explanation} {HELD}", "code-invalid", "warning")
    return Issue(f"{named}: {row.explanation} {HELD}", "business-rule", "warning")


def location_of(rows: Sequence[StagedRow], found: Examined) -> str:
    """Where what was made of a single resource can be read, as Type/id."""
    kind = found.resource["resourceType"]
    labels = {row.became for row in rows if row.became}
    if kind == "Bundle" or len(labels) != 1:
        return ""
    model, _, key = labels.pop().partition(":")
    letter = {"labs.draw": "d", "labs.semenanalysis": "s"}.get(model, "")
    return f"DiagnosticReport/{letter}{key}" if letter else ""
