"""A doctor with hours, a draw chair, and a man whose first month is to be booked."""

from datetime import time

import pytest

from tests.factories.clinic import OpeningHoursFactory, ResourceFactory
from tests.factories.protocols import EnrolmentFactory, VisitFactory


def open_weekdays(resource, opens=time(8), closes=time(17)):
    for weekday in range(5):
        OpeningHoursFactory(resource=resource, weekday=weekday, opens=opens, closes=closes)
    return resource


@pytest.fixture
def doctor(site):
    return open_weekdays(
        ResourceFactory(site=site, name="Dr Okafor", kind="person", purpose="Clinician")
    )


@pytest.fixture
def chair(site):
    return open_weekdays(
        ResourceFactory(
            site=site, name="Draw chair", kind="chair", purpose="Blood", slot_minutes=15
        )
    )


@pytest.fixture
def visit(site):
    return VisitFactory(enrolment=EnrolmentFactory(patient__site=site))
