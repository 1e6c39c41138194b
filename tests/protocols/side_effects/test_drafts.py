"""Results and told symptoms draft side effects, follow them, and take them back when corrected."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from labs.actions.corrections import correct_draw, strike_draw
from labs.actions.results import Value
from labs.models import Draw
from protocols.actions.adverse_events import record_symptoms
from protocols.actions.event_review import review
from protocols.actions.told import strike, tell
from protocols.actions.visits import record_vitals
from protocols.models import AdverseEvent, AdverseEventEntry, Enrolment
from protocols.rules.vitals import Vitals
from tests.protocols.men import DAY, DAY_ONE, NOW, blood, open_visit

pytestmark = pytest.mark.django_db


def events():
    rows = AdverseEvent.objects.standing().order_by("pk")
    return [(row.term, row.grade, row.worst_grade) for row in rows]


def correct(draw, by, *, now=NOW, **values):
    given = [Value(key, value, "mg/dL") for key, value in values.items()]
    return correct_draw(draw=draw, values=given, reason="Mixed up.", by=by, now=now)


def look(event, by, *, now=NOW, **said):
    given = {"grade": event.grade, "relation": "probable", "drug_action": "none", **said}
    return review(event=event, by=by, now=now, **given)


@pytest.mark.parametrize(
    ("triglycerides", "expected"),
    [("149", []), ("150", [("hypertriglyceridemia", 1, 1)]),
     ("501", [("hypertriglyceridemia", 3, 3)])],
)  # fmt: skip
def test_a_result_above_the_limit_drafts_a_side_effect(
    treated, coordinator, triglycerides, expected
):
    blood(treated.patient, coordinator, triglycerides=triglycerides)

    assert events() == expected


def test_the_draft_names_its_evidence_its_term_and_no_person(treated, coordinator):
    draw = blood(treated.patient, coordinator, triglycerides="620")

    event = AdverseEvent.objects.get()
    assert (event.ctcae_term, event.ctcae_version) == ("Hypertriglyceridemia", "5.0")
    assert (event.recorded_by, event.reviewed_at, event.reporter) == (None, None, "clinic")
    assert (event.relation, event.expected, event.seriousness) == ("possible", "expected", "")
    (entry,) = event.entries.all()
    assert (entry.evidence, entry.grade, entry.recorded_by) == (f"labs.draw:{draw.pk}", 3, None)
    assert entry.note.startswith("620 mg/dL is grade 3 for Hypertriglyceridemia")


@pytest.mark.parametrize(("days", "count"), [(-1, 0), (0, 1)])
def test_what_was_measured_before_day_one_is_no_side_effect(treated, coordinator, days, count):
    at = datetime(2026, 5, 8, 18, 0, tzinfo=UTC) + timedelta(days=days)

    blood(treated.patient, coordinator, now=at, triglycerides="320")

    assert AdverseEvent.objects.count() == count


def test_no_worse_than_the_baseline_is_no_side_effect(treated, coordinator):
    before = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
    blood(treated.patient, coordinator, now=before, triglycerides="310")

    blood(treated.patient, coordinator, triglycerides="500")
    assert events() == []

    blood(treated.patient, coordinator, now=NOW + DAY, triglycerides="501")
    assert events() == [("hypertriglyceridemia", 3, 3)]


def test_a_later_result_regrades_the_same_side_effect(treated, coordinator):
    for number, value in enumerate(("320", "620", "180")):
        blood(treated.patient, coordinator, now=NOW + number * 14 * DAY, triglycerides=value)

    assert events() == [("hypertriglyceridemia", 1, 3)]
    assert AdverseEventEntry.objects.count() == 3


def test_back_to_normal_proposes_the_end_and_does_not_set_it(treated, coordinator):
    blood(treated.patient, coordinator, triglycerides="320")
    blood(treated.patient, coordinator, now=NOW + 14 * DAY, triglycerides="149")

    event = AdverseEvent.objects.get()
    assert (event.ended_on, event.proposed_end_on) == (None, (NOW + 14 * DAY).date())

    blood(treated.patient, coordinator, now=NOW + 28 * DAY, triglycerides="150")
    event.refresh_from_db()
    assert (event.ended_on, event.proposed_end_on, event.grade) == (None, None, 1)


def test_a_corrected_result_regrades_its_draft(treated, coordinator):
    draw = blood(treated.patient, coordinator, triglycerides="620")

    correct(draw, coordinator, triglycerides="320")

    assert events() == [("hypertriglyceridemia", 2, 2)]
    rows = AdverseEventEntry.objects.order_by("pk")
    assert [(row.grade, row.struck_because) for row in rows] == [
        (3, "The result was corrected."), (2, ""),
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["to normal", "struck"])
def test_a_result_that_was_wrong_takes_its_draft_back(treated, coordinator, how):
    draw = blood(treated.patient, coordinator, triglycerides="620")

    if how == "to normal":
        correct(draw, coordinator, triglycerides="120")
    else:
        strike_draw(draw=Draw.objects.get(pk=draw.pk), reason="Other man.", by=coordinator, now=NOW)

    assert events() == []
    assert AdverseEvent.objects.get().struck_because == "The result was corrected."


def test_a_value_that_is_filed_twice_is_told_once(treated, coordinator):
    draw = blood(treated.patient, coordinator, triglycerides="620")

    correct(draw, coordinator, now=NOW + timedelta(hours=1), total_cholesterol="180")

    assert AdverseEventEntry.objects.count() == 1


def test_what_a_clinician_said_stands_and_news_is_shown_to_him(treated, coordinator, clinician):
    draw = blood(treated.patient, coordinator, triglycerides="620")
    look(AdverseEvent.objects.get(), clinician, grade=2, relation="unlikely")

    correct(draw, coordinator, triglycerides="120")

    event = AdverseEvent.objects.get()
    assert (event.grade, event.relation, event.struck_at) == (2, "unlikely", None)
    assert (event.reviewed_by, event.news_at) == (clinician, NOW)


def test_a_second_look_takes_the_news_over(treated, coordinator, clinician):
    blood(treated.patient, coordinator, triglycerides="320")
    look(AdverseEvent.objects.get(), clinician)
    later = NOW + 14 * DAY
    blood(treated.patient, coordinator, now=later, triglycerides="620")
    event = AdverseEvent.objects.get()
    assert (event.grade, event.news_at) == (2, later)

    look(event, clinician, grade=3, now=later)

    event.refresh_from_db()
    assert (event.grade, event.worst_grade, event.news_at) == (3, 3, None)


def test_the_same_grade_again_is_no_news(treated, coordinator, clinician):
    blood(treated.patient, coordinator, triglycerides="320")
    look(AdverseEvent.objects.get(), clinician)

    blood(treated.patient, coordinator, now=NOW + 14 * DAY, triglycerides="340")

    event = AdverseEvent.objects.get()
    assert (event.grade, event.news_at, event.entries.count()) == (2, None, 2)


def test_after_the_end_another_rise_is_another_side_effect(treated, coordinator, clinician):
    blood(treated.patient, coordinator, triglycerides="320")
    blood(treated.patient, coordinator, now=NOW + 14 * DAY, triglycerides="120")
    event = AdverseEvent.objects.get()
    look(event, clinician, outcome="resolved", ended_on=event.proposed_end_on, now=NOW + 14 * DAY)

    blood(treated.patient, coordinator, now=NOW + 40 * DAY, triglycerides="320")

    assert [row.ended_on for row in AdverseEvent.objects.order_by("pk")] == [
        (NOW + 14 * DAY).date(), None,
    ]  # fmt: skip


def told(man, by, *codes, **more):
    given = {"channel": "phone", "told_at": NOW, "now": NOW, **more}
    return tell(enrolment=man, codes=codes, by=by, **given)


@pytest.mark.parametrize(
    ("teller", "reporter"),
    [("patient", "patient"), ("partner", "partner"), ("relative", "partner"),
     ("professional", "doctor")],
)  # fmt: skip
def test_a_symptom_that_is_told_drafts_one_from_whoever_told_it(
    treated, coordinator, teller, reporter
):
    told(treated, coordinator, "muscle_pain", told_by=teller)

    event = AdverseEvent.objects.get()
    assert (event.term, event.grade, event.reporter) == ("myalgia", 2, reporter)
    assert event.entries.get().note == "Told: by telephone."


def test_what_is_told_takes_no_grade_back(treated, coordinator):
    told(treated, coordinator, "muscle_pain")
    told(treated, coordinator, "myalgia", told_at=NOW + DAY, now=NOW + DAY)

    assert events() == [("myalgia", 2, 2)]
    assert AdverseEventEntry.objects.count() == 2


def test_what_was_written_down_by_mistake_takes_its_draft_back(treated, coordinator):
    report = told(treated, coordinator, "hearing")

    strike(report=report, because="Other man.", by=coordinator, now=NOW)

    assert events() == []


def test_a_late_evening_counts_for_the_day_of_the_clinic(treated, coordinator):
    evening = datetime(2026, 8, 5, 6, 30, tzinfo=UTC)  # Tue 4 Aug, 23:30 Pacific

    blood(treated.patient, coordinator, now=evening + timedelta(hours=2), triglycerides="320")

    assert AdverseEvent.objects.get().onset_on == datetime(2026, 8, 4, tzinfo=UTC).date()
    assert AdverseEvent.objects.get().onset_on > DAY_ONE


def weighed(man, by, *, kg, code="M3", now=NOW, visit=None):
    visit = visit or open_visit(man, by, code, on=man.patient.site.localdate(now))
    record_vitals(visit=visit, measured=Vitals(weight_kg=kg and Decimal(kg)), by=by, now=now)
    return visit


@pytest.mark.parametrize(
    ("kg", "grade"),
    [("88.1", None), ("88.2", 1), ("92.3", 1), ("92.4", 2), ("100.7", 2), ("100.8", 3)],
)
def test_a_gain_of_weight_is_drafted_from_its_twentieth_on(treated, coordinator, kg, grade):
    """84 kg at the start: 5 % are 88.2 kg, 10 % are 92.4 kg, 20 % are 100.8 kg (§3.2)."""
    weighed(treated, coordinator, kg=kg)

    assert events() == ([("weight_gain", grade, grade)] if grade else [])


def test_the_weights_stand_in_its_note_and_it_is_not_expected(treated, coordinator):
    visit = weighed(treated, coordinator, kg="89.0")

    event = AdverseEvent.objects.get()
    assert (event.title, event.ctcae_term, event.expected) == (
        "Weight gain", "Weight gain", "unexpected",
    )  # fmt: skip
    entry = event.entries.get()
    assert (entry.note, entry.evidence) == ("89.0 kg, and 84.0 kg at the start.", visit.label)


@pytest.mark.parametrize("kg", ["84.5", None])
def test_a_weight_that_was_mistyped_takes_its_draft_back(treated, coordinator, kg):
    visit = weighed(treated, coordinator, kg="98.0")
    record_symptoms(visit=visit, grades={"dry_skin": 1}, by=coordinator, now=NOW)

    weighed(treated, coordinator, kg=kg, visit=visit)

    assert events() == [("dry_skin", 1, 1)]


def test_back_to_his_weight_proposes_the_end(treated, coordinator):
    weighed(treated, coordinator, kg="90.0")
    weighed(treated, coordinator, kg="85.0", code="M4", now=NOW + 30 * DAY)

    event = AdverseEvent.objects.get()
    assert (event.ended_on, event.proposed_end_on) == (None, (NOW + 30 * DAY).date())


@pytest.mark.parametrize(
    "missing",
    [{"baseline_weight_kg": None}, {"first_dose_on": None, "status": "SCREENING"}],
    ids=["weight", "first capsule"],
)
def test_without_a_weight_at_the_start_or_a_first_capsule_nothing_is_drafted(
    treated, coordinator, missing
):
    visit = open_visit(treated, coordinator)
    Enrolment.objects.filter(pk=treated.pk).update(**missing)

    weighed(treated, coordinator, kg="100.0", visit=visit)

    assert events() == []
