"""The answer of the response rule is written anew whenever something it rests on changes."""

from datetime import timedelta

import pytest
from django.db import Error, transaction

from clinic.refusal import Refusal
from labs.actions import semen
from labs.actions.semen_validity import include, leave_out
from labs.models import SemenAnalysis
from protocols.actions.response import adjudicate, evaluate, withdraw
from protocols.models import ResponseEvaluation
from tests.factories.labs import FEW_SEEN, NONE_SEEN
from tests.factories.storage import ContainerFactory
from tests.protocols.men import DAY, DAY_ONE, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def sample(treated, technologist, verifier):
    """A sheet typed by one and verified by another, so many days before today."""

    def made(days_ago, answers=FEW_SEEN, *, late=26, final=True, **changes):
        at = NOW - days_ago * DAY - timedelta(hours=2)
        began = (at + timedelta(minutes=late)).isoformat()
        sheet = semen.enter(
            patient=treated.patient, laboratory=None, collected_at=at, confirmed=True,
            sheet=answers | {"analysis_started_at": began} | changes, by=technologist,
            now=NOW - days_ago * DAY,
        )  # fmt: skip
        return semen.verify(analysis=sheet, by=verifier, now=NOW) if final else sheet

    return made


def answers():
    rows = ResponseEvaluation.objects.order_by("pk")
    return [(row.cause, row.status, row.response_on) for row in rows]


def day(days_ago):
    return (NOW - days_ago * DAY).date()


def used():
    return [row["analysis"] for row in ResponseEvaluation.objects.first().samples if row["used"]]


def test_a_sheet_answers_only_when_a_second_person_has_read_it(sample):
    sample(10, final=False)

    assert answers() == []


def test_each_sample_writes_the_next_answer(sample):
    first, second = sample(10), sample(2)

    assert answers() == [("sample", "PROVISIONAL", None), ("sample", "CONFIRMED", day(10))]
    last = ResponseEvaluation.objects.first()
    assert (last.first_sperm_on, last.first_motile_on) == (day(10), day(10))
    assert (last.days, last.about) == (
        (day(10) - DAY_ONE).days, f"labs.semenanalysis:{second.pk}",
    )  # fmt: skip
    assert used() == [first.pk, second.pk]


@pytest.mark.parametrize(("gap", "status"), [(6, "PROVISIONAL"), (7, "CONFIRMED")])
def test_the_run_spans_seven_days(sample, gap, status):
    sample(10)
    sample(10 - gap)

    assert answers()[-1][1] == status


def test_the_same_answer_is_written_once(sample, treated):
    sample(10)

    assert evaluate(enrolment=treated, cause="programme") is None
    assert len(answers()) == 1


def test_a_struck_sheet_changes_the_answer_and_the_old_one_stays(sample, technologist):
    sample(10)
    slip = sample(2)

    semen.strike(analysis=slip, reason="Another man's sample.", by=technologist, now=NOW)

    assert answers() == [
        ("sample", "PROVISIONAL", None), ("sample", "CONFIRMED", day(10)),
        ("corrected", "PROVISIONAL", None),
    ]  # fmt: skip


def test_a_correction_changes_the_answer_when_it_is_verified(sample, technologist, verifier):
    sample(10)
    wrong = sample(2)
    none = NONE_SEEN | {"analysis_started_at": wrong.sheet["analysis_started_at"]}
    new = semen.correct(
        analysis=wrong, sheet=none, reason="Misread.", by=technologist, now=NOW, confirmed=True
    )
    # Until somebody has read the correction neither sheet counts: the old one is superseded.
    assert answers()[-1] == ("corrected", "PROVISIONAL", None)

    semen.verify(analysis=new, by=verifier, now=NOW)

    assert answers()[-1] == ("corrected", "NONE", None)


def test_a_sample_left_out_counts_when_a_clinician_says_so(sample, clinician):
    sample(10)
    late = sample(2, late=61)
    assert (late.valid, answers()[-1][1]) == (False, "PROVISIONAL")

    include(analysis=late, reason="One minute; kept warm.", by=clinician, now=NOW)

    assert answers()[-1] == ("included", "CONFIRMED", day(10))
    assert [row["included"] for row in ResponseEvaluation.objects.first().samples] == [False, True]

    leave_out(analysis=late, reason="Was two hours.", by=clinician, now=NOW)

    assert answers()[-1] == ("included", "PROVISIONAL", None)
    late.refresh_from_db()
    assert (late.valid, late.included_by, late.included_reason) == (False, None, "")


def test_a_sample_is_included_with_a_reason_and_once(sample, clinician):
    late = sample(2, late=61)

    with pytest.raises(Refusal) as refusal:
        include(analysis=late, reason=" ", by=clinician, now=NOW)
    assert refusal.value.field == "reason"

    include(analysis=late, reason="Kept warm.", by=clinician, now=NOW)
    with pytest.raises(Refusal, match="counts already"):
        include(analysis=late, reason="again", by=clinician, now=NOW)


def test_a_sheet_that_is_not_final_is_not_included(sample, clinician):
    with pytest.raises(Refusal, match="Only a final sheet"):
        include(analysis=sample(2, final=False), reason="x", by=clinician, now=NOW)


def test_the_database_wants_an_included_sample_signed(sample):
    late = sample(2, late=61)

    with (
        pytest.raises(Error, match="semen_included_sample_is_signed_and_counts"),
        transaction.atomic(),
    ):
        SemenAnalysis.objects.filter(pk=late.pk).update(included_at=NOW)


def test_a_correction_of_an_included_sample_is_judged_anew(
    sample, clinician, technologist, verifier
):
    late = include(
        analysis=sample(2, late=61), reason="Kept warm.", by=clinician, now=NOW
    )  # fmt: skip
    new = semen.correct(
        analysis=late, sheet=late.sheet, reason="Typing.", by=technologist, now=NOW,
        confirmed=True,
    )  # fmt: skip

    semen.verify(analysis=new, by=verifier, now=NOW)

    new.refresh_from_db()
    assert (new.valid, new.included_at) == (False, None)


def test_what_was_frozen_is_declared_enough_and_taken_back(sample, treated, clinician):
    one = sample(10)
    with pytest.raises(Refusal, match="Nothing of this sample is frozen"):
        adjudicate(enrolment=treated, analysis=one, reason="Forty straws.", by=clinician, now=NOW)
    ContainerFactory(patient=treated.patient, analysis=one)

    made = adjudicate(
        enrolment=treated, analysis=one, reason="Forty straws.", by=clinician, now=NOW
    )
    assert answers()[-1] == ("adjudicated", "CONFIRMED", day(10))
    with pytest.raises(Refusal, match="Take that back first"):
        adjudicate(enrolment=treated, analysis=one, reason="again", by=clinician, now=NOW)

    withdraw(adjudication=made, reason="Two straws only.", by=clinician, now=NOW)
    assert answers()[-1] == ("adjudicated", "PROVISIONAL", None)


def test_a_sample_without_motile_sperm_is_never_enough(sample, treated, clinician):
    none = sample(10, NONE_SEEN)

    with pytest.raises(Refusal, match="No motile sperm"):
        adjudicate(enrolment=treated, analysis=none, reason="x", by=clinician, now=NOW)


def test_the_database_refuses_to_rewrite_an_answer(sample):
    sample(10)

    with pytest.raises(Error, match="never rewritten"), transaction.atomic():
        ResponseEvaluation.objects.update(status="NONE")
