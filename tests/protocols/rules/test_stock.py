"""Which lot goes out first, and which must not, at each edge (domain reference §2.1, §7.3)."""

from datetime import date, timedelta

import pytest

from protocols.rules.contradiction import Contradiction
from protocols.rules.stock import Lot, Wanted, against, counted, expiry, suitable

DAY = timedelta(days=1)
ON = date(2026, 3, 2)
WANTED = Wanted(capsules=60, days=30, formulation="standard", strength_mg=20, on=ON)


def lot(pk=1, until=date(2028, 1, 31), left=600, **more):
    told = {"number": f"L{pk}", "formulation": "standard", "strength_mg": 20, **more}
    return Lot(pk=pk, expires_on=until, on_shelf=left, **told)


@pytest.mark.parametrize(
    ("on", "days_ahead", "state"),
    [
        pytest.param(ON, 0, "expired", id="the day itself"),
        pytest.param(ON, 1, "too short", id="tomorrow"),
        pytest.param(ON, 29, "too short", id="one day short of a month"),
        pytest.param(ON, 30, "soon", id="a month"),
        pytest.param(ON, 90, "soon", id="at the warning"),
        pytest.param(ON, 91, "fine", id="a day before the warning"),
        pytest.param(date(2028, 2, 1), 29, "too short", id="leap year, one day short"),
        pytest.param(date(2028, 2, 1), 30, "soon", id="leap year, a month"),
    ],
)
def test_how_near_its_end_a_lot_is(on, days_ahead, state):
    assert expiry(on + days_ahead * DAY, on, warn_days=90, supply_days=30) == state


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"left": 60}, "", id="just enough"),
        pytest.param({"left": 59}, "There are 59 capsules of lot L1", id="one too few"),
        pytest.param({"until": ON + 30 * DAY}, "", id="lasts just long enough"),
        pytest.param({"until": ON + 29 * DAY}, "expire before they would be used up", id="short"),
        pytest.param({"until": ON + DAY}, "expire before they would be used up", id="tomorrow"),
        pytest.param({"until": ON}, "Lot L1 expired on 2 Mar 2026", id="expired"),
        pytest.param({"recalled": True}, "has been recalled", id="recalled"),
        pytest.param({"strength_mg": 40}, "is of 40 mg; 20 mg is prescribed", id="strength"),
    ],
)
def test_why_a_lot_cannot_go_out(changes, says):
    found = " ".join(against(lot(**changes), WANTED))
    assert says in found
    assert bool(found) == bool(says)


def test_every_reason_is_named():
    wrong = lot(left=1, until=ON, recalled=True, strength_mg=10)
    assert len(list(against(wrong, WANTED))) == 4


def test_the_first_to_expire_goes_first():
    lots = [lot(1), lot(2, until=date(2026, 9, 1)), lot(3, until=date(2026, 9, 1))]
    assert [row.pk for row in suitable(lots, WANTED)] == [2, 3, 1]


def test_another_kind_is_never_chosen_by_itself():
    lots = [lot(1, until=date(2026, 9, 1), formulation="lidose"), lot(2)]
    assert [row.pk for row in suitable(lots, WANTED)] == [2]


@pytest.mark.parametrize("capsules", [0, -1, 0.5, None, True, 100_001])
def test_what_is_no_number_of_capsules_is_refused(capsules):
    with pytest.raises(Contradiction):
        counted(capsules)


@pytest.mark.parametrize(("capsules", "least"), [(0, 0), (1, 1), (100_000, 1)])
def test_what_is_one_is_taken(capsules, least):
    assert counted(capsules, least=least) == capsules
