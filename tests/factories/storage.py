"""Tanks, and what stands in them.

Containers that go anywhere are made with labs.actions.storage; one made here has been stored once,
by two people, at the next free position of its tank.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

from labs.models import (
    Container,
    ContainerMovement,
    NitrogenReading,
    Screening,
    StorageTerms,
    Tank,
    TankCount,
    ThawTest,
)
from labs.rules.storage_numbers import cryo_id
from patients.models import Consent, Patient
from tests.factories.clinic import AccountFactory, SiteFactory
from tests.factories.patients import ConsentFactory, ConsentTextFactory, PatientFactory

NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)


class TankFactory(DjangoModelFactory):
    """Two canisters of three canes with four positions: small enough to fill."""

    class Meta:
        model = Tank

    site = factory.SubFactory(SiteFactory)
    name = factory.Sequence(lambda n: f"Tank {n + 1}")
    canisters, canes, positions = 2, 3, 4
    added_by = factory.SubFactory(AccountFactory)


class NitrogenReadingFactory(DjangoModelFactory):
    """Thirty centimetres, this morning."""

    class Meta:
        model = NitrogenReading

    tank = factory.SubFactory(TankFactory)
    read_at = NOW
    level_cm = 30
    by = factory.SubFactory(AccountFactory)


class TankCountFactory(DjangoModelFactory):
    """An empty tank, found empty."""

    class Meta:
        model = TankCount

    tank = factory.SubFactory(TankFactory)
    counted_at = NOW
    by = factory.SubFactory(AccountFactory)
    witness = factory.SubFactory(AccountFactory)
    expected = found = 0


def consent_to_storage(patient: Patient) -> Consent:
    """The one he has given, or one he gives now: nobody agrees twice to the same words."""
    given = Consent.objects.filter(patient=patient, text__kind="storage", withdrawn_on=None)
    return given.first() or ConsentFactory(
        patient=patient, text=ConsentTextFactory(kind="storage"), given_on=date(2026, 1, 5)
    )


class StorageTermsFactory(DjangoModelFactory):
    """Signed this year, for five."""

    class Meta:
        model = StorageTerms

    patient = factory.SubFactory(PatientFactory)
    consent = factory.LazyAttribute(lambda row: consent_to_storage(row.patient))
    signed_on = date(2026, 1, 5)
    expires_on = date(2031, 1, 4)
    on_death = StorageTerms.OnDeath.DISCARD
    on_separation = StorageTerms.OnSeparation.KEEP
    recorded_by = factory.SubFactory(AccountFactory)


class ScreeningFactory(DjangoModelFactory):
    """All four negative, this year."""

    class Meta:
        model = Screening

    patient = factory.SubFactory(PatientFactory)
    tested_on = date(2026, 1, 5)
    hiv = hbv = hcv = syphilis = "negative"
    recorded_by = factory.SubFactory(AccountFactory)


class ContainerFactory(DjangoModelFactory):
    """A vial of half a millilitre, stored at the first position nobody has."""

    class Meta:
        model = Container

    by = factory.SubFactory(AccountFactory)
    witness = factory.SubFactory(AccountFactory)
    cryo_id = factory.Sequence(lambda n: cryo_id(2026, 90_000 + n))
    patient = factory.SubFactory(PatientFactory)
    kind = Container.Kind.VIAL
    cryoprotectant = "TEST-yolk buffer"
    cryoprotectant_lot = "TY-118"
    volume_ml = Decimal("0.5")
    n_sperm, n_motile, n_exact = 4000, 1200, False
    motility_pct = Decimal(30)
    method = Container.Method.VAPOUR
    frozen_at = NOW - timedelta(hours=1)
    terms = factory.SubFactory(StorageTermsFactory, patient=factory.SelfAttribute("..patient"))
    screening = factory.SubFactory(ScreeningFactory, patient=factory.SelfAttribute("..patient"))
    tank = factory.SubFactory(TankFactory, site=factory.SelfAttribute("..patient.site"))

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        """Container and movement at once: the database asks at the end whether they agree."""
        by, witness = kwargs.pop("by"), kwargs.pop("witness")
        tank = kwargs["tank"]
        if tank is not None and "canister" not in kwargs:
            taken = {row.spot for row in Container.objects.filter(tank=tank)}
            spot = next(spot for spot in tank.size.spots() if spot not in taken)
            kwargs |= {"canister": spot.canister, "cane": spot.cane, "position": spot.position}
        with transaction.atomic():
            made = super()._create(model_class, *args, **kwargs)
            ContainerMovementFactory(container=made, by=by, witness=witness)
        return made


class ContainerMovementFactory(DjangoModelFactory):
    """The first movement of a container: it was stored where it stands."""

    class Meta:
        model = ContainerMovement

    container = factory.SubFactory(ContainerFactory)
    number = 1
    kind = ContainerMovement.Kind.STORE
    status = factory.SelfAttribute("container.status")
    tank = factory.SelfAttribute("container.tank")
    canister = factory.SelfAttribute("container.canister")
    cane = factory.SelfAttribute("container.cane")
    position = factory.SelfAttribute("container.position")
    at = NOW
    by = factory.SubFactory(AccountFactory)
    witness = factory.SubFactory(AccountFactory)


class ThawTestFactory(DjangoModelFactory):
    """Half of what was frozen, half of that moving."""

    class Meta:
        model = ThawTest

    container = factory.SubFactory(ContainerFactory)
    found_n = 2000
    motile_pct = Decimal(15)
    tested_at = NOW
    tested_by = factory.SubFactory(AccountFactory)
