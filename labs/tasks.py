"""What the worker does for the laboratory."""

from celery import shared_task
from django.utils import timezone

from labs.actions.reading import file_next


@shared_task
def file_inbound() -> int:
    """File what was received and is not filed yet: the sweep behind the listener."""
    filed = 0
    while file_next(now=timezone.now()) is not None:
        filed += 1
    return filed
