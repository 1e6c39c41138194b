"""How far the filing of a long file is; kept in Redis, because losing it loses nothing.

The filing is one transaction, so no row of the database can tell before it is over.
"""

from contextlib import suppress

import redis
from django.core.cache import cache

SECONDS = 3600


def say(message: int, done: int) -> None:
    """Write down how many rows are done; when Redis is away nobody is told, no more."""
    with suppress(redis.RedisError, OSError):
        cache.set(_key(message), done, timeout=SECONDS)


def rows_done(message: int) -> int:
    try:
        return int(cache.get(_key(message)) or 0)
    except (redis.RedisError, OSError):
        return 0


def _key(message: int) -> str:
    return f"halfyear.inbound.{message}"
