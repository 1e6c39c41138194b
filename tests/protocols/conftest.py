"""A man on treatment, and what the clinic can measure."""

import pytest

from clinic.models import Account, Site
from labs.actions.catalogue import load_catalogue
from protocols.actions.definition import publish
from protocols.models import Enrolment, Version
from protocols.rules.definition import shipped
from tests.protocols.men import NOW, on_treatment


@pytest.fixture
def catalogue(db: None) -> None:
    load_catalogue()


@pytest.fixture
def programme(db: None) -> Version:
    """The shipped programme, published, with its planned visits."""
    return publish(definition=shipped(), now=NOW)


@pytest.fixture
def treated(site: Site, clinician: Account, catalogue: None, programme: Version) -> Enrolment:
    """Daniel Rourke on day 89, 40 mg a day."""
    return on_treatment(site, clinician)
