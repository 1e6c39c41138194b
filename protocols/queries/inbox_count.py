"""How much waits in the inbox of a membership: its number without its rows.

It is asked with the memberships, for every page has a rail and no page a query to spare.
"""

from datetime import datetime
from functools import reduce
from operator import add
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    DateField,
    DateTimeField,
    Func,
    IntegerField,
    OuterRef,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast

from clinic.access import GRANTS, Capability
from protocols.queries.inbox_rows import kinds
from protocols.queries.kept import somebody_at
from protocols.rules.danger import NORMAL


def waiting(now: datetime) -> Any:
    """An annotation of memberships: as many as the inbox of each lists.

    Normal results, which are signed together, are not counted there either.
    """
    local = Func(OuterRef("site__time_zone"), Value(now, DateTimeField()), function="timezone")
    today = Cast(local, DateField())
    user = somebody_at(OuterRef("site"))
    counts = (counted(asked, rows) for asked, rows in kinds(user, today, OuterRef("account")))
    return reduce(add, counts)


def counted(asked: Capability | None, rows: QuerySet[Any]) -> Any:
    """The rows of one kind for the roles that may decide them."""
    bands = Func(ArraySubquery(rows.values("band")), Value(NORMAL), function="array_remove")
    number = Func(bands, function="cardinality", output_field=IntegerField())
    if asked is None:
        return number
    roles = [role.value for role, granted in GRANTS.items() if asked in granted]
    return Case(When(role__in=roles, then=number), default=0, output_field=IntegerField())
