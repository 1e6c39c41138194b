"""Serious side effects ask for their reports at once, and page when a life is in danger (§3.1)."""

from datetime import UTC, datetime, timedelta

import pytest

from clinic.models import Page
from protocols.actions.event_review import Assessment, correct, record_event, review
from protocols.models import AdverseEvent, Duty
from tests.protocols.men import DAY, NOW, TODAY, blood

pytestmark = pytest.mark.django_db
KINDS = [
    ("life_threatening", 1), ("hospitalisation", 0), ("disability", 0), ("congenital_anomaly", 0),
    ("medically_important", 0),
]  # fmt: skip


def said(**more):
    known = {"grade": 2, "relation": "possible", "drug_action": "held"}
    return Assessment(**{**known, "onset_on": TODAY - DAY, **more})


def write(man, by, now=NOW, **more):
    return record_event(enrolment=man, term="vomiting", said=said(**more), by=by, now=now)


def asked():
    return list(Duty.objects.open().order_by("code").values_list("code", flat=True))


@pytest.mark.parametrize(("kind", "pages"), KINDS)
def test_each_kind_asks_for_its_reports_and_some_page(treated, clinician, kind, pages):
    event = write(treated, clinician, seriousness=kind)

    assert asked() == ["MEDWATCH_REPORT", "SAE_REPORT"]
    assert Page.objects.filter(about=event.label).count() == pages


def test_a_death_is_grade_five_fatal_and_pages(treated, clinician):
    event = write(treated, clinician, grade=5, seriousness="death", outcome="fatal", ended_on=TODAY)

    assert (event.grade, event.outcome, event.ended_on) == (5, "fatal", TODAY)
    assert Page.objects.filter(about=event.label).count() == 1


@pytest.mark.parametrize(
    ("relation", "codes"),
    [("unrelated", ["SAE_REPORT"]), ("unlikely", ["SAE_REPORT"]),
     ("possible", ["MEDWATCH_REPORT", "SAE_REPORT"])],
)  # fmt: skip
def test_medwatch_is_asked_for_from_possible_on(treated, clinician, relation, codes):
    write(treated, clinician, seriousness="hospitalisation", relation=relation)

    assert asked() == codes


def test_the_report_has_a_day_and_medwatch_its_number(treated, clinician):
    write(treated, clinician, seriousness="hospitalisation")

    serious, medwatch = (Duty.objects.get(code=code) for code in ("SAE_REPORT", "MEDWATCH_REPORT"))
    assert serious.due_at == NOW + timedelta(hours=24)
    assert medwatch.title == "Report to MedWatch, 1-800-FDA-1088"
    assert medwatch.due_at == datetime(2026, 8, 20, 0, 0, tzinfo=UTC)  # 19 Aug, 17:00 Pacific


def test_across_the_change_of_the_clocks_a_day_is_24_hours_and_closing_time_stays(
    treated, clinician
):
    saturday = datetime(2026, 10, 31, 19, 0, tzinfo=UTC)  # clocks go back that night

    write(treated, clinician, now=saturday, seriousness="hospitalisation")

    assert Duty.objects.get(code="SAE_REPORT").due_at == saturday + timedelta(hours=24)
    medwatch = Duty.objects.get(code="MEDWATCH_REPORT").due_at
    assert medwatch == datetime(2026, 11, 16, 1, 0, tzinfo=UTC)  # 15 Nov, 17:00 Pacific


def test_a_draft_of_the_laboratory_is_serious_only_when_a_clinician_says_so(
    treated, coordinator, clinician
):
    blood(treated.patient, coordinator, ck="2100")
    assert asked() == []

    review(event=AdverseEvent.objects.get(), grade=4, relation="probable", drug_action="stopped",
           seriousness="medically_important", by=clinician, now=NOW)  # fmt: skip

    assert asked() == ["MEDWATCH_REPORT", "SAE_REPORT"]


def test_what_is_not_serious_after_all_asks_for_nothing_more(treated, clinician):
    event = write(treated, clinician, seriousness="life_threatening")

    correct(event=event, said=said(), because="It was another man's.", by=clinician, now=NOW)

    assert asked() == []
    assert not Page.objects.open().exists()


def test_not_from_the_drug_after_all_keeps_the_first_report_only(treated, clinician):
    event = write(treated, clinician, seriousness="disability")

    correct(event=event, said=said(seriousness="disability", relation="unlikely"),
            because="A fall.", by=clinician, now=NOW)  # fmt: skip

    assert asked() == ["SAE_REPORT"]


def test_said_again_it_is_asked_for_once(treated, clinician):
    event = write(treated, clinician, seriousness="disability")
    for duty in Duty.objects.open():
        duty.outcome, duty.done_at, duty.done_by = "done", NOW, clinician
        duty.save()

    correct(event=event, said=said(seriousness="disability", grade=3), because="Worse.",
            by=clinician, now=NOW)  # fmt: skip

    assert asked() == []


def test_a_clinician_who_grades_it_has_answered_the_page(treated, coordinator, clinician):
    event = write(treated, coordinator, seriousness="life_threatening")

    review(event=event, grade=2, relation="possible", drug_action="held",
           seriousness="life_threatening", by=clinician, now=NOW)  # fmt: skip

    assert (Page.objects.get().state, Page.objects.get().answered_by) == ("answered", clinician)
