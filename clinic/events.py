"""What upper floors do when a lower one reports something, in the reporter's transaction.

The list itself is `config/reactions.py`, found through `settings.REACTIONS`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

Reaction = Callable[..., object]


@cache
def _reactions(path: str) -> Mapping[str, Sequence[Reaction]]:
    reactions: Mapping[str, Sequence[Reaction]] = import_string(path)
    return reactions


def report(name: str, **payload: Any) -> None:
    """Run, in order and in the caller's transaction, what is listed for `name`.

    A name that nobody listed is a programmer's error and raises KeyError: a report that
    silently reaches nobody is how results go unread.
    """
    with transaction.atomic(savepoint=False):
        for reaction in _reactions(settings.REACTIONS)[name]:
            reaction(**payload)
