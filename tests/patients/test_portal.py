"""Inviting a patient to his portal and closing it."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from clinic.actions import links
from clinic.models import AccessLink, Account, AuditEvent, Message
from clinic.refusal import Refusal
from patients.actions.portal import (
    choose_discretion,
    choose_release,
    invite,
    reset_second_step,
    revoke,
)
from patients.models import Patient
from patients.queries.portal import Door, portal_state
from tests.factories.clinic import AccountFactory
from tests.factories.patients import PatientFactory, PortalAccountFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 16, 17, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def him(site):
    return PatientFactory(site=site, email="Dan@Example.org")


def token_of(message):
    return message.context["link"].rstrip("/").rpartition("/")[2]


def test_an_invitation_opens_an_account_and_sends_one_link(him, coordinator):
    portal = invite(patient=him, by=coordinator, now=NOW)

    assert (portal.account.kind, portal.account.email) == ("patient", "dan@example.org")
    assert not portal.account.has_usable_password()
    link, message = AccessLink.objects.get(), Message.objects.get()
    assert (link.account, link.expires_at) == (portal.account, NOW + WEEK)
    assert (message.recipient, message.template) == ("Dan@Example.org", "portal_invitation")
    assert sha256(token_of(message).encode()).hexdigest() == link.token_sha256
    event = AuditEvent.objects.get()
    assert (event.action, event.person) == ("portal.invited", him.label)
    assert token_of(message) not in str(event.detail)


def test_the_link_lets_him_choose_a_password(him, coordinator):
    portal = invite(patient=him, by=coordinator, now=NOW)

    links.redeem(token=token_of(Message.objects.get()), password="a quiet harbour 12", now=NOW)

    assert portal_state(him, NOW).door is Door.OPEN
    assert Account.objects.get(pk=portal.account.pk).check_password("a quiet harbour 12")


def test_a_second_invitation_makes_the_first_link_useless(him, coordinator):
    invite(patient=him, by=coordinator, now=NOW)
    invite(patient=him, by=coordinator, now=NOW + timedelta(hours=1))

    first, second = Message.objects.order_by("pk")
    assert (first.state, first.context) == (Message.State.CANCELLED, {})
    assert AccessLink.objects.usable(NOW + timedelta(hours=2)).count() == 1
    assert Account.objects.filter(kind="patient").count() == 1
    assert second.state == Message.State.WAITING


def test_a_new_link_follows_a_corrected_address(him, coordinator):
    invite(patient=him, by=coordinator, now=NOW)
    him.email = "new@example.org"
    him.save()

    portal = invite(patient=him, by=coordinator, now=NOW)

    assert portal.account.email == "new@example.org"
    assert Message.objects.latest("pk").recipient == "new@example.org"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param({"email": ""}, "no e-mail address", id="no address"),
        pytest.param({"deceased_on": date(2026, 3, 1)}, "has died", id="died"),
    ],
)
def test_who_cannot_be_reached_is_not_invited(him, coordinator, change, sentence):
    Patient.objects.filter(pk=him.pk).update(**change)
    with pytest.raises(Refusal, match=sentence):
        invite(patient=him, by=coordinator, now=NOW)
    assert not Message.objects.exists()


def test_an_address_somebody_else_signs_in_with_is_refused(him, coordinator):
    AccountFactory(email="dan@example.org")
    with pytest.raises(Refusal, match="address of his own"):
        invite(patient=him, by=coordinator, now=NOW)
    assert not AccessLink.objects.exists()


def test_closing_ends_his_access_at_once(him, coordinator):
    portal = invite(patient=him, by=coordinator, now=NOW)

    revoke(portal=portal, reason="asked for it", by=coordinator, now=NOW)

    portal.account.refresh_from_db()
    assert not portal.account.is_active
    assert not AccessLink.objects.usable(NOW).exists()
    assert not Patient.objects.visible_to(portal.account).exists()
    assert portal_state(him, NOW).door is Door.CLOSED
    assert AuditEvent.objects.latest("pk").reason == "asked for it"


def test_closing_needs_a_reason_and_happens_once(him, coordinator):
    portal = PortalAccountFactory(patient=him)
    with pytest.raises(Refusal, match="why it is closed"):
        revoke(portal=portal, reason=" ", by=coordinator, now=NOW)
    revoke(portal=portal, reason="x", by=coordinator, now=NOW)
    with pytest.raises(Refusal, match="closed already"):
        revoke(portal=portal, reason="x", by=coordinator, now=NOW)


def test_a_closed_portal_opens_again_by_invitation(him, coordinator):
    portal = PortalAccountFactory(patient=him)
    revoke(portal=portal, reason="x", by=coordinator, now=NOW)

    again = invite(patient=him, by=coordinator, now=NOW)

    assert (again.pk, again.revoked_at, again.account.is_active) == (portal.pk, None, True)


@pytest.mark.parametrize(
    ("later", "door"),
    [
        pytest.param(WEEK - timedelta(seconds=1), Door.INVITED, id="last second"),
        pytest.param(WEEK, Door.EXPIRED, id="after seven days"),
    ],
)
def test_state_of_the_link(him, coordinator, later, door):
    assert portal_state(him, NOW).door is Door.NONE
    invite(patient=him, by=coordinator, now=NOW)
    assert portal_state(him, NOW + later).door is door


@pytest.mark.parametrize("days", [1, 14])
def test_he_may_ask_for_a_delay_of_up_to_fourteen_days(him, days):
    portal = PortalAccountFactory(patient=him)

    choose_release(portal=portal, release="delayed", days=days, by=portal.account)

    portal.refresh_from_db()
    assert (portal.release, portal.release_days) == ("delayed", days)
    assert AuditEvent.objects.get().detail == {"release": "delayed", "days": days}


@pytest.mark.parametrize("days", [0, 15])
def test_a_longer_or_empty_delay_is_refused(him, days):
    portal = PortalAccountFactory(patient=him)
    with pytest.raises(Refusal, match="1 to 14 days"):
        choose_release(portal=portal, release="delayed", days=days, by=portal.account)


def test_nobody_else_delays_his_results(him, coordinator):
    portal = PortalAccountFactory(patient=him)
    with pytest.raises(Refusal, match="Only the patient himself"):
        choose_release(portal=portal, release="delayed", days=3, by=coordinator)


def test_other_ways_of_release_carry_no_days(him):
    portal = PortalAccountFactory(patient=him, release="delayed", release_days=3)
    choose_release(portal=portal, release="reviewed", days=3, by=portal.account)
    portal.refresh_from_db()
    assert (portal.release, portal.release_days) == ("reviewed", 0)


def test_he_chooses_how_discreet_his_home_page_is(him):
    portal = PortalAccountFactory(patient=him)
    choose_discretion(portal=portal, discreet=False, by=portal.account)
    portal.refresh_from_db()
    assert portal.discreet is False


def test_a_lost_second_step_is_reset_with_a_reason(him, coordinator):
    portal = PortalAccountFactory(patient=him)
    Authenticator.objects.create(user=portal.account, type="totp", data={"secret": "x"})
    with pytest.raises(Refusal, match="how you know"):
        reset_second_step(portal=portal, reason=" ", by=coordinator)

    reset_second_step(portal=portal, reason="phone lost; came himself", by=coordinator)

    assert not Authenticator.objects.filter(user=portal.account).exists()
    event = AuditEvent.objects.get(action="account.second_step_reset")
    assert (event.person, event.reason) == (him.label, "phone lost; came himself")
    with pytest.raises(Refusal, match="no second step"):
        reset_second_step(portal=portal, reason="again", by=coordinator)


def test_the_page_offers_to_reset_a_second_step_only_where_there_is_one(
    client, him, coordinator, sign_in
):
    portal = PortalAccountFactory(patient=him)
    sign_in(client, coordinator)
    page = reverse("patients:portal", args=[him.pk])
    assert "Reset a lost second step" not in client.get(page).text
    Authenticator.objects.create(user=portal.account, type="totp", data={"secret": "x"})
    assert "Reset a lost second step" in client.get(page).text

    url = reverse("patients:reset_second_step", args=[him.pk])
    assert client.post(url, {"step-reason": ""}).status_code == 422
    assert client.post(url, {"step-reason": "phone lost"}).url == page
