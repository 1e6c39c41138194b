"""The house's programme, a draft of it, and who works on both."""

import pytest

from clinic.models import Account, Site
from labs.actions.catalogue import load_catalogue
from protocols.actions.definition import load_definitions
from protocols.actions.drafts import copy_to_draft
from protocols.models import Version
from protocols.rules.definition import DEFAULT
from tests.protocols.men import NOW


@pytest.fixture
def published(site: Site) -> Version:
    """The six-month programme, published; the nine-month one lies beside it."""
    load_catalogue()
    load_definitions(now=NOW)
    return Version.objects.get(protocol__key=DEFAULT)


@pytest.fixture
def draft(published: Version, clinician: Account) -> Version:
    return copy_to_draft(version=published, by=clinician, now=NOW)
