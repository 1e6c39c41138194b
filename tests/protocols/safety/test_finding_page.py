"""A finding by itself: the evidence beside the decision."""

import pytest
from django.test import Client
from django.urls import reverse

from patients.models import ContactAttempt, Letter, Patient
from protocols.actions.mood import answer
from protocols.actions.told import tell
from protocols.models import Duty, Finding
from tests.factories.patients import PortalAccountFactory
from tests.pages import soup
from tests.protocols.men import NOW, blood

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]


@pytest.fixture
def finding(treated, coordinator):
    blood(treated.patient, coordinator, triglycerides="620", alt="58")
    return Finding.objects.get()


def url(name, finding):
    return reverse(f"protocols:{name}", args=[finding.pk])


def test_the_evidence_stands_beside_the_choices(client: Client, finding, clinician, sign_in):
    sign_in(client, clinician)

    page = soup(client.get(url("finding", finding)))

    assert "Triglycerides 620 mg/dL (fasting) is over 500 mg/dL" in page.text
    assert [choice["value"] for choice in page.select("input[name=choice]")] == [
        "accept", "edit:HOLD", "edit:STOP", "decline",
    ]  # fmt: skip
    assert "one capsule a day from Wed 5 Aug; blood again by Tue 18 Aug" in page.text


def test_the_page_takes_ten_queries_at_most(
    client: Client, finding, clinician, sign_in, django_assert_max_num_queries
):
    sign_in(client, clinician)
    client.get(url("finding", finding))

    with django_assert_max_num_queries(10):
        client.get(url("finding", finding))


def test_a_coordinator_reads_it_without_the_form(client: Client, finding, coordinator, sign_in):
    sign_in(client, coordinator)

    page = soup(client.get(url("finding", finding)))

    assert not page.select("input[name=choice]")
    assert "A clinician decides about this." in page.text


def test_a_decided_finding_says_who_when_and_why(client: Client, finding, clinician, sign_in):
    sign_in(client, clinician)

    client.post(url("decide_finding", finding), {"choice": "decline", "reason": "Repeat first."})

    page = client.get(url("finding", finding))
    assert "Repeat first." in page.text
    assert clinician.name in page.text


def test_the_second_to_decide_reads_that_his_choice_was_not_kept(
    client: Client, finding, clinician, sign_in
):
    sign_in(client, clinician)
    client.post(url("decide_finding", finding), {"choice": "decline", "reason": "Repeat first."})

    late = client.post(url("decide_finding", finding), {"choice": "accept"})

    assert late.status_code == 422
    assert soup(late).select_one("aside [role=alert]").text.split() == (
        f"{clinician.name} has decided this already (4 Aug, 10:45): declined.".split()
    )


def test_beside_the_time_to_contact_him_stands_his_telephone(
    client: Client, finding, clinician, sign_in
):
    Patient.objects.update(phone="+1 555 0161")
    sign_in(client, clinician)

    line = soup(client.get(url("finding", finding))).select_one(".finding .tiny")

    assert line.select_one("a[href='tel:+15550161']").text == "+1 555 0161"


def test_the_message_goes_with_the_decision(client: Client, finding, clinician, sign_in):
    PortalAccountFactory(patient=finding.enrolment.patient)
    sign_in(client, clinician)
    words = soup(client.get(url("finding", finding))).select_one("textarea[name=letter]").text

    client.post(url("decide_finding", finding), {"choice": "accept", "send": "on", "letter": words})

    letter = Letter.objects.get()
    assert "From Wednesday 5 August please take one capsule a day" in letter.body
    assert "blood test by Tuesday 18 August, without breakfast" in letter.body


def test_no_message_goes_unless_it_is_ticked(client: Client, finding, clinician, sign_in):
    PortalAccountFactory(patient=finding.enrolment.patient)
    sign_in(client, clinician)

    client.post(url("decide_finding", finding), {"choice": "accept", "letter": "Dear Dan"})

    assert not Letter.objects.exists()


def test_a_choice_is_needed(client: Client, finding, clinician, sign_in):
    sign_in(client, clinician)

    page = client.post(url("decide_finding", finding), {"reason": "Because."})

    assert page.status_code == 422
    assert "Choose what is done." in page.text


def test_a_self_harm_answer_shows_how_to_reach_him(client: Client, treated, clinician, sign_in):
    treated.patient.phone = "555 0178"
    treated.patient.save()
    answer(
        enrolment=treated, answers=[1] * 8 + [1], words="Bad two weeks.", wants_call=True,
        by=clinician, now=NOW,
    )  # fmt: skip
    sign_in(client, clinician)

    page = soup(client.get(url("finding", Finding.objects.get())))

    assert page.select_one("a[href^='tel:']")["href"] == "tel:5550178"
    assert "Bad two weeks." in page.text
    assert "He would like a call." in page.text
    assert page.select_one("tr.hot th").text.startswith("9.")


def test_not_reached_is_kept_and_the_finding_stays(client: Client, treated, clinician, sign_in):
    answer(enrolment=treated, answers=[0] * 8 + [1], by=clinician, now=NOW)
    finding = Finding.objects.get()
    sign_in(client, clinician)

    client.post(url("not_reached", finding), {})

    attempt = ContactAttempt.objects.get()
    assert (attempt.outcome, attempt.about) == ("no_answer", f"protocols.finding:{finding.pk}")
    finding.refresh_from_db()
    assert finding.state == "open"


@pytest.mark.parametrize("where", ["finding", "record"])
def test_a_sentence_is_said_once(client: Client, treated, coordinator, clinician, sign_in, where):
    tell(
        enrolment=treated, codes=["hearing"], channel="phone", told_at=NOW, by=coordinator, now=NOW
    )
    found = Finding.objects.get()
    assert found.headline == found.reasons[0]["sentence"]
    sign_in(client, clinician)
    pk = found.pk if where == "finding" else treated.patient_id

    text = soup(client.get(reverse(f"protocols:{where}", args=[pk]))).main.text

    assert text.count(found.headline) == 1


def write(client, finding, **given):
    return client.post(url("write_about", finding), given, follow=True)


@pytest.fixture
def held(client, finding, clinician, sign_in):
    """Decided otherwise than proposed, without a word to him; he has a portal."""
    PortalAccountFactory(patient=finding.enrolment.patient)
    sign_in(client, clinician)
    client.post(url("decide_finding", finding), {"choice": "edit:HOLD", "reason": "In pain."})
    finding.refresh_from_db()
    return finding


def test_after_the_decision_a_message_for_what_was_decided_waits_to_be_sent(client, held):
    page = soup(client.get(url("finding", held)))

    assert "We want to pause your capsules." in page.select_one("textarea[name=letter]").text
    assert not Letter.objects.exists()


def test_it_is_kept_as_it_was_changed_and_sent_later_once(client, held):
    kept = write(client, held, letter="Dear Dan, no capsules for now.")
    assert "it has not been sent" in kept.text
    assert not Letter.objects.exists()
    page = soup(client.get(url("finding", held)))
    assert page.select_one("textarea[name=letter]").text.strip() == "Dear Dan, no capsules for now."

    write(client, held, letter="Dear Dan, no capsules for a week.", send="1")

    assert Letter.objects.get().body == "Dear Dan, no capsules for a week."
    assert Duty.objects.get(code="TELL_PATIENT").note == "Written to him in the portal."
    page = soup(client.get(url("finding", held)))
    assert f"{held.decided_by} wrote to him, Tue 4 Aug 2026, 10:45." in page.main.text
    assert page.select_one("textarea[name=letter]") is None
    assert "went already (4 Aug, 10:45)" in write(client, held, letter="Again.", send="1").text
    assert Letter.objects.count() == 1


@pytest.mark.parametrize("letter", ["", "  "])
def test_an_empty_message_is_refused_beside_its_field(client, held, letter):
    answer = write(client, held, letter=letter, send="1")

    assert answer.status_code == 422
    assert "The message is empty." in soup(answer).select_one("#field-letter").text


def test_before_the_decision_the_message_goes_with_it(client, finding, clinician, sign_in):
    sign_in(client, clinician)

    answer = write(client, finding, letter="Dear Dan.", send="1")

    assert answer.status_code == 422
    assert not Letter.objects.exists()


@pytest.fixture
def asked(client, finding, clinician, sign_in):
    """Still to be decided, with a portal to write to, and the clinician at the page."""
    PortalAccountFactory(patient=finding.enrolment.patient)
    sign_in(client, clinician)
    return finding


@pytest.mark.parametrize(
    ("choice", "changed", "sent"),
    [("accept", False, True), ("edit:HOLD", False, False), ("edit:HOLD", True, True),
     ("decline", False, False)],
)  # fmt: skip
def test_words_for_the_proposal_do_not_go_with_another_decision(
    client, asked, choice, changed, sent
):
    page = soup(client.get(url("finding", asked)))
    words = "No capsules." if changed else page.select_one("textarea[name=letter]").text.strip()

    client.post(
        url("decide_finding", asked),
        {"choice": choice, "reason": "In pain.", "send": "on", "letter": words},
    )

    assert Letter.objects.exists() is sent
    asked.refresh_from_db()
    assert (asked.letter_sent_at is not None, asked.state != "open") == (sent, sent)


def test_words_that_were_changed_and_not_sent_are_kept_with_the_decision(client, asked):
    client.post(url("decide_finding", asked), {"choice": "accept", "letter": "Dear Dan, one."})

    asked.refresh_from_db()
    assert (asked.letter, asked.letter_sent_at) == ("Dear Dan, one.", None)
