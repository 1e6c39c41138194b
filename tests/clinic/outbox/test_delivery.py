"""From the row to the mail server: once, or again as the same letter, and never in silence."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import TemplateDoesNotExist

from clinic.actions.outbox import MAX_ATTEMPTS, Delivery, claim, deliver, letter
from clinic.models import Message
from clinic.outbox import WhyNot
from clinic.tasks import deliver_outbox
from tests.factories.clinic import MessageFactory, SiteFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
State = Message.State


def deliver_at(now=NOW, **more):
    return deliver(clock=lambda: now, **more)


def state_of(message):
    message.refresh_from_db()
    return message.state


def test_a_letter_leaves_under_the_neutral_name_with_its_own_id(post):
    site = SiteFactory(neutral_name="Harbour Street", phone="555 0142")
    message = MessageFactory(site=site)

    assert deliver_at() == Delivery(sent=1)

    (taken,) = post.letters
    assert (taken["From"], taken["To"]) == (
        "Harbour Street <appointments@localhost>",
        "him@example.org",
    )
    assert (taken["Subject"], taken["Message-ID"], taken["Auto-Submitted"]) == (
        "Your appointment on Mon 23 Mar 2026",
        message.message_id,
        "auto-generated",
    )
    for kind in ("plain", "html"):
        assert "at 10:00 (Pacific time)" in taken.get_body([kind]).get_content()


def test_a_row_that_was_sent_keeps_nothing_of_its_letter(post):
    message = MessageFactory()

    deliver_at()

    assert state_of(message) == State.SENT
    assert (message.sent_at, message.lease_until, message.attempts) == (NOW, None, 1)
    assert (message.context, message.last_error) == ({}, "")


@pytest.mark.parametrize(
    ("now", "became", "letters"),
    [
        pytest.param(NOW - SECOND, State.SENT, 1, id="a second before"),
        pytest.param(NOW, State.EXPIRED, 0, id="as it ends"),
    ],
)
def test_what_is_of_no_more_use_is_not_sent(post, now, became, letters):
    message = MessageFactory(not_before=NOW - MINUTE, expires_at=NOW)

    deliver_at(now)

    assert (state_of(message), len(post.letters)) == (became, letters)


def test_a_worker_that_died_after_sending_repeats_the_same_letter(post):
    message = MessageFactory()
    (claimed,) = claim(now=NOW)
    letter(claimed).send()  # and here it dies

    deliver_at(NOW + timedelta(minutes=2))

    assert state_of(message) == State.SENT
    assert post.ids == [message.message_id] * 2


def test_a_worker_that_died_before_sending_loses_nothing(post):
    message = MessageFactory()
    claim(now=NOW)

    deliver_at(NOW + timedelta(minutes=2))

    assert (state_of(message), post.ids) == (State.SENT, [message.message_id])


def test_a_worker_that_was_too_slow_leaves_the_letter_to_the_next(post):
    """It claims at noon and wakes three minutes later, when another has claimed meanwhile."""
    message = MessageFactory()
    later = NOW + timedelta(minutes=3)
    instants = iter([NOW, later])
    others: list[Message] = []

    def clock():
        now = next(instants)
        if now == later:
            others.extend(claim(now=later))
        return now

    deliver(clock=clock)

    assert (others, post.letters, state_of(message)) == ([message], [], State.SENDING)


def test_an_address_that_is_refused_for_good_is_not_tried_again(post):
    message = MessageFactory(recipient="gone@example.org")
    post.to_address = {"gone@example.org": "550 No such person"}

    assert deliver_at() == Delivery(failed=1)

    assert list(Message.objects.failed()) == [message]
    message.refresh_from_db()
    assert (message.attempts, message.last_error) == (
        1,
        "the mail server refuses this address (code 550)",
    )
    assert message.context != {}  # it can be sent again, once the address is mended


def test_a_letter_that_is_refused_for_good_is_not_tried_again(post):
    message = MessageFactory()
    post.to_letter = "554 We do not like it"

    deliver_at()

    assert state_of(message) == State.FAILED
    assert message.last_error == "the mail server answered 554"


@pytest.mark.parametrize(
    ("tried", "became", "wait"),
    [
        (0, State.WAITING, 1), (1, State.WAITING, 2), (2, State.WAITING, 5),
        (6, State.WAITING, 240), (7, State.FAILED, 240),
    ],
)  # fmt: skip
def test_a_busy_mail_server_is_asked_again_ever_later_and_eight_times_in_all(
    post, tried, became, wait
):
    message = MessageFactory(attempts=tried)
    post.to_address = {"him@example.org": "451 Come back later"}

    deliver_at()

    assert state_of(message) == became
    assert (message.attempts, message.not_before) == (tried + 1, NOW + wait * MINUTE)


def test_one_refused_address_keeps_no_other_letter(post):
    refused, taken = MessageFactory(recipient="gone@example.org"), MessageFactory()
    post.to_address = {"gone@example.org": "550 No such person"}

    assert deliver_at() == Delivery(sent=1, failed=1)

    assert (state_of(refused), state_of(taken)) == (State.FAILED, State.SENT)


def test_a_batch_goes_over_one_connection(post):
    MessageFactory.create_batch(3)

    deliver_at()

    assert (len(post.letters), post.connections) == (3, 1)


def test_when_nobody_answers_one_try_is_counted_and_the_rest_waits(post, settings):
    settings.EMAIL_PORT = 1  # nobody listens there
    tried, *rest = MessageFactory.create_batch(3)

    assert deliver_at() == Delivery(waiting=1, broken_off=True)

    assert state_of(tried) == State.WAITING
    assert (tried.attempts, tried.last_error) == (1, "the mail server could not be reached")
    assert [(state_of(row), row.attempts, row.lease_until) for row in rest] == [
        (State.WAITING, 0, None)
    ] * 2


def test_a_letter_that_cannot_be_written_holds_up_no_other(post):
    broken = MessageFactory(template="no_such_letter", not_before=NOW - MINUTE)
    whole = MessageFactory()

    with pytest.raises(TemplateDoesNotExist):
        deliver_at()
    deliver_at(NOW + SECOND)

    assert (state_of(broken), state_of(whole)) == (State.SENDING, State.SENT)


def test_a_letter_that_ended_its_worker_each_time_is_left_to_a_person(post):
    broken = MessageFactory(template="no_such_letter", attempts=MAX_ATTEMPTS)

    deliver_at()

    assert state_of(broken) == State.FAILED
    assert broken.last_error == "every try broke off before its end"


def test_what_an_upper_floor_has_against_it_is_asked_last_of_all(post, settings):
    settings.OUTBOX_RECHECK = "tests.clinic.outbox.test_delivery.never"
    message = MessageFactory()

    assert deliver_at() == Delivery(dropped=1)

    assert (state_of(message), message.context, post.letters) == (State.CANCELLED, {}, [])
    assert message.last_error == "It no longer stands."


def test_what_may_leave_later_waits_without_a_try(post, settings):
    settings.OUTBOX_RECHECK = "tests.clinic.outbox.test_delivery.in_an_hour"
    message = MessageFactory()

    assert deliver_at() == Delivery(waiting=1)

    assert (state_of(message), message.attempts) == (State.WAITING, 0)
    assert message.not_before == NOW + 60 * MINUTE


def never(_message, _now):
    return WhyNot("It no longer stands.")


def in_an_hour(_message, now):
    return WhyNot("Not before the hour is over.", until=now + 60 * MINUTE)


def test_the_task_sends_batch_by_batch_until_nothing_is_due(post):
    MessageFactory.create_batch(103, site=SiteFactory())

    assert deliver_outbox() == 103

    assert len(set(post.ids)) == 103


def test_the_task_stops_asking_a_mail_server_that_is_not_there(post, settings):
    settings.EMAIL_PORT = 1
    MessageFactory.create_batch(3)

    assert deliver_outbox() == 0

    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 1]
