"""A large query is written once: afterwards only its values change.

Gathering a dozen tables into one row takes Django ten times longer to put into SQL than
PostgreSQL to answer. What is kept is the compiled statement with its blanks; the rows come out
of Django's own reading of them, as they would have.
"""

from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from django.db import connections
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from clinic.models import Account, Member

#: What stands in a blank while the statement is written: nothing real is so small or so late.
NOBODY = -(10**12)
DOOMSDAY = datetime(9000, 1, 1, tzinfo=UTC)
STAND_INS: dict[type, Callable[[int], Any]] = {
    int: lambda place: NOBODY - place,
    date: lambda place: (DOOMSDAY + timedelta(days=place)).date(),
    datetime: lambda place: DOOMSDAY + timedelta(days=place),
}


class Kept:
    """Called with its blanks filled in, it gives the rows; `build` is called once a time zone.

    Each blank is a whole number (a key), a date or an instant, and `build` may only hand it on to
    the query: what it computes from one would be computed from the stand-in.
    """

    def __init__(self, build: Callable[..., QuerySet[Any]], **blanks: type) -> None:
        self._build = build
        self._stand_ins = {
            name: STAND_INS[kind](place) for place, (name, kind) in enumerate(blanks.items())
        }
        # PostgreSQL is asked for local days by the name of the zone, which is in the statement.
        self._written = cache(self._write)

    def __call__(self, **values: int | date | datetime) -> list[Any]:
        rows, compiler, sql, parameters = self._written(timezone.get_current_timezone_name())
        filled = {self._stand_ins[name]: value for name, value in values.items()}
        if len(filled) != len(self._stand_ins):
            raise TypeError(f"Values are needed for all of: {', '.join(self._stand_ins)}.")
        told = tuple(_filled(parameter, filled) for parameter in parameters)
        return list(_asked(rows, compiler, sql, told))

    def _write(self, zone: str) -> tuple[QuerySet[Any], SQLCompiler, str, tuple[Any, ...]]:
        rows = self._build(**self._stand_ins)
        compiler = rows.query.get_compiler(using=rows.db)
        sql, parameters = compiler.as_sql()
        return rows, compiler, sql, tuple(parameters)


def _filled(parameter: Any, filled: Mapping[Any, Any]) -> Any:
    """The value that belongs in a blank, and everything else as it was."""
    if isinstance(parameter, DateTimeTZRange):
        ends = (filled.get(end, end) for end in (parameter.lower, parameter.upper))
        return DateTimeTZRange(*ends, parameter._bounds)
    return filled.get(parameter, parameter) if type(parameter) in STAND_INS else parameter


def _asked(
    rows: QuerySet[Any], compiler: SQLCompiler, sql: str, parameters: tuple[Any, ...]
) -> QuerySet[Any]:
    """The same rows, to be read by a compiler that has its statement already."""
    fresh = copy(compiler)
    fresh.connection = connections[rows.db]
    fresh.as_sql = lambda *_, **__: (sql, parameters)  # type: ignore[method-assign]
    asked = rows.all()
    asked.query.get_compiler = lambda *_, **__: fresh  # type: ignore[method-assign]
    return asked


def somebody_at(site: Any) -> Account:
    """A member of this site, as far as `visible_to` asks: what he may see hangs on the site."""
    account = Account(kind=Account.Kind.STAFF)
    account.member = Member(account=account, site_id=site)
    return account
