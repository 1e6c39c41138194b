"""What waits, on every floor, in one question to the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, QuerySet, Value
from django.utils.module_loading import import_string

from clinic.rules.health import Queue


@dataclass(frozen=True, slots=True)
class Waiting:
    """One kind of row that a worker must see to; `since` is the column its waiting counts from."""

    label: str
    rows: Callable[[datetime], QuerySet[Any]]
    since: str
    patience: timedelta


@cache
def _kinds() -> Sequence[Waiting]:
    found: Sequence[Waiting] = import_string(settings.WAITING)
    return found


def queues(now: datetime) -> list[Queue]:
    """Every kind, in the order they are listed, also when nothing of it waits."""
    asked = [
        kind.rows(now)
        .order_by()
        .annotate(kind=Value(number))
        .values("kind")
        .annotate(waiting=Count("pk"), oldest=Min(kind.since))
        for number, kind in enumerate(_kinds())
    ]
    found = {row["kind"]: row for row in asked[0].union(*asked[1:], all=True)}
    return [
        Queue(
            kind.label,
            found[number]["waiting"] if number in found else 0,
            found[number]["oldest"] if number in found else None,
            kind.patience,
        )
        for number, kind in enumerate(_kinds())
    ]
