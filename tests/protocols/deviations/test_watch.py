"""Late results and days without capsules are drafted as time goes by, and withdrawn with it."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from labs.actions.corrections import strike_draw
from labs.actions.results import Value, file_draw
from labs.models import Analyte, Order
from patients.actions.history import add_medicine, strike
from protocols import tasks
from protocols.actions.departures import judge, watch
from protocols.actions.freezing import evaluate_semen
from protocols.models import CapsuleCount, Deviation, Dispense, Visit
from protocols.queries.departures import before_a_bottle
from protocols.rules.definition import shipped
from protocols.rules.dosing import Segment
from protocols.rules.gaps import Gap, gaps
from tests.factories.labs import SemenAnalysisFactory
from tests.factories.protocols import CapsuleCountFactory, VisitFactory
from tests.protocols.enrolment.cast import at
from tests.protocols.men import DAY_ONE, NOW, TODAY

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CAME = DAY_ONE + 60 * DAY
PANEL = ("total_cholesterol", "hdl", "triglycerides", "alt", "ast", "ck", "glucose")


@pytest.fixture
def came(treated, coordinator):
    """He came to month 2 on its target; no blood of it is in."""
    return VisitFactory(
        enrolment=treated, planned__code="M2", status=Visit.Status.SIGNED, attended_on=CAME,
        opened_by=coordinator,
    )  # fmt: skip


def filed(man, by, collected_on, filed_on, keys=PANEL, **more):
    site = man.patient.site
    units = dict(Analyte.objects.values_list("key", "unit"))
    return file_draw(
        patient=man.patient,
        laboratory=None,
        collected_at=at(site, collected_on, hour=8),
        values=[Value(key, "20", units[key], "") for key in keys],
        by=by,
        now=at(site, filed_on, hour=12),
        confirmed=True,
        **{"fasting": True, "fasting_hours": Decimal(12), "alcohol_hours": Decimal(48)} | more,
    )


def state(code):
    return list(Deviation.objects.filter(code=code).order_by("pk").values_list("outcome", "weight"))


@pytest.mark.parametrize(
    ("days", "late"), [pytest.param(7, [], id="day 7"), pytest.param(8, [("", "major")], id="8")]
)
def test_blood_that_was_not_drawn_within_a_week(treated, came, days, late):
    judge(treated.pk, now=at(treated.patient.site, CAME + days * DAY, hour=9))

    assert state("LAB_LATE") == late


@pytest.mark.parametrize(("days", "late"), [(7, []), (8, [("", "major")])])
def test_blood_that_was_drawn_late(treated, came, coordinator, days, late):
    on = CAME + days * DAY
    filed(treated, coordinator, on, on)

    assert state("LAB_LATE") == late


@pytest.mark.parametrize(("days", "late"), [(14, []), (15, [("", "major")])])
def test_blood_that_was_drawn_and_not_resulted_in_a_fortnight(
    treated, came, coordinator, days, late
):
    filed(treated, coordinator, CAME, CAME + days * DAY)

    assert state("LAB_LATE") == late


def test_one_analyte_that_is_missing_keeps_the_panel_late(treated, came, coordinator):
    filed(treated, coordinator, CAME, CAME, keys=[key for key in PANEL if key != "ast"])

    judge(treated.pk, now=at(treated.patient.site, CAME + 8 * DAY))

    assert state("LAB_LATE") == [("", "major")]


def test_a_result_that_was_on_its_way_withdraws_the_draft(treated, came, coordinator):
    judge(treated.pk, now=at(treated.patient.site, CAME + 8 * DAY))
    assert state("LAB_LATE") == [("", "major")]

    filed(treated, coordinator, CAME, CAME + 9 * DAY)

    assert state("LAB_LATE") == [("withdrawn", "major")]


def test_a_struck_collection_brings_the_draft_back(treated, came, coordinator):
    draw = filed(treated, coordinator, CAME, CAME + DAY)
    assert state("LAB_LATE") == []

    strike_draw(
        draw=draw, reason="Another man’s.", by=coordinator,
        now=at(treated.patient.site, CAME + 8 * DAY),
    )  # fmt: skip

    assert state("LAB_LATE") == [("", "major")]


def test_the_months_whose_blood_a_bottle_waits_for():
    assert before_a_bottle(shipped()) == {"M1", "M2", "M3", "M4", "M5"}


def test_late_blood_of_the_last_month_is_minor(treated, coordinator):
    on = DAY_ONE + 180 * DAY
    VisitFactory(
        enrolment=treated, planned__code="M6", status=Visit.Status.SIGNED, attended_on=on,
        opened_by=coordinator,
    )  # fmt: skip

    judge(treated.pk, now=at(treated.patient.site, on + 8 * DAY))

    assert state("LAB_LATE") == [("", "minor")]


# --- days without capsules -------------------------------------------------------------------


@pytest.mark.parametrize(("days", "gap"), [(6, []), (7, [("", "major")])])
def test_a_week_after_the_last_capsule(treated, days, gap):
    """Three bottles of thirty days last to day 90; the day a gap is known is the day after it."""
    first_without = DAY_ONE + 90 * DAY

    judge(treated.pk, now=at(treated.patient.site, first_without + days * DAY, hour=1))

    assert state("GAP") == gap


def test_a_gap_grows_in_one_draft_and_ends_with_a_bottle(treated, coordinator):
    site, first_without = treated.patient.site, DAY_ONE + 90 * DAY
    judge(treated.pk, now=at(site, first_without + 8 * DAY))
    judge(treated.pk, now=at(site, first_without + 10 * DAY))

    (row,) = Deviation.objects.filter(code="GAP")
    assert row.sentence.endswith("10 days.")
    assert row.evidence == [
        ["First day without", "6 Aug 2026"],
        ["Last day without", "15 Aug 2026"],
    ]


def test_a_bottle_that_was_written_down_later_withdraws_the_gap(treated):
    site, first_without = treated.patient.site, DAY_ONE + 90 * DAY
    judge(treated.pk, now=at(site, first_without + 8 * DAY))
    last = Dispense.objects.order_by("on").last()
    Dispense.objects.filter(pk=last.pk).update(capsules=120)

    judge(treated.pk, now=at(site, first_without + 9 * DAY))

    assert state("GAP") == [("withdrawn", "major")]


def test_what_he_brought_back_shows_that_he_was_not_without(treated, coordinator):
    """On day 100 he brings 20 capsules: he had left some out, which is another departure."""
    on = DAY_ONE + 100 * DAY
    visit = VisitFactory(
        enrolment=treated, planned__code="M3", status=Visit.Status.SIGNED, attended_on=on,
        opened_by=coordinator,
    )  # fmt: skip
    CapsuleCountFactory(
        enrolment=treated, visit=visit, counted_on=on, since_on=DAY_ONE, carried_in=0,
        dispensed=180, returned=20, expected=200, counted_by=coordinator,
    )  # fmt: skip

    judge(treated.pk, now=at(treated.patient.site, on + DAY))

    assert state("GAP") == []
    CapsuleCount.objects.update(returned=0)
    judge(treated.pk, now=at(treated.patient.site, on + DAY))
    assert state("GAP") == [("", "major")]


FULL = [Segment(date(2026, 1, 1), None, 2)]


def found(segments, received, last_on, counted=None, first_on=date(2026, 1, 1)):
    return gaps(
        segments, received=received, counted=counted or {}, first_on=first_on, last_on=last_on
    )


def test_a_hold_is_no_gap_and_ends_a_run():
    held = [
        Segment(date(2026, 1, 1), date(2026, 1, 14), 2),
        Segment(date(2026, 1, 14), date(2026, 1, 20), 0),
        Segment(date(2026, 1, 20), None, 2),
    ]

    assert found(held, {date(2026, 1, 1): 20}, date(2026, 1, 22)) == (
        Gap(date(2026, 1, 11), date(2026, 1, 13)),
        Gap(date(2026, 1, 20), date(2026, 1, 22)),
    )


def test_half_a_dose_is_not_a_day_without():
    """Twenty-one capsules: on the eleventh day he has one of two."""
    assert found(FULL, {date(2026, 1, 1): 21}, date(2026, 1, 13)) == (
        Gap(date(2026, 1, 12), date(2026, 1, 13)),
    )


@pytest.mark.parametrize(
    ("first_on", "days"),
    [
        pytest.param(date(2028, 2, 20), 9, id="over a leap day"),
        pytest.param(date(2026, 3, 1), 9, id="over the change of clocks"),
    ],
)
def test_a_gap_counts_days_and_not_hours(first_on, days):
    (gap,) = found(
        [Segment(first_on, None, 2)], {first_on: 4}, first_on + 10 * DAY, first_on=first_on
    )

    assert (gap.first_on, gap.days) == (first_on + 2 * DAY, days)


# --- what results and medicines depart from --------------------------------------------------


def test_lipids_not_fasting_are_drafted_with_the_hours_and_withdrawn_when_struck(
    treated, coordinator
):
    draw = filed(
        treated, coordinator, TODAY, TODAY, keys=("triglycerides",), fasting=False,
        fasting_hours=Decimal(3),
    )  # fmt: skip
    (row,) = Deviation.objects.filter(code="LAB_NOT_FASTING")
    assert row.evidence[:2] == [["Said to be fasting", "no"], ["Nothing eaten for", "3 hours"]]
    assert row.repeat_by == TODAY + 7 * DAY

    strike_draw(draw=draw, reason="Another man’s.", by=coordinator, now=NOW + DAY)

    assert state("LAB_NOT_FASTING") == [("withdrawn", "minor")]


def test_a_prohibited_medicine_that_was_never_his_is_withdrawn(treated, coordinator):
    drug = add_medicine(patient=treated.patient, name="Doxycycline", by=coordinator, now=NOW)
    assert state("PROHIBITED_MED") == [("", "major")]

    strike(entry=drug, reason="Another man’s.", by=coordinator, now=NOW)

    assert state("PROHIBITED_MED") == [("withdrawn", "major")]


def test_a_medicine_after_the_treatment_departs_from_nothing(treated, coordinator):
    treated.status, treated.last_dose_on = "COMPLETED_TREATMENT", TODAY - DAY
    treated.save()

    add_medicine(patient=treated.patient, name="Doxycycline", by=coordinator, now=NOW)

    assert state("PROHIBITED_MED") == []


# --- everybody in turn ------------------------------------------------------------------------


def test_the_worker_judges_everybody_once_and_again_with_the_same_end(treated, came):
    later = at(treated.patient.site, CAME + 40 * DAY)

    assert [watch(now=later), watch(now=later)] == [1, 1]

    assert state("LAB_LATE") == [("", "major")]
    assert Deviation.objects.filter(code="GAP").count() == 1
    assert tasks.watch_departures() == 1


def test_who_has_left_is_not_judged(treated, came):
    treated.status = "CLOSED"
    treated.save()

    assert watch(now=NOW) == 0


def test_the_clinics_own_day_decides(treated, came):
    """23:30 of the seventh day is still in time; half an hour later it is the eighth."""
    zone = treated.patient.site.zone
    last = datetime.combine(CAME + 7 * DAY, time(23, 30), tzinfo=zone)

    judge(treated.pk, now=last)
    assert state("LAB_LATE") == []
    judge(treated.pk, now=last + timedelta(minutes=31))
    assert state("LAB_LATE") == [("", "major")]


def test_a_sample_that_does_not_count_is_ordered_again_once(treated, clinician):
    sample = SemenAnalysisFactory(
        patient=treated.patient, verified_by=clinician, deviations=["SEMEN_INVALID"],
        collected_at=NOW, verified_at=NOW,
    )  # fmt: skip
    evaluate_semen(sample)
    evaluate_semen(sample)

    (order,) = Order.objects.filter(semen=True)
    assert (order.due_on, order.status) == (TODAY + 14 * DAY, "open")
