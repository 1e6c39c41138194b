"""What the worker does for the ground floor; each task owns the clock and nothing else."""

import logging

from celery import shared_task
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone

from clinic import audit, graphs
from clinic.actions import drawings, on_call, outbox
from clinic.queries import heartbeat as beats

log = logging.getLogger("halfyear.trail")


@shared_task
def deliver_outbox() -> int:
    """Send everything that is due, batch by batch, for as long as the mail server answers."""
    sent = 0
    while True:
        round_ = outbox.deliver(clock=timezone.now)
        sent += round_.sent
        if round_ == outbox.Delivery() or round_.broken_off:
            return sent


@shared_task
def seal_audit() -> int:
    return audit.seal()


@shared_task
def walk_trail() -> str:
    """Every night the whole trail; the health page says what was found."""
    audit.seal(limit=1_000_000)
    broken = audit.first_break()
    said = f"Row {broken.event_id}: {broken.sentence}." if broken else ""
    if said:
        log.critical("The audit trail is broken. %s", said)
    cache.set(beats.TRAIL_KEY, (timezone.now().isoformat(), said), timeout=None)
    return said


@shared_task
def page_on_call() -> int:
    """Go on to the next on call where nobody has answered in time."""
    return on_call.call_due(now=timezone.now())


@shared_task
def draw() -> int:
    """Draw every graph that was asked for and is not drawn yet."""
    return drawings.draw_waiting(convert=graphs.convert, now=timezone.now())


@shared_task
def tidy() -> int:
    """Forget sessions that have ended."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]


@shared_task
def heartbeat() -> None:
    """Says that beat and a worker are alive; the health page reads it."""
    cache.set(beats.KEY, timezone.now().isoformat(), timeout=None)
