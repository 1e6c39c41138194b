"""Being signed in: idle sign-out, role and site anew with each page, signing out everywhere."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.access import Role
from clinic.actions import members
from clinic.models import AuditEvent, Member
from tests.clinic.door.steps import LOGIN, confirm_password, enter
from tests.pages import soup

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("minutes", "status"),
    [pytest.param(15, 200, id="fifteen minutes"), pytest.param(16, 302, id="sixteen minutes")],
)
def test_a_member_who_is_away_is_signed_out(
    client, administrator, sign_in, time_machine, minutes, status
):
    time_machine.move_to(NINE, tick=False)
    sign_in(client, administrator)
    client.get(reverse("clinic:settings"))
    time_machine.shift(timedelta(minutes=minutes))

    assert client.get(reverse("clinic:settings")).status_code == status


@pytest.mark.parametrize(
    ("minutes", "status"),
    [pytest.param(10, 200, id="ten minutes"), pytest.param(11, 302, id="eleven minutes")],
)
def test_a_patient_is_signed_out_sooner(client, patient, sign_in, time_machine, minutes, status):
    time_machine.move_to(NINE, tick=False)
    sign_in(client, patient)
    client.get(reverse("clinic:settings"))
    time_machine.shift(timedelta(minutes=minutes))

    assert client.get(reverse("clinic:settings")).status_code == status


@pytest.fixture
def away(client, administrator, sign_in, time_machine):
    """An administrator who left a quarter of an hour and a minute ago."""
    time_machine.move_to(NINE, tick=False)
    sign_in(client, administrator)
    client.get(reverse("clinic:settings"))
    time_machine.shift(timedelta(minutes=16))
    return client


def test_he_is_told_why_and_goes_on_where_he_was(away, administrator):
    answer = away.get(reverse("clinic:audit"))

    assert answer.url == f"{LOGIN}?idle=1&next=/audit/"
    page = away.get(answer.url)
    assert "You were away for a while" in page.text
    assert soup(page).select_one("input[name=next]")["value"] == "/audit/"


def test_nothing_of_his_session_is_left(away):
    key = away.session.session_key

    away.get(reverse("clinic:settings"))

    assert not away.session.exists(key)
    assert AuditEvent.objects.get(action="account.signed_out").detail == {"idle": True}


def test_a_form_that_comes_too_late_is_not_carried_out(away):
    invited = {"name": "X", "email": "x@example.org", "role": "nurse"}

    answer = away.post(reverse("clinic:invite_member"), invited)

    assert answer.url == f"{LOGIN}?idle=1"
    assert not Member.objects.filter(account__email="x@example.org").exists()


def test_a_swap_that_comes_too_late_loads_the_sign_in_page_whole(away):
    headers = {**HTMX, "HX-Current-URL": "http://testserver/audit/?day=2026-03-01"}

    answer = away.get(reverse("clinic:audit"), headers=headers)

    assert (answer.status_code, answer.text) == (200, "")
    assert answer.headers["HX-Redirect"] == f"{LOGIN}?idle=1&next=/audit/"


def test_a_swap_of_nobody_loads_the_sign_in_page_whole(client):
    headers = {**HTMX, "HX-Current-URL": "http://testserver/patients/"}

    answer = client.get("/patients/?q=x", headers=headers)

    assert answer.headers["HX-Redirect"] == f"{LOGIN}?next=/patients/"


def test_staying_keeps_him_signed_in(client, administrator, sign_in, time_machine):
    time_machine.move_to(NINE, tick=False)
    sign_in(client, administrator)
    client.get(reverse("clinic:settings"))
    for _ in range(3):
        time_machine.shift(timedelta(minutes=14))
        assert client.head(reverse("clinic:stay")).status_code == 204

    assert client.get(reverse("clinic:settings")).status_code == 200


def test_what_a_page_asks_for_by_itself_keeps_nobody_signed_in(
    client, administrator, sign_in, time_machine
):
    time_machine.move_to(NINE, tick=False)
    sign_in(client, administrator)
    client.get(reverse("clinic:settings"))
    for _ in range(2):
        time_machine.shift(timedelta(minutes=8))
        last = client.get(reverse("clinic:settings"), headers={"X-Background": "1"})

    assert last.url.startswith(LOGIN)


def test_a_page_says_how_long_it_waits_and_where_to_stay(client, administrator, patient, sign_in):
    for account, seconds in ((administrator, "900"), (patient, "600")):
        sign_in(client, account)
        body = soup(client.get(reverse("clinic:settings"))).body
        assert (body["data-idle"], body["data-stay"]) == (seconds, reverse("clinic:stay"))


def test_a_changed_role_counts_with_the_next_page(client, administrator, coordinator, sign_in):
    sign_in(client, coordinator)
    assert client.get(reverse("clinic:members")).status_code == 403

    members.change_role(
        member=coordinator.member, role=Role.ADMINISTRATOR, reason="promoted", by=administrator
    )

    assert client.get(reverse("clinic:members")).status_code == 200


def test_an_ended_role_ends_the_sessions(client, administrator, coordinator):
    enter(client, coordinator.email)
    assert client.get(reverse("protocols:today")).status_code == 200

    members.deactivate(
        member=coordinator.member, reason="left", by=administrator, now=timezone.now()
    )

    assert client.get(reverse("protocols:today")).url.startswith(LOGIN)
    enter(client, coordinator.email)
    assert client.get("/").url == reverse("clinic:settings")
    assert "You have no role at any site" in client.get(reverse("clinic:settings")).text


def test_an_account_that_is_closed_opens_nothing_more(client, patient, sign_in):
    sign_in(client, patient)
    patient.is_active = False
    patient.save()

    assert client.get(reverse("portal:home")).url.startswith(LOGIN)


@pytest.fixture
def at_two_sites(coordinator, other_site):
    Member.objects.create(account=coordinator, site=other_site, role=Role.NURSE)
    return coordinator


def test_a_member_of_two_sites_changes_between_them(
    client, at_two_sites, site, other_site, sign_in
):
    sign_in(client, at_two_sites)
    assert client.get(reverse("clinic:settings")).context["shell"].site == site

    client.post(reverse("clinic:switch_site"), {"site": other_site.pk})

    shell = client.get(reverse("clinic:settings")).context["shell"]
    assert (shell.site, shell.member.role) == (other_site, "nurse")
    event = AuditEvent.objects.get(action="site.switched")
    assert event.site == other_site


def test_nobody_changes_to_a_site_that_is_not_his(client, coordinator, other_site, site, sign_in):
    sign_in(client, coordinator)

    client.post(reverse("clinic:switch_site"), {"site": other_site.pk})

    assert client.get(reverse("clinic:settings")).context["shell"].site == site
    assert not AuditEvent.objects.filter(action="site.switched").exists()


def test_a_site_he_no_longer_works_at_is_left_with_the_next_page(
    client, at_two_sites, site, other_site, sign_in
):
    sign_in(client, at_two_sites)
    client.post(reverse("clinic:switch_site"), {"site": other_site.pk})
    elsewhere = at_two_sites.memberships.get(site=other_site)
    elsewhere.deactivated_at, elsewhere.deactivated_by = timezone.now(), at_two_sites
    elsewhere.save()

    assert client.get(reverse("clinic:settings")).context["shell"].site == site


def test_signing_out_everywhere_else_leaves_this_session_alone(client, coordinator):
    other = Client()
    enter(client, coordinator.email)
    enter(other, coordinator.email)

    client.post(reverse("usersessions_list"))

    assert client.get(reverse("clinic:settings")).status_code == 200
    assert other.get(reverse("clinic:settings")).url.startswith(LOGIN)


def test_the_list_of_sessions_says_where_in_words(client, coordinator):
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    enter(client, coordinator.email, headers={"User-Agent": agent})

    page = client.get(reverse("usersessions_list"))

    assert "Firefox on Linux" in page.text
    assert "Mozilla" not in page.text


def test_a_changed_password_ends_every_other_session(client, coordinator):
    other = Client()
    enter(client, coordinator.email)
    enter(other, coordinator.email)
    confirm_password(client)

    client.post(
        reverse("account_change_password"),
        {
            "oldpassword": "correct horse battery",
            "password1": "a longer sentence now",
            "password2": "a longer sentence now",
        },
    )

    assert client.get(reverse("clinic:settings")).status_code == 200
    assert other.get(reverse("clinic:settings")).url.startswith(LOGIN)
    assert AuditEvent.objects.filter(action="account.password_changed").count() == 1


def test_signing_out_takes_a_button_not_a_link(client, coordinator):
    enter(client, coordinator.email)

    client.get(reverse("account_logout"))
    assert client.get(reverse("clinic:settings")).status_code == 200
    client.post(reverse("account_logout"))

    assert client.get(reverse("clinic:settings")).url.startswith(LOGIN)
