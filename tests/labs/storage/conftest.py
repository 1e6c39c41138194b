"""A man who has agreed and is free of infection, a tank, and three who may store."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from clinic.access import Role
from labs.actions import storage
from labs.actions.storage import Frozen, Pair, Place
from labs.models import Container, Screening, StorageTerms, Tank
from labs.rules.storage import Spot
from tests.conftest import make_member
from tests.factories.storage import ScreeningFactory, StorageTermsFactory, TankFactory

NOW = datetime(2026, 8, 4, 17, 45, tzinfo=UTC)
TODAY = NOW.date()
FIRST = Spot(1, 1, 1)
VIAL = {
    "kind": Container.Kind.VIAL,
    "cryoprotectant": "TEST-yolk buffer",
    "cryoprotectant_lot": "TY-118",
    "volume_ml": Decimal("0.5"),
    "n_sperm": 4000,
    "n_motile": 1200,
    "n_exact": False,
    "method": Container.Method.VAPOUR,
    "frozen_at": NOW - timedelta(minutes=20),
}


@pytest.fixture
def embryologist(site):
    return make_member(site, Role.EMBRYOLOGIST)


@pytest.fixture
def tank(site) -> Tank:
    return TankFactory(site=site, name="Tank A")


@pytest.fixture
def quarantine(site) -> Tank:
    return TankFactory(site=site, name="Quarantine", quarantine=True)


@pytest.fixture
def terms(man) -> StorageTerms:
    return StorageTermsFactory(patient=man, expires_on=date(2031, 1, 4))


@pytest.fixture
def screened(man) -> Screening:
    return ScreeningFactory(patient=man, tested_on=date(2026, 6, 1))


@pytest.fixture
def pair(embryologist, technologist) -> Pair:
    return Pair(by=embryologist, witness=technologist)


@pytest.fixture
def store(man, tank, terms, screened, pair):
    def stored(spot=FIRST, **more):
        given = {
            "patient": man,
            "place": Place(tank=more.pop("tank", tank), spot=spot),
            "pair": more.pop("pair", pair),
            "now": NOW,
            "carriage": more.pop("carriage", None),
            "confirmed": more.pop("confirmed", False),
        }
        return storage.store(frozen=Frozen(**(VIAL | more)), **given)

    return stored
