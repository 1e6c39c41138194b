"""Putting a message in the outbox, taking it back, sending it elsewhere, and once more."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection

from clinic import outbox
from clinic.actions.outbox import send_again
from clinic.models import AuditEvent, Message
from tests.factories.clinic import MessageFactory, SiteFactory

NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)
State = Message.State


def enqueue(site, **more):
    return outbox.enqueue(
        site=site, recipient="him@example.org", template="appointment", context={},
        dedupe_key="reminder:1", **more,
    )  # fmt: skip


@pytest.mark.django_db
def test_the_same_key_gives_the_message_that_was_there(site):
    first = enqueue(site, not_before=NOW)

    assert enqueue(site, not_before=NOW + timedelta(hours=1)) == first

    assert Message.objects.get().not_before == NOW


@pytest.mark.django_db(transaction=True)
def test_the_same_key_from_two_workers_at_once_is_one_message(site):
    def other_worker() -> None:
        enqueue(site)
        connection.close()

    threads = [Thread(target=other_worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert Message.objects.count() == 1


@pytest.mark.django_db
def test_every_message_has_an_id_of_its_own_at_our_address(site, settings):
    settings.DEFAULT_FROM_EMAIL = "Front desk <desk@clinic.example>"

    assert enqueue(site).message_id.endswith("@clinic.example>")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "became"),
    [
        (State.WAITING, State.CANCELLED), (State.SENT, State.SENT), (State.FAILED, State.FAILED),
    ],
)  # fmt: skip
def test_only_what_still_waits_is_taken_back(state, became):
    message = MessageFactory(subject="clinic.booking:9", state=state, sent_at=NOW)

    outbox.cancel(subject="clinic.booking:9")

    message.refresh_from_db()
    assert message.state == became


@pytest.mark.django_db
def test_what_has_not_left_follows_the_person_to_his_new_address():
    site, mine = SiteFactory(), {"person": "patients.patient:1", "recipient": "old@example.org"}
    waiting = MessageFactory(site=site, **mine)
    failed = MessageFactory(site=site, state=State.FAILED, **mine)
    left = MessageFactory(site=site, state=State.SENT, sent_at=NOW, **mine)
    another = MessageFactory(site=site, person="patients.patient:2", recipient="old@example.org")

    outbox.readdress(person="patients.patient:1", was="old@example.org", to="new@example.org")

    assert [
        Message.objects.get(pk=row.pk).recipient for row in (waiting, failed, left, another)
    ] == ["new@example.org", "new@example.org", "old@example.org", "old@example.org"]


@pytest.mark.django_db
def test_nothing_is_addressed_to_nobody():
    message = MessageFactory(person="patients.patient:1", recipient="old@example.org")

    outbox.readdress(person="patients.patient:1", was="old@example.org", to="")

    message.refresh_from_db()
    assert message.recipient == "old@example.org"


@pytest.mark.django_db
def test_a_failed_message_starts_over_and_the_trail_says_who_asked(coordinator):
    message = MessageFactory(
        state=State.FAILED, attempts=8, site=coordinator.member.site, person="patients.patient:1"
    )

    again = send_again(message=message, by=coordinator, now=NOW)

    assert (again.state, again.attempts, again.not_before) == (State.WAITING, 0, NOW)
    event = AuditEvent.objects.get(action="message.sent_again")
    assert (event.actor, event.subject, event.person) == (
        coordinator,
        f"clinic.message:{message.pk}",
        "patients.patient:1",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.WAITING, State.SENT, State.CANCELLED, State.EXPIRED])
def test_only_a_failed_message_can_be_sent_again(state, coordinator):
    message = MessageFactory(state=state, attempts=3, sent_at=NOW)

    again = send_again(message=message, by=coordinator, now=NOW)

    assert (again.state, again.attempts) == (state, 3)
    assert not AuditEvent.objects.filter(action="message.sent_again").exists()
