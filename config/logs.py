"""How a line of the log is written: what broke and where, never what it was about.

The words of an exception may quote a row ("Failing row contains (…)") or a form, and an address
may carry a name or a link's token. So a trace keeps its places and types; words are kept of
those kinds of trouble alone that speak of the machine.
"""

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.template import TemplateDoesNotExist

ABOUT_THE_MACHINE = (
    OSError,
    ImportError,
    NameError,
    AttributeError,
    ImproperlyConfigured,
    OperationalError,
    TemplateDoesNotExist,
)
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Discreet(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        discreet = logging.makeLogRecord(vars(record) | {"exc_text": None})
        discreet.msg, discreet.args = _told(record.msg), _args(record)
        return super().format(discreet)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 -- logging's name
        if ei[1] is None:
            return ""
        return "\n".join(
            "".join(traceback.format_tb(each.__traceback__)) + named(each) for each in _chain(ei[1])
        )


def named(error: BaseException) -> str:
    """The type of it, and its words where they cannot be about anybody."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return f"{kind}: {error}" if isinstance(error, ABOUT_THE_MACHINE) else kind


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """What it came from first, as Python prints it."""
    if error is None:
        return
    yield from _chain(
        error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    )
    yield error


def _args(record: logging.LogRecord) -> Any:
    if isinstance(record.args, dict):  # Celery's: the name of the task and what it raised
        return record.args | ({"exc": _raised(record)} if "exc" in record.args else {})
    request = getattr(record, "request", None)
    path = getattr(request, "path", None)
    return tuple(
        _route(request) if path is not None and arg == path else _told(arg)
        for arg in record.args or ()
    )


def _raised(record: logging.LogRecord) -> str:
    error = record.exc_info[1] if record.exc_info else None
    return named(error) if error else "an exception"


def _told(arg: Any) -> Any:
    return named(arg) if isinstance(arg, BaseException) else arg


def _route(request: Any) -> str:
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "an address of no page"
