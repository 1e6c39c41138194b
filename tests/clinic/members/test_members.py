"""The pages of members: who works here, inviting, roles, sites, lost second steps, ends."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.access import GRANTS, IN_WORDS, Capability, Role
from clinic.actions import members
from clinic.models import Account, AuditEvent, Member, Message
from clinic.refusal import Refusal
from tests.conftest import make_member
from tests.factories.patients import PortalAccountFactory
from tests.pages import soup

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, administrator, sign_in):
    return sign_in(client, administrator)


def do(desk, name, member, **given):
    return desk.post(reverse(f"clinic:{name}", args=[member.pk]), given)


def said(page):
    return [str(message) for message in get_messages(page.wsgi_request)]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_however_long(desk, site, django_assert_num_queries, rows):
    for n in range(rows):
        make_member(site, Role.NURSE, f"Nurse {n}")
    desk.get(reverse("clinic:members"))

    with django_assert_num_queries(5):
        page = desk.get(reverse("clinic:members"))

    assert len(page.context["here"]) == rows + 1


def test_the_list_shows_this_site_alone_and_the_gone_apart(
    desk, administrator, coordinator, stranger
):
    members.deactivate(
        member=coordinator.member, reason="left", by=administrator, now=timezone.now()
    )

    page = desk.get(reverse("clinic:members"))

    assert [m.account for m in page.context["here"]] == [administrator]
    assert [m.account for m in page.context["gone"]] == [coordinator]
    assert stranger.name not in page.text


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_only_an_administrator_looks_after_members(client, site, sign_in, role):
    account = make_member(site, role)
    sign_in(client, account)

    assert client.get(reverse("clinic:members")).status_code == 403
    assert client.get(reverse("clinic:member", args=[account.member.pk])).status_code == 403


def test_members_of_another_site_are_not_found(desk, stranger):
    assert desk.get(reverse("clinic:member", args=[stranger.member.pk])).status_code == 404
    for name in ("change_role", "reset_second_factor", "end_role", "send_link", "add_site"):
        assert do(desk, name, stranger.member).status_code == 404


def test_an_administrator_opens_nothing_clinical(desk):
    clinical = [
        "protocols:today", "protocols:inbox", "patients:registry", "protocols:calendar",
        "labs:bench", "protocols:reminders", "protocols:outcomes",
    ]  # fmt: skip
    assert {desk.get(reverse(name)).status_code for name in clinical} == {403}
    assert GRANTS[Role.ADMINISTRATOR] == {
        Capability.MEMBER_MANAGE,
        Capability.AUDIT_READ,
        Capability.PROTOCOL_READ,
        Capability.PROTOCOL_WRITE,
        Capability.CATALOGUE_WRITE,
        Capability.ENROLMENT_CORRECT,
        Capability.ON_CALL_MANAGE,
    }


def invite(desk, email="mara@example.org", name="Mara", role="coordinator"):
    return desk.post(
        reverse("clinic:invite_member"),
        {"invite-email": email, "invite-name": name, "invite-role": role},
    )


def test_somebody_is_invited_by_a_link(desk, administrator, site):
    page = invite(desk)

    assert page.url == reverse("clinic:members")
    assert said(page) == ["Mara is invited; the link is on its way to mara@example.org."]
    member = Member.objects.get(account__email="mara@example.org")
    assert (member.site, member.role) == (site, "coordinator")
    assert Message.objects.get(recipient="mara@example.org").template == "invitation"
    event = AuditEvent.objects.get(action="member.invited")
    assert (event.actor, event.subject) == (administrator, f"clinic.member:{member.pk}")


def test_somebody_of_another_site_works_here_too_with_the_sign_in_he_has(desk, stranger):
    page = invite(desk, email=stranger.email.upper(), name="Anybody", role="nurse")

    assert said(page) == [f"{stranger.name} works here too from now on, with the same sign-in."]
    assert stranger.memberships.count() == 2
    assert not Message.objects.exists()


@pytest.mark.parametrize("whose", ["patient", "colleague"])
def test_a_taken_address_is_refused_beside_it_and_nothing_typed_is_lost(
    desk, site, coordinator, whose
):
    taken = {
        "patient": PortalAccountFactory(patient__site=site).account.email,
        "colleague": coordinator.email,
    }[whose]

    page = invite(desk, email=taken, name="Typed Name")

    assert page.status_code == 422
    field = soup(page).find(id="field-invite-email")
    assert ("taken" in field.text) is (whose == "patient")
    assert ("already has a role" in field.text) is (whose == "colleague")
    assert soup(page).find(id="id_invite-name")["value"] == "Typed Name"


def test_the_refusal_of_a_patients_address_does_not_say_that_it_is_a_patients(desk, other_site):
    elsewhere = PortalAccountFactory(patient__site=other_site).account.email

    assert "patient" not in soup(invite(desk, email=elsewhere)).find(id="field-invite-email").text


def test_a_role_is_changed_with_a_reason(desk, coordinator, administrator):
    member = coordinator.member

    without = do(desk, "change_role", member, **{"role-role": "nurse", "role-reason": ""})
    changed = do(desk, "change_role", member, **{"role-role": "nurse", "role-reason": "trained"})

    assert (without.status_code, changed.url) == (422, reverse("clinic:member", args=[member.pk]))
    member.refresh_from_db()
    assert member.role == "nurse"
    event = AuditEvent.objects.get(action="member.role_changed")
    assert (event.actor, event.reason) == (administrator, "trained")
    assert event.detail == {"was": "coordinator", "became": "nurse"}


def test_the_role_he_has_is_no_change(administrator, coordinator):
    with pytest.raises(Refusal, match="the role he has"):
        members.change_role(
            member=coordinator.member, role=Role.COORDINATOR, reason="x", by=administrator
        )


def test_an_ended_role_leaves_the_list_and_takes_back_an_unopened_link(desk, administrator):
    invite(desk)
    member = Member.objects.get(account__email="mara@example.org")
    link = member.account.access_links.get()

    page = do(desk, "end_role", member, **{"end-reason": "never came"})

    assert page.url == reverse("clinic:members")
    link.refresh_from_db()
    assert link.withdrawn_at is not None
    assert Message.objects.get(recipient="mara@example.org").state == "cancelled"
    event = AuditEvent.objects.get(action="member.deactivated")
    assert (event.actor, event.reason) == (administrator, "never came")


def test_an_ended_role_is_read_only_and_given_again_by_invitation(desk, administrator, coordinator):
    member = coordinator.member
    do(desk, "end_role", member, **{"end-reason": "left"})

    page = desk.get(reverse("clinic:member", args=[member.pk]))

    assert soup(page).select("main form") == []
    with pytest.raises(Refusal, match="has ended"):
        members.change_role(member=member, role=Role.NURSE, reason="x", by=administrator)
    invite(desk, email=coordinator.email)
    assert coordinator.memberships.filter(deactivated_at=None).count() == 1


def test_nobody_changes_ends_or_resets_himself(desk, administrator):
    me = administrator.member

    page = desk.get(reverse("clinic:member", args=[me.pk]))

    assert "This is you." in page.text
    assert soup(page).select("main form") == []
    for name, given in (
        ("change_role", {"role-role": "nurse", "role-reason": "x"}),
        ("end_role", {"end-reason": "x"}),
        ("reset_second_factor", {"reset-reason": "x"}),
    ):
        assert do(desk, name, me, **given).status_code == 422
    assert not AuditEvent.objects.exclude(action="account.signed_in").exists()


def test_of_two_administrators_who_end_each_other_one_stays(site, administrator):
    other = make_member(site, Role.ADMINISTRATOR, "Other Administrator")
    members.deactivate(member=other.member, reason="x", by=administrator, now=timezone.now())

    with pytest.raises(Refusal, match="Your own role was changed meanwhile"):
        members.deactivate(member=administrator.member, reason="x", by=other, now=timezone.now())

    administrator.member.refresh_from_db()
    assert administrator.member.deactivated_at is None


def test_a_lost_second_step_is_reset_with_a_reason_and_every_session_ends(
    client, desk, coordinator, administrator
):
    Authenticator.objects.create(user=coordinator, type="totp", data={"secret": "x"})
    theirs = Client()
    session = theirs.session
    session.save()
    UserSession.objects.create(
        user=coordinator, ip="127.0.0.1", user_agent="x", session_key=session.session_key
    )
    member = coordinator.member

    without = do(desk, "reset_second_factor", member, **{"reset-reason": " "})
    reset = do(desk, "reset_second_factor", member, **{"reset-reason": "phone lost; I know her"})

    assert (without.status_code, reset.status_code) == (422, 302)
    assert not Authenticator.objects.filter(user=coordinator).exists()
    assert not session.exists(session.session_key)
    event = AuditEvent.objects.get(action="member.second_factor_reset")
    assert (event.actor, event.reason) == (administrator, "phone lost; I know her")


def test_a_second_step_that_is_not_there_is_not_reset(administrator, coordinator):
    with pytest.raises(Refusal, match="no second step"):
        members.reset_second_factor(member=coordinator.member, reason="x", by=administrator)


def test_a_new_link_is_sent_to_whoever_has_not_opened_his(desk, coordinator):
    invite(desk)
    member = Member.objects.get(account__email="mara@example.org")
    first = member.account.access_links.get()

    do(desk, "send_link", member)
    refused = do(desk, "send_link", coordinator.member)

    first.refresh_from_db()
    assert first.withdrawn_at is not None
    assert member.account.access_links.count() == 2
    assert refused.status_code == 422
    assert "has a password already" in refused.text


def test_another_of_the_administrators_sites_is_added(desk, administrator, coordinator, other_site):
    page = reverse("clinic:member", args=[coordinator.member.pk])
    assert "Add another of your sites" not in desk.get(page).text
    Member.objects.create(account=administrator, site=other_site, role=Role.ADMINISTRATOR)

    do(
        desk, "add_site", coordinator.member,
        **{"site-site": other_site.pk, "site-role": "nurse"},
    )  # fmt: skip

    there = coordinator.memberships.get(site=other_site)
    assert there.role == "nurse"
    assert AuditEvent.objects.get(action="member.invited").site == other_site
    assert f"nurse at {other_site.name}" in " ".join(desk.get(page).text.split())


def test_a_site_the_administrator_does_not_look_after_is_not_added(
    desk, administrator, coordinator, other_site
):
    Member.objects.create(account=administrator, site=other_site, role=Role.NURSE)

    page = do(
        desk, "add_site", coordinator.member,
        **{"site-site": other_site.pk, "site-role": "nurse"},
    )  # fmt: skip

    assert page.status_code == 422
    assert coordinator.memberships.count() == 1


def test_a_member_page_says_in_words_what_the_role_may_do(desk, coordinator):
    page = desk.get(reverse("clinic:member", args=[coordinator.member.pk]))

    words = [item.text for item in soup(page).select("main .bullets li")]
    assert "check patients in and record visits" in words
    assert "sign visits" not in words


def test_every_capability_has_words():
    assert set(IN_WORDS) == set(Capability)


def test_an_account_is_staff_or_patient_never_both(administrator, site):
    patient = PortalAccountFactory(patient__site=site).account

    with pytest.raises(Refusal, match="taken"):
        members.invite(
            site=site, email=patient.email, name="X", role=Role.NURSE,
            by=administrator, now=timezone.now(),
        )  # fmt: skip
    assert Account.objects.get(pk=patient.pk).kind == "patient"
