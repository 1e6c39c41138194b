"""When the worker last answered; kept in the cache, because losing it loses nothing."""

from datetime import datetime

from django.core.cache import cache
from redis.exceptions import RedisError

KEY = "halfyear.heartbeat"


def last_heartbeat() -> datetime | None:
    """None when no worker has answered since Redis began, or when Redis does not answer."""
    try:
        said = cache.get(KEY)
    except (RedisError, OSError):
        return None
    return datetime.fromisoformat(said) if said else None
