"""The people of the laboratory, signed in."""

import pytest

from labs.actions import semen
from labs.actions.results import file_draw
from tests.labs.conftest import DRAWN, LIPIDS, NOW


@pytest.fixture(autouse=True)
def at_the_clinic(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def at_the_desk(client, sign_in, coordinator):
    return sign_in(client, coordinator)


@pytest.fixture
def at_the_bench(client, sign_in, technologist):
    return sign_in(client, technologist)


@pytest.fixture
def reading(client, sign_in, verifier):
    return sign_in(client, verifier)


@pytest.fixture
def deciding(client, sign_in, clinician):
    return sign_in(client, clinician)


@pytest.fixture
def file(man, laboratory, coordinator):
    def filed(values=LIPIDS, patient=man, **more):
        fields = {"collected_at": DRAWN, "fasting": True, "by": coordinator, "now": NOW} | more
        return file_draw(patient=patient, laboratory=laboratory, values=values, **fields)

    return filed


@pytest.fixture
def enter(man, andrology, technologist):
    def entered(sheet, patient=man, **more):
        fields = {"collected_at": DRAWN, "by": technologist, "now": NOW} | more
        return semen.enter(patient=patient, laboratory=andrology, sheet=sheet, **fields)

    return entered
