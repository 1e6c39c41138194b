"""One list, most dangerous first, in a fixed number of queries."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEvent
from labs.models import Draw
from patients.models import Letter
from protocols.models import Finding, SymptomGrade, Visit
from protocols.queries.inbox import inbox
from tests.factories.protocols import AdverseEventFactory, FindingFactory
from tests.pages import soup, swapped
from tests.protocols.men import NOW, blood, on_treatment, open_visit

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]
HTMX = {"HX-Request": "true"}


def write_letter(man, by):
    return Letter.objects.create(
        patient=man.patient, body="Is a sunburn on the lips normal?", from_patient=True,
        written_by=by, written_at=NOW,
    )  # fmt: skip


def fill(enrolment, by):
    """One of everything."""
    for urgency, action in enumerate(("STOP", "HOLD", "REDUCE", "FREEZE", "REPEAT")):
        FindingFactory(
            enrolment=enrolment, urgency=urgency, action=action, raised_at=NOW,
            evidence=f"protocols.capsulecount:{enrolment.pk}{urgency}",
        )  # fmt: skip
    open_visit(enrolment, by, on=(NOW - timedelta(days=2)).date())
    write_letter(enrolment, by)
    AdverseEventFactory(enrolment=enrolment, recorded_by=by)
    blood(enrolment.patient, by, triglycerides="118", alt="24")


def test_the_most_dangerous_is_first(treated, clinician):
    fill(treated, clinician)

    found = inbox(clinician, NOW)

    assert [band.name.key for band in found.bands] == [
        "self_harm", "stop_hold", "critical", "freeze", "results", "visits", "letters", "events",
    ]  # fmt: skip
    assert [item.kind for item in found.normal] == ["draw"]


def test_a_coordinator_sees_findings_and_letters_only(treated, clinician, coordinator):
    fill(treated, clinician)

    found = inbox(coordinator, NOW)

    assert {item.kind for item in found.items} == {"finding", "letter"}
    assert not found.normal


def test_another_site_sees_nothing(treated, clinician, stranger):
    fill(treated, clinician)

    assert inbox(stranger, NOW).items == []


def test_a_result_with_a_finding_is_listed_once(treated, coordinator, clinician):
    blood(treated.patient, coordinator, triglycerides="620")

    assert [item.kind for item in inbox(clinician, NOW).items] == ["finding", "event"]


@pytest.fixture
def crowd(site, clinician, catalogue, programme):
    def gather(men: int) -> None:
        for number in range(men):
            fill(on_treatment(site, clinician, f"Rourke {number}"), clinician)

    return gather


@pytest.mark.parametrize("men", [1, 3])
def test_the_list_is_one_query_however_long_it_is(clinician, crowd, men, django_assert_num_queries):
    crowd(men)

    with django_assert_num_queries(1):
        found = inbox(clinician, NOW)

    assert len(found.items) == 8 * men


@pytest.mark.parametrize("men", [1, 3])
def test_the_page_takes_ten_queries_at_most(
    client: Client, clinician, crowd, men, django_assert_max_num_queries
):
    crowd(men)
    client.force_login(clinician, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get(reverse("protocols:inbox"))

    with django_assert_max_num_queries(10):
        page = client.get(reverse("protocols:inbox"))

    assert f"{8 * men} open" in soup(page).select_one(".page-head").text


def test_every_kind_of_item_opens(client: Client, treated, clinician, sign_in):
    fill(treated, clinician)
    sign_in(client, clinician)
    found = inbox(clinician, NOW)

    for item in [*found.items, *found.normal]:
        page = client.get(reverse("protocols:inbox_item", args=[item.kind, item.ref]))
        assert page.status_code == 200, item.key
        assert "Rourke" in page.text


def test_opening_an_item_by_swap_shows_what_a_reload_shows(
    client: Client, treated, clinician, sign_in
):
    fill(treated, clinician)
    sign_in(client, clinician)
    before = client.get(reverse("protocols:inbox"))
    url = reverse("protocols:inbox_item", args=["letter", Letter.objects.get().pk])

    part = client.get(url, headers=HTMX)

    after = client.get(url)
    assert part["HX-Push-Url"] == url
    assert swapped(soup(before), part).select_one("#inbox-page") == soup(after).select_one(
        "#inbox-page"
    )


def test_opening_an_item_is_written_down(client: Client, treated, clinician, sign_in):
    finding = FindingFactory(enrolment=treated)
    sign_in(client, clinician)

    client.get(reverse("protocols:inbox_item", args=["finding", finding.pk]))

    event = AuditEvent.objects.get(action="record.viewed")
    assert (event.actor, event.person) == (clinician, treated.patient.label)


def test_an_item_of_another_site_is_not_found(client: Client, treated, stranger, sign_in):
    finding = FindingFactory(enrolment=treated)
    sign_in(client, stranger)

    page = client.get(reverse("protocols:inbox_item", args=["finding", finding.pk]))

    assert page.status_code == 404


def test_deciding_goes_on_to_the_next(client: Client, treated, clinician, coordinator, sign_in):
    blood(treated.patient, coordinator, triglycerides="620")
    finding = Finding.objects.get()
    letter = write_letter(treated, coordinator)
    sign_in(client, clinician)

    answer = client.post(
        reverse("protocols:decide_finding", args=[finding.pk]),
        {"choice": "accept", "next": f"letter/{letter.pk}"},
    )

    assert answer["Location"] == reverse("protocols:inbox_item", args=["letter", letter.pk])
    finding.refresh_from_db()
    assert finding.state == "accepted"


def test_a_refused_decision_keeps_what_was_typed(
    client: Client, treated, clinician, coordinator, sign_in
):
    blood(treated.patient, coordinator, triglycerides="620")
    finding = Finding.objects.get()
    sign_in(client, clinician)

    page = client.post(
        reverse("protocols:decide_finding", args=[finding.pk]),
        {"choice": "edit:HOLD", "reason": " ", "next": ""},
        headers=HTMX,
    )

    assert page.status_code == 422
    assert "Write down the reason" in page.text
    assert soup(page).select_one("input[value='edit:HOLD']").has_attr("checked")


def test_normal_results_are_signed_together(client: Client, treated, clinician, sign_in):
    blood(treated.patient, clinician, triglycerides="118")
    blood(treated.patient, clinician, now=NOW + timedelta(minutes=1), alt="24")
    sign_in(client, clinician)
    page = client.get(reverse("protocols:normal_results"))
    ticked = [box["value"] for box in soup(page).select("input[name=draw][checked]")]

    client.post(reverse("protocols:normal_results"), {"draw": ticked})

    assert len(ticked) == 2
    assert set(Draw.objects.values_list("reviewed_by", flat=True)) == {clinician.pk}


def test_signing_nothing_is_refused(client: Client, treated, clinician, sign_in):
    sign_in(client, clinician)

    page = client.post(reverse("protocols:normal_results"), {})

    assert page.status_code == 422
    assert "Choose the results you have seen." in page.text


def test_a_side_effect_is_graded_in_the_inbox(client: Client, treated, clinician, sign_in):
    event = AdverseEventFactory(enrolment=treated, recorded_by=clinician)
    sign_in(client, clinician)

    client.post(
        reverse("protocols:grade_event", args=[event.pk]),
        {"grade": "2", "relation": "probable", "drug_action": "none", "note": ""},
    )

    event.refresh_from_db()
    assert (event.grade, event.worst_grade, event.reviewed_by) == (2, 2, clinician)


def test_an_unread_letter_is_marked_as_read(client: Client, treated, clinician, sign_in):
    letter = write_letter(treated, clinician)
    sign_in(client, clinician)

    client.post(reverse("protocols:read_letter", args=[letter.pk]))

    letter.refresh_from_db()
    assert letter.read_by == clinician


def test_a_coordinator_may_not_decide(client: Client, treated, coordinator, sign_in):
    finding = FindingFactory(enrolment=treated)
    sign_in(client, coordinator)

    page = client.post(reverse("protocols:decide_finding", args=[finding.pk]), {"choice": "accept"})

    assert page.status_code == 403


@pytest.mark.parametrize(("status", "waits"), [("signed", False), ("in_progress", True)])
def test_a_grade_that_stands_in_a_signed_visit_does_not_wait_again(
    treated, clinician, status, waits
):
    visit = open_visit(treated, clinician)
    AdverseEventFactory(enrolment=treated, recorded_by=clinician, term="cheilitis", visit=visit)
    SymptomGrade.objects.create(visit=visit, term="cheilitis", grade=1)
    Visit.objects.filter(pk=visit.pk).update(status=status)

    found = inbox(clinician, NOW)

    assert ("event" in {item.kind for item in found.items}) is waits
