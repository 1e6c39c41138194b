"""The cast: one site, its members, a stranger from another site."""

from collections.abc import Callable

import pytest
from django.test import Client
from hypothesis import HealthCheck, settings

from clinic.access import Role
from clinic.models import Account, Member, Site

# How long an example takes is no claim of ours: on a busy machine any may be slow.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def make_site(code: str = "harbour", **more: object) -> Site:
    fields = {
        "name": f"{code.title()} Street Clinic",
        "code": code,
        "time_zone": "America/Los_Angeles",
        "zone_word": "Pacific",
        "neutral_name": f"{code.title()} Street",
        "phone": "555 0142",
        "address": "1 Harbour Street",
    }
    return Site.objects.create(**{**fields, **more})


def make_member(site: Site, role: Role, name: str = "") -> Account:
    """An account of staff with one role, already let past the second factor."""
    name = name or f"{role.value.title()} of {site.code}"
    account = Account.objects.create_account(
        email=f"{name.lower().replace(' ', '.')}@example.org",
        name=name,
        kind=Account.Kind.STAFF,
        password="correct horse battery",
        is_demonstration=True,
    )
    account.member = Member.objects.create(account=account, site=site, role=role)
    return account


@pytest.fixture
def site(db: None) -> Site:
    return make_site()


@pytest.fixture
def other_site(db: None) -> Site:
    return make_site("hill")


@pytest.fixture
def coordinator(site: Site) -> Account:
    return make_member(site, Role.COORDINATOR)


@pytest.fixture
def clinician(site: Site) -> Account:
    return make_member(site, Role.CLINICIAN)


@pytest.fixture
def technologist(site: Site) -> Account:
    return make_member(site, Role.TECHNOLOGIST)


@pytest.fixture
def verifier(site: Site) -> Account:
    return make_member(site, Role.VERIFIER)


@pytest.fixture
def pharmacist(site: Site) -> Account:
    return make_member(site, Role.PHARMACIST)


@pytest.fixture
def administrator(site: Site) -> Account:
    return make_member(site, Role.ADMINISTRATOR)


@pytest.fixture
def auditor(site: Site) -> Account:
    return make_member(site, Role.AUDITOR)


@pytest.fixture
def stranger(other_site: Site) -> Account:
    return make_member(other_site, Role.CLINICIAN)


@pytest.fixture
def sign_in() -> Callable[[Client, Account], Client]:
    """Sign somebody in without the door's pages; those have tests of their own."""

    def enter(client: Client, account: Account) -> Client:
        client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter
