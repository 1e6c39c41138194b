"""Letters of the door: invitation, forgotten password, new address; links once, words neutral."""

from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.access import Role
from clinic.actions import links, members
from clinic.models import AccessLink, AuditEvent, Message, Site
from clinic.refusal import Refusal
from clinic.rules.messages import faults
from tests.clinic.door.steps import (
    LOGIN,
    confirm_password,
    enter,
    link_in,
    post,
    set_up_second_step,
)

pytestmark = pytest.mark.django_db
NEW = "a longer sentence now"
TWICE = {"password1": NEW, "password2": NEW}


def ask(client, email):
    return client.post(reverse("account_reset_password"), {"email": email})


def set_anew(client, link):
    form = client.get(link, follow=True)
    return client.post(form.redirect_chain[-1][0] if form.redirect_chain else link, TWICE)


def test_a_forgotten_password_is_set_anew_by_a_letter_from_the_outbox(client, coordinator):
    elsewhere = Client()
    enter(elsewhere, coordinator.email)
    ask(client, coordinator.email)

    set_anew(client, link_in(post()[0]))

    assert enter(client, coordinator.email, NEW).status_code == 302
    assert enter(Client(), coordinator.email).status_code == 200
    assert elsewhere.get(reverse("clinic:settings")).url.startswith(LOGIN)
    assert AuditEvent.objects.filter(action="account.password_reset").count() == 1


def test_a_new_password_ends_the_pause_after_too_many_wrong_ones(client, coordinator):
    for _ in range(5):
        enter(client, coordinator.email, "wrong")
    ask(client, coordinator.email)

    set_anew(client, link_in(post()[0]))

    assert enter(client, coordinator.email, NEW).status_code == 302


def test_the_row_of_a_letter_forgets_its_link_once_it_has_left(client, coordinator):
    ask(client, coordinator.email)
    post()

    assert Message.objects.get(recipient=coordinator.email).context == {}


def test_the_link_of_a_forgotten_password_works_once(client, coordinator):
    ask(client, coordinator.email)
    link = link_in(post()[0])
    set_anew(client, link)

    page = Client().get(link, follow=True)

    assert "This link no longer works" in page.text


@pytest.mark.parametrize(
    ("hours", "works"),
    [pytest.param(23, True, id="within the day"), pytest.param(25, False, id="a day later")],
)
def test_the_link_of_a_forgotten_password_works_for_a_day(
    client, coordinator, time_machine, hours, works
):
    ask(client, coordinator.email)
    link = link_in(post()[0])
    time_machine.move_to(timezone.now() + timedelta(hours=hours))

    page = Client().get(link, follow=True)

    assert ("This link no longer works" not in page.text) is works


def test_the_second_step_is_asked_after_a_forgotten_password_too(client, real_member):
    enter(client, real_member.email)
    set_up_second_step(client)
    client.post(reverse("account_logout"))
    ask(client, real_member.email)
    set_anew(client, link_in(post()[-1]))

    assert enter(client, real_member.email, NEW).url == reverse("mfa_authenticate")


def test_an_unknown_address_gets_the_same_page_and_one_letter_as_well(client, coordinator):
    known, unknown = ask(client, coordinator.email), ask(client, "nobody@example.org")

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert [letter.to for letter in post()] == [[coordinator.email], ["nobody@example.org"]]


def test_a_house_without_a_clinic_answers_too(client):
    assert not Site.objects.exists()

    assert ask(client, "nobody@example.org").status_code == 302


def change_to(client, account, address):
    enter(client, account.email)
    confirm_password(client)
    return client.post(reverse("account_email"), {"email": address, "action_add": ""}, follow=True)


def test_a_new_address_counts_once_its_link_is_opened_and_the_old_one_is_told(client, coordinator):
    old = coordinator.email
    change_to(client, coordinator, "new@example.org")
    letter = next(m for m in post() if m.to == ["new@example.org"])
    coordinator.refresh_from_db()
    assert coordinator.email == old

    client.post(link_in(letter))

    coordinator.refresh_from_db()
    assert coordinator.email == "new@example.org"
    assert EmailAddress.objects.get(user=coordinator, primary=True).email == "new@example.org"
    told = post()[-1]
    assert (told.to, told.subject) == ([old], "Your sign-in address was changed")
    assert AuditEvent.objects.filter(action="account.address_changed").count() == 1


def test_a_new_address_takes_the_password_once_more(client, coordinator):
    enter(client, coordinator.email)

    answer = client.post(reverse("account_email"), {"email": "new@example.org", "action_add": ""})

    assert answer.url.startswith(reverse("account_reauthenticate"))


def test_whose_an_address_is_cannot_be_found_out_by_wishing_for_it(client, coordinator, clinician):
    def asked(address):
        page = change_to(client, coordinator, address)
        EmailAddress.objects.filter(user=coordinator, verified=False).delete()
        lines = page.text.replace(address, "x@y").splitlines()
        return [line for line in lines if "csrf" not in line.lower()]

    assert asked("free@example.org") == asked(clinician.email)
    free, taken = post()[-2:]
    assert (free.to, taken.to) == (["free@example.org"], [clinician.email])
    assert "/accounts/confirm-email/" in free.body
    assert "http" not in taken.body


def test_an_address_taken_since_is_refused_when_its_link_is_opened(client, coordinator, clinician):
    change_to(client, coordinator, "new@example.org")
    link = link_in(next(m for m in post() if m.to == ["new@example.org"]))
    clinician.email = "new@example.org"
    clinician.save()

    page = client.post(link, follow=True)

    assert "This address is used by another account." in page.text
    coordinator.refresh_from_db()
    assert coordinator.email != "new@example.org"


def test_an_invited_member_chooses_a_password_once(client, site, administrator):
    member = members.invite(
        site=site, email="mara@example.org", name="Mara", role=Role.COORDINATOR,
        by=administrator, now=timezone.now(),
    )  # fmt: skip
    link = link_in(post()[0])

    assert client.post(link, {"password": "kept for myself"}).url == f"{LOGIN}?ready=1"
    assert client.post(link, {"password": "tried by another"}).status_code == 410
    member.account.refresh_from_db()
    assert member.account.check_password("kept for myself")


@pytest.fixture
def issued(administrator, coordinator):
    return links.issue(
        account=coordinator,
        purpose=AccessLink.Purpose.MEMBER,
        by=administrator,
        now=timezone.now(),
    )


def test_a_link_works_until_its_seventh_day_ends(issued):
    link, token = issued

    assert links.usable(token, link.expires_at - timedelta(seconds=1)) == link
    assert links.usable(token, link.expires_at) is None


def test_looking_at_a_link_does_not_use_it_up(client, issued):
    address = reverse("clinic:open_link", args=[issued[1]])

    assert [client.get(address).status_code for _ in range(2)] == [200, 200]


def test_a_weak_password_is_refused_beside_it_and_the_link_stays_usable(client, issued):
    page = client.post(reverse("clinic:open_link", args=[issued[1]]), {"password": "short"})

    assert page.status_code == 422
    assert "at least 10 characters" in page.text
    assert links.usable(issued[1], timezone.now()) is not None


def test_a_newer_link_makes_the_older_one_useless(issued, coordinator, administrator):
    links.issue(account=coordinator, purpose="member", by=administrator, now=timezone.now())

    with pytest.raises(Refusal, match="used already, or it is too old"):
        links.redeem(token=issued[1], password=NEW, now=timezone.now())


def test_only_the_hash_of_a_link_is_kept(issued):
    link, token = issued

    assert token not in str(vars(link))
    assert link.token_sha256 == links.hashed(token)


FOLDERS = ("account/email", "mfa/email", "mail")
LETTERS = [
    path
    for folder in FOLDERS
    for path in sorted((Path(settings.BASE_DIR) / "templates" / folder).glob("*"))
    if path.name.startswith(("account", "mail", "invitation")) or folder != "mail"
]


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_no_letter_of_the_door_says_what_anybody_is_treated_for(path):
    assert list(faults("letter", path.read_text(), ())) == []
