"""Side effects by hand: recorded, followed, graded once, corrected with a reason, never deleted."""

import threading

import pytest
from django.db import connection

from clinic.access import Role
from clinic.models import AuditEvent, Page
from clinic.refusal import Refusal
from protocols.actions import adverse_events, side_effects
from protocols.actions.event_review import (
    Assessment,
    correct,
    follow_up,
    record_event,
    review,
    strike,
    strike_follow_up,
)
from protocols.actions.safety import decide
from protocols.actions.told import tell
from protocols.models import AdverseEvent, Duty, Finding
from tests.conftest import make_member
from tests.protocols.men import DAY, DAY_ONE, NOW, TODAY, open_visit

pytestmark = pytest.mark.django_db
MILD = Assessment(
    grade=1, relation="possible", drug_action="none", onset_on=TODAY - 3 * DAY, reporter="partner"
)


def write(man, by, term="headache", said=MILD, **more):
    return record_event(enrolment=man, term=term, said=said, by=by, now=NOW, **more)


def said(**more):
    known = {"grade": 1, "relation": "possible", "drug_action": "none"}
    return Assessment(**{**known, "onset_on": TODAY - 3 * DAY, **more})


def test_any_term_of_the_table_is_recorded_at_any_time(treated, coordinator):
    event = write(treated, coordinator)

    assert (event.title, event.ctcae_term, event.expected) == ("Headache", "Headache", "expected")
    assert (event.reporter, event.recorded_by, event.reviewed_at) == ("partner", coordinator, None)
    assert side_effects.standing(event)[0].on == TODAY - 3 * DAY


def test_what_a_clinician_writes_down_needs_no_second_look(treated, clinician):
    assert write(treated, clinician, reviewed=True).reviewed_by == clinician


def test_others_are_told_in_words_and_may_run_side_by_side(treated, coordinator):
    for title in ("Hiccups", "Cold feet"):
        write(treated, coordinator, term="other", title=title)

    rows = AdverseEvent.objects.order_by("pk")
    assert [(row.title, row.expected) for row in rows] == [
        ("Hiccups", "unexpected"), ("Cold feet", "unexpected"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("term", "given", "field", "sentence"),
    [
        ("boredom", said(), "term", "Choose what it is, or “Other”."),
        ("other", said(), "title", "Say in words what it is."),
        ("headache", said(onset_on=None), "onset_on", "Give the day it began."),
        ("headache", said(onset_on=TODAY + DAY), "onset_on", "This day has not come yet."),
        ("headache", said(grade=4), "grade", "A grade of this side effect is one of 1, 2, 3."),
        ("headache", said(relation="maybe"), "relation", "Say how likely the drug is the cause."),
        ("headache", said(outcome="resolved"), "ended_on", "Give the day it ended."),
        ("headache", said(outcome="ongoing", ended_on=TODAY), "outcome",
         "It has an end: say how it ended."),
        ("headache", said(ended_on=TODAY - 4 * DAY), "ended_on", "It ended before it began."),
        ("headache", said(ended_on=TODAY + DAY), "ended_on", "This day has not come yet."),
        ("headache", said(seriousness="death"), "grade", "Grade 5 and death belong together."),
        ("epistaxis", said(grade=5), "seriousness", "Grade 5 and death belong together."),
        ("headache", said(outcome="fatal", ended_on=TODAY), "grade",
         "What was fatal has grade 5."),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_beside_its_field(
    treated, coordinator, term, given, field, sentence
):
    with pytest.raises(Refusal, match=sentence) as refused:
        write(treated, coordinator, term=term, said=given)

    assert refused.value.field == field
    assert not AdverseEvent.objects.exists()


def test_one_of_a_kind_runs_at_a_time(treated, coordinator):
    write(treated, coordinator)

    with pytest.raises(Refusal, match="runs already"):
        write(treated, coordinator)


def test_its_course_is_told_entry_by_entry(treated, coordinator):
    event = write(treated, coordinator)

    follow_up(event=event, on=TODAY - 2 * DAY, grade=3, by=coordinator, now=NOW, note="In bed.")
    follow_up(event=event, on=TODAY - DAY, grade=1, by=coordinator, now=NOW)
    follow_up(event=event, on=TODAY, grade=0, by=coordinator, now=NOW)

    event.refresh_from_db()
    assert (event.grade, event.worst_grade) == (1, 3)
    assert (event.ended_on, event.outcome) == (TODAY, "resolved")
    assert [row.grade for row in event.entries.all()] == [1, 3, 1, 0]


@pytest.mark.parametrize(
    ("on", "grade", "field"),
    [(TODAY + DAY, 2, "on"), (TODAY - 4 * DAY, 2, "on"), (TODAY, 4, "grade"), (TODAY, 1, "note")],
)
def test_a_follow_up_that_cannot_be_is_refused(treated, coordinator, on, grade, field):
    event = write(treated, coordinator)

    with pytest.raises(Refusal) as refused:
        follow_up(event=event, on=on, grade=grade, by=coordinator, now=NOW)

    assert refused.value.field == field


def test_a_higher_grade_asks_the_clinician_again(treated, coordinator, clinician):
    event = write(treated, clinician, reviewed=True)

    follow_up(event=event, on=TODAY, grade=2, by=coordinator, now=NOW)

    event.refresh_from_db()
    assert event.reviewed_at is None


def test_an_entry_that_was_wrong_stays_to_be_read_and_counts_no_more(treated, coordinator):
    event = write(treated, coordinator)
    wrong = follow_up(event=event, on=TODAY, grade=3, by=coordinator, now=NOW)

    strike_follow_up(entry=wrong, because="Said of his brother.", by=coordinator, now=NOW)

    event.refresh_from_db()
    assert (event.grade, event.worst_grade) == (1, 1)
    assert event.entries.count() == 2


def test_the_last_entry_goes_only_with_the_whole(treated, coordinator):
    event = write(treated, coordinator)

    with pytest.raises(Refusal, match="strike out the whole"):
        strike_follow_up(entry=event.entries.get(), because="No.", by=coordinator, now=NOW)


def test_a_clinicians_grade_takes_the_place_of_the_one_told(treated, coordinator, clinician):
    event = write(treated, coordinator, said=said(grade=3))

    review(event=event, grade=2, relation="probable", drug_action="reduced", by=clinician, now=NOW,
           expected="unexpected", outcome="resolving")  # fmt: skip

    event.refresh_from_db()
    assert (event.grade, event.worst_grade, event.reviewed_by) == (2, 2, clinician)
    assert (event.drug_action, event.expected, event.outcome) == (
        "reduced", "unexpected", "resolving",
    )  # fmt: skip


def test_whoever_comes_second_hears_who_was_first(treated, coordinator, clinician):
    event = write(treated, coordinator)
    given = {"event": event, "grade": 1, "relation": "possible", "drug_action": "none"}
    review(by=clinician, now=NOW, **given)

    with pytest.raises(Refusal, match=rf"by {clinician} \(4 Aug, 10:45\)"):
        review(by=coordinator, now=NOW, **given)


@pytest.mark.django_db(transaction=True)
def test_of_two_clinicians_at_once_one_counts(treated, coordinator, clinician, site):
    event = write(treated, coordinator)
    other = make_member(site, Role.CLINICIAN, "Dr Other")
    answers, start = [], threading.Barrier(2)

    def grade(by, number):
        start.wait()
        try:
            review(event=event, grade=number, relation="possible", drug_action="none", by=by,
                   now=NOW)  # fmt: skip
            answers.append(number)
        except Refusal as refusal:
            answers.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=grade, args=row) for row in ((clinician, 1), (other, 2))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    event.refresh_from_db()
    assert sorted(type(row).__name__ for row in answers) == ["int", "str"]
    assert event.grade in answers


def test_a_correction_has_its_reason_and_the_trail_keeps_it(treated, clinician):
    event = write(treated, clinician, reviewed=True)

    correct(
        event=event, said=said(grade=2, onset_on=TODAY - 5 * DAY), because="He looked it up.",
        by=clinician, now=NOW,
    )  # fmt: skip

    event.refresh_from_db()
    assert (event.grade, event.onset_on) == (2, TODAY - 5 * DAY)
    assert AuditEvent.objects.get(action="adverse_event.corrected").reason == "He looked it up."
    with pytest.raises(Refusal, match="Say why it is corrected"):
        correct(event=event, said=said(), because=" ", by=clinician, now=NOW)


def test_entered_in_error_is_struck_out_and_takes_its_tasks_along(treated, clinician):
    event = write(treated, clinician, said=said(seriousness="hospitalisation"))
    assert Duty.objects.open().count() == 2

    strike(event=event, because="Another man.", by=clinician, now=NOW)

    assert not AdverseEvent.objects.standing().exists()
    assert not Duty.objects.open().exists()
    with pytest.raises(Refusal, match="struck out"):
        follow_up(event=event, on=TODAY, grade=1, by=clinician, now=NOW, note="More.")


def test_a_mistaken_tick_at_a_visit_is_struck_and_not_deleted(treated, coordinator):
    visit = open_visit(treated, coordinator)
    for grade in (2, 0, 1):
        adverse_events.record_symptoms(
            visit=visit, grades={"headache": grade}, by=coordinator, now=NOW
        )

    rows = AdverseEvent.objects.order_by("pk")
    assert [(row.grade, bool(row.struck_at)) for row in rows] == [(2, True), (1, False)]


def test_correcting_at_the_open_visit_leaves_one_entry(treated, coordinator):
    visit = open_visit(treated, coordinator)
    for grade in (3, 2):
        adverse_events.record_symptoms(
            visit=visit, grades={"headache": grade}, by=coordinator, now=NOW
        )

    event = AdverseEvent.objects.get()
    assert (event.grade, event.worst_grade) == (2, 2)
    assert [(row.grade, row.evidence) for row in event.entries.all()] == [(2, visit.label)]


def test_before_he_was_born_is_refused(treated, coordinator):
    with pytest.raises(Refusal, match="before he was born"):
        write(treated, coordinator, said=said(onset_on=DAY_ONE.replace(year=1980)))


def test_what_is_life_threatening_pages_at_once(treated, coordinator, clinician):
    write(
        treated, coordinator, term="epistaxis", said=said(grade=4, seriousness="life_threatening")
    )

    assert Page.objects.open().count() == 1


@pytest.mark.parametrize(
    ("term", "grade", "rules"),
    [
        ("suicidal_ideation", 1, ["SYMPTOM_SUICIDAL_THOUGHTS"]),
        ("suicide_attempt", 3, ["SYMPTOM_SUICIDAL_THOUGHTS"]),
        ("pancreatitis", 2, ["SYMPTOM_ABDOMINAL_PAIN"]),
        ("abdominal_pain", 3, ["SYMPTOM_ABDOMINAL_PAIN"]),
        ("abdominal_pain", 2, []),
        ("dry_skin", 1, []),
    ],
)
def test_what_stops_at_a_visit_stops_when_written_down_by_hand(
    treated, coordinator, term, grade, rules
):
    event = write(treated, coordinator, term=term, said=said(grade=grade))

    found = Finding.objects.open()
    assert [row["rule"] for one in found for row in one.reasons] == rules
    assert [one.action for one in found] == ["STOP"] * len(rules)
    assert Page.objects.open().count() == len(rules)

    strike(event=event, because="Another man.", by=coordinator, now=NOW)
    assert not Finding.objects.open().exists()
    assert not Page.objects.open().exists()


@pytest.mark.parametrize(
    ("grade", "rules"), [(2, []), (3, ["SYMPTOM_SEVERE_RASH", "SYMPTOM_PHOTOSENSITIVITY"])]
)
@pytest.mark.parametrize("how", [review, follow_up])
def test_a_worse_grade_by_hand_on_a_draft_runs_the_same_rules(
    treated, coordinator, clinician, grade, rules, how
):
    tell(
        enrolment=treated, codes=["photosensitivity"], channel="phone", told_at=NOW,
        by=coordinator, now=NOW,
    )  # fmt: skip
    event = AdverseEvent.objects.get()
    more = {"on": TODAY} if how is follow_up else {"relation": "possible", "drug_action": "none"}

    how(event=event, grade=grade, by=clinician, now=NOW + DAY, **more)

    found = list(Finding.objects.open())
    assert [row["rule"] for one in found for row in one.reasons] == rules
    stops = [("STOP", NOW + DAY)] if rules else []
    assert [(one.action, one.raised_at) for one in found] == stops


@pytest.mark.parametrize(("grade", "rules"), [(1, []), (2, ["SYMPTOM_VISION"])])
def test_worse_than_it_was_ticked_at_the_visit_runs_the_rules(treated, coordinator, grade, rules):
    visit = open_visit(treated, coordinator)
    adverse_events.record_symptoms(
        visit=visit, grades={"blurred_vision": 1}, by=coordinator, now=NOW
    )

    follow_up(
        event=AdverseEvent.objects.get(), on=TODAY, grade=grade, note="Cannot read.",
        by=coordinator, now=NOW,
    )  # fmt: skip

    assert [row["rule"] for one in Finding.objects.open() for row in one.reasons] == rules


def test_what_waits_already_is_not_asked_twice_and_worse_after_a_decision_anew(
    treated, coordinator, clinician
):
    tell(
        enrolment=treated, codes=["hearing"], channel="phone", told_at=NOW, by=coordinator, now=NOW
    )
    event = AdverseEvent.objects.get()
    follow_up(event=event, on=TODAY, grade=2, by=coordinator, now=NOW)
    first = Finding.objects.open().get()
    assert first.evidence.startswith("protocols.symptomreport:")

    decide(finding=first, decision="decline", reason="An old ringing.", by=clinician, now=NOW)
    follow_up(event=event, on=TODAY, grade=3, by=coordinator, now=NOW)

    assert Finding.objects.open().get().evidence == event.label
