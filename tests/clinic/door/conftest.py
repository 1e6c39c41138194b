import pytest
from axes.utils import reset

from clinic.access import Role
from tests.clinic.door.steps import PASSWORD
from tests.conftest import make_member
from tests.factories.patients import PortalAccountFactory


@pytest.fixture(autouse=True)
def unlocked(db):
    reset()


@pytest.fixture
def real_member(site):
    """A member without the demonstration's exemption: the second step is asked of him."""
    account = make_member(site, Role.CLINICIAN, "Amina Okafor")
    account.is_demonstration = False
    account.save()
    return account


@pytest.fixture
def patient(site):
    """A patient who has opened his portal."""
    account = PortalAccountFactory(patient__site=site).account
    account.set_password(PASSWORD)
    account.save()
    return account
