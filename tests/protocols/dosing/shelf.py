"""A shelf with capsules on it, and a bottle from it."""

from datetime import date, datetime

from clinic.models import Account, Site
from protocols.actions import dosing, stock
from protocols.models import Product, StockLot
from tests.factories.stock import ProductFactory
from tests.protocols.men import DAY_ONE, NOW, TODAY

FAR = date(2028, 1, 31)
RMA = "RMA-4711"


def product(site: Site, by: Account, kind: str = "standard", **more: object) -> Product:
    return Product.objects.filter(site=site, formulation=kind, **more).first() or ProductFactory(
        site=site, formulation=kind, added_by=by, **more
    )


def shelved(
    site: Site,
    by: Account,
    number: str = "L77",
    capsules: int = 600,
    *,
    until: date = FAR,
    kind: str = "standard",
    on: date = DAY_ONE,
    now: datetime = NOW,
    **more: object,
) -> StockLot:
    """A lot received on Day 1, unless told."""
    put = stock.receive(
        product=product(site, by, kind, **more), number=number, expires_on=until,
        capsules=capsules, on=on, by=by, now=now,
    )  # fmt: skip
    return StockLot.objects.select_related("product__site").get(pk=put.lot_id)


def bottle(**more: object) -> dosing.Bottle:
    return dosing.Bottle(**{"on": TODAY, "rma": RMA, **more})
