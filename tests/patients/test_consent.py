"""Consents and the texts they are given to."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from patients.actions import consent as actions
from patients.models import Consent, ConsentText
from patients.queries import consents_in_force
from patients.queries.consents import agreements
from tests.factories.patients import ConsentFactory, ConsentTextFactory, PatientFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 16, 17, tzinfo=UTC)
TODAY = date(2026, 3, 16)


@pytest.fixture
def him(site):
    return PatientFactory(site=site)


def give(him, by, text, on=TODAY, **more):
    return actions.give(
        patient=him, text=text, on=on, method=more.pop("method", "paper"), by=by, now=NOW, **more
    )


def test_the_shipped_texts_load_once_and_are_drafts(db):
    first = actions.load_consent_texts()
    again = actions.load_consent_texts()

    assert [text.pk for text in first] == [text.pk for text in again]
    assert {text.kind for text in first} == set(ConsentText.Kind.values)
    assert not any(text.signed_off for text in first)
    assert AuditEvent.objects.count() == len(first)


def test_the_treatment_text_says_what_must_be_said(db):
    actions.load_consent_texts()
    words = ConsentText.objects.get(kind="treatment").body
    for must in ["off-label", "give blood", "one month", "million times", "30 days", "988"]:
        assert must in words
    assert "risk-free" not in words


def test_a_text_edited_under_its_old_version_is_refused(db, tmp_path):
    path = tmp_path / "texts.yaml"
    written = (
        "- {kind: research, version: 1, title: T, effective_on: 2026-01-01, "
        "signed_off: false, body: One}"
    )
    path.write_text(written)
    actions.load_consent_texts(path=path)
    path.write_text(written.replace("One", "Two"))

    with pytest.raises(Refusal, match="Write them as version 2"):
        actions.load_consent_texts(path=path)
    assert ConsentText.objects.get().body == "One"


def test_signing_a_text_off_follows_the_file(db, tmp_path):
    path = tmp_path / "texts.yaml"
    written = (
        "- {kind: research, version: 1, title: T, effective_on: 2026-01-01, "
        "signed_off: false, body: One}"
    )
    path.write_text(written)
    actions.load_consent_texts(path=path)
    path.write_text(written.replace("false", "true"))

    assert [text.signed_off for text in actions.load_consent_texts(path=path)] == [True]


def test_consent_is_given_to_exactly_these_words(him, coordinator):
    text = ConsentTextFactory()

    consent = give(him, coordinator, text)

    event = AuditEvent.objects.get()
    assert (event.action, event.person) == ("consent.given", him.label)
    assert event.detail["sha256"] == text.sha256
    assert consents_in_force(him, TODAY) == {"treatment": consent}


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        pytest.param(date(2026, 3, 17), "not before", id="tomorrow"),
        pytest.param(date(2025, 12, 31), "in force only since", id="before the words"),
    ],
)
def test_consent_on_an_impossible_day_is_refused(him, coordinator, on, sentence):
    with pytest.raises(Refusal, match=sentence):
        give(him, coordinator, ConsentTextFactory(effective_on=date(2026, 1, 1)), on=on)


def test_consent_on_the_first_day_of_the_words_is_accepted(him, coordinator):
    text = ConsentTextFactory(effective_on=date(2026, 1, 1))
    assert give(him, coordinator, text, on=date(2026, 1, 1)).pk


def test_a_spoken_consent_needs_a_witness(him, coordinator):
    text = ConsentTextFactory()
    with pytest.raises(Refusal, match="witness") as refused:
        give(him, coordinator, text, method="spoken", witness=" ")
    assert refused.value.field == "witness"
    assert give(him, coordinator, text, method="spoken", witness="Mara Lindqvist").pk


def test_consent_to_the_same_words_twice_is_refused(him, coordinator):
    text = ConsentTextFactory()
    give(him, coordinator, text)
    with pytest.raises(Refusal, match="already agreed"):
        give(him, coordinator, text)


def test_withdrawn_consent_counts_until_the_day_before(him, coordinator):
    consent = ConsentFactory(patient=him, given_on=date(2026, 3, 2))

    actions.withdraw(
        consent=consent, on=date(2026, 3, 10), reason="too far", by=coordinator, now=NOW
    )

    assert consents_in_force(him, date(2026, 3, 1)) == {}
    assert set(consents_in_force(him, date(2026, 3, 2))) == {"treatment"}
    assert set(consents_in_force(him, date(2026, 3, 9))) == {"treatment"}
    assert consents_in_force(him, date(2026, 3, 10)) == {}
    event = AuditEvent.objects.get()
    assert (event.action, event.reason) == ("consent.withdrawn", "too far")


def test_after_a_withdrawal_he_may_agree_anew(him, coordinator):
    consent = ConsentFactory(patient=him)
    actions.withdraw(consent=consent, on=TODAY, by=coordinator, now=NOW)

    anew = give(him, coordinator, consent.text)

    assert consents_in_force(him, TODAY) == {"treatment": anew}


@pytest.mark.parametrize("on", [date(2026, 3, 1), date(2026, 3, 17)])
def test_a_withdrawal_lies_between_the_consent_and_today(him, coordinator, on):
    consent = ConsentFactory(patient=him, given_on=date(2026, 3, 2))
    with pytest.raises(Refusal):
        actions.withdraw(consent=consent, on=on, by=coordinator, now=NOW)


def test_a_withdrawal_happens_once(him, coordinator):
    consent = ConsentFactory(patient=him)
    actions.withdraw(consent=consent, on=TODAY, by=coordinator, now=NOW)
    with pytest.raises(Refusal, match="does not count"):
        actions.withdraw(consent=consent, on=TODAY, by=coordinator, now=NOW)


def test_newer_words_outdate_a_consent_that_stays_in_force(him):
    old = ConsentFactory(patient=him)
    newer = ConsentTextFactory(version=2, effective_on=TODAY)
    ConsentTextFactory(version=3, effective_on=date(2026, 3, 17))

    (agreement,) = agreements(him, TODAY)

    assert (agreement.text, agreement.current) == (newer, old)
    assert (agreement.outdated, agreement.agreed) == (True, False)
    assert consents_in_force(him, TODAY) == {"treatment": old}


@pytest.mark.parametrize("rows", [1, 3])
def test_agreements_cost_two_queries(him, rows, django_assert_num_queries):
    for version in range(1, rows + 1):
        ConsentFactory(patient=him, text=ConsentTextFactory(version=version))
    with django_assert_num_queries(2):
        assert len(agreements(him, TODAY)) == 1


def test_the_database_refuses_a_withdrawal_nobody_signed(him):
    with pytest.raises(IntegrityError, match="withdrawal_is_signed"), transaction.atomic():
        ConsentFactory(patient=him, withdrawn_on=TODAY)


def test_nobody_elses_consent_counts(him, site):
    ConsentFactory(patient=PatientFactory(site=site))
    assert consents_in_force(him, TODAY) == {}
    assert Consent.objects.count() == 1
