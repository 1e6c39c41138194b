"""What a visit still lacks follows from the definition of its programme."""

from datetime import timedelta

from labs.models import Draw
from protocols.actions import adverse_events, visits
from protocols.models import Enrolment, Visit
from protocols.rules.vitals import Vitals
from tests.factories.labs import SemenAnalysisFactory
from tests.factories.protocols import FindingFactory
from tests.protocols.men import NOW, TODAY, blood
from tests.protocols.visits.conftest import lacking, workspace

DAY = timedelta(days=1)
PANELS = ["lipids", "liver", "muscle", "glucose", "blood_count", "bilirubin_creatinine", "hormones"]
SAMPLES = [*(f"panel:{key}" for key in PANELS), "semen"]
AT_THE_END = ["plan", "prescription", "dispense", "tick:ipledge", "tick:response_review"]


def test_a_fresh_visit_lacks_everything_its_plan_asks_for(opened):
    grades = ["cheilitis", "dry_skin", "rash", "irritability", "erectile_dysfunction",
              "libido_decreased"]  # fmt: skip
    assert lacking(opened) == [
        "identity", "since", "capsules", *(f"grade:{code}" for code in grades), "mood", "weight",
        "pressure", *SAMPLES, *AT_THE_END,
    ]  # fmt: skip


def test_what_is_done_at_the_desk_is_not_missing_any_more(written):
    assert lacking(written) == [*SAMPLES, *AT_THE_END]


def test_a_visit_nobody_came_to_lacks_nothing(month_3):
    assert lacking(month_3) == []


def test_an_unscheduled_visit_asks_only_who_why_and_what_then(month_3, coordinator):
    made = visits.open_unscheduled(
        enrolment=month_3.enrolment, on=TODAY, by=coordinator, now=NOW, reason="Headache"
    )
    assert lacking(made) == ["identity", "since", "plan"]


def test_a_panel_is_there_when_its_last_value_is(written, coordinator):
    patient = written.enrolment.patient
    blood(patient, coordinator, alt="20")
    assert "panel:liver" in lacking(written)
    blood(patient, coordinator, ast="20")
    assert "panel:liver" not in lacking(written)


def test_blood_of_the_week_before_the_window_belongs_to_the_visit(written, coordinator):
    patient, first = written.enrolment.patient, written.opens_on - 7 * DAY
    at = NOW - (TODAY - first) * 1
    draw = blood(patient, coordinator, now=at, alt="20", ast="20")
    assert "panel:liver" not in lacking(written)
    Draw.objects.filter(pk=draw.pk).update(collected_at=draw.collected_at - DAY)
    draw.results.update(collected_at=draw.collected_at - DAY)
    assert "panel:liver" in lacking(written)


def test_a_sheet_that_waits_for_the_second_person_is_still_missing(written):
    patient = written.enrolment.patient
    sheet = SemenAnalysisFactory(
        patient=patient, collected_at=NOW - timedelta(hours=2), status="preliminary"
    )
    assert "semen" in lacking(written)
    assert [row.pk for row in workspace(written).waiting] == [sheet.pk]


def test_a_verified_sample_is_there(written):
    SemenAnalysisFactory(patient=written.enrolment.patient, collected_at=NOW - timedelta(hours=2))
    assert "semen" not in lacking(written)


def test_results_nobody_has_read_are_missing_a_look(written, coordinator):
    blood(written.enrolment.patient, coordinator, alt="20", ast="20")
    assert "review" in lacking(written)


def test_a_proposal_waits_for_its_decision(written):
    FindingFactory(enrolment=written.enrolment)
    assert "findings" in lacking(written)


def test_nothing_is_prescribed_on_hold(written):
    Enrolment.objects.update(status="ON_HOLD")
    assert {"prescription", "dispense"}.isdisjoint(lacking(written))


def test_nothing_is_prescribed_after_the_last_day_of_treatment(written):
    first = written.enrolment.first_dose_on
    at = {"attended_on": first + 179 * DAY}
    Visit.objects.filter(pk=written.pk).update(**at)
    assert "prescription" in lacking(written)
    Visit.objects.filter(pk=written.pk).update(attended_on=first + 180 * DAY)
    assert "prescription" not in lacking(written)


def test_a_weight_without_a_pressure_is_half_of_the_vitals(opened, coordinator):
    visits.record_vitals(visit=opened, measured=Vitals(weight_kg=80), by=coordinator, now=NOW)
    assert "pressure" in lacking(opened)
    assert "weight" not in lacking(opened)


def test_a_side_effect_that_runs_must_be_graded_again(opened, coordinator):
    adverse_events.record_symptoms(visit=opened, grades={"nausea": 1}, by=coordinator, now=NOW)
    assert "grade:nausea" not in lacking(opened)
    opened.symptom_grades.filter(term="nausea").delete()
    assert "grade:nausea" in lacking(opened)


def came_again(visit: Visit, by) -> Visit:
    later = visits.open_unscheduled(
        enrolment=visit.enrolment, on=TODAY + 2 * DAY, by=by, now=NOW + 2 * DAY, reason="Headache"
    )
    return Visit.objects.select_related("enrolment__patient__site").get(pk=later.pk)


def test_what_was_taken_until_he_came_again_belongs_to_the_visit_before(written, coordinator):
    came_again(written, coordinator)
    blood(written.enrolment.patient, coordinator, now=NOW + DAY, alt="20", ast="20")
    assert {row.key for row in workspace(written).news} == {"alt", "ast"}


def test_what_was_taken_when_he_came_again_does_not(written, coordinator):
    came_again(written, coordinator)
    blood(written.enrolment.patient, coordinator, now=NOW + 2 * DAY, alt="20", ast="20")
    SemenAnalysisFactory(patient=written.enrolment.patient, collected_at=NOW + 2 * DAY)
    work = workspace(written)
    assert (work.news, work.new_samples, work.sample) == ([], [], None)
    assert "panel:liver" in lacking(written)
