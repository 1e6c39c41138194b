"""How a man who does not come was tried, rung by rung, and whether he has shown himself again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from patients.models import ContactAttempt, Letter, Patient
from protocols.models import ON_TREATMENT, Enrolment, Visit
from protocols.queries.enrolment import definition_of
from protocols.rules.definition import Definition
from protocols.rules.lost import Attempt, Ladder, ladder
from protocols.rules.vocabulary import Status

#: What proves that he is there; a letter sent does not.
REACHED = [
    ContactAttempt.Outcome.SPOKE,
    ContactAttempt.Outcome.AGREED,
    ContactAttempt.Outcome.DECLINED,
]


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit, as far as his silence asks."""

    code: str
    status: str
    attended_on: date | None
    closes_on: date | None


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt on the clinic's calendar, and how it ended."""

    on: date
    channel: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What the panel shows: the rungs, the visits he missed, what was tried, when he was there."""

    enrolment: Enrolment
    ladder: Ladder
    missed: tuple[str, ...]
    tries: tuple[Tried, ...]
    last_contact_on: date | None
    back_on: date | None

    @property
    def is_lost(self) -> bool:
        return self.enrolment.status == Status.LOST_TO_FOLLOW_UP

    @property
    def about(self) -> str:
        return f"protocols.enrolment:{self.enrolment.pk}"


def reach_of(enrolment: Enrolment, visits: Iterable[Visit], on: date) -> Reach | None:
    """For a man on treatment who missed his last visit, or who counts as lost; two queries."""
    seen = [Seen(row.code, row.status, row.attended_on, row.closes_on) for row in visits]
    lost = enrolment.status == Status.LOST_TO_FOLLOW_UP
    if not lost and (enrolment.status not in ON_TREATMENT or not missed_since(seen)):
        return None
    tried = tried_of(enrolment.patient)
    wrote = wrote_on(enrolment.patient)
    return reach_from(enrolment, definition_of(enrolment.version), seen, tried, wrote, on)


def reach_from(
    enrolment: Enrolment,
    definition: Definition,
    seen: Sequence[Seen],
    tried: Sequence[Tried],
    wrote: date | None,
    on: date,
) -> Reach:
    """The same from rows that were read elsewhere."""
    contact_on = last_contact_on(seen, tried, wrote)
    missed = missed_since(seen)
    since = tuple(row for row in tried if contact_on is None or row.on > contact_on)
    back = contact_on if contact_on and contact_on >= enrolment.status_since else None
    return Reach(
        enrolment=enrolment,
        ladder=ladder(
            definition,
            missed=missed,
            attempts=[Attempt(row.on, row.channel) for row in since],
            last_contact_on=contact_on,
            as_of=on,
        ),
        missed=missed,
        tries=since,
        last_contact_on=contact_on,
        back_on=back,
    )


def missed_since(seen: Collection[Seen]) -> tuple[str, ...]:
    """The visits missed since he last came to one, in the order of their windows."""
    came = max((row.attended_on for row in seen if row.attended_on), default=date.min)
    found = [
        row
        for row in seen
        if row.status == Visit.Status.MISSED and row.closes_on and row.closes_on > came
    ]
    return tuple(row.code for row in sorted(found, key=lambda row: row.closes_on or date.min))


def last_contact_on(
    seen: Iterable[Seen], tried: Iterable[Tried], wrote: date | None
) -> date | None:
    """The last day on which he certainly was there: he came, spoke with somebody, or wrote."""
    came = [row.attended_on for row in seen if row.attended_on]
    spoke = [row.on for row in tried if row.outcome in REACHED]
    return max([*came, *spoke, *([wrote] if wrote else [])], default=None)


def tried_of(patient: Patient) -> list[Tried]:
    rows = ContactAttempt.objects.filter(patient=patient, struck_at=None).order_by("at", "pk")
    return [
        Tried(patient.site.localdate(row.at), row.channel, row.outcome)
        for row in rows.only("at", "channel", "outcome")
    ]


def wrote_on(patient: Patient) -> date | None:
    """The day of the last message he wrote in his portal."""
    last = Letter.objects.filter(patient=patient, from_patient=True).order_by("-written_at").first()
    return patient.site.localdate(last.written_at) if last else None


def is_lost(patient: Patient) -> bool:
    return Enrolment.objects.filter(patient=patient, status=Status.LOST_TO_FOLLOW_UP).exists()
