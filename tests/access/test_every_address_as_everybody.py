"""Every address of the house, asked for by everybody: addresses.txt says what each is answered.

A new address fails here until it has its two lines there.
"""

from collections.abc import Callable, Mapping

from clinic.models import Account
from tests.access.table import METHODS, ROLES, addresses, rows
from tests.access.walker import Walker
from tests.access.world import Place, Things, World

ROWS = rows()
Codes = dict[int, str]


def differences(
    people: Mapping[str, Account | None], things: Things, expected: Callable[[str], Codes]
) -> list[str]:
    """Whatever anybody was not answered as the table has it."""
    return [
        f"{who} {ROWS[number]}: {answer}, not {wanted}"
        for who, account in people.items()
        for number, wanted, answer in answers(account, things, expected(who))
        if answer != wanted
    ]


def answers(account: Account | None, things: Things, expected: Codes) -> list[tuple[int, str, str]]:
    walker = Walker(account)
    return [(number, code, walker.told(ROWS[number], things)) for number, code in expected.items()]


def staff(place: Place) -> dict[str, Account]:
    return {who: place.staff[role] for who, role in ROLES.items()}


def at_home(column: str) -> Codes:
    return {number: row.codes[column] for number, row in enumerate(ROWS)}


def elsewhere(column: str) -> Codes:
    """A method nobody may use is refused before anybody looks whose row it is."""
    found = {number: row.elsewhere(column) for number, row in enumerate(ROWS) if row.is_of_a_site}
    return {number: code for number, code in found.items() if code != "405"}


def test_every_address_has_a_row_for_every_method():
    known = {(row.name, row.method) for row in ROWS}
    assert known == {(name, method) for name in addresses() for method in METHODS}


def test_each_role_may_do_at_its_own_site_what_the_table_says(the_world: World):
    here = the_world.here
    assert differences(staff(here), here.things, at_home) == []


def test_the_rows_of_another_site_do_not_exist_for_our_roles(the_world: World):
    assert differences(staff(the_world.here), the_world.away.things, elsewhere) == []


def test_our_rows_do_not_exist_for_the_roles_of_another_site(the_world: World):
    assert differences(staff(the_world.away), the_world.here.things, elsewhere) == []


def test_whoever_does_not_work_here_is_told_what_the_table_says(the_world: World):
    assert differences(the_world.outsiders, the_world.here.things, at_home) == []
