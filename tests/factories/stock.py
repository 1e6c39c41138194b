"""Products, lots and movements; a lot holds nothing until something is received into it.

Movements that must add up are made with protocols.actions.stock; one made here is the first of its
lot, and the lot holds it.
"""

from datetime import UTC, date, datetime

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

from protocols.models import Product, StockLot, StockMovement
from tests.factories.clinic import AccountFactory, SiteFactory

NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)


class ProductFactory(DjangoModelFactory):
    """Standard capsules of 20 mg."""

    class Meta:
        model = Product

    site = factory.SubFactory(SiteFactory)
    name = "Isotretinoin 20 mg capsules"
    ndc = factory.Sequence(lambda n: f"00000-{n:04d}-30")
    added_by = factory.SubFactory(AccountFactory)


class StockLotFactory(DjangoModelFactory):
    """An empty lot, good for a long time."""

    class Meta:
        model = StockLot

    product = factory.SubFactory(ProductFactory)
    number = factory.Sequence(lambda n: f"L{n:04d}")
    expires_on = date(2028, 1, 31)


class StockMovementFactory(DjangoModelFactory):
    """Six hundred capsules received into a lot of their own."""

    class Meta:
        model = StockMovement

    lot = factory.SubFactory(
        StockLotFactory, on_shelf=factory.LazyAttribute(lambda lot: lot.factory_parent.capsules)
    )
    number = 1
    kind = StockMovement.Kind.RECEIVED
    capsules = 600
    balance = factory.SelfAttribute("capsules")
    on = date(2026, 3, 1)
    at = NOW
    by = factory.SubFactory(AccountFactory)

    @classmethod
    def _generate(cls, strategy, params):
        """Lot and movement at once: the database asks at the end whether they agree."""
        with transaction.atomic():
            return super()._generate(strategy, params)
