"""The letter to a man who does not come: printed, kept, and itself an attempt to reach him."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.template.loader import render_to_string

from clinic import pdf
from clinic.actions import documents
from clinic.models import Account, Document
from clinic.refusal import Refusal
from clinic.templatetags import moments
from patients.actions.contacts import record_attempt
from patients.models import ContactAttempt
from protocols.actions.segments import lock_with_person
from protocols.models import ON_TREATMENT, Enrolment, Visit
from protocols.queries.ladder import Reach, reach_of

TEMPLATE = "pdf/reach_letter.html"
KIND = "reach_letter"
TITLE = "Letter: please call us"


@transaction.atomic
def print_letter(*, enrolment: Enrolment, by: Account, now: datetime) -> Document:
    """Make the letter, keep it, and write the attempt down on the day it is printed."""
    locked = lock_with_person(enrolment)
    patient = locked.patient
    if locked.status not in ON_TREATMENT:
        raise Refusal(f"No letter is due: he is “{locked.get_status_display().lower()}”.")
    if not patient.address.strip():
        raise Refusal("No postal address is on file: write it into his details first.")
    today = patient.site.localdate(now)
    reach = reach_of(locked, list(Visit.objects.filter(enrolment=locked)), today)
    if reach is None:
        raise Refusal("No letter is due: he has not missed his last visit.")
    code = documents.check_code()
    file = pdf.render(page(locked, reach, code, by, now), title=TITLE)
    document = documents.keep(
        site=patient.site,
        person=patient.label,
        subject=reach.about,
        kind=KIND,
        title=f"{TITLE}, {moments.plain_day(today)}",
        content=file.content,
        code=code,
        pages=file.pages,
        by=by,
        now=now,
    )
    record_attempt(
        patient=patient,
        channel=ContactAttempt.Channel.LETTER,
        outcome=ContactAttempt.Outcome.SENT,
        at=now,
        by=by,
        now=now,
        about=reach.about,
        note=f"Printed; check code {code}.",
    )
    return document


def page(enrolment: Enrolment, reach: Reach, code: str, by: Account, now: datetime) -> str:
    """What it says: that we tried, that nothing is held against him, whom to call."""
    patient, site = enrolment.patient, enrolment.patient.site
    today = site.localdate(now)
    tries = [
        {"on": moments.plain_day(row.on), "how": ContactAttempt.Channel(row.channel).label.lower()}
        for row in reach.tries
    ]
    return render_to_string(
        TEMPLATE,
        {
            "paper": site.paper,
            "title": TITLE,
            "patient": patient,
            "site": site,
            "today": today,
            "tries": tries,
            "last_contact_on": reach.last_contact_on,
            "by": by.name,
            "foot": {
                "clinic": site.neutral_name,
                "person": patient.record_number,
                "version": "Letter",
                "made": moments.plain_day(today),
                "check": code,
            },
        },
    )
