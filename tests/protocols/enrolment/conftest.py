"""The programme is in force at the site."""

import pytest

from clinic.models import Site
from tests.protocols.enrolment.cast import opened


@pytest.fixture
def clinic_open(site: Site) -> Site:
    """The site, with its catalogue and its programme loaded."""
    opened(site)
    return site
