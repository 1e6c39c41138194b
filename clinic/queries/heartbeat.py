"""Whether beat and worker are alive; kept in Redis, because losing it loses nothing."""

from datetime import datetime
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from kombu.exceptions import OperationalError

KEY = "halfyear.heartbeat"
TRAIL_KEY = "halfyear.trail"
LINE_KEY = "halfyear.line"
#: Where Celery keeps what is asked for and not yet taken.
QUEUE = "celery"
PATIENCE_S = 1.0


def last_heartbeat() -> datetime | None:
    """None when no worker has answered since Redis began, or when Redis does not answer."""
    said = _kept(KEY)
    return datetime.fromisoformat(said) if said else None


def line_heard() -> datetime | None:
    """When the listener for the laboratories last said that it listens."""
    said = _kept(LINE_KEY)
    return datetime.fromisoformat(said) if said else None


def trail_walked() -> tuple[datetime, str] | None:
    """When the worker last walked the whole trail and what it found; "" is nothing wrong."""
    said = _kept(TRAIL_KEY)
    return (datetime.fromisoformat(said[0]), said[1]) if said else None


def _kept(key: str) -> Any:
    try:
        return cache.get(key)
    except (redis.RedisError, OSError):
        return None


def queued() -> int | None:
    """How many tasks no worker has taken yet; None when Redis does not answer."""
    try:
        with redis.Redis.from_url(
            settings.QUEUE_URL, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S
        ) as client:
            return int(client.llen(QUEUE))
    except (redis.RedisError, OSError):
        return None


def worker_answers() -> bool:
    """Asks, and waits a moment for the first that answers."""
    try:
        return bool(current_app.control.ping(timeout=0.5, limit=1))
    except (OperationalError, redis.RedisError, OSError):
        return False
