"""What the worker does for the programme; each task owns the clock and nothing else."""

from celery import shared_task
from django.utils import timezone

from protocols.actions import (
    crisis,
    departures,
    missed,
    reminders,
    safety,
    screening,
    storage_reminders,
    unread,
)
from protocols.actions.endings import close_over
from protocols.actions.ipledge import ask_to_confirm
from protocols.reports import visit_report


@shared_task
def plan_reminders() -> int:
    """Plan for everybody: bookings are planned when they are made, days come by themselves."""
    now = timezone.now()
    return reminders.plan_everybody(now=now) + storage_reminders.plan(now=now)


@shared_task
def queue_reminders() -> int:
    """Hand over what is due."""
    now = timezone.now()
    queued = 0
    while batch := reminders.queue_due(now=now):
        queued += batch
    return queued


@shared_task
def mark_missed() -> int:
    return missed.mark_missed(now=timezone.now())


@shared_task
def watch_departures() -> int:
    """Results that are late and days without capsules come with time, not with a deed."""
    return departures.watch(now=timezone.now())


@shared_task
def expire_eligibilities() -> int:
    return screening.expire_eligibilities(now=timezone.now())


@shared_task
def close_enrolments() -> int:
    """Who has had his second follow-up, or never came to it, is done."""
    return close_over(now=timezone.now())


@shared_task
def ask_for_ipledge() -> int:
    """A confirmation is asked for when the visit of its bottle is at hand."""
    return ask_to_confirm(now=timezone.now())


@shared_task
def evaluate_holds() -> int:
    return len(safety.evaluate_holds(now=timezone.now()))


@shared_task
def make_reports() -> int:
    """Make the report of every signature that has none yet."""
    return visit_report.make_waiting(now=timezone.now())


@shared_task
def escalate_duties() -> int:
    """Somebody may harm himself and nobody has seen to it in time: page again."""
    return crisis.escalate(now=timezone.now())


@shared_task
def escalate_unread() -> int:
    """Results that nobody has looked at: tell the next of those who should."""
    return unread.escalate(now=timezone.now())
