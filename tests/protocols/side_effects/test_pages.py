"""Side effects in the browser: recorded, graded, followed, corrected; each refusal by its field."""

import pytest
from django.test import Client
from django.urls import reverse

from protocols.actions.event_review import follow_up
from protocols.models import AdverseEvent, AdverseEventEntry, Duty
from protocols.queries.visit_content import events
from protocols.queries.workspace import told, workspace_of
from tests.factories.protocols import AdverseEventEntryFactory, AdverseEventFactory
from tests.pages import soup
from tests.protocols.men import DAY, NOW, TODAY, blood, open_visit

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]
NEW = {
    "term": "headache", "grade": "2", "onset_on": "2026-08-01", "reporter": "partner",
    "relation": "possible", "drug_action": "none", "outcome": "ongoing", "note": "Since Saturday.",
}  # fmt: skip


@pytest.fixture
def headache(treated, coordinator):
    event = AdverseEventFactory(
        enrolment=treated, term="headache", title="Headache", grade=2, onset_on=TODAY - 3 * DAY,
        recorded_by=coordinator, ctcae_term="Headache",
    )  # fmt: skip
    AdverseEventEntryFactory(event=event)
    return event


def url(name, pk):
    return reverse(f"protocols:{name}", args=[pk])


def text(response):
    return " ".join(soup(response).main.text.split())


def test_a_nurse_records_one_and_reads_its_page(client: Client, treated, coordinator):
    client.force_login(coordinator)
    tab = soup(client.get(url("record_side_effects", treated.patient_id)))
    assert tab.find("a", string="Record a side effect")

    answer = client.post(url("record_event", treated.patient_id), NEW, follow=True)

    event = AdverseEvent.objects.get()
    assert answer.redirect_chain[0][0] == url("side_effect", event.pk)
    for words in ("Headache", "2 now, 2 at worst", "His partner", "Not graded by a clinician yet"):
        assert words in text(answer)


def test_what_is_refused_keeps_what_was_typed(client: Client, treated, coordinator):
    client.force_login(coordinator)

    answer = client.post(url("record_event", treated.patient_id), NEW | {"onset_on": "2026-08-05"})

    assert answer.status_code == 422
    page = soup(answer)
    assert "This day has not come yet." in page.select_one("#field-onset_on").text
    assert "Since Saturday." in page.select_one("#field-note textarea").text
    assert not AdverseEvent.objects.exists()


def test_the_serious_one_names_medwatch_and_its_tasks(client: Client, treated, clinician):
    client.force_login(clinician)

    answer = client.post(
        url("record_event", treated.patient_id), NEW | {"seriousness": "hospitalisation"},
        follow=True,
    )  # fmt: skip

    assert "report to MedWatch, 1-800-FDA-1088." in text(answer)
    assert "Report a serious adverse event within 23 h 59 min" in text(answer)


def test_the_page_leads_to_the_result_it_comes_from(client: Client, treated, clinician):
    draw = blood(treated.patient, clinician, triglycerides="620")
    client.force_login(clinician)

    page = soup(client.get(url("side_effect", AdverseEvent.objects.get().pk)))

    assert page.find("a", string="Open the result")["href"] == reverse("labs:draw", args=[draw.pk])


def review(**more):
    known = {"grade": "2", "relation": "probable", "drug_action": "reduced", "outcome": "ongoing"}
    return known | more


def test_a_clinician_grades_it_and_the_second_hears_so(client: Client, headache, clinician):
    client.force_login(clinician)
    client.post(url("review_event", headache.pk), review())

    second = client.post(url("review_event", headache.pk), review(grade="3"))

    headache.refresh_from_db()
    assert (headache.grade, headache.drug_action) == (2, "reduced")
    assert second.status_code == 422
    assert "already been reviewed" in second.text


def test_a_nurse_follows_it_up_and_may_not_grade(client: Client, headache, coordinator):
    client.force_login(coordinator)
    assert client.post(url("review_event", headache.pk), review()).status_code == 403

    client.post(
        url("follow_event", headache.pk), {"on": "2026-08-04", "grade": "0", "note": "Gone."}
    )

    headache.refresh_from_db()
    assert (headache.ended_on, headache.outcome) == (TODAY, "resolved")


def test_a_refused_follow_up_stands_open_with_its_sentence(client: Client, headache, coordinator):
    client.force_login(coordinator)

    answer = client.post(url("follow_event", headache.pk), {"on": "2026-08-04", "grade": "2"})

    assert answer.status_code == 422
    opened = soup(answer).select_one("details[open]")
    assert "write down what is new" in opened.text


def test_it_is_corrected_with_a_reason(client: Client, headache, clinician):
    client.force_login(clinician)
    client.post(url("review_event", headache.pk), review())
    given = review(grade="1", onset_on="2026-08-02", reporter="patient")

    refused = client.post(url("correct_event", headache.pk), given)
    client.post(url("correct_event", headache.pk), given | {"because": "He said so."})

    headache.refresh_from_db()
    assert refused.status_code == 422
    assert (headache.grade, headache.reporter) == (1, "patient")


def test_an_entry_and_the_whole_are_struck_out(client: Client, headache, clinician):
    follow_up(event=headache, on=TODAY, grade=3, by=clinician, now=NOW)
    client.force_login(clinician)
    entry = AdverseEventEntry.objects.get(grade=3)

    client.post(url("strike_event_entry", entry.pk), {"because": "Mixed up."})
    headache.refresh_from_db()
    assert headache.grade == 2

    client.post(url("strike_event", headache.pk), {"because": "Another man."})
    tab = client.get(url("record_side_effects", headache.enrolment.patient_id))
    assert "Entered in error" in text(tab)
    assert "Another man." in text(tab)


def test_the_end_the_laboratory_proposes_waits_in_the_inbox(client: Client, treated, clinician):
    blood(treated.patient, clinician, triglycerides="320", now=NOW - 7 * DAY)
    event = AdverseEvent.objects.get()
    client.force_login(clinician)
    client.post(url("grade_event", event.pk), review())
    blood(treated.patient, clinician, triglycerides="120")

    page = soup(client.get(reverse("protocols:inbox_item", args=["event", event.pk])))

    assert "It seems to be over since 4 Aug 2026." in " ".join(page.main.text.split())
    ended = page.select_one("#field-ended_on input")
    assert ended["value"] == "2026-08-04"


@pytest.mark.parametrize("many", [1, 3])
def test_its_page_costs_the_same_however_long_its_course(
    client: Client, headache, clinician, many, django_assert_max_num_queries
):
    for number in range(many):
        follow_up(event=headache, on=TODAY, grade=1 + number % 3, by=clinician, now=NOW, note="On.")
        AdverseEventFactory(
            enrolment=headache.enrolment, term=f"term_{number}", recorded_by=clinician
        )
    client.force_login(clinician)

    with django_assert_max_num_queries(10):
        client.get(url("side_effect", headache.pk))
    with django_assert_max_num_queries(10):
        client.get(url("record_side_effects", headache.enrolment.patient_id))


def test_the_visit_report_prints_grade_and_gravity(treated, clinician):
    AdverseEventFactory(
        enrolment=treated, grade=2, worst_grade=3, seriousness="hospitalisation",
        expected="unexpected", recorded_by=clinician, onset_on=TODAY - 2 * DAY,
    )  # fmt: skip
    visit = open_visit(treated, clinician)

    (row,) = events(workspace_of(told(clinician).get(pk=visit.pk), TODAY))

    assert row["grade"] == 2
    for words in ("serious: hospital", "not named by the label", "G3 at worst", "probable"):
        assert words in row["line"]


def test_nobody_else_sees_it(client: Client, headache, technologist):
    client.force_login(technologist)

    assert client.get(url("side_effect", headache.pk)).status_code == 403
    assert Duty.objects.count() == 0
