"""A clinic with its people and rooms, a web server, a worker, the clock thirty days back."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser

from clinic.access import Role
from clinic.models import Account, OpeningHours, Site
from labs.actions.catalogue import load_catalogue
from patients.actions.consent import load_consent_texts
from protocols.actions.definition import load_definitions
from tests.browser import chromium
from tests.conftest import make_member, make_site
from tests.factories.clinic import ResourceFactory
from tests.factories.labs import LaboratoryFactory
from tests.factories.patients import PatientFactory
from tests.journeys.people import Person
from tests.worker.house import House, open_house

MONTH = timedelta(days=30)
ROLES = (Role.COORDINATOR, Role.CLINICIAN, Role.TECHNOLOGIST, Role.VERIFIER)


@dataclass
class Clinic:
    """Where it happens: a site, its people, and how to sit one of them at a browser."""

    site: Site
    staff: dict[Role, Account]
    browser: Browser
    origin: str

    def seat(self, role: Role) -> Person:
        return Person(self.browser, self.origin).signs_in(self.staff[role].email)


@pytest.fixture
def a_month_ago(time_machine) -> Iterator[None]:
    """The clock stands thirty days back and goes on; `time_machine.shift(MONTH)` is today."""
    time_machine.move_to(datetime.now(UTC) - MONTH, tick=True)


@pytest.fixture
def clinic(a_month_ago, live_server, settings, monkeypatch) -> Iterator[Clinic]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright's loop runs in this thread
    monkeypatch.setenv("BASE_URL", live_server.url)
    settings.BASE_URL = live_server.url
    call_command("vendor_assets")
    site = noon()
    timezone.activate(site.zone)  # what people write down is read off the clinic's clock
    load_catalogue()
    load_consent_texts()
    load_definitions(now=datetime.now(UTC))
    staff = {role: make_member(site, role) for role in ROLES}
    furnish(site)
    PatientFactory(
        site=site,
        given_name="Daniel",
        family_name="Rourk",
        born_on=datetime(1990, 3, 12).date(),
        registered_by=staff[Role.COORDINATOR],
    )
    with chromium() as browser:
        yield Clinic(site, staff, browser, live_server.url)
    timezone.deactivate()


def noon() -> Site:
    """A clinic where it is the middle of the day, whenever this runs."""
    east = 12 - datetime.now(UTC).hour
    return make_site(time_zone=f"Etc/GMT{-east:+d}", zone_word="noon")


def furnish(site: Site) -> None:
    """A clinician to be booked all day long, and the two laboratories."""
    okafor = ResourceFactory(site=site, name="Dr Okafor", kind="person")
    for weekday in range(7):
        OpeningHours.objects.create(
            resource=okafor, weekday=weekday, opens=time(6), closes=time(20)
        )
    LaboratoryFactory(site=site, name="Bay Laboratory")
    LaboratoryFactory(site=site, name="Andrology", andrology=True)


@contextmanager
def house() -> Iterator[House]:
    """Redis, beat and two workers on the same database, and mail servers that take letters."""
    with (
        tempfile.TemporaryDirectory(prefix="hy-journey-") as folder,
        open_house(Path(folder), "tests.journeys.settings") as opened,
    ):
        yield opened
