"""The list of graphs to draw, and what was drawn."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from clinic.models import Drawing

Specification = dict[str, Any]


def key(specification: Specification) -> str:
    """The name of a drawing is the hash of what it shows."""
    body = json.dumps(specification, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(body.encode()).hexdigest()


def ask(*specifications: Specification) -> list[str]:
    """Put drawings on the worker's list; asking twice changes nothing. Returns their keys."""
    rows = {key(each): json.loads(json.dumps(each, default=str)) for each in specifications}
    Drawing.objects.bulk_create(
        [Drawing(sha256=name, specification=body) for name, body in rows.items()],
        ignore_conflicts=True,
    )
    return [key(each) for each in specifications]


def draw_waiting(
    *, convert: Callable[[Specification], str], now: datetime, limit: int = 200
) -> int:
    """Draw up to `limit` waiting graphs, each in its own transaction; returns how many."""
    done = 0
    while done < limit and _draw_next(convert, now):
        done += 1
    return done


@transaction.atomic
def _draw_next(convert: Callable[[Specification], str], now: datetime) -> bool:
    drawing = (
        Drawing.objects.filter(drawn_at=None)
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("asked_at")
        .first()
    )
    if drawing is None:
        return False
    drawing.svg = convert(drawing.specification)
    drawing.drawn_at = now
    drawing.save(update_fields=["svg", "drawn_at"])
    return True
