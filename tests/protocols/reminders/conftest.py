"""A man on treatment with an appointment, in rows."""

from datetime import UTC, datetime

import pytest

from clinic.models import Site
from protocols.models import Appointment, Enrolment
from tests.factories.clinic import OpeningHoursFactory
from tests.factories.protocols import AppointmentFactory, EnrolmentFactory
from tests.smtp import post

__all__ = ["post"]


@pytest.fixture
def enrolment(site: Site) -> Enrolment:
    return EnrolmentFactory(patient__site=site)


@pytest.fixture
def appointment(enrolment: Enrolment) -> Appointment:
    """Wed 1 Apr 2026, 14:00 Pacific, booked in the middle of March."""
    made = AppointmentFactory(
        visit__enrolment=enrolment,
        booking__starts_at=datetime(2026, 4, 1, 21, tzinfo=UTC),
        booking__booked_at=datetime(2026, 3, 16, 17, tzinfo=UTC),
    )
    for weekday in range(5):
        OpeningHoursFactory(resource=made.booking.resource, weekday=weekday)
    return made
