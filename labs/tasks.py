"""What the worker does for the laboratory."""

from celery import shared_task
from django.utils import timezone

from labs.actions.columns import judge_next
from labs.actions.reading import file_lane


@shared_task
def file_inbound() -> int:
    """File what was received and is not filed yet: the sweep behind the listener."""
    filed = 0
    while done := file_lane(now=timezone.now):
        filed += done
    return filed


@shared_task
def judge_tables() -> int:
    """Say what would become of each row of the long tables somebody uploaded."""
    judged = 0
    while judge_next(now=timezone.now()) is not None:
        judged += 1
    return judged
