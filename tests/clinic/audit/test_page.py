"""The page of the trail: sentences, narrowing, paging, and who reads what of it."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from clinic import audit
from clinic.models import AuditEvent
from tests.clinic.audit.test_chain import as_superuser
from tests.factories.patients import PatientFactory, PortalAccountFactory
from tests.pages import soup, swapped

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PAGE = "/audit/"


@pytest.fixture
def reader(client, auditor, sign_in):
    return sign_in(client, auditor)


@pytest.fixture
def patient(site):
    return PatientFactory(site=site, record_number="HF-0147")


def shown(page):
    """Each line as the reader sees it: who, did what, to whom, why."""
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.select("td")[1:]]
        for row in soup(page).select("#trail tbody tr")
    ]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_trail_costs_the_same_however_long(
    reader, coordinator, site, django_assert_num_queries, rows
):
    for _ in range(rows):
        audit.viewed(coordinator, PatientFactory(site=site), "doses")
    reader.get(PAGE)

    with django_assert_num_queries(6):
        page = reader.get(PAGE)

    assert len(page.context["lines"]) == rows


def test_a_line_is_a_sentence_not_a_code(reader, coordinator, patient, administrator, clinician):
    audit.viewed(coordinator, patient, "protocols:side_effects")
    audit.record(
        actor=administrator, action="member.role_changed", subject=clinician.member,
        reason="trained", was="nurse", became="clinician",
    )  # fmt: skip

    assert shown(reader.get(PAGE)) == [
        [
            "Administrator of harbour administrator",
            "gave a member another role was nurse, became clinician",
            "Clinician of harbour",
            "trained",
        ],
        [
            "Coordinator of harbour coordinator",
            "opened the record (side effects)",
            "HF-0147",
            "",
        ],
    ]


def test_what_the_program_and_what_a_patient_did_name_nobody(reader, site, patient):
    account = PortalAccountFactory(patient=patient).account
    audit.record(actor=None, action="document.made", subject="x", person=patient, site=site)
    audit.record(actor=account, action="document.opened", subject="x", person=patient, site=site)

    assert [line[:2] for line in shown(reader.get(PAGE))] == [
        ["the patient", "opened a document"],
        ["the program", "made a document"],
    ]


def test_an_action_without_words_is_told_all_the_same(reader, coordinator):
    audit.record(actor=coordinator, action="thing.done_somehow", subject="x")

    assert shown(reader.get(PAGE))[0][1] == "thing done somehow"


@pytest.fixture
def mixed(coordinator, clinician, patient, site):
    """Four lines that differ in everything one can ask for."""
    other = PatientFactory(site=site, record_number="HF-0148")
    audit.viewed(coordinator, patient, "doses")
    audit.viewed(clinician, other, "doses")
    audit.record(actor=clinician, action="visit.signed", subject="x", person=patient)
    audit.record(actor=coordinator, action="visit.opened", subject="x", person=other)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"person": "HF-0147"}, ["visit.signed", "record.viewed"], id="person"),
        pytest.param({"person": "147"}, ["visit.signed", "record.viewed"], id="person, as typed"),
        pytest.param({"person": "HF-9999"}, [], id="nobody"),
        pytest.param({"action": "visit.signed"}, ["visit.signed"], id="action"),
        pytest.param(
            {"person": "HF-0148", "action": "record.viewed"}, ["record.viewed"], id="both"
        ),
        pytest.param({"day": "2026-03-16"}, [], id="another day"),
    ],
)
def test_the_trail_is_narrowed(reader, mixed, asked, found):
    page = reader.get(PAGE, asked)

    assert [line.event.action for line in page.context["lines"]] == found


def test_the_trail_is_narrowed_to_one_member(reader, mixed, clinician):
    page = reader.get(PAGE, {"member": clinician.pk})

    assert {line.event.actor for line in page.context["lines"]} == {clinician}
    assert len(page.context["lines"]) == 2


def test_a_day_is_the_sites_own(reader, coordinator, time_machine):
    """Half past midnight on the 17th in Los Angeles is the 17th, though Greenwich is far ahead."""
    for hour in (6, 8):
        time_machine.move_to(datetime(2026, 3, 17, hour, 30, tzinfo=UTC))
        audit.record(actor=coordinator, action="visit.opened", subject=f"hour:{hour}")
    time_machine.move_to(datetime(2026, 3, 17, 8, 40, tzinfo=UTC))

    day = {d: reader.get(PAGE, {"day": d}).context["lines"] for d in ("2026-03-16", "2026-03-17")}

    assert [line.event.subject for line in day["2026-03-16"]] == ["hour:6"]
    assert [line.event.subject for line in day["2026-03-17"]] == ["hour:8"]


@pytest.mark.parametrize("asked", [{"day": "yesterday"}, {"member": "x"}, {"action": "'; --"}])
def test_what_makes_no_sense_is_said_beside_it(reader, mixed, asked):
    page = reader.get(PAGE, asked)

    assert page.status_code == 200
    (name,) = asked
    assert soup(page).select_one(f"#field-{name} .why")


def test_the_trail_goes_on_page_by_page_without_a_gap(reader, coordinator):
    for n in range(60):
        audit.record(actor=coordinator, action="visit.opened", subject=f"n:{n}")

    first = reader.get(PAGE)
    second = reader.get(PAGE + soup(first).select_one("a[rel=next]")["href"])

    read = [line.event.subject for page in (first, second) for line in page.context["lines"]]
    assert read == [f"n:{n}" for n in reversed(range(60))]


def test_a_swap_leaves_the_page_a_reload_would_show(reader, mixed):
    asked = {"action": "visit.signed"}
    before = soup(reader.get(PAGE))

    part = reader.get(PAGE, asked, headers=HTMX)

    after = soup(reader.get(PAGE, asked))
    assert swapped(before, part).find(id="trail") == after.find(id="trail")


def test_nobody_reads_the_trail_of_another_site(reader, stranger):
    audit.record(actor=stranger, action="visit.opened", subject="x")

    assert shown(reader.get(PAGE)) == []


def test_an_auditor_reads_why_and_an_administrator_does_not(
    client, auditor, administrator, clinician, patient, sign_in
):
    audit.record(
        actor=clinician, action="finding.decided", subject="x", person=patient,
        reason="triglycerides of 620", proposed="REDUCE",
    )  # fmt: skip

    sign_in(client, auditor)
    assert shown(client.get(PAGE))[0][1:] == [
        "decided on a safety finding proposed REDUCE", "HF-0147", "triglycerides of 620",
    ]  # fmt: skip
    sign_in(client, administrator)
    assert shown(client.get(PAGE))[0][1:] == ["decided on a safety finding", "HF-0147", ""]


def test_an_empty_trail_says_what_would_be_here(reader):
    assert "Everything that is done" in reader.get(PAGE).text


def test_the_check_says_yes_and_gives_an_anchor_to_keep(reader, coordinator):
    audit.record(actor=coordinator, action="visit.opened", subject="x")
    audit.seal()

    page = reader.get(reverse("clinic:verify_audit"))

    assert "Yes." in page.text
    assert soup(page).select_one(".anchor").text == audit.anchor()


def test_the_check_names_the_broken_row(reader, coordinator):
    row = audit.record(actor=coordinator, action="visit.opened", subject="x")
    as_superuser("UPDATE clinic_auditevent SET subject = 'y' WHERE id = %s", row.pk)

    page = reader.get(reverse("clinic:verify_audit"))

    assert f"Row {row.pk}: the program did not write this row" in page.text


def test_opening_the_trail_is_no_line_of_it(reader):
    """It tells nothing of a patient beyond what his own record's page of the trail tells."""
    before = AuditEvent.objects.count()
    reader.get(PAGE)
    assert AuditEvent.objects.count() == before


def test_what_one_member_did_is_found_by_an_index(coordinator):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'audit_by_actor'")
        assert "(actor_id, at DESC)" in cursor.fetchone()[0]
