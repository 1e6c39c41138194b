"""Writing and reading a man's history."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from patients.actions import history as actions
from patients.actions.history import Answer
from patients.models import Condition, Medicine
from patients.queries import history
from tests.factories.patients import (
    AllergyFactory,
    ConditionFactory,
    GeneticTestFactory,
    MedicineFactory,
    PatientFactory,
    RetrievalProcedureFactory,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 16, 17, tzinfo=UTC)
TODAY, TOMORROW = date(2026, 3, 16), date(2026, 3, 17)


@pytest.fixture
def him(site):
    return PatientFactory(site=site)


def test_a_retrieval_is_written_down_with_a_trail(him, coordinator):
    entry = actions.add_retrieval(
        patient=him,
        kind="mtese",
        done_on=TODAY,
        sperm_found=False,
        histology="sco",
        by=coordinator,
        now=NOW,
    )

    assert history(him).retrievals == (entry,)
    assert (entry.recorded_by, entry.recorded_at) == (coordinator, NOW)
    event = AuditEvent.objects.get()
    assert (event.action, event.person) == ("retrievalprocedure.recorded", him.label)
    assert event.subject == f"patients.retrievalprocedure:{entry.pk}"


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        pytest.param(TOMORROW, "not come yet", id="tomorrow"),
        pytest.param(date(1990, 3, 11), "before he was born", id="before birth"),
    ],
)
def test_a_retrieval_on_an_impossible_day_is_refused(him, coordinator, day, sentence):
    with pytest.raises(Refusal, match=sentence) as refused:
        actions.add_retrieval(patient=him, kind="tese", done_on=day, by=coordinator, now=NOW)
    assert refused.value.field == "done_on"


def test_an_abnormal_genetic_test_must_say_what_was_found(him, coordinator):
    def add(detail):
        return actions.add_genetic_test(
            patient=him,
            kind="karyotype",
            outcome="abnormal",
            detail=detail,
            by=coordinator,
            now=NOW,
        )

    with pytest.raises(Refusal, match="what was found"):
        add(" ")
    assert history(him).genetics == ()
    assert add("47,XXY") in history(him).genetics


def test_a_medicine_on_the_list_is_not_listed_twice(him, coordinator):
    MedicineFactory(patient=him, name="Doxycycline")

    with pytest.raises(Refusal, match="on his list already"):
        actions.add_medicine(patient=him, name=" doxycycline ", by=coordinator, now=NOW)


def test_a_medicine_taken_again_after_its_end_is_written_anew(him, coordinator):
    MedicineFactory(patient=him, name="Doxycycline", ended_on=date(2026, 1, 1))

    again = actions.add_medicine(patient=him, name="Doxycycline", by=coordinator, now=NOW)

    assert history(him).medicine_names == (again.name,)


def test_a_medicine_ends_once(him, coordinator):
    medicine = MedicineFactory(patient=him)
    actions.end_medicine(medicine=medicine, on=TODAY, by=coordinator, now=NOW)

    with pytest.raises(Refusal, match="not on his current list"):
        actions.end_medicine(medicine=medicine, on=TODAY, by=coordinator, now=NOW)
    assert Medicine.objects.get().ended_on == TODAY


@pytest.mark.parametrize("day", [date(2025, 1, 9), TOMORROW])
def test_a_medicine_ends_between_its_start_and_today(him, coordinator, day):
    medicine = MedicineFactory(patient=him, started_on=date(2025, 1, 10))
    with pytest.raises(Refusal):
        actions.end_medicine(medicine=medicine, on=day, by=coordinator, now=NOW)


@pytest.mark.parametrize(
    ("day", "current"),
    [
        pytest.param(date(2026, 3, 1), True, id="its last day"),
        pytest.param(date(2026, 3, 2), False, id="the day after"),
        pytest.param(None, False, id="no day asked about"),
    ],
)
def test_a_medicine_is_current_until_its_last_day(him, day, current):
    medicine = MedicineFactory(patient=him, ended_on=date(2026, 3, 1))
    found = history(him, day)
    assert ((medicine in found.medicines), (medicine in found.past_medicines)) == (
        current,
        not current,
    )


def test_answers_are_known_unknown_and_changed(him, coordinator):
    actions.answer_conditions(
        patient=him,
        answers={"ibd": Answer(False), "diabetes": Answer(True, "father")},
        by=coordinator,
        now=NOW,
    )
    actions.answer_conditions(
        patient=him,
        answers={"ibd": Answer(True, "Crohn’s"), "diabetes": Answer(True, "father")},
        by=coordinator,
        now=NOW,
    )

    found = history(him)
    assert found.answers == {"ibd": True, "diabetes": True}
    assert found.exclusions == {"ibd": True}
    assert found.risks == {"diabetes"}
    assert [(row.key, row.struck_reason) for row in found.struck] == [("ibd", "answered anew")]
    assert Condition.objects.filter(key="diabetes").count() == 1


def test_the_same_answers_again_are_refused(him, coordinator):
    ConditionFactory(patient=him, key="ibd", present=False)
    with pytest.raises(Refusal, match="No answer is different"):
        actions.answer_conditions(
            patient=him, answers={"ibd": Answer(False)}, by=coordinator, now=NOW
        )


def test_a_question_nobody_asks_is_refused(him, coordinator):
    with pytest.raises(Refusal, match="Nobody asks about height"):
        actions.answer_conditions(
            patient=him, answers={"height": Answer(True)}, by=coordinator, now=NOW
        )


def test_a_struck_entry_stays_readable_and_counts_no_more(him, coordinator):
    allergy = AllergyFactory(patient=him, substance="Peanut")

    actions.strike(entry=allergy, reason="his brother’s", by=coordinator, now=NOW)

    found = history(him)
    assert found.allergies == ()
    assert [(row.substance, row.struck_by_id, row.struck_reason) for row in found.struck] == [
        ("Peanut", coordinator.pk, "his brother’s")
    ]
    assert AuditEvent.objects.get().reason == "his brother’s"


def test_striking_needs_a_reason_and_happens_once(him, coordinator):
    allergy = AllergyFactory(patient=him)
    with pytest.raises(Refusal, match="why it is wrong"):
        actions.strike(entry=allergy, reason=" ", by=coordinator, now=NOW)
    actions.strike(entry=allergy, reason="x", by=coordinator, now=NOW)
    with pytest.raises(Refusal, match="struck out already"):
        actions.strike(entry=allergy, reason="y", by=coordinator, now=NOW)


def test_the_database_refuses_a_striking_nobody_signed(him):
    with pytest.raises(IntegrityError, match="striking_is_signed"), transaction.atomic():
        AllergyFactory(patient=him, struck_at=NOW)


def test_the_database_refuses_two_answers_to_one_question(him):
    ConditionFactory(patient=him, key="ibd")
    with pytest.raises(IntegrityError, match="answered_once"), transaction.atomic():
        ConditionFactory(patient=him, key="ibd", present=True)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_whole_history_is_one_query(him, rows, django_assert_num_queries):
    for factory in (
        AllergyFactory,
        GeneticTestFactory,
        MedicineFactory,
        RetrievalProcedureFactory,
    ):
        factory.create_batch(rows, patient=him)

    with django_assert_num_queries(1):
        found = history(him)

    assert [len(part) for part in (found.allergies, found.genetics, found.medicines)] == [rows] * 3


def test_what_is_read_is_what_was_written(him):
    written = RetrievalProcedureFactory(patient=him, note="left side", sperm_found=None)

    (read,) = history(him).retrievals

    fields = [field.attname for field in written._meta.concrete_fields]
    assert [getattr(read, f) for f in fields] == [getattr(written, f) for f in fields]
    assert read.who == him.registered_by.name


def test_nothing_of_another_patient_is_read(him, site):
    AllergyFactory(patient=PatientFactory(site=site))
    assert history(him).allergies == ()
