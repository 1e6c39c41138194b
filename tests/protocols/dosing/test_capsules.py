"""Prescribe, hand over, count: whole capsules, one bottle at a time, by two against the gate."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from clinic.refusal import Refusal
from protocols.actions import dosing
from protocols.models import CapsuleCount, Deviation, Dispense, Finding, Prescription
from protocols.queries.dosing import dose_summaries, dose_summary
from tests.factories.protocols import DispenseFactory, FindingFactory, MoodQuestionnaireFactory
from tests.protocols.dosing.shelf import RMA, bottle, shelved
from tests.protocols.men import DAY_ONE, NOW, TODAY, blood, on_treatment, open_visit

pytestmark = pytest.mark.django_db
M3 = {
    "triglycerides": "118", "total_cholesterol": "180", "hdl": "50", "alt": "24", "ast": "22",
    "ck": "100", "glucose": "90", "hemoglobin": "14.5", "wbc": "6", "anc": "4",
    "platelets": "220", "bilirubin": "0.8", "creatinine": "0.9", "fsh": "18", "lh": "8",
    "testosterone": "361", "estradiol": "25",
}  # fmt: skip


@pytest.fixture
def visit(treated, clinician):
    return open_visit(treated, clinician)


def prescribe(enrolment, by, **more):
    return dosing.prescribe(enrolment=enrolment, by=by, now=NOW, **more)


@pytest.fixture(autouse=True)
def lot(site, pharmacist):
    return shelved(site, pharmacist)


def hand_over(prescription, by, **more):
    return dosing.dispense(prescription=prescription, bottle=bottle(), by=by, now=NOW, **more)


def test_a_prescription_is_thirty_days_at_the_ordered_dose(treated, clinician):
    rx = prescribe(treated, clinician)

    assert (rx.number, rx.days, rx.capsules_per_day, rx.capsules) == (4, 30, 2, 60)


def test_after_a_reduction_it_is_thirty_capsules(treated, clinician):
    dosing.open_segment(
        enrolment=treated, on=TODAY + timedelta(days=1), capsules_per_day=1, kind="reduced",
        reason="Fats.", by=clinician, now=NOW,
    )  # fmt: skip

    assert prescribe(treated, clinician).capsules == 30


@pytest.mark.parametrize(("days", "allowed"), [(30, True), (31, False)])
def test_no_prescription_is_for_more_than_thirty_days(treated, clinician, days, allowed):
    if allowed:
        assert prescribe(treated, clinician, days=days).days == days
        return
    with pytest.raises(Refusal, match="At most 30 days") as refused:
        prescribe(treated, clinician, days=days)
    assert refused.value.field == "days"


def test_one_prescription_waits_at_a_time(treated, clinician):
    prescribe(treated, clinician)

    with pytest.raises(Refusal, match="Rx 4 is written and not handed out yet"):
        prescribe(treated, clinician)


@pytest.mark.parametrize(("days", "allowed"), [(179, True), (180, False)])
def test_nothing_is_prescribed_after_six_months(treated, clinician, days, allowed):
    now = NOW + (DAY_ONE + timedelta(days=days) - TODAY)
    if allowed:
        assert dosing.prescribe(enrolment=treated, by=clinician, now=now).number == 4
        return
    with pytest.raises(Refusal, match="180 days of treatment are over"):
        dosing.prescribe(enrolment=treated, by=clinician, now=now)


def test_a_changed_dose_cancels_the_waiting_prescription(treated, clinician):
    rx = prescribe(treated, clinician)

    dosing.open_segment(
        enrolment=treated, on=TODAY, capsules_per_day=0, kind="hold", reason="ALT.",
        by=clinician, now=NOW,
    )  # fmt: skip

    rx.refresh_from_db()
    assert (rx.cancelled_at, rx.cancelled_because) == (NOW, "The dose was changed.")


def test_the_gate_says_what_is_missing(treated, visit, clinician, pharmacist):
    rx = prescribe(treated, clinician, visit=visit)

    with pytest.raises(Refusal) as refused:
        hand_over(rx, pharmacist)

    assert str(refused.value) == (
        "The PHQ-9 of this visit is not answered. "
        "The laboratory results of this visit are not all in."
    )


def test_with_everything_done_the_bottle_is_handed_over(
    treated, visit, clinician, coordinator, pharmacist, lot
):
    draw = blood(treated.patient, coordinator, **M3)
    draw.reviewed_at, draw.reviewed_by = NOW, clinician
    draw.save()
    MoodQuestionnaireFactory(enrolment=treated, visit=visit, answered_at=NOW)
    rx = prescribe(treated, clinician, visit=visit)

    handed = hand_over(rx, pharmacist)

    assert (handed.capsules, handed.lot, handed.overridden) == (60, "L77", [])
    assert (handed.product, handed.ndc, handed.rma) == (lot.product.name, lot.product.ndc, RMA)


def test_results_nobody_has_seen_stop_the_bottle(treated, visit, clinician, coordinator):
    blood(treated.patient, coordinator, **M3)
    MoodQuestionnaireFactory(enrolment=treated, visit=visit, answered_at=NOW)

    with pytest.raises(Refusal, match=r"^The laboratory results have not been reviewed\.$"):
        hand_over(prescribe(treated, clinician, visit=visit), coordinator)


def test_two_people_may_go_against_the_gate_and_it_is_a_major_deviation(
    treated, visit, clinician, pharmacist
):
    rx = prescribe(treated, clinician, visit=visit)

    handed = hand_over(rx, pharmacist, override_reason="Snow, no courier.", second=clinician)

    assert handed.second_signature == clinician
    assert [why["code"] for why in handed.overridden] == ["PHQ9_MISSING", "LABS_NOT_RESULTED"]
    deviation = Deviation.objects.get(code="DISPENSE_WITHOUT_LABS")
    assert (deviation.weight, deviation.about) == ("major", f"protocols.dispense:{handed.pk}")


@pytest.mark.parametrize(
    ("reason", "who", "says"),
    [
        pytest.param("", "clinician", "Say why", id="no reason"),
        pytest.param("Snow.", None, "A second member signs", id="nobody"),
        pytest.param("Snow.", "pharmacist", "another person", id="the same person"),
        pytest.param("Snow.", "auditor", "cannot sign", id="no such role"),
        pytest.param("Snow.", "stranger", "cannot sign", id="another site"),
    ],
)
def test_going_against_the_gate_needs_a_reason_and_a_second_member(
    visit, pharmacist, request, reason, who, says
):
    rx = prescribe(visit.enrolment, request.getfixturevalue("clinician"), visit=visit)
    second = request.getfixturevalue(who) if who else None

    with pytest.raises(Refusal, match=says):
        hand_over(rx, pharmacist, override_reason=reason, second=second)
    assert not Dispense.objects.filter(prescription=rx).exists()


def test_nobody_overrides_an_open_hold(treated, visit, clinician, pharmacist):
    FindingFactory(enrolment=treated, action="HOLD", evidence="protocols.visit:0")
    rx = prescribe(treated, clinician, visit=visit)

    with pytest.raises(Refusal, match="A hold or stop is not resolved"):
        hand_over(rx, pharmacist, override_reason="He insists.", second=clinician)


def test_a_bottle_is_handed_over_once(treated, visit, clinician, pharmacist):
    rx = prescribe(treated, clinician, visit=visit)
    hand_over(rx, pharmacist, override_reason="Snow.", second=clinician)

    with pytest.raises(Refusal, match="Rx 4 has already been handed out"):
        hand_over(rx, pharmacist, override_reason="Snow.", second=clinician)


def test_the_database_refuses_a_bottle_against_the_gate_with_one_signature(clinician, treated):
    with pytest.raises(IntegrityError, match="override_has_two_people"), transaction.atomic():
        DispenseFactory(
            prescription__enrolment=treated, prescription__number=9, handed_by=clinician,
            override_reason="Snow.", second_signature=clinician,
        )  # fmt: skip


def test_capsules_back_are_counted_since_the_first(treated, visit, coordinator):
    count = dosing.count_return(visit=visit, returned=14, by=coordinator, now=NOW)

    assert (count.since_on, count.counted_on) == (DAY_ONE, TODAY)
    assert (count.dispensed, count.expected, count.taken) == (180, 176, 166)


@pytest.mark.parametrize(
    ("returned", "weight"),
    [
        pytest.param(39, None, id="80 %"),
        pytest.param(40, "minor", id="just under 80 %"),
        pytest.param(74, "minor", id="60 %"),
        pytest.param(75, "major", id="just under 60 %"),
    ],
)
def test_missed_capsules_are_a_deviation(treated, visit, coordinator, returned, weight):
    dosing.count_return(visit=visit, returned=returned, by=coordinator, now=NOW)

    assert list(Deviation.objects.values_list("weight", flat=True)) == ([weight] if weight else [])


def test_counting_again_corrects_and_closes_the_deviation(treated, visit, coordinator):
    dosing.count_return(visit=visit, returned=75, by=coordinator, now=NOW)

    dosing.count_return(visit=visit, returned=14, by=coordinator, now=NOW)

    assert CapsuleCount.objects.get().returned == 14
    assert Deviation.objects.get().closed_by == coordinator


def test_more_gone_than_ordered_is_a_finding(treated, visit, clinician, coordinator):
    DispenseFactory(
        prescription__enrolment=treated, prescription__number=4,
        prescription__written_on=TODAY - timedelta(days=1), prescription__written_by=clinician,
    )  # fmt: skip

    dosing.count_return(visit=visit, returned=0, by=coordinator, now=NOW)

    assert Finding.objects.get().reasons[0]["rule"] == "OVER_USE"


def test_a_bottle_not_brought_is_not_known_and_never_full(treated, visit, coordinator):
    dosing.count_return(visit=visit, returned=None, by=coordinator, now=NOW)

    summary = dose_summary(treated, TODAY)
    assert (summary.adherence_pct, summary.adherence_class) == (None, "UNKNOWN")
    assert summary.capsules_on_hand is None
    assert summary.estimated


@pytest.mark.parametrize(("returned", "lost"), [(181, 0), (180, 1), (-1, 0)])
def test_more_than_he_had_cannot_come_back(treated, visit, coordinator, returned, lost):
    with pytest.raises(Refusal, match=r"[Cc]apsules"):
        dosing.count_return(visit=visit, returned=returned, lost=lost, by=coordinator, now=NOW)


def test_the_summary_adds_up(treated, visit, coordinator):
    dosing.count_return(visit=visit, returned=14, by=coordinator, now=NOW)

    summary = dose_summary(treated, TODAY)

    assert (summary.mg_per_day, summary.since_on, summary.cumulative_mg) == (40, DAY_ONE, 3320)
    assert round(summary.mg_per_kg, 1) == Decimal("39.5")
    assert round(summary.adherence_pct) == 94
    assert summary.period == (DAY_ONE, TODAY - timedelta(days=1))
    assert (summary.capsules_on_hand, summary.run_out_on) == (14, TODAY + timedelta(days=7))


def test_nobody_takes_capsules_he_does_not_have(treated):
    """After 90 days the three bottles are empty, whatever is ordered."""
    summary = dose_summary(treated, DAY_ONE + timedelta(days=120))

    assert summary.cumulative_mg == 180 * 20


@pytest.mark.parametrize("men", [1, 3])
def test_summaries_of_many_take_three_queries(
    site, clinician, catalogue, programme, men, django_assert_num_queries
):
    enrolments = [on_treatment(site, clinician, f"Rourke {n}") for n in range(men)]

    with django_assert_num_queries(3):
        found = dose_summaries(enrolments, TODAY)

    assert {row.mg_per_day for row in found.values()} == {40}


def test_a_prescription_taken_back_keeps_its_reason(treated, clinician):
    rx = prescribe(treated, clinician)

    dosing.cancel_prescription(prescription=rx, reason="Wrong month.", by=clinician, now=NOW)

    assert Prescription.objects.get(pk=rx.pk).cancelled_because == "Wrong month."
    with pytest.raises(Refusal, match="was cancelled"):
        hand_over(rx, clinician)
