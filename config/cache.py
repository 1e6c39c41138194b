"""Redis as a cache that may be missing: then nothing is remembered, and everybody works on."""

from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache


def _forgiven(method: Callable[..., Any], otherwise: Any) -> Callable[..., Any]:
    def call(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except redis.RedisError:
            return otherwise

    return call


class Forgiving(RedisCache):
    """Counting attempts at the door is the one thing that needs it; axes counts in PostgreSQL."""

    add = _forgiven(RedisCache.add, otherwise=True)
    set = _forgiven(RedisCache.set, otherwise=None)
    delete = _forgiven(RedisCache.delete, otherwise=False)
    touch = _forgiven(RedisCache.touch, otherwise=False)
    incr = _forgiven(RedisCache.incr, otherwise=0)
    has_key = _forgiven(RedisCache.has_key, otherwise=False)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except redis.RedisError:
            return default
