"""The page of a visit: what it shows, what it costs, and that a swap is a part of it."""

import pytest
import time_machine
from django.urls import reverse

from protocols.models import Visit
from tests.protocols.men import NOW


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def address(visit: Visit, name: str = "visit") -> str:
    return reverse(f"protocols:{name}", args=[visit.pk])


def test_an_open_visit_shows_every_section_in_the_order_it_is_done(
    client, sign_in, opened, coordinator
):
    sign_in(client, coordinator)
    page = client.get(address(opened)).content.decode()
    titles = ["Identity", "Since last time", "Capsules back", "Side effects", "Mood", "Vitals",
              "Samples today", "Results since last visit", "Plan", "Sign"]  # fmt: skip
    places = [page.index(f">{title}</h2>") for title in titles]
    assert places == sorted(places)


def test_a_planned_visit_offers_the_check_in(client, sign_in, month_3, coordinator):
    sign_in(client, coordinator)
    assert address(month_3, "open_visit") in client.get(address(month_3)).content.decode()
