"""Every page of the house costs at most ten queries, and a longer list costs no more than a short.

The world holds one of everything first; then two more men like the first, and two more of
everything that one man can have several of.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.access import Role
from protocols.queries.enrolment import definition_of
from tests.access.growth import grow
from tests.access.table import ROLES, Row, rows
from tests.access.walker import Walker
from tests.access.world import World

LIMIT = 10
#: Walks the chain of the trail link by link, in pieces: work that somebody asks for, not a page.
WORK = {"clinic:verify_audit"}
#: Who opens a page: the first of these who may, those first who see most on it.
WHO = [
    *(role.value[:4] for role in (Role.CLINICIAN, Role.COORDINATOR, Role.TECHNOLOGIST)),
    *ROLES,
    "self",
    "anon",
]
PAGES = [
    row
    for row in rows()
    if row.method == "GET" and "200" in row.codes.values() and row.name not in WORK
]


def counts(world: World) -> dict[str, int]:
    """How many queries each page costs: session and account included, savepoints not.

    That somebody is still there is written into his session once a minute: no page's own.
    """
    people = {name: world.here.staff[role] for name, role in ROLES.items()} | world.outsiders
    walkers = {name: Walker(people[name]) for name in WHO}
    return {str(page): cost(page, walkers, world) for page in PAGES}


def cost(page: Row, walkers: dict[str, Walker], world: World) -> int:
    walker = next(walkers[name] for name in WHO if page.codes[name] == "200")
    with CaptureQueriesContext(connection) as asked:
        assert walker.told(page, world.here.things) == "200", str(page)
    bookkeeping = ("SAVEPOINT", 'UPDATE "django_session"')
    return sum(
        not any(word in query["sql"] for word in bookkeeping) for query in asked.captured_queries
    )


def table(found: dict[str, int]) -> str:
    lines = sorted(found.items(), key=lambda item: -item[1])
    return "\n".join(f"{count:4} {page}" for page, count in lines)


@pytest.fixture
def measured(the_world: World) -> tuple[dict[str, int], dict[str, int]]:
    """The costs with one of everything, and with three."""
    definition_of(the_world.here.enrolment.version)  # read once by each process, then kept
    one = counts(the_world)
    grow(the_world.here)
    return one, counts(the_world)


def test_a_page_costs_ten_queries_at_most_and_no_more_for_three_rows_than_for_one(measured):
    one, three = measured
    dear = {page: count for page, count in three.items() if count > LIMIT}
    longer = {page: (one[page], three[page]) for page in one if one[page] != three[page]}
    assert (dear, longer) == ({}, {}), f"\n{table(three)}"
