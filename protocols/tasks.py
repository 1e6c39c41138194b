"""What the worker does for the programme; each task owns the clock and nothing else."""

from celery import shared_task
from django.utils import timezone

from protocols.actions import reminders, visits_plan
from protocols.reports import visit_report


@shared_task
def plan_reminders() -> int:
    """Plan for everybody, then hand over what is due."""
    now = timezone.now()
    reminders.plan_everybody(now=now)
    queued = 0
    while batch := reminders.queue_due(now=now):
        queued += batch
    return queued


@shared_task
def mark_missed() -> int:
    return visits_plan.mark_missed(now=timezone.now())


@shared_task
def make_reports() -> int:
    """Make the report of every signature that has none yet."""
    return visit_report.make_waiting(now=timezone.now())
