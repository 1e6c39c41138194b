"""Letters between him and the clinic, and calls."""

from datetime import UTC, datetime, timedelta

import pytest

from clinic.models import AuditEvent, Message
from clinic.refusal import Refusal
from patients.actions.contacts import record_attempt
from patients.actions.letters import LONGEST, mark_read, write_to_clinic, write_to_patient
from patients.models import ConsentText, Letter
from tests.factories.patients import (
    ConsentFactory,
    ConsentTextFactory,
    LetterFactory,
    PatientFactory,
    PortalAccountFactory,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 16, 17, tzinfo=UTC)


@pytest.fixture
def him(site):
    return PatientFactory(site=site)


@pytest.fixture
def his(him):
    """His account, with an open portal."""
    return PortalAccountFactory(patient=him).account


def agree_to_mail(him):
    ConsentFactory(patient=him, text=ConsentTextFactory(kind=ConsentText.Kind.MESSAGES))


def test_his_letter_waits_until_somebody_has_read_it(him, his, coordinator):
    letter = write_to_clinic(patient=him, body=" May I? ", by=his, now=NOW)
    assert (letter.body, letter.from_patient) == ("May I?", True)
    assert list(Letter.objects.unanswered()) == [letter]

    assert mark_read(patient=him, by=coordinator, now=NOW) == 1

    letter.refresh_from_db()
    assert (letter.read_at, letter.read_by) == (NOW, coordinator)
    assert mark_read(patient=him, by=coordinator, now=NOW) == 0


def test_an_answer_counts_as_reading(him, his, coordinator):
    LetterFactory(patient=him)

    write_to_patient(patient=him, body="Yes.", by=coordinator, now=NOW)

    assert not Letter.objects.unanswered().exists()
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["letter.written", "letter.read"]


def test_nobody_reads_his_own_letters(him, his, coordinator):
    LetterFactory(patient=him)
    write_to_patient(patient=him, body="Yes.", by=coordinator, now=NOW)

    assert mark_read(patient=him, by=his, now=NOW) == 1
    assert set(Letter.objects.values_list("from_patient", "read_by")) == {
        (True, coordinator.pk),
        (False, his.pk),
    }


def test_a_waiting_letter_is_told_once_in_neutral_words(him, his, coordinator):
    agree_to_mail(him)
    write_to_patient(patient=him, body="Your sample shows …", by=coordinator, now=NOW)
    write_to_patient(patient=him, body="And one more thing.", by=coordinator, now=NOW)

    message = Message.objects.get()
    assert (message.template, message.context) == ("letter_waiting", {})
    assert message.recipient == his.email


def test_without_consent_to_messages_no_mail_leaves(him, his, coordinator):
    write_to_patient(patient=him, body="Yes.", by=coordinator, now=NOW)
    assert not Message.objects.exists()


def test_without_an_open_portal_nobody_writes_into_the_void(him, coordinator):
    with pytest.raises(Refusal, match="no open portal"):
        write_to_patient(patient=him, body="Yes.", by=coordinator, now=NOW)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param("  ", "empty", id="empty"),
        pytest.param("x" * (LONGEST + 1), "at most", id="one sign too long"),
    ],
)
def test_a_letter_of_the_wrong_length_is_refused(him, his, body, sentence):
    with pytest.raises(Refusal, match=sentence):
        write_to_clinic(patient=him, body=body, by=his, now=NOW)


def test_the_longest_letter_is_accepted(him, his):
    assert write_to_clinic(patient=him, body="x" * LONGEST, by=his, now=NOW).pk


def call(him, by, at=NOW, **more):
    return record_attempt(
        patient=him, channel="phone", outcome="no_answer", at=at, by=by, now=NOW, **more
    )


def test_a_call_is_kept_with_its_cause(him, coordinator):
    attempt = call(him, coordinator, about="protocols.visit:7", note=" try Friday ")

    assert (attempt.note, attempt.recorded_by) == ("try Friday", coordinator)
    event = AuditEvent.objects.get()
    assert (event.action, event.person) == ("contact.recorded", him.label)
    assert event.detail["about"] == "protocols.visit:7"


def test_a_call_is_recorded_when_it_has_been_made(him, coordinator):
    assert call(him, coordinator, at=NOW + timedelta(minutes=5)).pk
    with pytest.raises(Refusal, match="not before"):
        call(him, coordinator, at=NOW + timedelta(minutes=6))
