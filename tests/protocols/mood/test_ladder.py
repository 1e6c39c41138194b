"""From nine answers to what people are asked to do: every row of §2.5, through the real actions."""

from datetime import UTC, datetime, timedelta

import pytest

from clinic.models import Message, Page
from clinic.refusal import Refusal
from protocols.actions import mood
from protocols.models import Duty, Finding, MoodQuestionnaire
from tests.protocols.men import DAY, DAY_ONE, NOW, open_visit

pytestmark = pytest.mark.django_db
BEFORE = datetime(DAY_ONE.year, DAY_ONE.month, DAY_ONE.day, 16, 0, tzinfo=UTC) - 7 * DAY


def answers(total, nine=0):
    full, part = divmod(total - nine, 3)
    return [*([3] * full + [part] * bool(part) + [0] * 8)[:8], nine]


def answer(man, by, items, *, now=NOW, **more):
    return mood.answer(enrolment=man, answers=items, by=by, now=now, **more)


def local(at, man):
    return at.astimezone(man.patient.site.zone)


@pytest.mark.parametrize(
    ("total", "band", "asked"),
    [
        (0, "minimal", None),
        (4, "minimal", None),
        (5, "mild", ("CONTINUE_ADVISE", 4, None)),
        (9, "mild", ("CONTINUE_ADVISE", 4, None)),
        (10, "moderate", ("REVIEW", 4, "2026-08-11 17:00")),
        (14, "moderate", ("REVIEW", 4, "2026-08-11 17:00")),
        (15, "moderately severe", ("HOLD", 1, "2026-08-06 17:00")),
        (19, "moderately severe", ("HOLD", 1, "2026-08-06 17:00")),
        (20, "severe", ("STOP", 1, "2026-08-04 17:00")),
        (24, "severe", ("STOP", 1, "2026-08-04 17:00")),
    ],
)
def test_each_band_proposes_its_action_by_its_time(treated, clinician, total, band, asked):
    kept = answer(treated, clinician, answers(total))

    assert (kept.total, kept.band) == (total, band)
    found = Finding.objects.first()
    if asked is None:
        assert found is None
        return
    by = found.contact_by and f"{local(found.contact_by, treated):%Y-%m-%d %H:%M}"
    assert (found.action, found.urgency, by) == asked


@pytest.mark.parametrize(
    ("nine", "action", "due"),
    [(1, "HOLD", "17:00"), (2, "STOP", "11:45"), (3, "STOP", "11:45")],
)
@pytest.mark.parametrize("rest", [0, 15])
def test_question_nine_pages_and_asks_for_the_assessment_at_once(
    treated, clinician, nine, action, due, rest
):
    answer(treated, clinician, answers(rest + nine, nine))

    found = Finding.objects.get()
    assert (found.action, found.urgency) == (action, 0)
    duty = Duty.objects.get(code="SUICIDE_RISK_ASSESSMENT")
    assert f"{local(duty.due_at, treated):%H:%M}" == due
    assert (duty.owner, duty.finding) == (None, found)
    assert Duty.objects.filter(code="EMERGENCY_PATHWAY").exists() is (nine > 1)
    assert Page.objects.open().filter(about=f"protocols.finding:{found.pk}").count() == 1


@pytest.mark.parametrize(
    ("baseline", "total", "rises"), [(4, 8, False), (4, 9, True), (0, 5, True)]
)
def test_a_rise_of_five_is_reviewed_within_a_week(treated, clinician, baseline, total, rises):
    answer(treated, clinician, answers(baseline), now=BEFORE)
    Finding.objects.all().delete()

    answer(treated, clinician, answers(total))

    rules = [row["rule"] for row in Finding.objects.get().reasons]
    assert ("PHQ9_RISE" in rules) is rises
    assert Finding.objects.get().action == ("REVIEW" if rises else "CONTINUE_ADVISE")


def test_question_nine_is_never_left_out_whoever_types(treated, clinician):
    for visit in (None, open_visit(treated, clinician)):
        with pytest.raises(Refusal, match="Question 9 must be answered") as refused:
            answer(treated, clinician, [0] * 8 + [None], visit=visit)
        assert refused.value.field == "item_9"
    assert not MoodQuestionnaire.objects.exists()


@pytest.mark.parametrize(("missing", "total"), [(0, 8), (1, 8), (2, 8), (3, None)])
def test_two_may_be_missing_and_three_are_asked_again(treated, clinician, missing, total):
    items = [None] * missing + [1] * (8 - missing) + [0]

    kept = answer(treated, clinician, items)

    assert kept.total == total
    duty = Duty.objects.filter(code="REPEAT_PHQ9").first()
    assert (duty is not None) is (total is None)
    if duty:
        assert f"{local(duty.due_at, treated):%a %H:%M}" == "Thu 17:00"


def test_a_whole_questionnaire_answers_for_the_one_that_was_asked_again(treated, clinician):
    for _ in range(2):
        answer(treated, clinician, [None] * 3 + [1] * 5 + [0])
    assert Duty.objects.open().filter(code="REPEAT_PHQ9").count() == 1

    answer(treated, clinician, [1] * 8 + [0], now=NOW + DAY)

    assert not Duty.objects.open().exists()


def test_question_nine_is_heard_when_the_rest_is_missing(treated, clinician):
    kept = answer(treated, clinician, [None] * 8 + [1])

    assert (kept.total, Finding.objects.get().urgency) == (None, 0)
    assert Duty.objects.filter(code="SUICIDE_RISK_ASSESSMENT").exists()


def test_answers_corrected_at_the_visit_take_the_task_back_with_the_page(
    treated, coordinator, clinician
):
    visit = open_visit(treated, coordinator)
    answer(treated, coordinator, answers(1, 1), visit=visit)

    answer(treated, coordinator, answers(0), visit=visit, now=NOW + timedelta(minutes=2))

    assert not Duty.objects.open().exists()
    assert Page.objects.get().state == "withdrawn"


def test_a_man_who_has_not_started_is_assessed_all_the_same(treated, clinician):
    treated.status, treated.first_dose_on = "SCREENING", None
    treated.save()

    answer(treated, clinician, answers(1, 1))

    assert (Finding.objects.get().action, Finding.objects.get().urgency) == ("REVIEW", 0)
    assert Duty.objects.filter(code="SUICIDE_RISK_ASSESSMENT").count() == 1


def test_no_answer_leaves_the_house_in_a_message(treated, clinician):
    answer(treated, clinician, answers(3, 3))

    told = " ".join(str(row) for row in Message.objects.values_list("template", "context"))
    assert Message.objects.filter(template="page").exists()
    for word in ("phq", "item", "question", "nearly every day", "suicid", "self-harm"):
        assert word not in told.lower()


@pytest.mark.parametrize(
    ("at", "due"),
    [
        # the Saturday before clocks go back, 20:00: still that evening
        (datetime(2026, 11, 1, 3, 0, tzinfo=UTC), datetime(2026, 11, 1, 6, 59, tzinfo=UTC)),
        # the Sunday they go back, 09:00 Pacific standard time
        (datetime(2026, 11, 1, 17, 0, tzinfo=UTC), datetime(2026, 11, 2, 1, 0, tzinfo=UTC)),
        # the Sunday they go forward, 09:00 Pacific daylight time
        (datetime(2027, 3, 14, 16, 0, tzinfo=UTC), datetime(2027, 3, 15, 0, 0, tzinfo=UTC)),
        # a leap day
        (datetime(2028, 2, 29, 18, 0, tzinfo=UTC), datetime(2028, 3, 1, 1, 0, tzinfo=UTC)),
    ],
)
def test_the_same_day_is_the_clinics_day_across_the_change_of_the_clocks(
    treated, clinician, at, due
):
    answer(treated, clinician, answers(1, 1), now=at)

    assert Duty.objects.get(code="SUICIDE_RISK_ASSESSMENT").due_at == due
