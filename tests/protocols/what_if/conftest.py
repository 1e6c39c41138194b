"""A man on treatment with every visit laid, and a second version of his programme."""

import pytest

from protocols.actions.definition import publish
from protocols.actions.visits_plan import lay_visits
from protocols.models import Enrolment, Version
from tests.protocols.men import NOW
from tests.protocols.what_if.versions import AHEAD, another


@pytest.fixture
def second(programme: Version) -> Version:
    """Month 4 with three days either side, month 5 a week later."""
    return publish(definition=another(*AHEAD), now=NOW)


@pytest.fixture
def under_way(treated: Enrolment) -> Enrolment:
    """Daniel Rourke on day 89: everything is laid and nothing has been attended."""
    lay_visits(enrolment=treated)
    return treated
