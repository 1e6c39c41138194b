"""Rows of the work queue about what is stored: whose agreement ends, has ended or is gone."""

from collections.abc import Iterator
from datetime import date

from clinic.models import Account
from labs.queries.storage import to_ask
from protocols.queries.work import Work


def storage_work(user: Account, today: date) -> Iterator[Work]:
    """One row a man; it asks somebody to speak with him, and never to discard anything."""
    for row in to_ask(user, today):
        number = f"{row.number} container{'' if row.number == 1 else 's'}"
        ends = row.word.terms.expires_on if row.word.terms else date.min
        yield Work(
            rank=(6 if row.word.holds else 5, ends.isoformat()),
            kind="" if row.word.holds else "warning",
            icon="consent",
            what=f"{row.patient}, what is stored",
            ctx=f"{row.word.task}; {number}",
            acts=("stored", "call"),
            person=row.patient.pk,
            phone=row.patient.phone,
            pk=row.patient.pk,
            about=row.patient.label,
        )
