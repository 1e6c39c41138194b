"""What he brings: taken, lost, kept here; and when nothing of it is open any more."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from clinic.refusal import Refusal
from protocols.actions import dosing, recalls
from protocols.actions.counting import draft_missed_doses
from protocols.actions.safety import evaluate_count
from protocols.models import CapsuleCount, Deviation, Dispense, Finding, StockLot, StockMovement
from protocols.queries.adherence import compared, ticks_of
from protocols.queries.dosing import dose_record, sheet_of
from protocols.queries.endings import completion_facts
from protocols.rules.gates import completion_obstacles
from tests.factories.protocols import CapsuleCountFactory, DiaryDoseFactory
from tests.protocols.dosing.shelf import bottle, shelved
from tests.protocols.men import DAY, DAY_ONE, NOW, TODAY, open_visit
from tests.protocols.rules.given import PROGRAMME

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot(site, pharmacist):
    return shelved(site, pharmacist)


@pytest.fixture
def supplied(treated, lot, pharmacist, clinician):
    """A fourth bottle, from the shelf, three days ago."""
    early = NOW - 3 * DAY
    rx = dosing.prescribe(enrolment=treated, by=clinician, now=early)
    dosing.dispense(
        prescription=rx, bottle=bottle(on=TODAY - 3 * DAY, lot=lot), by=pharmacist, now=early,
        override_reason="Snow.", second=clinician,
    )  # fmt: skip
    return treated


def rest(enrolment, by, now=NOW, **told):
    return dosing.count_rest(enrolment=enrolment, by=by, now=now, **told)


def places(lot):
    return StockLot.objects.values_list("on_shelf", "in_quarantine").get(pk=lot.pk)


def test_what_he_hands_in_waits_in_quarantine_and_goes_out_to_nobody(supplied, lot, coordinator):
    rest(supplied, coordinator, returned=62, handed_in=50)

    assert places(lot) == (540, 50)
    assert StockMovement.objects.get(kind="patient_return").count.enrolment == supplied
    with pytest.raises(IntegrityError, match="goes_its_way"), transaction.atomic():
        StockMovement.objects.create(
            lot=lot, number=4, kind="dispensed", place="quarantine", capsules=-50, balance=0,
            on=TODAY, by=coordinator, dispense=Dispense.objects.first(),
        )  # fmt: skip


def test_of_bottles_from_before_the_ledger_nothing_is_in_it(supplied, lot, coordinator):
    """Seventy come back: sixty of the last bottle, ten of one that no lot is known of."""
    rest(supplied, coordinator, returned=70, handed_in=70)

    assert places(lot) == (540, 60)


def test_a_recall_stands_once_a_man_brought_capsules_back(supplied, lot, pharmacist, coordinator):
    recalls.recall(lot=lot, reason="The maker.", by=pharmacist, now=NOW)
    rest(supplied, coordinator, returned=62, handed_in=50)

    with pytest.raises(Refusal, match="Since the recall 50 of its capsules came back"):
        recalls.take_back(lot=lot, reason="A slip.", by=pharmacist, now=NOW)

    rest(supplied, coordinator, returned=62, handed_in=0)
    assert recalls.take_back(lot=lot, reason="A slip.", by=pharmacist, now=NOW).recalled_at is None


def test_counting_again_corrects_what_is_in_quarantine(supplied, lot, coordinator):
    rest(supplied, coordinator, returned=62, handed_in=50)

    rest(supplied, coordinator, returned=62, handed_in=12)

    assert places(lot) == (540, 12)
    assert [row.capsules for row in StockMovement.objects.filter(place="quarantine")] == [
        12,
        -50,
        50,
    ]
    assert CapsuleCount.objects.get().handed_in == 12


def test_what_goes_home_again_is_carried_into_the_next_count(supplied, coordinator):
    rest(supplied, coordinator, returned=62, handed_in=50)

    later = rest(supplied, coordinator, now=NOW + 4 * DAY, returned=4)

    assert (later.since_on, later.carried_in, later.dispensed, later.expected) == (TODAY, 12, 0, 8)
    assert later.taken == 8


@pytest.mark.parametrize(
    ("told", "says", "field"),
    [
        pytest.param({"returned": 241}, "He had 240 capsules", "returned", id="more than he had"),
        pytest.param({"returned": 240, "lost": 1}, "He had 240", "returned", id="one too many"),
        pytest.param({"returned": -1}, "counted from 0 up", "returned", id="less than none"),
        pytest.param({"returned": 5, "lost": -1}, "counted from 0 up", "lost", id="lost backwards"),
        pytest.param(
            {"returned": 5, "handed_in": 6}, "He brought 5 capsules", "handed_in", id="more kept"
        ),
        pytest.param(
            {"returned": None, "handed_in": 1}, "He brought 0 capsules", "handed_in", id="of none"
        ),
        pytest.param({"returned": 5, "handed_in": -1}, "from 0 up", "handed_in", id="kept less"),
    ],
)
def test_a_count_that_cannot_be_is_refused(supplied, lot, coordinator, told, says, field):
    with pytest.raises(Refusal, match=says) as refused:
        rest(supplied, coordinator, **told)

    assert refused.value.field == field
    assert not CapsuleCount.objects.exists()
    assert places(lot) == (540, 0)


@pytest.mark.parametrize(
    ("brought_before", "says"),
    [
        pytest.param(None, "Without the bottle he got that day he had 180 capsules", id="some"),
        pytest.param(0, "Without the bottle he got that day he had no capsules", id="none"),
    ],
)
def test_a_bottle_brought_back_the_same_day_is_counted_from_the_next(
    treated, lot, clinician, coordinator, brought_before, says
):
    if brought_before is not None:
        rest(treated, coordinator, NOW - DAY, returned=brought_before)
    rx = dosing.prescribe(enrolment=treated, by=clinician, now=NOW)
    dosing.dispense(
        prescription=rx, bottle=bottle(lot=lot), by=coordinator, now=NOW,
        override_reason="Snow.", second=clinician,
    )  # fmt: skip

    with pytest.raises(Refusal) as refused:
        rest(treated, coordinator, returned=181)
    assert str(refused.value) == f"{says}; that bottle is counted from the next day on."
    assert refused.value.field == "returned"
    assert rest(treated, coordinator, NOW + DAY, returned=60).returned == 60


def test_who_had_none_is_told_so(treated, coordinator):
    rest(treated, coordinator, NOW - DAY, returned=0)

    with pytest.raises(Refusal, match=r"^He had no capsules, so none can come back or be lost\.$"):
        rest(treated, coordinator, lost=1, returned=0)


def test_all_that_he_had_may_come_back(supplied, coordinator):
    assert rest(supplied, coordinator, returned=240).taken == 0


def test_before_the_first_capsule_there_is_nothing_to_count(treated, coordinator):
    with pytest.raises(Refusal, match="not taken a capsule yet"):
        rest(treated, coordinator, now=NOW - (TODAY - DAY_ONE) - DAY, returned=0)


def test_an_earlier_count_is_not_changed_behind_a_later_one(treated, clinician, coordinator):
    visit = open_visit(treated, clinician)
    dosing.count_return(visit=visit, returned=14, by=coordinator, now=NOW)
    rest(treated, coordinator, now=NOW + timedelta(hours=2), returned=10)

    with pytest.raises(Refusal, match="counted at a later visit"):
        dosing.count_return(visit=visit, returned=12, by=coordinator, now=NOW)


def test_after_a_bottle_nobody_saw_more_may_come_back_than_was_left_over(treated, coordinator):
    """On day 89 two should be left of 180 if he took all; he had taken only half."""
    rest(treated, coordinator, now=NOW - 7 * DAY, returned=None)

    later = rest(treated, coordinator, returned=90)

    assert (later.carried_in, later.taken, later.expected) == (90, 0, 14)
    sheet = sheet_of(dose_record(treated))
    assert (sheet.dispensed, sheet.taken, sheet.with_him) == (180, 90, 90)


def test_even_then_no_more_than_he_ever_had(treated, coordinator):
    rest(treated, coordinator, now=NOW - 7 * DAY, returned=None)

    with pytest.raises(Refusal, match="He had 180 capsules"):
        rest(treated, coordinator, returned=181)


@pytest.mark.parametrize(
    ("returned", "over"),
    [
        pytest.param(46, False, id="110 per cent"),
        pytest.param(45, True, id="just above"),
    ],
)
def test_over_use_is_a_finding_above_a_hundred_and_ten_per_cent(
    supplied, coordinator, returned, over
):
    """176 ordered on 88 days, 240 had: 194 taken is 110.2 per cent, 193.6 would be 110."""
    rest(supplied, coordinator, returned=returned + 1)

    rules = [row["rule"] for finding in Finding.objects.all() for row in finding.reasons]
    assert rules == (["OVER_USE"] if over else [])


@pytest.mark.parametrize(
    ("expected", "taken", "weight"),
    [
        pytest.param(10_000, 5_999, "major", id="59.99"),
        pytest.param(10_000, 6_000, "minor", id="60"),
        pytest.param(10_000, 7_999, "minor", id="79.99"),
        pytest.param(10_000, 8_000, None, id="80"),
        pytest.param(10_000, 11_000, None, id="110"),
        pytest.param(10_000, 11_001, None, id="110.01, which is a finding instead"),
    ],
)
def test_the_unrounded_share_decides(treated, coordinator, expected, taken, weight):
    count = CapsuleCountFactory(
        visit=None, enrolment=treated, counted_on=TODAY, since_on=DAY_ONE, expected=expected,
        dispensed=12_000, returned=12_000 - taken, counted_by=coordinator,
    )  # fmt: skip

    draft_missed_doses(count, coordinator, NOW)
    evaluate_count(count)

    assert list(Deviation.objects.values_list("weight", flat=True)) == ([weight] if weight else [])
    assert Finding.objects.exists() is (taken > 11_000)


# --- the account ----------------------------------------------------------------------------------


def against_completion(enrolment):
    facts = completion_facts(enrolment, TODAY)
    found = completion_obstacles(PROGRAMME, facts)
    return next((row.sentence for row in found if row.code == "ACCOUNTABILITY_OPEN"), "")


OPEN = "The capsules are not all accounted for. "


def test_the_account_is_open_until_everything_is_counted(treated, coordinator):
    assert against_completion(treated) == (
        OPEN + "No count says where 180 capsules went: count what he brings, or write down what "
        "is lost."
    )


@pytest.mark.parametrize(
    ("told", "says"),
    [
        pytest.param(
            {"returned": 1},
            OPEN + "1 capsule went home with him: have them brought back, or write down what is "
            "lost.",
            id="one went home",
        ),
        pytest.param({"returned": 1, "handed_in": 1}, "", id="it stayed here"),
        pytest.param({"returned": 0, "lost": 1}, "", id="it is lost"),
        pytest.param({"returned": 0}, "", id="all are taken"),
    ],
)
def test_the_account_is_closed_by_the_last_capsule(treated, coordinator, told, says):
    rest(treated, coordinator, **told)

    assert against_completion(treated) == says


def test_what_he_brings_after_the_end_closes_it(treated, coordinator):
    rest(treated, coordinator, returned=6)

    rest(treated, coordinator, now=NOW + 9 * DAY, returned=4, handed_in=4, lost=2)

    assert against_completion(treated) == ""


# --- three ways -----------------------------------------------------------------------------------


def test_count_diary_and_bottles_stand_side_by_side(treated, coordinator):
    for days in range(44):
        for slot in ("morning", "evening"):
            DiaryDoseFactory(enrolment=treated, on=DAY_ONE + days * DAY, slot=slot, taken_at=NOW)
    rest(treated, coordinator, returned=14)

    three = compared(dose_record(treated), ticks_of(treated))[0]

    said = three.comparison.witnesses
    assert [round(row) for row in (said.count, said.diary, said.refill)] == [94, 50, 100]
    assert three.comparison.sentence == (
        "The bottles and diary differ by 50 points (100 % and 50 %): ask him."
    )


def test_without_a_diary_the_other_two_are_compared(
    treated, coordinator, django_assert_num_queries
):
    rest(treated, coordinator, returned=14)
    record = dose_record(treated)

    with django_assert_num_queries(1):
        three = compared(record, ticks_of(treated))[0]

    assert (three.comparison.witnesses.diary, three.comparison.disagree) == (None, False)
