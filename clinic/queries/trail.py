"""The trail as a person reads it: who did what, about whom, when and why."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from clinic.models import Account, AuditEvent, Member, Site

#: The page stands in the sentence; a hash or a link's number is told to nobody.
TOLD_ALREADY = {"page", "sha256", "link"}


@dataclass(frozen=True, slots=True)
class Words:
    """What the upper floors know and the trail does not; settings name where it is."""

    #: Action → what somebody did: "signed a visit".
    sentences: Mapping[str, str]
    #: The label of the patient of a site with this record number, or "".
    person_labelled: Callable[[Site, str], str]
    #: The record numbers of these labels.
    record_numbers: Callable[[Iterable[str]], Mapping[str, str]]


@cache
def words() -> Words:
    found: Words = import_string(settings.TRAIL_WORDS)
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader of the trail looks for; empty fields leave it as long as it is."""

    person: str = ""
    member: int | None = None
    action: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    event: AuditEvent
    who: str
    did: str
    about: str
    record_number: str
    reason: str
    #: What the row says beside: "role nurse", "address 198.51.100.7".
    facts: str


def events(asked: Asked, user: Account, site: Site) -> QuerySet[AuditEvent]:
    """What happened at the site and was asked for."""
    found = AuditEvent.objects.visible_to(user).select_related("actor")
    if asked.person:
        label = words().person_labelled(site, asked.person)
        found = found.about(label) if label else found.none()
    if asked.member is not None:
        found = found.filter(actor=asked.member)
    if asked.action:
        exact = "." in asked.action
        found = found.filter(
            **({"action": asked.action} if exact else {"action__startswith": f"{asked.action}."})
        )
    if asked.day is not None:
        begins = datetime.combine(asked.day, time(), site.zone)
        ends = datetime.combine(asked.day + timedelta(days=1), time(), site.zone)
        found = found.filter(at__gte=begins, at__lt=ends)
    return found


def lines(rows: Sequence[AuditEvent], members: Sequence[Member], *, reasons: bool) -> list[Line]:
    """Each event in words; `members` are those whose names may stand in them.

    Without `reasons`, what was said beside an act on a patient stays unsaid: it may be clinical.
    """
    numbers = words().record_numbers({event.person for event in rows if event.person})
    names = {f"clinic.member:{m.pk}": m.account.name for m in members}
    names |= {f"clinic.account:{m.account_id}": m.account.name for m in members}
    return [
        Line(
            event,
            who=_who(event),
            did=sentence(event),
            about=_about(event, names),
            record_number=numbers.get(event.person, ""),
            reason=event.reason if reasons or not event.person else "",
            facts=_facts(event) if reasons or not event.person else "",
        )
        for event in rows
    ]


def _about(event: AuditEvent, names: Mapping[str, str]) -> str:
    """The colleague it was done to; what somebody did to himself names him once."""
    own = event.subject == f"clinic.account:{event.actor_id}"
    return "" if own else names.get(event.subject, "")


def _facts(event: AuditEvent) -> str:
    plain = {
        name: value
        for name, value in event.detail.items()
        if isinstance(value, str | int | float) and value != "" and name not in TOLD_ALREADY
    }
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in plain.items())


def sentence(event: AuditEvent) -> str:
    """What was done; an action without words of its own is told by its name."""
    told = words().sentences.get(event.action)
    if told is None:
        return event.action.replace(".", " ").replace("_", " ")
    page = str(event.detail.get("page", "")).rpartition(":")[2].replace("_", " ")
    return f"{told} ({page})" if page and event.action == "record.viewed" else told


def _who(event: AuditEvent) -> str:
    if event.actor is None:
        return "the program"
    return event.actor.name if event.actor.is_staff_kind else "the patient"


def kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every action there are words for, by the noun it is about: for a list to choose from."""
    found: dict[str, list[tuple[str, str]]] = {}
    for action, told in words().sentences.items():
        found.setdefault(action.partition(".")[0], []).append((action, told))
    return [(noun, sorted(acts, key=lambda act: act[1])) for noun, acts in sorted(found.items())]
