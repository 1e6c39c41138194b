"""The one list of what upper floors do when lower ones report something.

Each runs in the reporter's transaction, in this order; a name nobody lists is an error.
"""

from collections.abc import Callable, Mapping, Sequence

REACTIONS: Mapping[str, Sequence[Callable[..., object]]] = {}
