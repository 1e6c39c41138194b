"""A man with a portal, his draw and his sample, and two clinicians."""

import pytest

from clinic.access import Role
from tests.conftest import make_member
from tests.factories.patients import PortalAccountFactory
from tests.labs.conftest import NOW
from tests.labs.pages.conftest import deciding, enter, file, reading  # noqa: F401


@pytest.fixture(autouse=True)
def at_the_clinic(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def reyes(site):
    return make_member(site, Role.CLINICIAN, "Dr Reyes")


@pytest.fixture
def portal(man):
    return PortalAccountFactory(patient=man)
