"""Daniel Rourke at his month-3 visit."""

import pytest

from clinic.models import Account
from protocols.actions import visits
from protocols.actions.visits_plan import lay_visits
from protocols.models import Enrolment, Visit
from tests.protocols.men import NOW, TODAY


@pytest.fixture
def month_3(treated: Enrolment) -> Visit:
    """Planned, with its window around 6 August; today is the 4th."""
    lay_visits(enrolment=treated)
    return Visit.objects.select_related("enrolment__patient__site").get(
        enrolment=treated, code="M3"
    )


@pytest.fixture
def opened(month_3: Visit, coordinator: Account) -> Visit:
    return visits.open_visit(visit=month_3, on=TODAY, by=coordinator, now=NOW)
