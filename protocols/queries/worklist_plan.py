"""Rows of the work queue that the programme's own calendar asks for (domain reference §7.7).

Who comes tomorrow, bookings that lie outside their window, words he has not agreed to yet,
eligibility that runs out, and what a rule has asked somebody to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTransform

from clinic.models import Account, Booking
from patients.models import Consent, ConsentText
from protocols.models import TERMINAL, Appointment, Duty, Enrolment, Pin, Visit
from protocols.queries.work import (
    EXPECTED,
    OF_PATIENT,
    PERSON,
    Work,
    first_rows,
    moment,
    name,
    short,
    weekday,
)
from protocols.rules.duties import ASSESSMENT, WATCHED
from protocols.rules.status import FOLLOWED_UP

#: Eligibility that lasts no longer than this is a row.
EXPIRES_DAYS = 7
OF_VISIT = {key: f"visit__{path}" for key, path in PERSON.items()}
BOOKED = (
    "id", "visit_id", "booking_id", "visit__code", "visit__opens_on", "visit__closes_on",
    "visit__status",
    "booking__during__startswith",
)  # fmt: skip
DUTY = ("id", "code", "title", "due_at")


def planned_columns(user: Account, today: date, tomorrow: date, soon: date) -> dict[str, Any]:
    """What the one query of the queue reads for these rows."""
    return {
        "tomorrow": first_rows(_comes(user, tomorrow), OF_VISIT, BOOKED),
        "outside": first_rows(_outside(user, today), OF_VISIT, BOOKED),
        "outdated": first_rows(
            _outdated(user, soon), OF_PATIENT, ("id", "text__kind", "text__title", "text__version")
        ),
        "eligible": first_rows(_eligible(user), OF_PATIENT, ("id", "eligible_on", "lasts")),
        "duties": first_rows(
            Duty.objects.visible_to(user).open().order_by("due_at", "pk"), PERSON, DUTY
        ),
    }


def _comes(user: Account, on: date) -> QuerySet[Any]:
    """The appointments of a day, the first of each visit before the others."""
    return _booked(user).filter(booking__during__startswith__date=on)


def _outside(user: Account, today: date) -> QuerySet[Any]:
    """Outside the window, unless the day is pinned; or for a visit his version has no more."""
    early = Q(booking__during__startswith__date__lt=F("visit__opens_on"))
    late = Q(booking__during__startswith__date__gt=F("visit__closes_on"))
    return (
        _booked(user)
        .filter(
            ~Exists(Pin.objects.standing().filter(visit=OuterRef("visit"))),
            booking__during__startswith__date__gte=today,
            visit__opens_on__isnull=False,
        )
        .filter(
            Q(visit__status=Visit.Status.PLANNED) & (early | late)
            | Q(visit__status=Visit.Status.SKIPPED)
        )
    )


def _booked(user: Account) -> QuerySet[Any]:
    site = user.member.site_id if user.member else None
    return Appointment.objects.filter(
        booking__site=site, booking__status=Booking.Status.BOOKED
    ).order_by("booking__during", "pk")


def _outdated(user: Account, soon: date) -> QuerySet[Any]:
    """Consents of men in the programme whose text has newer words, or will have within the week."""
    site = user.member.site_id if user.member else None
    newer = ConsentText.objects.filter(
        kind=OuterRef("text__kind"), version__gt=OuterRef("text__version"), effective_on__lte=soon
    )
    agreed = Consent.objects.filter(
        patient=OuterRef("patient"),
        text__kind=OuterRef("text__kind"),
        text__version__gt=OuterRef("text__version"),
        withdrawn_on=None,
        struck_at=None,
    )
    live = Enrolment.objects.filter(patient=OuterRef("patient")).exclude(status__in=TERMINAL)
    # The words about the treatment are nothing to him who takes no capsule any more.
    treated = live.exclude(status__in=FOLLOWED_UP)
    return Consent.objects.filter(
        Exists(newer), ~Exists(agreed), Exists(live), Exists(treated) | ~Q(text__kind="treatment"),
        patient__site=site, withdrawn_on=None, struck_at=None,
    ).order_by("given_on", "pk")  # fmt: skip


def _eligible(user: Account) -> QuerySet[Any]:
    """Found eligible and not yet started, with how long that lasts in their programme."""
    lasts = KeyTransform("eligible_for_days", KeyTransform("gates", "version__definition"))
    return (
        Enrolment.objects.visible_to(user)
        .filter(status__in=["ELIGIBLE", "CONSENTED"], eligible_on__isnull=False)
        .annotate(lasts=lasts)
        .order_by("eligible_on", "pk")
    )


def planned_work(row: Mapping[str, Any], today: date) -> Iterator[Work]:
    yield from (_duty(item, today) for item in row["duties"])
    yield from (_out(item) for item in _first_of_each(row["outside"]))
    yield from (_words(item) for item in row["outdated"])
    yield from _ends(row["eligible"], today)
    yield from (_tomorrow(item) for item in _first_of_each(row["tomorrow"]))


def _first_of_each(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One row a visit, by its first appointment."""
    seen: set[int] = set()
    for item in items:
        if item["visit_id"] not in seen:
            seen.add(item["visit_id"])
            yield item


def _duty(item: Mapping[str, Any], today: date) -> Work:
    due = moment(item["due_at"])
    late = due is not None and due.date() < today
    when = f"{weekday(due.date())}, {due:%H:%M}" if due else ""
    watched = item["code"] in WATCHED
    return Work(
        rank=(0 if watched else 4 if late else 5, item["due_at"]),
        kind="critical" if watched else "warning" if late else "info",
        icon="flag",
        what=f"{name(item)}, {item['title'][:1].lower()}{item['title'][1:].rstrip('.')}",
        ctx=f"{'Was due' if late else 'By'} {when}",
        acts=("look_duty" if item["code"] == ASSESSMENT else "duty", "record"),
        due_at=due if watched else None,
        person=item["person"],
        phone=item["phone"],
        pk=item["id"],
        about=f"protocols.duty:{item['id']}",
    )


def _out(item: Mapping[str, Any]) -> Work:
    at = moment(item["booking__during__startswith"])
    opens, closes = (
        date.fromisoformat(item[key]) for key in ("visit__opens_on", "visit__closes_on")
    )
    when = f"{weekday(at.date())}, {at:%H:%M}" if at else ""
    gone = item["visit__status"] == Visit.Status.SKIPPED
    word = "is not needed and still booked" if gone else "is booked outside its window"
    window = "" if gone else f"; window {short(opens)} to {short(closes)}"
    return Work(
        rank=(7, closes.isoformat()),
        kind="warning",
        icon="move",
        what=f"{name(item)}, {item['visit__code']} {word}",
        ctx=f"Booked {when}{window}",
        acts=("booking", "call") if gone else ("move", "pin", "call"),
        person=item["person"],
        phone=item["phone"],
        pk=item["booking_id"],
        visit=item["visit_id"],
        about=f"protocols.visit:{item['visit_id']}",
    )


def _words(item: Mapping[str, Any]) -> Work:
    return Work(
        rank=(7, ""),
        kind="warning",
        icon="sign",
        what=f"{name(item)}, new words to agree to",
        ctx=f"“{item['text__title']}”: he agreed to version {item['text__version']}",
        acts=("consents", "call"),
        person=item["person"],
        phone=item["phone"],
        pk=item["id"],
        about=f"patients.consent:{item['id']}",
    )


def _ends(items: list[dict[str, Any]], today: date) -> Iterator[Work]:
    for item in items:
        ends = date.fromisoformat(item["eligible_on"]) + timedelta(days=int(item["lasts"]))
        if (ends - today).days > EXPIRES_DAYS:
            continue
        over = ends < today
        yield Work(
            rank=(7, ends.isoformat()),
            kind="warning",
            icon="clock",
            what=f"{name(item)}, eligibility {'is over' if over else 'ends'}",
            ctx=f"{'Since' if over else 'On'} {weekday(ends)}; he has not started yet",
            acts=("enrol", "call"),
            person=item["person"],
            phone=item["phone"],
            pk=item["id"],
            about=f"protocols.enrolment:{item['id']}",
        )


def _tomorrow(item: Mapping[str, Any]) -> Work:
    at = moment(item["booking__during__startswith"])
    return Work(
        rank=(9, item["booking__during__startswith"]),
        kind="",
        icon="cal",
        what=f"{at:%H:%M} {name(item)}" if at else name(item),
        ctx=f"{item['visit__code']}, tomorrow",
        acts=("booking", "call"),
        show=EXPECTED,
        person=item["person"],
        phone=item["phone"],
        pk=item["booking_id"],
        visit=item["visit_id"],
        about=f"protocols.visit:{item['visit_id']}",
    )
