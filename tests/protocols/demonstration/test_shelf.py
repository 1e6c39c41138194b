"""The shelf of the demonstration: a delivery a quarter, its rest sent back, one lot recalled."""

from datetime import UTC, date, datetime, timedelta

import pytest

from protocols.actions import stock
from protocols.management.commands import demo
from protocols.management.demonstration import shelf
from protocols.models import StockLot
from protocols.queries.stock import lines_of

AT = datetime(2026, 3, 29, 14, 20, tzinfo=UTC)
TODAY = date(2026, 3, 29)


@pytest.mark.parametrize(
    ("on", "opens_on", "number"),
    [
        pytest.param(date(2026, 1, 1), date(2026, 1, 1), "26A2", id="first day of a quarter"),
        pytest.param(date(2026, 3, 31), date(2026, 1, 1), "26A2", id="last day of it"),
        pytest.param(date(2028, 2, 29), date(2028, 1, 1), "28A2", id="leap day"),
        pytest.param(date(2025, 12, 31), date(2025, 10, 1), "25D2", id="end of the year"),
    ],
)
def test_a_bottle_is_from_the_lot_of_its_quarter(on, opens_on, number):
    assert (shelf.quarter_of(on), shelf.lot_number(on, 5)) == (opens_on, number)


@pytest.mark.django_db
def test_what_is_left_of_a_quarter_goes_back_and_the_days_add_up():
    first, _, _ = demo.open_clinics(AT)
    demo.load_definitions(now=AT)
    shelf.fill(first, TODAY - timedelta(days=200), TODAY)
    wet = first.lots["25D3"]
    stock.lose(
        lot=wet, capsules=4, reason="Wet.", by=first.people["dispenser"],
        now=shelf.at(first, date(2025, 11, 2), 9),
    )  # fmt: skip

    shelf.tidy(first, TODAY)

    left = StockLot.objects.filter(product__site=first.site, on_shelf__gt=0)
    assert sorted(left.values_list("number", "on_shelf")) == [
        ("25Z9", 120), ("26A1", 3000), ("26A2", 3000), ("26A3", 3000), ("26A4", 3000),
        ("LD-2207", 180),
    ]  # fmt: skip
    recalled = StockLot.objects.get(recalled_at__isnull=False)
    assert recalled == wet
    told = [(f"{row.movement.on:%d %b}", row.shelf) for row in reversed(lines_of(wet).rows)]
    assert told == [("01 Oct", 3000), ("02 Nov", 2996), ("31 Dec", 0), ("28 Mar", 0)]
