"""Wrong passwords: counted by address and machine, told alike whether the account exists."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import hashers
from django.core.cache import cache
from django.test import Client

from clinic.models import AuditEvent
from tests.clinic.door.steps import LOGIN, enter
from tests.pages import soup

pytestmark = pytest.mark.django_db
STRANGER = {"REMOTE_ADDR": "198.51.100.7"}


def test_every_wrong_password_says_how_many_tries_are_left(client, coordinator):
    said = [
        soup(enter(client, coordinator.email, "wrong")).select_one("#field-password .why").text
        for _ in range(4)
    ]

    tries = ["Four more tries", "Three more tries", "Two more tries", "One more try"]
    assert [sentence.split(". ")[1].split(",")[0] for sentence in said] == tries


def test_the_fifth_locks(client, coordinator):
    for _ in range(4):
        assert enter(client, coordinator.email, "wrong").status_code == 200

    fifth = enter(client, coordinator.email, "wrong")
    right = enter(client, coordinator.email)

    assert (fifth.status_code, right.status_code) == (429, 429)
    assert "Locked for a while" in right.text


def test_a_stranger_locks_out_himself_and_not_the_owner(client, coordinator):
    for _ in range(6):
        enter(client, coordinator.email, "wrong", **STRANGER)

    assert enter(client, coordinator.email).status_code == 302


def test_behind_the_proxy_it_is_the_machine_before_it_that_counts(client, coordinator, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for _ in range(6):
        enter(client, coordinator.email, "wrong", headers={"X-Forwarded-For": "198.51.100.7"})

    owner = enter(client, coordinator.email, headers={"X-Forwarded-For": "203.0.113.5"})

    assert owner.status_code == 302


def test_an_address_that_the_visitor_made_up_does_not_count(client, coordinator, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for n in range(6):
        made_up = f"192.0.2.{n}, 198.51.100.7"
        last = enter(client, coordinator.email, "wrong", headers={"X-Forwarded-For": made_up})

    assert last.status_code == 429


@pytest.mark.parametrize(
    ("minutes", "status"),
    [pytest.param(14, 429, id="fourteen minutes"), pytest.param(16, 302, id="sixteen minutes")],
)
def test_the_pause_is_a_quarter_of_an_hour(client, coordinator, time_machine, minutes, status):
    time_machine.move_to(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False)
    for _ in range(5):
        enter(client, coordinator.email, "wrong")
    time_machine.shift(timedelta(minutes=minutes))

    assert enter(client, coordinator.email).status_code == status


def test_a_right_password_begins_the_count_anew(client, coordinator):
    for _ in range(4):
        enter(client, coordinator.email, "wrong")
    enter(client, coordinator.email)
    client.post("/accounts/logout/")

    assert "Four more tries" in enter(client, coordinator.email, "wrong").text


def test_an_unknown_address_is_answered_exactly_like_a_known_one(client, coordinator):
    def answers(email):
        pages = [enter(client, email, "wrong") for _ in range(6)]
        return [(p.status_code, p.text.replace(email, "x@y"), p.headers.keys()) for p in pages]

    def plain(found):
        return [(code, soup_of(text), sorted(headers)) for code, text, headers in found]

    def soup_of(text):
        return [line for line in text.splitlines() if "csrf" not in line.lower()]

    assert plain(answers(coordinator.email)) == plain(answers("nobody@example.org"))


def test_an_unknown_address_costs_as_much_work_as_a_known_one(client, coordinator, monkeypatch):
    """Hashing is the time that could be measured from outside: once for either."""
    work = []
    real = hashers.MD5PasswordHasher.encode

    def counted(self, password, salt):
        work.append(password)
        return real(self, password, salt)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counted)
    counts = []
    for email in (coordinator.email, "nobody@example.org"):
        work.clear()
        enter(client, email, "wrong")
        counts.append(len(work))

    assert counts == [1, 1]


def test_a_lock_out_is_in_the_trail_once_with_the_machine(client, coordinator, site):
    for _ in range(7):
        enter(client, coordinator.email, "wrong", **STRANGER)

    event = AuditEvent.objects.get(action="account.locked")
    assert (event.actor, event.site) == (None, site)
    assert event.subject == f"clinic.account:{coordinator.pk}"
    assert event.detail == {"address": "198.51.100.7"}


def test_the_page_of_an_expired_form_is_in_our_words(coordinator):
    strict = Client(enforce_csrf_checks=True)

    page = strict.post(LOGIN, {"login": coordinator.email, "password": "x"})

    assert page.status_code == 403
    assert "This page was open for too long" in page.text


@pytest.fixture
def limited(settings):
    """As a clinic has it; the other tests are quicker than any limit."""
    settings.ACCOUNT_RATE_LIMITS = {"sign_in": "20/m/ip"}
    cache.clear()
    yield
    cache.clear()


def test_a_stranger_locks_nobody_else_out_whatever_is_counted(client, coordinator, limited):
    for n in range(8):
        enter(client, coordinator.email, "wrong", REMOTE_ADDR=f"198.51.100.{n}")

    assert enter(client, coordinator.email).status_code == 302


def test_one_machine_that_tries_many_addresses_is_slowed_down(client, coordinator, limited):
    pages = [enter(client, f"person{n}@example.org", "wrong", **STRANGER) for n in range(21)]

    assert "Too many attempts" not in pages[19].text
    assert "Too many attempts" in pages[20].text
    assert enter(client, coordinator.email).status_code == 302


def test_signing_in_does_not_count_as_a_failure(client, coordinator, limited):
    for _ in range(21):
        assert enter(client, coordinator.email).status_code == 302
        client.post("/accounts/logout/")


def test_the_door_opens_while_redis_is_away(client, coordinator, settings):
    settings.ACCOUNT_RATE_LIMITS = {"sign_in": "20/m/ip"}
    settings.CACHES = {
        "default": {
            "BACKEND": "config.cache.Forgiving",
            "LOCATION": "unix:///no/such/socket",
            "OPTIONS": {"socket_timeout": 1.0},
        }
    }

    assert "do not match" in enter(client, coordinator.email, "wrong").text
    assert enter(client, coordinator.email).status_code == 302
