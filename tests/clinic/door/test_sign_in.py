"""Signing in: password, second step with recovery codes, who is let in and what is noted."""

from datetime import timedelta

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone

from clinic.models import Account, AuditEvent
from tests.clinic.door.steps import LOGIN, confirm_password, enter, set_up_second_step
from tests.pages import soup

pytestmark = pytest.mark.django_db


def test_a_wrong_password_says_so_beside_it_and_keeps_the_address(client, coordinator):
    page = enter(client, coordinator.email, "wrong")

    assert page.status_code == 200
    assert soup(page).find(id="id_login")["value"] == coordinator.email
    assert soup(page).select_one("#field-password .why").text.strip() == (
        "That e-mail and password do not match. Four more tries, then a pause of 15 minutes."
    )
    assert "_auth_user_id" not in client.session


def test_a_member_is_sent_to_the_page_he_starts_his_day_with(client, administrator):
    assert enter(client, administrator.email).url == "/"
    assert client.get("/").url == reverse("clinic:members")


def test_a_patient_is_sent_to_his_portal(client, patient):
    assert enter(client, patient.email).url == "/"
    assert client.get("/").url == reverse("portal:home")


def test_somebody_who_came_for_a_page_is_sent_on_to_it(client, administrator):
    asked = client.get(reverse("clinic:health"))
    assert asked.url == f"{LOGIN}?next={reverse('clinic:health')}"

    assert enter_at(client, asked.url, administrator).url == reverse("clinic:health")


def test_nobody_is_sent_on_to_another_house(client, administrator):
    assert enter_at(client, f"{LOGIN}?next=//evil.example/", administrator).url == "/"


def enter_at(client, url, account):
    given = {"login": account.email, "password": "correct horse battery"}
    hidden = soup(client.get(url)).select_one("input[name=next]")
    return client.post(url, given | ({"next": hidden["value"]} if hidden else {}))


def test_the_case_of_the_address_does_not_matter(client, administrator):
    assert enter(client, administrator.email.upper()).status_code == 302


def test_an_account_is_used_by_one_address_whatever_its_case(coordinator):
    assert Account.objects.get_by_natural_key(coordinator.email.upper()) == coordinator


def test_nobody_signs_himself_up(client):
    before = Account.objects.count()

    page = client.post("/accounts/signup/", {"email": "x@example.org", "password1": "a b c d e f"})

    assert "By invitation only" in page.text
    assert Account.objects.count() == before


def test_a_closed_account_is_told_so_only_with_its_own_password(client, coordinator):
    Account.objects.filter(pk=coordinator.pk).update(is_active=False)

    wrong, right = enter(client, coordinator.email, "wrong"), enter(client, coordinator.email)

    assert "do not match" in wrong.text
    assert right.url == reverse("account_inactive")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", ["home", "clinic:settings", "protocols:inbox", "account_email"])
def test_a_member_without_a_second_step_opens_nothing_before_setting_it_up(
    client, real_member, name
):
    enter(client, real_member.email)

    assert client.get(reverse(name)).url == reverse("mfa_activate_totp")


def test_a_patient_works_without_a_second_step(client, patient):
    enter(client, patient.email)

    assert client.get(reverse("portal:home")).status_code == 200


def test_setting_up_the_second_step_shows_codes_to_keep_and_opens_the_house(client, real_member):
    enter(client, real_member.email)
    page = client.get(reverse("mfa_activate_totp"))
    assert page.text.count("data:image/svg+xml") == 1

    set_up_second_step(client)

    codes = soup(client.get(reverse("mfa_view_recovery_codes"))).select(".codes code")
    assert len(codes) == 10
    assert client.get(reverse("clinic:settings")).status_code == 200


@pytest.fixture
def guarded(client, real_member):
    """A member with a second step, signed out; and the secret in his app."""
    enter(client, real_member.email)
    secret = set_up_second_step(client)
    client.post(reverse("account_logout"))
    return real_member, secret


def test_password_alone_opens_nothing_then(client, guarded):
    asked = enter(client, guarded[0].email)

    assert asked.url == reverse("mfa_authenticate")
    assert client.get(reverse("clinic:settings")).url == f"{LOGIN}?next=/settings/"


def test_a_code_of_the_app_opens_once(client, guarded, time_machine):
    account, secret = guarded
    time_machine.move_to(timezone.now() + timedelta(minutes=2), tick=False)
    code = pyotp.TOTP(secret).now()
    enter(client, account.email)
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "not the code of this moment" in wrong.text

    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302

    client.post(reverse("account_logout"))
    enter(client, account.email)
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_recovery_code_opens_once(client, guarded):
    account, _ = guarded
    code = Authenticator.objects.get(user=account, type="recovery_codes").wrap()
    code = code.get_unused_codes()[0]
    enter(client, account.email)
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302

    client.post(reverse("account_logout"))
    enter(client, account.email)

    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200


def test_turning_the_second_step_off_closes_the_house_with_the_next_page(client, real_member):
    enter(client, real_member.email)
    set_up_second_step(client)
    confirm_password(client)

    client.post(reverse("mfa_deactivate_totp"))

    assert client.get(reverse("clinic:settings")).url == reverse("mfa_activate_totp")


def test_the_second_step_is_touched_only_with_the_password_once_more(
    client, real_member, time_machine
):
    enter(client, real_member.email)
    set_up_second_step(client)
    time_machine.move_to(timezone.now() + timedelta(minutes=6))

    for name in ("mfa_deactivate_totp", "mfa_generate_recovery_codes"):
        assert client.post(reverse(name)).url.startswith(reverse("account_reauthenticate"))


def test_signing_in_makes_the_session_anew(client, administrator):
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted

    enter(client, administrator.email)

    assert client.session.session_key != planted
    assert not client.session.exists(planted)


def test_what_somebody_does_at_the_door_is_in_the_trail_of_his_site(client, real_member, site):
    enter(client, real_member.email)
    set_up_second_step(client)
    client.post(reverse("account_logout"))

    events = AuditEvent.objects.filter(actor=real_member, site=site).order_by("pk")
    assert [event.action for event in events] == [
        "account.signed_in",
        "account.signed_out",
    ]
    assert events[0].detail == {"address": "127.0.0.1"}
    assert events[0].actor_role == "clinician"


def test_setting_up_the_second_step_is_in_the_trail(
    client, real_member, django_capture_on_commit_callbacks
):
    enter(client, real_member.email)

    with django_capture_on_commit_callbacks(execute=True):
        set_up_second_step(client)

    assert AuditEvent.objects.filter(action="account.second_step_on").count() == 1


def test_a_patients_sign_in_is_in_the_trail_of_his_own_record(client, patient, site):
    enter(client, patient.email)

    event = AuditEvent.objects.get(action="account.signed_in")
    assert event.person == patient.portal.patient.label
    assert event.site == site
