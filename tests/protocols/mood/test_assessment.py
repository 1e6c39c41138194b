"""The assessment of the risk: a clinician's, kept once, before anything softer than a hold."""

from datetime import timedelta

import pytest

from clinic import audit
from clinic.access import Role
from clinic.actions import on_call as rota
from clinic.models import Page
from clinic.refusal import Refusal
from protocols.actions import crisis, duties, mood, treatment
from protocols.actions.safety import decide
from protocols.models import Duty, Finding, RiskAssessment
from protocols.rules.deadlines import time_left
from tests.conftest import make_member
from tests.protocols.men import DAY, NOW, open_visit

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=40)


@pytest.fixture
def asked(treated, clinician):
    """He answered question 9 with "several days"; the assessment is asked for."""
    mood.answer(enrolment=treated, answers=[0] * 8 + [1], by=clinician, now=NOW)
    return Duty.objects.get(code="SUICIDE_RISK_ASSESSMENT")


def assess(duty, by, *, plan=False, intent=False, done="Spoke with him; his wife is there."):
    return crisis.assess(duty=duty, plan=plan, intent=intent, done=done, by=by, now=SOON)


def test_the_assessment_does_the_task_and_answers_the_page(asked, clinician):
    kept = assess(asked, clinician)

    asked.refresh_from_db()
    assert (asked.outcome, asked.done_by, kept.finding) == ("done", clinician, asked.finding)
    assert (Page.objects.get().state, Page.objects.get().answered_by) == ("answered", clinician)


def test_it_says_what_was_done(asked, clinician):
    with pytest.raises(Refusal, match="what was done") as refused:
        assess(asked, clinician, done="  ")

    assert refused.value.field == "done"
    assert not RiskAssessment.objects.exists()


def test_it_is_not_ticked_off_by_anybody(asked, coordinator):
    with pytest.raises(Refusal, match="A clinician records the assessment"):
        duties.complete(duty=asked, by=coordinator, now=SOON)


def test_whoever_comes_second_hears_who_was_first(asked, clinician):
    assess(asked, clinician)

    with pytest.raises(Refusal, match=f"{clinician} has ticked this off already"):
        assess(asked, clinician)

    assert RiskAssessment.objects.count() == 1


@pytest.mark.parametrize(("plan", "intent"), [(True, False), (False, True), (True, True)])
def test_a_plan_or_an_intent_stops_and_asks_for_the_emergency_pathway(
    asked, clinician, plan, intent
):
    kept = assess(asked, clinician, plan=plan, intent=intent)

    found = Finding.objects.open().get()
    assert (found.action, found.urgency) == ("STOP", 0)
    assert found.evidence == f"protocols.riskassessment:{kept.pk}"
    (duty,) = Duty.objects.open()
    assert (duty.code, duty.due_at) == ("EMERGENCY_PATHWAY", SOON + timedelta(hours=1))
    assert duty.owner.account == clinician

    decide(finding=found, decision="accept", by=clinician, now=SOON)
    found.enrolment.refresh_from_db()
    assert found.enrolment.status == "DISCONTINUED"


@pytest.mark.parametrize(
    ("on_call", "state", "called"),
    [((), "answered", []), (("she",), "answered", []), (("other",), "open", ["other"]),
     (("she", "other"), "answered", []), (("other", "she"), "open", ["other"])],
)  # fmt: skip
def test_who_is_acting_already_is_not_paged(asked, clinician, site, on_call, state, called):
    people = {"she": clinician.member, "other": make_member(site, Role.CLINICIAN, "Other").member}
    for rank, who in enumerate(on_call, start=1):
        rota.add_shift(
            site=site, member=people[who], rank=rank, starts_at=NOW - DAY, ends_at=NOW + DAY,
            by=clinician, now=NOW - DAY,
        )  # fmt: skip

    assess(asked, clinician, plan=True)

    page = Page.objects.get(about=audit.label(Finding.objects.open().get()))
    assert (page.state, page.answered_by == clinician) == (state, state == "answered")
    assert [call.member for call in page.calls.all()] == [people[who] for who in called]


def test_a_nurse_who_writes_it_down_decides_nothing_and_the_clinicians_are_paged(
    treated, coordinator, clinician
):
    visit = open_visit(treated, coordinator)
    mood.answer(enrolment=treated, answers=[0] * 8 + [2], by=coordinator, now=NOW, visit=visit)

    assert [call.member for call in Page.objects.open().get().calls.all()] == [clinician.member]
    assert set(Duty.objects.open().values_list("owner", flat=True)) == {None}


def test_a_clinician_who_asks_him_at_the_visit_has_the_tasks_herself(treated, clinician):
    visit = open_visit(treated, clinician)
    mood.answer(enrolment=treated, answers=[0] * 8 + [2], by=clinician, now=NOW, visit=visit)

    assert Page.objects.get().answered_by == clinician
    assert [duty.owner for duty in Duty.objects.open()] == [clinician.member] * 2


def test_without_plan_and_intent_the_first_proposal_stays(asked, clinician):
    assess(asked, clinician)

    assert Finding.objects.open().get() == asked.finding


def test_less_than_a_hold_waits_for_the_assessment(asked, clinician):
    given = {"finding": asked.finding, "by": clinician, "now": SOON, "reason": "He is well."}
    with pytest.raises(Refusal, match="record the assessment first"):
        decide(decision="decline", **given)
    with pytest.raises(Refusal, match="record the assessment first"):
        decide(decision="edit", action="REDUCE", **given)

    assess(asked, clinician)
    decide(decision="decline", **given)


@pytest.mark.parametrize(("decision", "action"), [("accept", ""), ("edit", "STOP")])
def test_a_hold_or_a_stop_waits_for_nothing(asked, clinician, decision, action):
    decide(finding=asked.finding, decision=decision, action=action, reason="At once.",
           by=clinician, now=SOON)  # fmt: skip

    assert Duty.objects.open().filter(code="SUICIDE_RISK_ASSESSMENT").count() == 1


def restart(man, by, now=NOW + DAY):
    return treatment.resume(enrolment=man, reason="He is well.", by=by, now=now)


def test_the_hold_is_lifted_by_nothing_but_the_assessment(treated, asked, clinician):
    decide(finding=asked.finding, decision="accept", by=clinician, now=NOW)
    with pytest.raises(Refusal, match="The risk has not been assessed yet"):
        restart(treated, clinician)

    assess(asked, clinician)

    assert restart(treated, clinician).kind == "reduced"


def test_what_is_assessed_before_the_decision_is_not_asked_again(treated, asked, clinician):
    assess(asked, clinician)

    decide(finding=asked.finding, decision="accept", by=clinician, now=SOON)

    assert not Duty.objects.open().filter(code="SUICIDE_RISK_ASSESSMENT").exists()


def test_a_later_answer_needs_an_assessment_of_its_own(treated, asked, clinician):
    decide(finding=asked.finding, decision="accept", by=clinician, now=NOW)
    assess(asked, clinician)
    mood.answer(enrolment=treated, answers=[0] * 8 + [1], by=clinician, now=NOW + DAY)

    with pytest.raises(Refusal, match="not been assessed"):
        restart(treated, clinician, now=NOW + 2 * DAY)


@pytest.mark.parametrize(("after", "pages"), [(-1, 0), (0, 1), (1, 1)])
def test_a_task_that_nobody_does_in_time_pages_again(asked, after, pages):
    moment = asked.due_at + timedelta(minutes=after)

    for _ in range(2):  # the sweep may run twice
        crisis.escalate(now=moment)

    assert Page.objects.filter(about=f"protocols.duty:{asked.pk}").count() == pages


@pytest.mark.parametrize(("minutes", "pages"), [(59, 1), (60, 2)])
def test_an_answered_page_comes_again_after_an_hour(asked, clinician, minutes, pages):
    crisis.escalate(now=asked.due_at)
    page = Page.objects.get(about=f"protocols.duty:{asked.pk}")
    page.state, page.answered_by, page.answered_at = "answered", clinician, asked.due_at
    page.save()

    crisis.escalate(now=asked.due_at + timedelta(minutes=minutes))

    assert Page.objects.filter(about=page.about).count() == pages


def test_the_assessment_answers_the_page_about_the_task_too(asked, clinician):
    crisis.escalate(now=asked.due_at)

    assess(asked, clinician)

    assert not Page.objects.open().exists()


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(hours=3, minutes=12), "within 3 h 12 min"),
        (timedelta(minutes=59, seconds=59), "within 59 min"),
        (timedelta(0), "within 0 min"),
        (-timedelta(minutes=1), "overdue by 1 min"),
        (-timedelta(hours=26), "overdue by 26 h 0 min"),
        (timedelta(hours=47, minutes=59), "within 47 h 59 min"),
        (timedelta(hours=48), "within 2 days"),
    ],
)
def test_how_long_there_is_left(left, words):
    assert time_left(NOW + left, NOW) == words
