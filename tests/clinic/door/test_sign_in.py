"""Signing in: password, second step, lock-out, idle sign-out, forgotten password, new address."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from axes.utils import reset
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from clinic.access import Role
from clinic.actions import links, members, outbox
from clinic.models import AccessLink, Account, AuditEvent, Message
from clinic.refusal import Refusal
from tests.conftest import make_member

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def unlocked():
    reset()


@pytest.fixture
def real_member(site):
    """A member without the demonstration's exemption: the second step is asked of him."""
    account = make_member(site, Role.CLINICIAN, "Amina Okafor")
    account.is_demonstration = False
    account.save()
    return account


def enter(client, email, password=PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


def test_a_wrong_password_says_so_and_keeps_the_address(client, coordinator):
    page = enter(client, coordinator.email, "wrong")

    assert page.status_code == 200
    assert coordinator.email in page.text
    assert "_auth_user_id" not in client.session


def test_a_member_is_sent_to_the_page_he_starts_his_day_with(client, administrator):
    assert enter(client, administrator.email).url == "/"
    assert client.get("/").url == reverse("clinic:members")


def test_the_case_of_the_address_does_not_matter(client, administrator):
    assert enter(client, administrator.email.upper()).status_code == 302


def test_a_member_without_a_second_step_gets_nowhere_before_setting_it_up(client, real_member):
    enter(client, real_member.email)

    assert client.get(reverse("clinic:settings")).url == reverse("mfa_activate_totp")


def test_the_whole_second_step(client, real_member):
    enter(client, real_member.email)
    page = client.get(reverse("mfa_activate_totp"))
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page.text).group(1)
    client.post(reverse("mfa_activate_totp"), {"code": pyotp.TOTP(secret).now()})
    assert client.get(reverse("clinic:settings")).status_code == 200
    client.post(reverse("account_logout"))

    asked = enter(client, real_member.email)

    assert asked.url == reverse("mfa_authenticate")
    assert client.get(reverse("clinic:settings")).status_code == 302
    codes = Authenticator.objects.get(user=real_member, type="recovery_codes").wrap()
    client.post(reverse("mfa_authenticate"), {"code": codes.get_unused_codes()[0]})
    assert client.get(reverse("clinic:settings")).status_code == 200


def test_five_wrong_passwords_lock_the_pair_of_address_and_machine(client, coordinator):
    for _ in range(5):
        enter(client, coordinator.email, "wrong")

    locked = enter(client, coordinator.email)

    assert locked.status_code == 429
    assert "Locked for a while" in locked.text
    elsewhere = client.post(
        LOGIN, {"login": coordinator.email, "password": PASSWORD}, REMOTE_ADDR="198.51.100.7"
    )
    assert elsewhere.status_code == 302


@pytest.mark.parametrize(
    ("minutes", "stays"),
    [pytest.param(15, True, id="fifteen minutes"), pytest.param(16, False, id="sixteen minutes")],
)
def test_a_member_who_is_away_is_signed_out(
    client, administrator, sign_in, time_machine, minutes, stays
):
    time_machine.move_to(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False)
    sign_in(client, administrator)
    client.get(reverse("clinic:settings"))
    time_machine.shift(timedelta(minutes=minutes))

    page = client.get(reverse("clinic:settings"))

    assert (page.status_code == 200) is stays
    if not stays:
        assert page.url == f"{LOGIN}?idle=1"


def test_a_forgotten_password_is_set_anew_by_a_letter_from_the_outbox(client, coordinator):
    client.post(reverse("account_reset_password"), {"email": coordinator.email})
    outbox.deliver(clock=timezone.now)
    letter = mail.outbox[0]
    path = re.search(r"http://[^/]+(/accounts/\S+)", letter.body).group(1)

    form = client.get(path, follow=True)
    client.post(
        form.redirect_chain[-1][0],
        {"password1": "a longer sentence now", "password2": "a longer sentence now"},
    )

    assert enter(client, coordinator.email, "a longer sentence now").status_code == 302
    assert Message.objects.filter(recipient=coordinator.email).first().context == {}


def test_an_unknown_address_gets_the_same_page(client, coordinator):
    known = client.post(reverse("account_reset_password"), {"email": coordinator.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


def test_a_new_address_counts_once_its_link_is_opened(client, coordinator):
    enter(client, coordinator.email)
    client.post(reverse("account_email"), {"email": "new@example.org", "action_add": ""})
    outbox.deliver(clock=timezone.now)
    letter = next(m for m in mail.outbox if m.to == ["new@example.org"])
    path = re.search(r"http://[^/]+(/accounts/confirm-email/\S+)", letter.body).group(1)
    coordinator.refresh_from_db()
    assert coordinator.email != "new@example.org"

    client.post(path)

    coordinator.refresh_from_db()
    assert coordinator.email == "new@example.org"
    assert EmailAddress.objects.get(user=coordinator, primary=True).email == "new@example.org"


def test_an_invited_member_chooses_a_password_once(client, site, administrator):
    now = timezone.now()
    member = members.invite(
        site=site, email="mara@example.org", name="Mara", role=Role.COORDINATOR,
        by=administrator, now=now,
    )  # fmt: skip
    outbox.deliver(clock=timezone.now)
    path = re.search(r"http://[^/]+(/welcome/\S+)", mail.outbox[0].body).group(1)

    assert client.post(path, {"password": "kept for myself"}).status_code == 302
    assert client.post(path, {"password": "tried by another"}).status_code == 410
    member.account.refresh_from_db()
    assert member.account.check_password("kept for myself")


def test_a_link_works_until_its_seventh_day_ends(site, administrator, coordinator):
    now = timezone.now()
    link, token = links.issue(
        account=coordinator, purpose=AccessLink.Purpose.MEMBER, by=administrator, now=now
    )

    assert links.usable(token, link.expires_at - timedelta(seconds=1)) == link
    assert links.usable(token, link.expires_at) is None


def test_a_weak_password_is_refused_and_the_link_stays_usable(site, administrator, coordinator):
    now = timezone.now()
    _, token = links.issue(
        account=coordinator, purpose=AccessLink.Purpose.MEMBER, by=administrator, now=now
    )

    with pytest.raises(Refusal):
        links.redeem(token=token, password="short", now=now)

    assert links.usable(token, now) is not None


def test_a_lost_second_step_is_reset_by_an_administrator_with_a_reason(
    client, administrator, real_member, sign_in
):
    Authenticator.objects.create(user=real_member, type="totp", data={"secret": "x"})
    sign_in(client, administrator)
    url = reverse("clinic:member", args=[real_member.member.pk])

    without = client.post(url, {"act": "second_factor", "reason": ""})
    with_reason = client.post(url, {"act": "second_factor", "reason": "phone lost; I know her"})

    assert (without.status_code, with_reason.status_code) == (422, 302)
    assert not Authenticator.objects.filter(user=real_member).exists()
    event = AuditEvent.objects.get(action="member.second_factor_reset")
    assert (event.actor, event.reason) == (administrator, "phone lost; I know her")


def test_nobody_resets_his_own_second_step(administrator):
    with pytest.raises(Refusal, match="Another administrator"):
        members.reset_second_factor(member=administrator.member, reason="mine", by=administrator)


def test_a_changed_role_counts_on_the_next_page(client, administrator, coordinator, sign_in):
    sign_in(client, coordinator)
    assert client.get(reverse("clinic:members")).status_code == 403

    members.change_role(
        member=coordinator.member, role=Role.ADMINISTRATOR, reason="promoted", by=administrator
    )

    assert client.get(reverse("clinic:members")).status_code == 200


def test_an_ended_role_leaves_nothing_but_his_own_account(
    client, administrator, coordinator, sign_in
):
    sign_in(client, coordinator)
    members.deactivate(
        member=coordinator.member, reason="left", by=administrator, now=timezone.now()
    )

    assert client.get("/").url == reverse("clinic:settings")


def test_members_of_another_site_are_not_found(client, administrator, stranger, sign_in):
    sign_in(client, administrator)

    assert client.get(reverse("clinic:member", args=[stranger.member.pk])).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_of_members_costs_the_same_however_long(
    client, site, administrator, sign_in, django_assert_num_queries, rows
):
    for n in range(rows):
        make_member(site, Role.NURSE, f"Nurse {n}")
    sign_in(client, administrator)
    client.get(reverse("clinic:members"))

    with django_assert_num_queries(5):
        page = client.get(reverse("clinic:members"))

    assert len(page.context["members"]) == rows + 1


def test_an_account_is_used_by_one_address_whatever_its_case(coordinator):
    assert Account.objects.get_by_natural_key(coordinator.email.upper()) == coordinator
