"""Every page of the portal: it opens for its owner, for nobody else, and costs little."""

import pytest
from django.test import Client
from django.urls import reverse

from protocols.portal.urls import urlpatterns
from tests.protocols.men import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]
PAGES = [p.name for p in urlpatterns if "<" not in str(p.pattern)]
POSTED = {"tick", "feel", "release", "discreet"}
READ = [name for name in PAGES if name not in POSTED]


@pytest.mark.parametrize("name", READ)
def test_a_page_opens_for_its_owner(him: Client, name):
    assert him.get(reverse(f"portal:{name}")).status_code == 200
