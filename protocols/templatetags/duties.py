"""How long there is left for what cannot wait: `{% load duties %}`."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone

from protocols.rules.deadlines import time_left

register = template.Library()


@register.inclusion_tag("components/timer.html")
def timer(due_at: datetime) -> dict[str, Any]:
    """Within 3 h 12 min, counted down in the browser; red once it is over."""
    now = timezone.now()
    return {"due_at": due_at, "late": due_at < now, "words": time_left(due_at, now)}
