"""He is told in good time that something of his runs out: in neutral words, and only to sign in.

What is stored outlasts the programme, so none of this asks for an enrolment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery

from clinic import audit
from labs.models import Container, StorageTerms
from labs.rules.storage import RENEWAL_DAYS, reminder_days
from protocols.models import Reminder
from protocols.queries.reminder_facts import zone_of
from protocols.rules.local_time import local_instant, send_time

ABOUT = "labs.storageterms:"
#: The hour at which such a reminder is due where he lives, and how long it is of use.
AT, OF_USE = time(10), timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Night:
    """The hours in which nobody is written to who is in no programme."""

    quiet_from: time = time(21)
    quiet_to: time = time(8)


NIGHT = Night()


@transaction.atomic
def plan(*, now: datetime) -> int:
    """Write down each reminder that is due within a day; running it twice makes none twice."""
    rows = [row for terms in ending(now) for row in wanted(terms, now)]
    known = set(
        Reminder.objects.filter(dedupe_key__in=[row.dedupe_key for row in rows]).values_list(
            "dedupe_key", flat=True
        )
    )
    new = [row for row in rows if row.dedupe_key not in known]
    Reminder.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def ending(now: datetime) -> list[StorageTerms]:
    """The newest agreement of every man of whom something is kept, if it ends soon."""
    newest = StorageTerms.objects.filter(patient=OuterRef("patient")).order_by("-pk")
    kept = Container.objects.kept().filter(patient=OuterRef("patient"))
    first, last = now.date() - timedelta(days=1), now.date() + timedelta(days=RENEWAL_DAYS[0] + 2)
    rows = StorageTerms.objects.filter(
        Exists(kept),
        pk=Subquery(newest.values("pk")[:1]),
        expires_on__range=(first, last),
        consent__withdrawn_on=None,
        consent__struck_at=None,
        patient__deceased_on=None,
    )
    return list(rows.select_related("patient__site").order_by("pk"))


def wanted(terms: StorageTerms, now: datetime) -> Iterator[Reminder]:
    patient, zone = terms.patient, zone_of(terms.patient)
    for days, on in reminder_days(terms.expires_on):
        planned = local_instant(on, AT, zone)
        due = send_time(
            planned, zone, quiet_from=NIGHT.quiet_from, quiet_to=NIGHT.quiet_to
        ).at  # fmt: skip
        if due > now + timedelta(days=2) or due + OF_USE <= now:
            continue
        yield Reminder(
            patient=patient,
            rule=f"STORAGE_RENEWAL_{days}",
            about=audit.label(terms),
            target_at=local_instant(terms.expires_on, AT, zone),
            due_at=due,
            expires_at=due + OF_USE,
            explanation=f"{days} days before his agreement ends, at 10 on his clock ({zone.key}).",
            dedupe_key=f"STORAGE_RENEWAL_{days}:{audit.label(terms)}:{terms.expires_on}",
            state=Reminder.State.PLANNED if patient.email else Reminder.State.UNREACHABLE,
            state_reason="" if patient.email else "He has given no e-mail address.",
        )


def why_not(reminder: Reminder, now: datetime) -> str:
    """Why this must not be sent any more, or "": renewed, withdrawn, or nothing is kept."""
    pk = reminder.about.removeprefix(ABOUT)
    newest = (
        StorageTerms.objects.filter(patient=reminder.patient_id).select_related("consent").first()
    )
    if newest is None or str(newest.pk) != pk:
        return "He has renewed it."
    if newest.consent.withdrawn_on or newest.consent.struck_at:
        return "He has withdrawn his consent."
    if newest.expires_on < day_of(reminder, now):
        return "It has ended already."
    if not Container.objects.kept().filter(patient=reminder.patient_id).exists():
        return "Nothing of his is kept any more."
    return ""


def day_of(reminder: Reminder, now: datetime) -> date:
    return reminder.patient.site.localdate(now)
