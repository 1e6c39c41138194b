"""What waits for a worker on every floor, for the page that says whether everything is running."""

from datetime import timedelta

from clinic.models import AuditEvent, Drawing, Message
from clinic.queries.health import Waiting
from labs.models import InboundMessage
from protocols.models import Reminder, Signature

A_WHILE = timedelta(minutes=5)

WAITING = [
    Waiting("Messages to send now", Message.objects.due, "not_before", A_WHILE),
    Waiting(
        "Messages that could not be sent",
        lambda now: Message.objects.failed(),
        "created_at",
        timedelta(),
    ),
    Waiting(
        "Reminders due and not handed over",
        lambda now: Reminder.objects.filter(state=Reminder.State.PLANNED, due_at__lte=now),
        "due_at",
        A_WHILE,
    ),
    Waiting(
        "Laboratory messages not filed yet",
        lambda now: InboundMessage.objects.filter(state=InboundMessage.State.RECEIVED),
        "received_at",
        A_WHILE,
    ),
    Waiting(
        "Visit reports not made yet",
        lambda now: Signature.objects.filter(document=None, voided_at=None),
        "signed_at",
        A_WHILE,
    ),
    Waiting(
        "Graphs not drawn yet",
        lambda now: Drawing.objects.filter(drawn_at=None),
        "asked_at",
        A_WHILE,
    ),
    Waiting(
        "Rows of the trail not chained yet",
        lambda now: AuditEvent.objects.filter(seal=None),
        "at",
        A_WHILE,
    ),
]
