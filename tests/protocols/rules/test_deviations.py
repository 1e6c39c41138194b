"""Each row of the deviation table on both sides of its limit (domain reference §7.5)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from protocols.rules.deviations import (
    LabTimes,
    SemenFacts,
    deviation,
    of_adherence,
    of_fasting,
    of_gap,
    of_lab,
    of_missed,
    of_semen,
    of_visit,
)
from protocols.rules.dosing import PillCount, adherence
from protocols.rules.gaps import Gap
from protocols.rules.lost import Attempt, lost_to_follow_up
from protocols.rules.schedule import assign, lay_out
from protocols.rules.vocabulary import DeviationClass
from tests.protocols.rules.given import PROGRAMME, fasting_tg, lab

DAY_ONE = date(2026, 1, 15)
VISITS = lay_out(PROGRAMME, first_dose_on=DAY_ONE)


def named(found):
    return [(row.code, row.weight.value) for row in found]


def after(days):
    return DAY_ONE + timedelta(days=days)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (15, []),
        (16, [("VISIT_EARLY", "MINOR")]),
        (22, [("VISIT_EARLY", "MINOR")]),
        (23, []),
        (37, []),
        (38, [("VISIT_LATE", "MINOR")]),
        (44, [("VISIT_LATE", "MINOR")]),
        (45, []),
    ],
)
def test_a_visit_outside_its_window(day, expected):
    assignment = assign(VISITS, after(day), done=["V0", "V1"])
    assert named(of_visit(PROGRAMME, assignment)) == expected


def test_an_early_visit_says_by_how_much():
    (found,) = of_visit(PROGRAMME, assign(VISITS, after(20), done=["V0", "V1"]))
    assert found.sentence == "The visit was before its window. M1 was 10 days before its target."


@pytest.mark.parametrize(
    ("code", "day", "attended", "expected"),
    [
        ("M1", 44, False, []),
        ("M1", 45, False, [("VISIT_MISSED", "MAJOR")]),
        ("M1", 45, True, []),
        ("M2", 75, False, [("VISIT_MISSED", "MINOR")]),
    ],
)
def test_a_missed_visit(code, day, attended, expected):
    visit = next(row for row in VISITS if row.code == code)
    assert named(of_missed(PROGRAMME, visit, as_of=after(day), attended=attended)) == expected


VISIT_ON = date(2026, 2, 14)


@pytest.mark.parametrize(
    ("collected", "resulted", "as_of", "late"),
    [
        pytest.param(7, 7, 7, False, id="collected on the last day"),
        pytest.param(8, 8, 8, True, id="collected a day late"),
        pytest.param(None, None, 7, False, id="still may be collected"),
        pytest.param(None, None, 8, True, id="not collected"),
        pytest.param(0, 14, 14, False, id="resulted on the last day"),
        pytest.param(0, 15, 15, True, id="resulted a day late"),
        pytest.param(0, None, 14, False, id="still may be resulted"),
        pytest.param(0, None, 15, True, id="not resulted"),
    ],
)
def test_a_late_laboratory(collected, resulted, as_of, late):
    days = [
        None if day is None else VISIT_ON + timedelta(days=day) for day in (collected, resulted)
    ]
    found = of_lab(PROGRAMME, LabTimes(VISIT_ON, *days), as_of=VISIT_ON + timedelta(days=as_of))
    assert named(found) == ([("LAB_LATE", "MINOR")] if late else [])


def test_a_late_laboratory_is_major_if_a_bottle_needed_it():
    times = LabTimes(VISIT_ON, needed_before_dispense=True)
    (found,) = of_lab(PROGRAMME, times, as_of=VISIT_ON + timedelta(days=8))
    assert found.weight is DeviationClass.MAJOR


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((fasting_tg("90"),), []),
        ((lab("triglycerides", "90", "mg/dL"),), [("LAB_NOT_FASTING", "MINOR")]),
        ((lab("hdl", "50", "mg/dL", fasting=False),), [("LAB_NOT_FASTING", "MINOR")]),
        ((lab("alt", "20", "U/L", uln=40),), []),
        ((), []),
    ],
)
def test_a_lipid_panel_not_known_to_be_fasting(facts, expected):
    found = of_fasting(PROGRAMME, facts)
    assert named(found) == expected
    assert [row.repeat_within_days for row in found] == [7] * len(expected)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (SemenFacts(), []),
        (SemenFacts(first_fraction_lost=True), ["SEMEN_INVALID"]),
        (SemenFacts(minutes_to_analysis=Decimal(60)), []),
        (SemenFacts(minutes_to_analysis=Decimal("60.1")), ["SEMEN_INVALID"]),
        (SemenFacts(pellet_missing=True), ["SEMEN_INVALID"]),
        (SemenFacts(abstinence_days=Decimal("1.9")), ["SEMEN_PREP"]),
        (SemenFacts(abstinence_days=Decimal(2)), []),
        (SemenFacts(abstinence_days=Decimal(7)), []),
        (SemenFacts(abstinence_days=Decimal("7.1")), ["SEMEN_PREP"]),
        (SemenFacts(other_fraction_lost=True), ["SEMEN_PREP"]),
        (
            SemenFacts(first_fraction_lost=True, abstinence_days=Decimal(1)),
            ["SEMEN_INVALID", "SEMEN_PREP"],
        ),
    ],
)
def test_a_semen_sample(facts, expected):
    found = of_semen(PROGRAMME, facts)
    assert [row.code for row in found] == expected
    repeats = {"SEMEN_INVALID": 14, "SEMEN_PREP": None}
    assert [row.repeat_within_days for row in found] == [repeats[code] for code in expected]


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (59, [("DOSE_MISSED", "MAJOR")]),
        (60, [("DOSE_MISSED", "MINOR")]),
        (79, [("DOSE_MISSED", "MINOR")]),
        (80, []),
        (111, []),
        (None, []),
    ],
)
def test_missed_doses(taken, expected):
    count = PillCount(dispensed=200, returned=None if taken is None else 200 - taken)
    found = of_adherence(PROGRAMME, adherence(PROGRAMME.dose, expected=100, count=count))
    assert named(found) == expected


@pytest.mark.parametrize(("days", "expected"), [(6, []), (7, [("GAP", "MAJOR")])])
def test_a_week_without_the_drug(days, expected):
    gap = Gap(DAY_ONE, after(days - 1))
    assert named(of_gap(PROGRAMME, gap)) == expected


def test_dispensing_against_the_gate_needs_a_second_signature():
    found = deviation(PROGRAMME, "DISPENSE_WITHOUT_LABS")
    assert (found.weight, found.needs_second_signature) == (DeviationClass.MAJOR, True)


def test_a_prohibited_medicine_is_major_and_answered_the_same_day():
    found = deviation(PROGRAMME, "PROHIBITED_MED", "Doxycycline.")
    assert (found.weight, found.contact_within_hours) == (DeviationClass.MAJOR, 8)


AS_OF = date(2026, 6, 30)


def tries(*pairs):
    return [Attempt(AS_OF - timedelta(days=days), channel) for days, channel in pairs]


ENOUGH = tries((20, "phone"), (13, "email"), (6, "letter"))


@pytest.mark.parametrize(
    ("missed", "attempts", "silent_days", "reasons"),
    [
        pytest.param(["M2", "M3"], ENOUGH, 60, 0, id="all met at the edge"),
        pytest.param(["M2", "M4"], ENOUGH, 60, 1, id="not in a row"),
        pytest.param(["M3"], ENOUGH, 60, 1, id="one missed"),
        pytest.param(["M2", "M3"], ENOUGH, 59, 1, id="heard from him 59 days ago"),
        pytest.param(["M2", "M3"], ENOUGH, None, 1, id="last contact unknown"),
        pytest.param(["M2", "M3"], ENOUGH[:2], 60, 3, id="two tries, no letter, 7 days"),
        pytest.param(
            ["M2", "M3"], tries((19, "phone"), (13, "email"), (6, "letter")), 60, 1, id="13 days"
        ),
        pytest.param(
            ["M2", "M3"], tries((20, "letter"), (13, "letter"), (6, "letter")), 60, 1, id="one way"
        ),
        pytest.param(
            ["M2", "M3"],
            tries((20, "letter"), (13, "email"), (6, "phone")),
            60,
            1,
            id="last a call",
        ),
        pytest.param([], [], 0, 6, id="nothing at all"),
    ],
)
def test_lost_to_follow_up(missed, attempts, silent_days, reasons):
    last = None if silent_days is None else AS_OF - timedelta(days=silent_days)
    found = lost_to_follow_up(
        PROGRAMME, missed=missed, attempts=attempts, last_contact_on=last, as_of=AS_OF
    )
    assert (len(found.reasons), found.lost) == (reasons, reasons == 0)


def test_tries_that_lie_ahead_do_not_count():
    later = [*ENOUGH[:2], Attempt(AS_OF + timedelta(days=1), "letter")]
    found = lost_to_follow_up(
        PROGRAMME,
        missed=["M2", "M3"],
        attempts=later,
        last_contact_on=AS_OF - timedelta(days=90),
        as_of=AS_OF,
    )
    assert not found.lost
