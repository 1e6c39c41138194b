"""The dispensary's shelf: a delivery each quarter, from which the bottles of the story come.

Four lots a quarter, so that men whose stories are told side by side need not wait for one lot.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from django.db import transaction

from clinic.rules.calendar import instant
from protocols.actions import recalls, stock
from protocols.management.demonstration.clinics import Clinic
from protocols.models import Formulation, Product, StockLot

SERIES = 4
DELIVERED = 3000
GOOD_FOR = timedelta(days=730)
DAY = timedelta(days=1)
QUARTERS = "ABCD"


def lot_number(on: date, place: int) -> str:
    """26C2: of the third quarter of 2026, the second lot."""
    return f"{on:%y}{QUARTERS[(on.month - 1) // 3]}{1 + place % SERIES}"


def quarter_of(on: date) -> date:
    return date(on.year, 3 * ((on.month - 1) // 3) + 1, 1)


def quarters(first_on: date, last_on: date) -> Iterator[date]:
    on = quarter_of(first_on)
    while on <= last_on:
        yield on
        on = quarter_of(on + timedelta(days=100))


@transaction.atomic
def fill(clinic: Clinic, first_on: date, today: date) -> None:
    """Every delivery since the first man; and a box of another kind, and one that ends soon."""
    plain = product(clinic, "Isotretinoin 20 mg capsules", "00555-1055-86", Formulation.STANDARD)
    other = product(clinic, "Isotretinoin-Lidose 20 mg", "10631-0116-31", Formulation.LIDOSE)
    for opens_on in quarters(first_on, today):
        for place in range(SERIES):
            number = lot_number(opens_on, place)
            lot = deliver(clinic, plain, number, opens_on, opens_on + GOOD_FOR)
            clinic.lots[number] = lot
    then = max(quarter_of(today), today - timedelta(days=20))
    deliver(clinic, other, "LD-2207", then, today + timedelta(days=400), 180)
    deliver(clinic, plain, "25Z9", then, today + timedelta(days=55), 120)


def product(clinic: Clinic, name: str, ndc: str, kind: str) -> Product:
    return stock.add_product(
        site=clinic.site, name=name, ndc=ndc, formulation=kind, strength_mg=20,
        by=clinic.people["dispenser"],
    )  # fmt: skip


def deliver(
    clinic: Clinic, what: Product, number: str, on: date, until: date, capsules: int = DELIVERED
) -> StockLot:
    put = stock.receive(
        product=what, number=number, expires_on=until, capsules=capsules, on=on,
        by=clinic.people["dispenser"], now=at(clinic, on, 8),
    )  # fmt: skip
    return put.lot


@transaction.atomic
def tidy(clinic: Clinic, today: date) -> None:
    """What was left of each quarter went back; a lot was recalled, what patients gave back went."""
    dispenser, nurse = clinic.people["dispenser"], clinic.people["nurse"]
    for lot in old(clinic.lots.values(), today):
        closes_on = quarter_of(lot.expires_on - GOOD_FOR + timedelta(days=100)) - DAY
        now = at(clinic, closes_on, 17)
        if lot.on_shelf:
            stock.send_back(
                lot=lot, capsules=lot.on_shelf, reason="The rest of the quarter's delivery.",
                by=dispenser, now=now,
            )  # fmt: skip
        if lot.in_quarantine:
            stock.destroy(
                lot=lot, capsules=lot.in_quarantine, place="quarantine", second=nurse,
                reason="Brought back by patients; incinerated.", by=dispenser,
                now=at(clinic, today - DAY, 17),
            )  # fmt: skip
    recalled = StockLot.objects.filter(
        product__site=clinic.site, number=lot_number(quarter_of(today) - DAY, 2)
    ).select_related("product__site")
    for lot in recalled:
        recalls.recall(
            lot=lot, reason="The maker recalls it: labels may be missing.", by=dispenser,
            now=at(clinic, today - DAY, 16),
        )  # fmt: skip


def old(lots: Iterable[StockLot], today: date) -> Iterator[StockLot]:
    """The lots of the quarters that are over, as they stand now."""
    current = quarter_of(today) + GOOD_FOR
    keys = [lot.pk for lot in lots]
    rows = StockLot.objects.filter(pk__in=keys, expires_on__lt=current)
    yield from rows.select_related("product__site").order_by("expires_on", "pk")


def at(clinic: Clinic, on: date, hour: int) -> datetime:
    return instant(on, time(hour), clinic.site.zone)
