"""The ladder in the browser: words at once, the timer everywhere, the assessment, and no leak."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from protocols.actions import mood
from protocols.models import Duty, Finding, RiskAssessment
from protocols.queries.visit_content_said import decided, head_of, undecided
from protocols.queries.workspace import told, workspace_of
from tests.pages import soup
from tests.protocols.men import NOW, TODAY, open_visit

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]
SAFE = {"plan": "no", "intent": "no", "done": "Spoke with him; his wife is with him."}


@pytest.fixture
def asked(treated, clinician):
    mood.answer(enrolment=treated, answers=[0] * 8 + [1], by=clinician, now=NOW)
    return Duty.objects.get(code="SUICIDE_RISK_ASSESSMENT")


def url(name, *keys):
    return reverse(f"protocols:{name}", args=keys)


def work(visit):
    return workspace_of(told(visit.enrolment.opened_by).get(pk=visit.pk), TODAY)


def words(part):
    return " ".join(part.text.split())


@pytest.mark.parametrize(("nine", "shown"), [("0", False), ("1", True), ("3", True), ("", False)])
def test_whoever_fills_it_in_at_the_visit_reads_the_words_at_once(
    client: Client, treated, coordinator, nine, shown
):
    visit = open_visit(treated, coordinator)
    client.force_login(coordinator)

    part = client.post(url("visit_crisis", visit.pk), {"item_9": nine})

    assert ("call or text 988" in words(soup(part)).lower()) is shown
    assert client.get(url("visit_crisis", visit.pk), {"item_9": nine}).status_code == 405


def test_kept_at_the_visit_the_words_stay_and_the_task_is_there(
    client: Client, treated, coordinator
):
    visit = open_visit(treated, coordinator)
    client.force_login(coordinator)

    given = {f"item_{n}": "0" for n in range(1, 9)} | {"item_9": "2"}
    client.post(url("visit_mood", visit.pk), given)

    notice = soup(client.get(url("visit", visit.pk))).select_one("#mood [role=alert]")
    duty = Duty.objects.get(code="SUICIDE_RISK_ASSESSMENT")
    assert "call or text 988" in words(notice)
    assert notice.select_one("[data-due]")
    assert notice.a["href"] == url("duty", duty.pk)


@pytest.mark.parametrize("place", ["today", "inbox", "record", "duty", "finding"])
def test_the_time_that_is_left_stands_wherever_one_looks(
    client: Client, treated, asked, clinician, place
):
    client.force_login(clinician)
    keys = {"record": [treated.patient_id], "duty": [asked.pk], "finding": [asked.finding_id]}

    page = soup(client.get(url(place, *keys.get(place, []))))

    timers = page.select("[data-due]")
    assert "within 6 h 1" in words(timers[0])
    assert "warning" in timers[0].parent["class"]


def test_once_it_is_over_it_is_red(client: Client, asked, clinician, time_machine):
    time_machine.move_to(asked.due_at + timedelta(minutes=20))
    client.force_login(clinician)

    timer = soup(client.get(url("duty", asked.pk))).select_one("[data-due]")

    assert (words(timer), "critical" in timer.parent["class"]) == ("overdue by 20 min", True)


def test_a_clinician_records_the_assessment(client: Client, asked, clinician):
    client.force_login(clinician)

    answer = client.post(url("assess_risk", asked.pk), SAFE, follow=True)

    assert RiskAssessment.objects.get().assessed_by == clinician
    assert "Plan: no. Intent: no." in words(soup(answer).main)


@pytest.mark.parametrize("left_out", ["plan", "intent", "done"])
def test_each_question_is_asked_and_what_was_typed_stays(
    client: Client, asked, clinician, left_out
):
    client.force_login(clinician)
    given = {name: value for name, value in SAFE.items() if name != left_out}

    answer = client.post(url("assess_risk", asked.pk), given)

    page = soup(answer)
    assert answer.status_code == 422
    assert page.select_one(f"#field-{left_out} .why")
    if left_out != "done":
        assert SAFE["done"] in page.select_one("#field-done textarea").text
    assert not RiskAssessment.objects.exists()


def test_a_plan_leads_to_the_proposal_to_stop(client: Client, asked, clinician):
    client.force_login(clinician)

    answer = client.post(url("assess_risk", asked.pk), SAFE | {"plan": "yes"}, follow=True)

    found = Finding.objects.open().get()
    assert answer.redirect_chain[0][0] == url("finding", found.pk)
    assert "follow the emergency pathway now" in answer.text


def test_a_nurse_may_not_assess_and_fetches_somebody(client: Client, asked, coordinator):
    client.force_login(coordinator)

    assert client.post(url("assess_risk", asked.pk), SAFE).status_code == 403
    assert "fetch a clinician" in words(soup(client.get(url("duty", asked.pk))).main)
    client.post(url("tick_duty", asked.pk), {"outcome": "done"})
    asked.refresh_from_db()
    assert asked.done_at is None


def test_of_the_mood_the_report_prints_no_answer(treated, clinician):
    visit = open_visit(treated, clinician)
    mood.answer(enrolment=treated, visit=visit, answers=[0] * 8 + [2], by=clinician, now=NOW)

    lines = [*undecided(work(visit)), *decided(work(visit))]

    told = " ".join(" ".join(row.values()) for row in lines).lower()
    assert head_of(Finding.objects.get()) == "The mood questionnaire"
    assert "the mood questionnaire" in told
    for word in ("item 9", "half the days", "question 9", "harm"):
        assert word not in told
