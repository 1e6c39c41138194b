"""Who takes which message, and for how long it is his."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction

from clinic.actions.outbox import claim
from clinic.models import Message
from tests.factories.clinic import MessageFactory, SiteFactory

NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = timedelta(minutes=2)
State = Message.State


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("not_before", "taken"),
    [
        pytest.param(NOW, 1, id="due this instant"),
        pytest.param(NOW + SECOND, 0, id="due in a second"),
    ],
)
def test_only_what_is_due_is_taken(not_before, taken):
    MessageFactory(not_before=not_before)

    assert len(claim(now=NOW)) == taken


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.CANCELLED, State.EXPIRED])
def test_what_is_settled_is_not_taken_again(state):
    MessageFactory(state=state, sent_at=NOW)

    assert claim(now=NOW) == []


@pytest.mark.django_db
def test_the_longest_due_are_taken_first_and_no_more_than_asked_for():
    site = SiteFactory()
    late, early, middle = (
        MessageFactory(site=site, not_before=NOW - hours * timedelta(hours=1))
        for hours in (1, 3, 2)
    )

    assert claim(now=NOW, limit=2) == [early, middle]
    assert claim(now=NOW, limit=2) == [late]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("later", "taken"),
    [
        pytest.param(LEASE - SECOND, 0, id="a second before"),
        pytest.param(LEASE, 1, id="as it ends"),
    ],
)
def test_a_message_is_its_workers_until_the_lease_ends(later, taken):
    MessageFactory()
    claim(now=NOW)

    assert len(claim(now=NOW + later)) == taken


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_take_different_messages():
    site = SiteFactory()
    messages = MessageFactory.create_batch(5, site=site)
    others: list[Message] = []

    def other_worker() -> None:
        others.extend(claim(now=NOW, limit=5))
        connection.close()

    with transaction.atomic():
        mine = claim(now=NOW, limit=2)
        thread = Thread(target=other_worker)
        thread.start()
        thread.join(timeout=10)  # it waits for nobody: the rows held here are skipped

    assert (mine, others) == (messages[:2], messages[2:])


@pytest.mark.django_db
def test_the_database_refuses_a_sending_without_a_lease():
    with pytest.raises(IntegrityError, match="message_sending_has_lease"), transaction.atomic():
        MessageFactory(state=State.SENDING)


@pytest.mark.django_db
def test_the_database_refuses_a_sent_message_without_its_time():
    with pytest.raises(IntegrityError, match="message_sent_has_time"), transaction.atomic():
        MessageFactory(state=State.SENT)
