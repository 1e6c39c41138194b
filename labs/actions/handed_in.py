"""Keeping what a laboratory's system handed in with its key, to the byte, before it is read."""

from datetime import datetime
from hashlib import sha256

from django.db import transaction

from labs.actions.storing import came_again, lane_of
from labs.models import InboundMessage, LaboratoryToken

SOURCE = "fhir"


def lane_of_bytes(raw: bytes) -> int:
    """The lane it will wait in, so that it can be held before the message is there."""
    return lane_of(sha256(raw).hexdigest())


@transaction.atomic
def keep_handed_in(*, raw: bytes, token: LaboratoryToken, now: datetime) -> InboundMessage:
    """Keep the bytes; the same ones of the same laboratory are one message, counted again.

    No number in it tells two messages apart: a bundle that is sent anew with a correction goes by
    the number it had, and what is filed already is found by specimen and test.
    """
    laboratory = token.laboratory
    fingerprint = sha256(raw).hexdigest()
    message, created = InboundMessage.objects.get_or_create(
        dedupe_key=f"{SOURCE}|{laboratory.pk}|{fingerprint}",
        defaults={
            "site": laboratory.site,
            "laboratory": laboratory,
            "raw": raw,
            "sha256": fingerprint,
            "source": SOURCE,
            "format": InboundMessage.Format.FHIR,
            "sending": f"{laboratory.name}, {token.name}"[:180],
            "lane": lane_of_bytes(raw),
            "received_at": now,
            "state": InboundMessage.State.RECEIVED,
        },
    )
    if not created:
        came_again(message)
        read_anew(message)
    return message


def read_anew(message: InboundMessage) -> None:
    """What was refused is read once more when it is sent once more; a person's word stands."""
    again = InboundMessage.objects.filter(
        pk=message.pk, state=InboundMessage.State.REFUSED, settled_at=None
    )
    if again.update(state=InboundMessage.State.RECEIVED, explanation="", attempts=0):
        message.refresh_from_db(fields=["state", "explanation", "attempts"])
