"""Rules that rest on the time before: holds, repeats; and medicines, and what was told."""

from datetime import timedelta
from decimal import Decimal

import pytest

from protocols.actions import back_test as actions
from protocols.actions import safety
from protocols.actions.safety import decide
from protocols.actions.treatment import hold, resume
from protocols.models import Finding
from tests.factories.patients import MedicineFactory
from tests.factories.protocols import SymptomReportFactory
from tests.protocols.back_test.test_pages import hits
from tests.protocols.men import DAY, DAY_ONE, NOW, blood
from tests.protocols.safety.test_following import enzymes

LATER = NOW + 60 * DAY
pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(LATER, tick=False)]


def tried(version, by, rule, threshold=None):
    run = actions.begin(version=version, rule=rule, threshold=threshold, by=by, now=LATER)
    return actions.go_on(run=run, by=by, now=LATER)


@pytest.fixture
def held_twice(treated, coordinator, clinician):
    """ALT asks for a hold, falls, asks again; it stays a little high after that."""
    blood(treated.patient, coordinator, now=NOW, alt="144")
    decide(finding=Finding.objects.get(), decision="accept", by=clinician, now=NOW)
    blood(treated.patient, coordinator, now=NOW + 7 * DAY, alt="30", ast="28")
    resume(enrolment=treated, reason="Normal again.", by=clinician, now=NOW + 7 * DAY)
    blood(treated.patient, coordinator, now=NOW + 21 * DAY, alt="150")
    blood(treated.patient, coordinator, now=NOW + 28 * DAY, alt="60")
    return treated


def test_a_second_hold_fires_where_the_first_was_over_and_only_there(
    held_twice, clinician, programme
):
    run = tried(programme, clinician, "SECOND_HOLD")

    assert hits(run) == [(True, "waiting")]
    assert run.hits.get().on == (NOW + 21 * DAY).date()
    assert run.evidence == 4


def test_a_repeat_until_normal_fires_for_what_was_asked_for_and_is_still_high(
    held_twice, clinician, programme
):
    as_written = tried(programme, clinician, "LIVER_HOLD_AGAIN")
    looser = tried(programme, clinician, "LIVER_HOLD_AGAIN", Decimal(2))

    assert [row.on for row in as_written.hits.filter(would_fire=True)] == [(NOW + 28 * DAY).date()]
    assert [(row.on, row.would_fire) for row in looser.hits.all()] == [
        ((NOW + 28 * DAY).date(), False)
    ]


@pytest.mark.parametrize(
    ("most", "found"),
    [(None, [(True, "waiting")]), (28, [(True, "waiting")]), (29, [(False, "waiting")])],
)
def test_a_hold_that_ended_the_treatment_is_tried_with_its_days(
    treated, clinician, programme, most, found
):
    hold(enrolment=treated, reason="ALT.", by=clinician, now=NOW)
    safety.evaluate_holds(now=NOW + 28 * DAY)

    run = tried(programme, clinician, "HOLD_TOO_LONG", Decimal(most) if most else None)

    assert hits(run) == found


@pytest.mark.parametrize(("most", "found"), [(14, []), (13, [(True, "not_fired")])])
def test_a_hold_that_was_ended_in_time_is_as_long_as_it_was(
    treated, clinician, programme, most, found
):
    hold(enrolment=treated, reason="ALT.", by=clinician, now=NOW)
    resume(enrolment=treated, reason="Normal.", by=clinician, now=NOW + 14 * DAY)

    assert hits(tried(programme, clinician, "HOLD_TOO_LONG", Decimal(most))) == found


def test_a_medicine_is_tried_on_the_day_it_was_written_down(treated, clinician, programme):
    start = NOW - timedelta(days=(NOW.date() - DAY_ONE).days)
    for name, at, more in (
        ("Doxycycline", NOW - 5 * DAY, {}),
        ("Warfarin", NOW - 4 * DAY, {}),
        ("Minocycline", NOW - 3 * DAY, {"ended_on": DAY_ONE - DAY}),
        ("Acitretin", start - 400 * DAY, {}),
    ):
        row = MedicineFactory(patient=treated.patient, name=name, recorded_at=at, **more)
        if name == "Doxycycline":
            safety.evaluate_medicine(row)

    assert hits(tried(programme, clinician, "MEDICINE_TETRACYCLINE")) == [(True, "waiting")]
    assert hits(tried(programme, clinician, "MEDICINE_WARFARIN")) == [(True, "not_fired")]
    assert hits(tried(programme, clinician, "MEDICINE_RETINOID")) == []
    assert hits(tried(programme, clinician, "PROHIBITED_MED")) == [(True, "waiting")]


def test_what_was_told_between_visits_is_tried_like_a_checklist(treated, clinician, programme):
    told = {"enrolment": treated, "codes": ["hearing"], "recorded_by": clinician}
    SymptomReportFactory(told_at=NOW - DAY, recorded_at=NOW, **told)
    SymptomReportFactory(
        told_at=NOW - DAY, recorded_at=NOW, struck_at=NOW, struck_by=clinician,
        struck_because="Another man.", **told,
    )  # fmt: skip

    assert hits(tried(programme, clinician, "SYMPTOM_HEARING")) == [(True, "not_fired")]


@pytest.mark.parametrize(("day", "found"), [(7, [(True, "waiting")]), (8, [])])
def test_liver_enzymes_are_read_with_the_bilirubin_of_the_same_week(
    treated, coordinator, clinician, programme, day, found
):
    enzymes(treated, coordinator, 0, alt="121")
    enzymes(treated, coordinator, day, bilirubin="2.5")

    run = tried(programme, clinician, "HYS_LAW")

    assert (hits(run), run.evidence) == (found, 2)


def test_a_rule_without_any_evidence_says_so(client, sign_in, treated, clinician, programme):
    run = tried(programme, clinician, "PROHIBITED_MED")

    page = sign_in(client, clinician).get(f"/back-tests/{run.pk}/")

    assert run.evidence == 0
    assert "There was nothing to look at" in page.text


def test_the_page_says_what_cannot_be_tried(client, sign_in, clinician, programme):
    page = sign_in(client, clinician).get(f"/protocols/{programme.pk}/try/")

    assert "What cannot be tried" in page.text
    assert "Deviation: The sample was not given as asked; it still counts." in page.text
