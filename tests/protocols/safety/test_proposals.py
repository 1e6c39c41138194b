"""What comes in becomes a proposal, at most one open one for each piece of evidence."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from clinic.models import AuditEvent, ClosedDay
from clinic.refusal import Refusal
from labs.actions.corrections import correct_draw, strike_draw
from labs.actions.results import Value, file_draw, review_draws
from labs.models import Draw, Order
from patients.actions.history import add_medicine, end_medicine
from protocols.actions import safety
from protocols.actions.adverse_events import record_symptoms
from protocols.actions.mood import answer, crisis_words
from protocols.actions.safety import decide
from protocols.actions.treatment import resume
from protocols.models import Deviation, DoseSegment, Duty, Finding, Visit
from protocols.rules.deadlines import contact_by, promise
from protocols.rules.schedule import UNSCHEDULED
from tests.factories.labs import FEW_SEEN, SemenAnalysisFactory
from tests.factories.protocols import EnrolmentFactory, FindingFactory
from tests.protocols.men import DAY, NOW, TODAY, blood, make_patient, open_visit

pytestmark = pytest.mark.django_db
PACIFIC = ZoneInfo("America/Los_Angeles")


def correct(draw, by, **values):
    return correct_draw(
        draw=draw,
        values=[Value(key, value, "mg/dL", "<150") for key, value in values.items()],
        reason="Mixed up at the laboratory.",
        by=by,
        now=NOW + timedelta(hours=1),
        confirmed=True,
    )


def states():
    return [(row.action, row.state) for row in Finding.objects.order_by("pk")]


def test_a_result_in_every_range_raises_nothing(treated, coordinator):
    blood(treated.patient, coordinator, triglycerides="118", alt="24")

    assert not Finding.objects.exists()


def test_results_of_a_man_without_enrolment_raise_nothing(site, coordinator, catalogue):
    blood(make_patient(site, coordinator), coordinator, triglycerides="1200")

    assert not Finding.objects.exists()


def test_before_the_first_dose_a_dangerous_value_asks_for_a_review(
    site, coordinator, catalogue, programme
):
    man = EnrolmentFactory(
        patient=make_patient(site, coordinator), status="SCREENING", first_dose_on=None,
        version=programme,
    )  # fmt: skip

    blood(man.patient, coordinator, triglycerides="1200")

    assert [(row.action, row.urgency) for row in Finding.objects.all()] == [("REVIEW", 2)]


def test_before_the_first_dose_a_mild_value_is_left_to_eligibility(
    site, coordinator, catalogue, programme
):
    man = EnrolmentFactory(
        patient=make_patient(site, coordinator), status="SCREENING", first_dose_on=None,
        version=programme,
    )  # fmt: skip

    blood(man.patient, coordinator, triglycerides="320")

    assert not Finding.objects.exists()


@pytest.mark.parametrize(
    ("triglycerides", "action"),
    [("149", None), ("150", "REPEAT"), ("800", "REPEAT"), ("801", "HOLD")],
)
def test_what_is_not_known_to_be_fasting_is_repeated(treated, coordinator, triglycerides, action):
    file_draw(
        patient=treated.patient, laboratory=None, collected_at=NOW - timedelta(hours=2),
        values=[Value("triglycerides", triglycerides, "mg/dL", "<150")], by=coordinator, now=NOW,
        confirmed=True,
    )  # fmt: skip

    assert states() == ([(action, "open")] if action else [])
    departure = Deviation.objects.get()
    assert departure.code == "LAB_NOT_FASTING"
    order = Order.objects.get()
    assert (order.panel.key, order.fasting, order.due_on) == ("lipids", True, TODAY + 7 * DAY)
    assert (order.about, order.ordered_by) == (f"protocols.deviation:{departure.pk}", None)
    assert Visit.objects.get(code=UNSCHEDULED).closes_on == TODAY + 7 * DAY


def file_fed(man, by, *, now=NOW, **more):
    return file_draw(
        patient=man.patient, laboratory=None, collected_at=now - timedelta(hours=2),
        values=[Value("triglycerides", "120", "mg/dL", "<150")], by=by, now=now,
        confirmed=True, **more,
    )  # fmt: skip


def test_the_fasting_repeat_is_ordered_once_and_answered_by_a_fasting_collection(
    treated, coordinator
):
    file_fed(treated, coordinator)
    file_fed(treated, coordinator, now=NOW + DAY, fasting=False)
    assert Order.objects.count() == 1

    blood(
        treated.patient, coordinator, now=NOW + 2 * DAY, triglycerides="110",
        total_cholesterol="170", hdl="50",
    )  # fmt: skip

    assert list(Order.objects.values_list("status", flat=True)) == ["resulted"]
    assert not Visit.objects.filter(code=UNSCHEDULED, status="planned").exists()


def test_a_repeat_that_nobody_needs_any_more_is_taken_back(treated, coordinator):
    draw = file_fed(treated, coordinator)

    strike_draw(draw=draw, reason="Another man’s.", by=coordinator, now=NOW)

    assert list(Order.objects.values_list("status", flat=True)) == ["cancelled"]
    assert not Visit.objects.filter(code=UNSCHEDULED, status="planned").exists()


def test_a_later_fasting_collection_is_the_repeat_of_one_that_is_filed_after_it(
    treated, coordinator
):
    blood(treated.patient, coordinator, triglycerides="110")

    file_draw(
        patient=treated.patient, laboratory=None, collected_at=NOW - 3 * DAY,
        values=[Value("triglycerides", "120", "mg/dL", "<150")], by=coordinator, now=NOW,
        confirmed=True,
    )  # fmt: skip

    assert Deviation.objects.filter(code="LAB_NOT_FASTING").count() == 1
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("found", "panel", "days"),
    [({"triglycerides": "1100"}, "lipase", 0),
     ({"glucose": "130"}, "hba1c", 14)],
)  # fmt: skip
def test_lipase_and_hba1c_are_ordered_with_their_duty(
    treated, coordinator, clinician, found, panel, days
):
    blood(treated.patient, coordinator, **found)

    decide(finding=Finding.objects.get(), decision="accept", by=clinician, now=NOW)

    order = Order.objects.get(panel__key=panel)
    duty = Duty.objects.get(code=panel.upper())
    assert (order.about, order.due_on) == (f"protocols.duty:{duty.pk}", TODAY + days * DAY)
    blood(treated.patient, coordinator, now=NOW + timedelta(hours=3), **{panel: "6"})
    order.refresh_from_db()
    duty.refresh_from_db()
    assert (order.status, duty.note) == ("resulted", "The result is in.")


def test_a_correction_overtakes_the_open_finding(treated, coordinator):
    draw = blood(treated.patient, coordinator, triglycerides="620")

    correct(draw, coordinator, triglycerides="920")

    assert states() == [("REDUCE", "superseded"), ("HOLD", "open")]


def test_a_correction_into_the_range_leaves_nothing_open(treated, coordinator):
    draw = blood(treated.patient, coordinator, triglycerides="620")

    correct(draw, coordinator, triglycerides="120")

    assert states() == [("REDUCE", "superseded")]


def test_struck_results_leave_nothing_open(treated, coordinator):
    draw = blood(treated.patient, coordinator, triglycerides="620")

    strike_draw(draw=draw, reason="Wrong man.", by=coordinator, now=NOW)

    assert states() == [("REDUCE", "superseded")]


def test_the_same_facts_again_change_nothing(treated, coordinator):
    draw = blood(treated.patient, coordinator, triglycerides="620")

    first = Finding.objects.get()
    assert safety.evaluate_draw(draw) == first
    assert states() == [("REDUCE", "open")]


def test_a_correction_after_a_decision_asks_to_look_again(treated, coordinator, clinician):
    draw = blood(treated.patient, coordinator, triglycerides="620")
    decide(finding=Finding.objects.get(), decision="accept", by=clinician, now=NOW)

    correct(draw, coordinator, triglycerides="120")

    assert states() == [("REDUCE", "accepted"), ("REVIEW", "open")]
    again = Finding.objects.get(state="open")
    assert again.reasons[0]["rule"] == "BASIS_CORRECTED"
    assert DoseSegment.objects.filter(capsules_per_day=1).exists()


def test_an_overtaken_finding_is_not_decided(treated, coordinator, clinician):
    draw = blood(treated.patient, coordinator, triglycerides="620")
    old = Finding.objects.get()
    correct(draw, coordinator, triglycerides="920")

    with pytest.raises(Refusal, match="a newer proposal takes the place"):
        decide(finding=old, decision="accept", by=clinician, now=NOW)


def test_the_database_refuses_a_second_open_finding_on_one_evidence(treated):
    FindingFactory(enrolment=treated, evidence="labs.draw:1")

    with pytest.raises(IntegrityError, match="open_once_per_evidence"), transaction.atomic():
        FindingFactory(enrolment=treated, evidence="labs.draw:1")


def test_a_second_hold_for_the_same_value_is_a_stop(treated, coordinator, clinician):
    blood(treated.patient, coordinator, alt="144")
    decide(finding=Finding.objects.get(), decision="accept", by=clinician, now=NOW)
    safety_week = NOW + 7 * DAY
    blood(treated.patient, coordinator, now=safety_week, alt="30", ast="28")

    resume(enrolment=treated, reason="Normal again.", by=clinician, now=safety_week)

    blood(treated.patient, coordinator, now=NOW + 21 * DAY, alt="150")

    last = Finding.objects.order_by("pk").last()
    assert last.action == "STOP"
    assert {row["rule"] for row in last.reasons} == {"SECOND_HOLD", "LIVER_HOLD"}


def test_reviewing_results_settles_the_advice_that_goes_with_them(treated, coordinator, clinician):
    draw = blood(treated.patient, coordinator, triglycerides="214")
    assert states() == [("CONTINUE_ADVISE", "open")]

    review_draws(draws=[draw], by=clinician, now=NOW)

    assert states() == [("CONTINUE_ADVISE", "accepted")]


def test_reviewing_results_does_not_settle_a_reduction(treated, coordinator, clinician):
    draw = blood(treated.patient, coordinator, triglycerides="620")

    review_draws(draws=[draw], by=clinician, now=NOW)

    assert states() == [("REDUCE", "open")]


def test_muscle_pain_turns_a_review_into_a_hold(treated, coordinator, clinician):
    """CK between 5 and 10 times the limit is held only with muscle symptoms (§2.4)."""
    blood(treated.patient, coordinator, ck="1200")
    assert states() == [("REVIEW", "open")]

    record_symptoms(
        visit=open_visit(treated, clinician), grades={"myalgia": 2}, by=coordinator, now=NOW
    )

    assert states() == [("REVIEW", "superseded"), ("HOLD", "open")]


@pytest.mark.parametrize(
    ("grades", "action", "urgency"),
    [
        pytest.param({"cheilitis": 2, "dry_skin": 1}, None, None, id="advice is not a finding"),
        pytest.param({"tinnitus": 1}, "STOP", 1, id="ringing ears"),
        pytest.param({"abdominal_pain": 2}, None, None, id="moderate pain"),
        pytest.param({"abdominal_pain": 3}, "STOP", 1, id="severe pain"),
        pytest.param({"suicidal_ideation": 1}, "STOP", 0, id="thoughts of death"),
    ],
)
def test_symptoms_of_a_visit(treated, clinician, grades, action, urgency):
    record_symptoms(visit=open_visit(treated, clinician), grades=grades, by=clinician, now=NOW)

    found = [(row.action, row.urgency) for row in Finding.objects.all()]
    assert found == ([(action, urgency)] if action else [])


def test_unticking_a_symptom_overtakes_its_finding(treated, clinician):
    visit = open_visit(treated, clinician)
    record_symptoms(visit=visit, grades={"tinnitus": 1}, by=clinician, now=NOW)

    record_symptoms(visit=visit, grades={"tinnitus": 0}, by=clinician, now=NOW)

    assert states() == [("STOP", "superseded")]


@pytest.mark.parametrize(
    ("items", "action", "urgency"),
    [
        pytest.param([0] * 9, None, None, id="all zero"),
        pytest.param([1, 1, 1, 1, 1, 0, 0, 0, 0], "CONTINUE_ADVISE", 4, id="5, mild"),
        pytest.param([2, 2, 2, 2, 2, 0, 0, 0, 0], "REVIEW", 4, id="10, moderate"),
        pytest.param([2, 2, 2, 2, 2, 2, 2, 1, 0], "HOLD", 1, id="15"),
        pytest.param([3, 3, 3, 3, 2, 2, 2, 2, 0], "STOP", 1, id="20, severe"),
        pytest.param([0, 0, 0, 0, 0, 0, 0, 0, 1], "HOLD", 0, id="item 9 several days"),
        pytest.param([0, 0, 0, 0, 0, 0, 0, 0, 2], "STOP", 0, id="item 9 more than half"),
    ],
)
def test_nine_answers(treated, clinician, items, action, urgency):
    answer(enrolment=treated, answers=items, by=clinician, now=NOW)

    found = [(row.action, row.urgency) for row in Finding.objects.all()]
    assert found == ([(action, urgency)] if action else [])


def test_item_nine_is_never_left_out(treated, clinician):
    with pytest.raises(Refusal, match="Question 9") as refused:
        answer(enrolment=treated, answers=[0] * 8 + [None], by=clinician, now=NOW)

    assert refused.value.field == "item_9"


def test_crisis_words_are_there_at_once(treated, clinician):
    low = answer(enrolment=treated, answers=[0] * 8 + [1], by=clinician, now=NOW)
    fine = answer(enrolment=treated, answers=[0] * 9, by=clinician, now=NOW)

    assert "988" in crisis_words(low)
    assert crisis_words(fine) == ""


def test_who_asks_for_a_call_is_called_within_a_day(treated, clinician):
    answer(enrolment=treated, answers=[0] * 9, by=clinician, now=NOW, wants_call=True)

    finding = Finding.objects.get()
    assert (finding.action, finding.contact_by.astimezone(PACIFIC)) == (
        "REVIEW",
        datetime(2026, 8, 5, 17, 0, tzinfo=PACIFIC),
    )


def test_answering_again_at_a_visit_corrects(treated, clinician):
    visit = open_visit(treated, clinician)
    answer(enrolment=treated, visit=visit, answers=[0] * 8 + [1], by=clinician, now=NOW)

    answer(enrolment=treated, visit=visit, answers=[0] * 9, by=clinician, now=NOW)

    assert treated.mood_questionnaires.get().total == 0
    assert states() == [("HOLD", "superseded")]


def test_the_questionnaires_answers_are_not_in_the_trail(treated, clinician):
    answer(enrolment=treated, answers=[0] * 8 + [1], words="Bad weeks.", by=clinician, now=NOW)

    told = AuditEvent.objects.get(action="mood.answered").detail
    assert told == {"visit": None}


def few(treated, **more):
    collected = NOW - timedelta(hours=3)
    began = (collected + timedelta(minutes=26)).isoformat()
    return SemenAnalysisFactory(
        patient=treated.patient, collected_at=collected, verified_at=NOW, entered_at=NOW,
        sheet=FEW_SEEN | {"analysis_started_at": began}, **more,
    )  # fmt: skip


def test_motile_sperm_are_frozen_today(treated):
    safety.evaluate_semen(few(treated))

    finding = Finding.objects.get()
    assert (finding.kind, finding.action, finding.urgency) == ("freeze", "FREEZE", 3)
    assert finding.headline == "5 motile; freeze by 17:00"
    assert finding.contact_by.astimezone(PACIFIC).hour == 17


def test_the_first_sperm_are_confirmed_once(treated):
    analysis = few(treated)

    safety.evaluate_semen(analysis)
    safety.evaluate_semen(analysis)

    order = Order.objects.get()
    assert (order.semen, order.due_on) == (True, date(2026, 9, 1))
    assert order.reason == "Confirm the first sperm, from 11 Aug on."


def test_no_motile_sperm_no_finding(treated):
    analysis = few(treated)
    analysis.motile_seen = False

    safety.evaluate_semen(analysis)

    assert not Finding.objects.exists()


def test_a_sheet_corrected_to_none_leaves_nothing_to_freeze(treated):
    first = few(treated)
    safety.evaluate_semen(first)
    second = few(treated, motile_seen=False, sperm_seen=False)

    safety.evaluate_semen(second, was=first)

    assert states() == [("FREEZE", "superseded")]


def test_deciding_to_freeze_reviews_the_sheet(treated, clinician):
    analysis = few(treated)
    safety.evaluate_semen(analysis)

    decide(finding=Finding.objects.get(), decision="accept", by=clinician, now=NOW)

    analysis.refresh_from_db()
    assert analysis.reviewed_by == clinician


def test_a_tetracycline_while_on_the_drug_is_a_finding_and_a_deviation(treated, coordinator):
    add_medicine(patient=treated.patient, name="Doxycycline", by=coordinator, now=NOW)

    assert states() == [("HOLD", "open")]
    assert Deviation.objects.get().code == "PROHIBITED_MED"


def test_a_medicine_that_ended_leaves_nothing_open(treated, coordinator):
    drug = add_medicine(
        patient=treated.patient, name="Doxycycline", by=coordinator, now=NOW,
        started_on=TODAY - 9 * DAY,
    )  # fmt: skip

    end_medicine(medicine=drug, on=TODAY - DAY, by=coordinator, now=NOW)

    assert states() == [("HOLD", "superseded")]


def test_the_evidence_is_kept_as_it_was_used(treated, coordinator):
    blood(treated.patient, coordinator, triglycerides="620")

    inputs = Finding.objects.get().inputs
    assert inputs["results"] == [
        {
            "analyte": "triglycerides", "value": "620", "unit": "mg/dL", "uln": "150",
            "baseline": None, "fasting": True,
        }
    ]  # fmt: skip


def test_a_closed_day_moves_the_contact(treated, coordinator, site):
    ClosedDay.objects.create(site=site, on=TODAY + DAY, name="Holiday")

    blood(treated.patient, coordinator, triglycerides="620")

    due = Finding.objects.get().contact_by.astimezone(PACIFIC)
    assert due == datetime(2026, 8, 7, 17, 0, tzinfo=PACIFIC)


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        pytest.param(1, "2026-08-04 22:30", "2026-08-04 23:30", id="at once"),
        pytest.param(8, "2026-08-04 16:00", "2026-08-04 17:00", id="before closing"),
        pytest.param(8, "2026-08-04 16:59", "2026-08-04 17:59", id="never less than an hour"),
        pytest.param(8, "2026-08-04 22:59", "2026-08-04 23:59", id="an hour before midnight"),
        pytest.param(8, "2026-08-04 23:50", "2026-08-05 00:50", id="into the night"),
        pytest.param(8, "2026-08-04 17:00", "2026-08-04 23:59", id="at closing"),
        pytest.param(24, "2026-08-07 09:00", "2026-08-10 17:00", id="over a weekend"),
        pytest.param(48, "2026-08-04 10:45", "2026-08-06 17:00", id="two business days"),
        pytest.param(168, "2026-08-04 10:45", "2026-08-11 17:00", id="seven days"),
        pytest.param(48, "2026-10-30 10:00", "2026-11-03 17:00", id="over the change of clocks"),
        pytest.param(24, "2028-02-28 10:00", "2028-02-29 17:00", id="onto a leap day"),
    ],
)
def test_contact_is_due_on_the_clinics_clock(hours, at, until):
    told = datetime.fromisoformat(at).replace(tzinfo=PACIFIC)

    assert contact_by(hours, told, PACIFIC) == datetime.fromisoformat(until).replace(tzinfo=PACIFIC)


@pytest.mark.parametrize(
    ("hours", "at", "read_at", "words"),
    [
        (None, "2026-08-04 10:45", "2026-08-04 10:45", ""),
        (1, "2026-08-04 10:45", "2026-08-04 10:45", "today, by 11:45"),
        (8, "2026-08-04 10:45", "2026-08-04 10:45", "today, by 17:00"),
        (8, "2026-08-04 16:59", "2026-08-04 16:59", "today, by 17:59"),
        (8, "2026-08-04 17:00", "2026-08-04 17:00", "tonight, by 23:59"),
        (8, "2026-08-04 23:50", "2026-08-04 23:50", "tonight, by 00:50"),
        (1, "2026-08-04 23:50", "2026-08-05 00:10", "today, by 00:50"),
        (8, "2026-08-04 10:45", "2026-08-05 09:00", "by Tuesday 4 August, 17:00"),
        (1, "2026-11-01 00:30", "2026-11-01 00:30", "today, by 01:30"),
        (24, "2026-08-04 23:50", "2026-08-04 23:50", "within one working day"),
        (48, "2026-08-04 10:45", "2026-08-04 10:45", "within two working days"),
        (168, "2026-08-04 10:45", "2026-08-04 10:45", "within a week"),
        (169, "2026-08-04 10:45", "2026-08-04 10:45", "soon"),
    ],
)
def test_he_is_promised_a_time_and_no_today_that_is_over(hours, at, read_at, words):
    told, read = (datetime.fromisoformat(one).replace(tzinfo=PACIFIC) for one in (at, read_at))

    assert promise(hours, told, PACIFIC, read) == words


def test_values_are_graded_against_the_last_before_day_one(treated, coordinator):
    """ALT of 90 is G1 against an abnormal baseline of 60, and repeated all the same (§2.4)."""
    blood(treated.patient, coordinator, now=NOW - 100 * DAY, alt="60")

    blood(treated.patient, coordinator, alt="95")

    last = Finding.objects.order_by("pk").last()
    assert last.inputs["results"][0]["baseline"] == "60"
    assert last.reasons[0]["rule"] == "LIVER_REPEAT"
    assert Decimal(last.inputs["results"][0]["uln"]) == 40
    assert Draw.objects.count() == 2
