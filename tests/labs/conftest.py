"""What every test of this floor stands on: the catalogue, a man, two laboratories."""

from datetime import UTC, date, datetime, timedelta

import pytest

from clinic.models import Account, Site
from labs.actions.catalogue import load_catalogue
from labs.models import Laboratory
from labs.rules.readings import Value
from patients.models import Patient
from tests.factories.labs import FEW_SEEN, NONE_SEEN

NOW = datetime(2026, 8, 4, 17, 45, tzinfo=UTC)
"""A quarter to eleven on a Tuesday at the clinic."""

DRAWN = NOW - timedelta(hours=3)
BEGAN = (DRAWN + timedelta(minutes=26)).isoformat()
NONE = NONE_SEEN | {"analysis_started_at": BEGAN}
FEW = FEW_SEEN | {"analysis_started_at": BEGAN}

LIPIDS = [
    Value("total_cholesterol", "246", "mg/dL", "<200"),
    Value("hdl", "36", "mg/dL", ">=40"),
    Value("triglycerides", "612", "mg/dL", "<150"),
]


@pytest.fixture
def catalogue(db: None) -> None:
    load_catalogue()


@pytest.fixture
def man(coordinator: Account, site: Site) -> Patient:
    return Patient.objects.create(
        site=site,
        record_number="HF-0147",
        given_name="Daniel",
        family_name="Rourke",
        born_on=date(1990, 3, 12),
        registered_by=coordinator,
    )


@pytest.fixture
def laboratory(site: Site, catalogue: None) -> Laboratory:
    return Laboratory.objects.create(site=site, name="Bay Laboratory", facility="BAYLAB")


@pytest.fixture
def andrology(site: Site, catalogue: None) -> Laboratory:
    return Laboratory.objects.create(site=site, name="Andrology", andrology=True)
