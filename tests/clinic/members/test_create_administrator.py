"""The way into an empty house: a clinic and its first administrator, from the console."""

import io

import pytest
from django.core.management import CommandError, call_command

from clinic.models import Account, AuditEvent, Member, Site
from tests.clinic.door.steps import enter
from tests.factories.patients import PortalAccountFactory

pytestmark = pytest.mark.django_db
CLINIC = {
    "code": "quay",
    "name": "Quay Clinic",
    "time_zone": "Europe/Madrid",
    "zone_word": "Madrid",
    "neutral_name": "Quay",
    "phone": "555 0199",
    "address": "2 Quay",
    "paper": "a4",
}
HER = {"email": "ines@example.org", "person": "Ines Mora"}


def create(**given):
    out = io.StringIO()
    call_command("create_administrator", stdout=out, **given)
    return out.getvalue()


def link_of(said):
    return said.strip().splitlines()[-1].removeprefix("http://127.0.0.1:8000")


def test_an_empty_house_gets_a_clinic_and_an_administrator_with_a_link(client):
    said = create(**CLINIC, **HER)

    site = Site.objects.get()
    assert (site.name, site.time_zone, site.record_prefix) == ("Quay Clinic", "Europe/Madrid", "HF")
    member = Member.objects.get()
    assert (member.account.name, member.role, member.site) == ("Ines Mora", "administrator", site)
    assert not member.account.has_usable_password()
    client.post(link_of(said), {"password": "a sentence of mine"})
    assert enter(client, HER["email"], "a sentence of mine").status_code == 302


def test_it_is_in_the_trail_as_the_houses_own_doing():
    create(**CLINIC, **HER)

    assert list(AuditEvent.objects.order_by("pk").values_list("action", "actor", "actor_role")) == [
        ("member.appointed", None, "system"),
        ("site.opened", None, "system"),
    ]


def test_a_clinic_with_nobody_left_gets_another_administrator(site):
    said = create(code=site.code, **HER)

    assert f"ines@example.org is administrator of {site.name}." in said
    assert Site.objects.count() == 1


def test_somebody_with_a_password_gets_no_link(site, stranger):
    said = create(code=site.code, email=stranger.email, person="Anybody")

    assert said.strip().endswith("He signs in with the password he has.")
    assert stranger.memberships.get(site=site).role == "administrator"


@pytest.mark.parametrize("whose", ["patient", "colleague"])
def test_a_taken_address_is_refused_and_no_clinic_is_opened(site, coordinator, whose):
    taken = (
        coordinator if whose == "colleague" else PortalAccountFactory(patient__site=site).account
    )
    code = site.code if whose == "colleague" else "quay"

    with pytest.raises(CommandError, match=r"taken|already has a role"):
        create(**CLINIC | {"code": code, "email": taken.email, "person": "X"})

    assert list(Site.objects.all()) == [site]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("time_zone", "Pacific", "no such zone"),
        ("email", "nobody", "valid email"),
        ("paper", "foolscap", "letter or a4"),
        ("code", "two words", "slug"),
        ("phone", "", "answer is needed"),
    ],
)
def test_a_wrong_answer_is_refused_by_its_name(name, value, why):
    with pytest.raises(CommandError, match=f"--{name.replace('_', '-')}: .*{why}"):
        create(**CLINIC | HER | {name: value})
    assert not Account.objects.exists()


def test_what_nobody_said_and_nobody_can_be_asked_for_is_named():
    rest = {name: value for name, value in CLINIC.items() if name != "phone"}

    with pytest.raises(CommandError, match="--phone is needed"):
        create(**rest, **HER)


def test_no_password_can_be_given_on_the_command_line():
    from clinic.management.commands.create_administrator import Command

    options = Command().create_parser("manage.py", "create_administrator").format_help()
    assert "--password" not in options
