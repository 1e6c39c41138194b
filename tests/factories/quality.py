"""Control materials, what was counted in them, and what was done about it."""

from datetime import UTC, datetime
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from labs.models import ControlAction, ControlLot, ControlReading, ControlStanding
from labs.rules.quality import RULESET
from tests.factories.clinic import AccountFactory, SiteFactory

NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)


class ControlLotFactory(DjangoModelFactory):
    """Counting beads of 35 million per mL, give or take three."""

    class Meta:
        model = ControlLot

    site = factory.SubFactory(SiteFactory)
    name = factory.Sequence(lambda n: f"B-{n + 100}")
    material = ControlLot.Material.BEADS
    measure = ControlLot.Measure.CONCENTRATION
    target = Decimal(35)
    sd = Decimal(3)
    added_at = NOW
    added_by = factory.SubFactory(AccountFactory)


class ControlReadingFactory(DjangoModelFactory):
    """What was counted this morning: exactly the target."""

    class Meta:
        model = ControlReading

    lot = factory.SubFactory(ControlLotFactory)
    technologist = factory.SubFactory(AccountFactory)
    read_at = NOW
    value = factory.SelfAttribute("lot.target")
    written_at = NOW


class ControlActionFactory(DjangoModelFactory):
    """Something was done, by somebody else."""

    class Meta:
        model = ControlAction

    site = factory.SubFactory(SiteFactory)
    technologist = factory.SubFactory(AccountFactory)
    taken_at = NOW
    taken_by = factory.SubFactory(AccountFactory)
    words = "Counted again beside a colleague."


class ControlStandingFactory(DjangoModelFactory):
    """In control."""

    class Meta:
        model = ControlStanding

    site = factory.SubFactory(SiteFactory)
    technologist = factory.SubFactory(AccountFactory)
    standing = "in_control"
    ruleset = RULESET
    set_at = NOW
