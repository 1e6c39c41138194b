"""Somebody is paged when a man may be in danger, and not for what can wait for the inbox."""

import pytest

from clinic.models import Message, Page
from labs.actions.corrections import correct_draw
from labs.actions.results import Value
from labs.models import Draw
from protocols.actions import mood
from protocols.actions.safety import decide
from protocols.models import Finding
from tests.protocols.men import NOW, blood

pytestmark = pytest.mark.django_db
CALM = [0] * 8


def answered(enrolment, by, *, nine):
    return mood.answer(enrolment=enrolment, answers=[*CALM, nine], by=by, now=NOW)


@pytest.mark.parametrize(("nine", "pages"), [(0, 0), (1, 1), (2, 1), (3, 1)])
def test_any_thought_of_harming_himself_pages_at_once(treated, clinician, nine, pages):
    answered(treated, clinician, nine=nine)

    assert Page.objects.open().count() == pages
    assert Message.objects.filter(template="page").count() == pages


@pytest.mark.parametrize(("triglycerides", "pages"), [("1000", 0), ("1001", 1)])
def test_a_proposal_to_stop_pages_and_a_hold_waits_in_the_inbox(
    treated, coordinator, clinician, triglycerides, pages
):
    blood(treated.patient, coordinator, triglycerides=triglycerides)

    assert Page.objects.open().count() == pages


def test_deciding_answers_the_page(treated, coordinator, clinician):
    blood(treated.patient, coordinator, triglycerides="1200")

    decide(finding=Finding.objects.open().get(), decision="accept", by=clinician, now=NOW)

    page = Page.objects.get()
    assert (page.state, page.answered_by) == ("answered", clinician)


def test_a_corrected_result_takes_the_page_back(treated, coordinator, clinician):
    blood(treated.patient, coordinator, triglycerides="1200")

    correct_draw(
        draw=Draw.objects.latest("pk"),
        values=[Value("triglycerides", "120", "mg/dL")],
        reason="Another man's tube.",
        by=coordinator,
        now=NOW,
    )

    assert Page.objects.get().state == "withdrawn"
