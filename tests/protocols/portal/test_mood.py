"""Nine questions: the last is never skipped, help is always in sight, and somebody is told."""

import pytest
from django.test import Client
from django.urls import reverse

from protocols.models import Enrolment, Finding, MoodQuestionnaire
from tests.pages import soup
from tests.protocols.men import NOW
from tests.protocols.portal.rows import words

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]
URL = "/my/questions/"


def answers(nine="0", others="0", **more):
    return {f"item_{n}": others for n in range(1, 9)} | {"item_9": nine} | more


def send(him, **given):
    return him.post(URL, answers(**given), follow=True)


def test_help_stands_on_the_page_before_anything_is_answered(him: Client):
    page = soup(him.get(URL))

    assert [a["href"] for a in page.select(".p-crisis a")] == ["tel:988", "sms:988", "tel:5550142"]
    assert len(page.select("fieldset")) == 10
    assert "his" not in words(page.select_one("form.p-col")).split()


def test_quiet_answers_are_kept_and_thanked_for(him: Client, his, treated):
    answer = send(him)

    kept = MoodQuestionnaire.objects.get()
    assert (kept.enrolment, kept.answered_by, kept.total) == (treated, his, 0)
    assert answer.redirect_chain[0][0] == reverse("portal:mood_kept", args=[kept.pk])
    page = soup(answer)
    assert "Nothing in them asks for a call." in words(page.main)
    assert page.select(".p-crisis")
    assert not Finding.objects.exists()


@pytest.mark.parametrize("missing", ["", None])
def test_question_nine_is_never_skipped(him: Client, missing):
    given = answers(others="2")
    del given["item_9"]
    if missing is not None:
        given["item_9"] = missing

    answer = him.post(URL, given)

    assert answer.status_code == 422
    page = soup(answer)
    assert "Question 9 must be answered." in page.select_one("#field-item_9").text
    assert len(page.select("#field-item_1 input:checked")) == 1
    assert not MoodQuestionnaire.objects.exists()


@pytest.mark.parametrize(("nine", "urgency"), [("1", 0), ("3", 0)])
def test_an_answer_that_calls_for_help_shows_it_at_once_and_tells_somebody(
    him: Client, treated, nine, urgency
):
    answer = send(him, nine=nine)

    page = soup(answer)
    alert = page.select_one("main [role=alert]")
    assert "call or text 988 now" in words(alert)
    assert "We have been told and call you t" in words(page.main)
    assert page.main.select_one(".notice, section") == alert
    finding = Finding.objects.get()
    assert (finding.enrolment, finding.urgency, finding.state) == (treated, urgency, "open")


def test_such_an_answer_never_waits_for_the_others(him: Client):
    answer = him.post(URL, {"item_9": "1"}, follow=True)

    assert MoodQuestionnaire.objects.get().item9 == 1
    assert "call or text 988 now" in answer.text
    assert Finding.objects.get().urgency == 0


@pytest.mark.parametrize(("left_out", "kept"), [(2, True), (3, False)])
def test_two_of_the_others_may_be_left_out_and_not_three(him: Client, left_out, kept):
    given = answers(others="1")
    for number in range(1, left_out + 1):
        del given[f"item_{number}"]

    answer = him.post(URL, given)

    assert MoodQuestionnaire.objects.exists() is kept
    assert answer.status_code == (302 if kept else 422)
    assert ("Not answered yet." in answer.text) is not kept


@pytest.mark.parametrize(
    ("nine", "shown"), [("0", False), ("1", True), ("2", True), ("3", True), ("", False)]
)
def test_the_words_come_the_moment_question_nine_is_tapped(him: Client, nine, shown):
    part = soup(him.post(f"{URL}help/", {"item_9": nine}))

    assert bool(part.select("#crisis [role=alert]")) is shown
    assert ("Call 988" in words(part)) is shown


def test_a_refused_page_keeps_the_words_in_sight(him: Client):
    given = answers(nine="1", others="")
    given["difficulty"] = "9"

    answer = him.post(URL, given)

    assert answer.status_code == 422
    assert soup(answer).select("#crisis [role=alert]")


@pytest.mark.parametrize(
    ("others", "more", "promise"),
    [
        ("1", {}, "Nothing in them asks for a call."),
        ("1", {"wants_call": "on"}, "Somebody from the clinic calls you within one working day."),
        ("2", {}, "Somebody from the clinic calls you within two working days."),
        ("3", {}, "Somebody from the clinic calls you to"),
    ],
)
def test_he_is_told_by_when_somebody_calls(him: Client, others, more, promise):
    assert promise in words(soup(send(him, others=others, **more)).main)


def test_when_his_time_is_over_the_page_still_says_whom_to_call(him: Client, treated):
    Enrolment.objects.filter(pk=treated.pk).update(status="CLOSED")

    page = soup(him.get(URL))

    assert not page.select("main fieldset")
    assert page.select(".p-crisis")
    assert him.post(URL, answers(nine="1")).status_code == 200
    assert not MoodQuestionnaire.objects.exists()
