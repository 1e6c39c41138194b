"""A departure is drafted by the program and ended by a person, once, whoever is first."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from protocols.actions import deviations
from protocols.models import Deviation
from protocols.queries.enrolment import definition_of
from protocols.rules.deviations import deviation
from protocols.rules.vocabulary import DeviationClass
from tests.factories.protocols import DeviationFactory
from tests.protocols.men import NOW, TODAY, on_treatment

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]
SAID = {"weight": "minor", "cause": "His train.", "corrective_action": "Booked earlier."}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def departure(treated):
    return DeviationFactory(enrolment=treated, raised_on=TODAY)


@pytest.fixture
def desk(client, coordinator, sign_in):
    return sign_in(client, coordinator)


def drafted(treated, **more):
    found = deviation(definition_of(treated.version), "VISIT_LATE", **more)
    return deviations.draft(enrolment=treated, found=found, about="protocols.visit:7", on=TODAY)


def test_a_draft_is_written_once_and_follows_the_facts(treated):
    first = drafted(treated, detail="M3 was 8 days after its target.")
    second = drafted(
        treated, detail="M3 was 9 days after its target.", evidence=(("Came", "15 Aug 2026"),)
    )

    assert second.pk == first.pk
    assert (second.sentence, second.evidence) == (
        "The visit was after its window. M3 was 9 days after its target.",
        [["Came", "15 Aug 2026"]],
    )
    assert AuditEvent.objects.filter(action="deviation.drafted").count() == 1


def test_a_class_a_person_gave_is_not_drafted_over(treated, coordinator):
    row = drafted(treated)
    deviations.classify(
        deviation=row, weight="major", cause="", corrective_action="", by=coordinator, now=NOW
    )

    again = drafted(treated, weight=DeviationClass.MINOR)

    assert (again.weight, again.classified_by) == ("major", coordinator)


@pytest.mark.parametrize("ending", ["close", "dismiss"])
def test_what_a_person_ended_is_not_drafted_again(treated, coordinator, ending):
    row = drafted(treated)
    if ending == "close":
        deviations.close(deviation=row, by=coordinator, now=NOW, **SAID)
    else:
        deviations.dismiss(deviation=row, reason="The clock was wrong.", by=coordinator, now=NOW)

    again = drafted(treated)

    assert (again.pk, again.closed_at) == (row.pk, NOW)


def test_what_was_withdrawn_comes_back_with_its_facts(treated):
    row = drafted(treated)
    deviations.close_moot(
        enrolment=treated, code="VISIT_LATE", about=row.about, note="Wrong day.", by=None, now=NOW
    )
    row.refresh_from_db()
    assert (row.outcome, row.closed_by, row.closing_note) == ("withdrawn", None, "Wrong day.")

    again = drafted(treated)

    assert (again.pk, again.outcome, again.closed_at) == (row.pk, "", None)


@pytest.mark.parametrize(
    ("more", "field"), [({"cause": " "}, "cause"), ({"corrective_action": ""}, "corrective_action")]
)
def test_closing_asks_for_the_cause_and_what_was_done(departure, coordinator, more, field):
    with pytest.raises(Refusal) as refused:
        deviations.close(deviation=departure, by=coordinator, now=NOW, **SAID | more)

    assert refused.value.field == field
    departure.refresh_from_db()
    assert (departure.closed_at, departure.classified_at) == (None, None)


def test_an_ended_one_says_who_ended_it(departure, coordinator, clinician):
    deviations.close(deviation=departure, by=clinician, now=NOW, **SAID)

    with pytest.raises(Refusal, match=f"{clinician.name} has ended this on 4 Aug 2026, 10:45"):
        deviations.dismiss(deviation=departure, reason="None.", by=coordinator, now=NOW)


def test_it_is_opened_again_with_a_reason_and_keeps_what_was_said(departure, coordinator):
    deviations.close(deviation=departure, by=coordinator, now=NOW, **SAID)
    with pytest.raises(Refusal, match="why it is opened again"):
        deviations.reopen(deviation=departure, reason=" ", by=coordinator, now=NOW)

    row = deviations.reopen(
        deviation=departure, reason="The train did run.", by=coordinator, now=NOW
    )

    assert (row.outcome, row.closed_at, row.cause) == ("", None, "His train.")
    assert row.reopened_because == "The train did run."
    with pytest.raises(Refusal, match="open already"):
        deviations.reopen(deviation=row, reason="Again.", by=coordinator, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_close_it_at_once_one_is_told_so(departure, coordinator, clinician):
    answers, gate = [], threading.Barrier(2)

    def closes(member):
        gate.wait(timeout=20)
        try:
            deviations.close(deviation=departure, by=member, now=NOW, **SAID)
            answers.append("closed")
        except Refusal as refusal:
            answers.append(str(refusal))
        finally:
            connection.close()

    people = [threading.Thread(target=closes, args=[who]) for who in (coordinator, clinician)]
    for one in people:
        one.start()
    for one in people:
        one.join(timeout=30)

    said = sorted(answer != "closed" for answer in answers)
    assert said == [False, True]
    assert any("has ended this on" in answer for answer in answers)
    assert AuditEvent.objects.filter(action="deviation.closed").count() == 1


@pytest.mark.parametrize("times", [1, 3])
def test_the_log_costs_the_same_however_long_it_is(
    desk, site, clinician, treated, times, django_assert_max_num_queries
):
    for n in range(times):
        man = treated if n == 0 else on_treatment(site, clinician, f"Man{n}")
        DeviationFactory(enrolment=man, raised_on=TODAY)
    url = reverse("protocols:deviations")
    desk.get(url)

    with django_assert_max_num_queries(6):
        page = desk.get(url)

    assert len(page.context["lines"]) == times


def test_the_log_is_narrowed_by_state_kind_and_class(desk, treated, coordinator):
    DeviationFactory(enrolment=treated, code="GAP", weight="major")
    DeviationFactory(enrolment=treated, code="VISIT_LATE", weight="minor")
    closed = DeviationFactory(enrolment=treated, code="LAB_LATE", weight="major")
    deviations.close(deviation=closed, by=coordinator, now=NOW, **SAID)

    def codes(**asked):
        page = desk.get(reverse("protocols:deviations"), asked)
        return [line.deviation.code for line in page.context["lines"]]

    assert codes() == ["VISIT_LATE", "GAP"]
    assert codes(weight="major") == ["GAP"]
    assert codes(code="VISIT_LATE") == ["VISIT_LATE"]
    assert codes(show="closed") == ["LAB_LATE"]
    assert codes(code="nonsense", weight="heavy", show="x") == ["VISIT_LATE", "GAP"]


def test_the_log_goes_on_where_the_page_ends(desk, treated):
    for n in range(51):
        DeviationFactory(enrolment=treated, raised_at=NOW - timedelta(minutes=n))

    page = desk.get(reverse("protocols:deviations"))
    further = desk.get(reverse("protocols:deviations"), {"after": page.context["page"].next_key})

    assert (len(page.context["lines"]), len(further.context["lines"])) == (50, 1)


def test_the_page_shows_the_evidence_and_closes_it(desk, treated, coordinator):
    row = drafted(treated, evidence=(("Came", "15 Aug 2026"),))
    url = reverse("protocols:deviation", args=[row.pk])
    assert "15 Aug 2026" in desk.get(url).text

    to = reverse("protocols:classify_deviation", args=[row.pk])
    refused = desk.post(to, SAID | {"cause": "", "close": "1"})
    assert (refused.status_code, "Booked earlier." in refused.text) == (422, True)
    desk.post(to, SAID | {"cause": ""})
    row.refresh_from_db()
    assert (row.closed_at, row.corrective_action) == (None, "Booked earlier.")
    desk.post(to, SAID | {"close": "1"})

    row.refresh_from_db()
    assert (row.outcome, row.closed_by, row.weight) == ("closed", coordinator, "minor")


def test_a_draft_that_is_none_says_why_and_can_be_opened_again(desk, departure):
    to = reverse("protocols:dismiss_deviation", args=[departure.pk])
    assert desk.post(to, {"none-reason": ""}).status_code == 422
    desk.post(to, {"none-reason": "The clock was wrong."})
    departure.refresh_from_db()
    assert (departure.outcome, departure.closing_note) == ("not_one", "The clock was wrong.")

    desk.post(
        reverse("protocols:reopen_deviation", args=[departure.pk]), {"again-reason": "It was not."}
    )

    departure.refresh_from_db()
    assert departure.outcome == ""


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("classify_deviation", SAID | {"close": "1"}),
        ("classify_deviation", SAID),
        ("dismiss_deviation", {"none-reason": "The clock was wrong."}),
    ],
)
def test_a_second_tab_reads_who_has_ended_it(desk, departure, coordinator, name, typed):
    deviations.close(deviation=departure, by=coordinator, now=NOW, **SAID)

    page = desk.post(reverse(f"protocols:{name}", args=[departure.pk]), typed)

    assert page.status_code == 422
    assert f"{coordinator.name} has ended this on 4 Aug 2026, 10:45 already" in page.text


def test_a_second_tab_reads_that_it_is_open_already(desk, departure):
    page = desk.post(
        reverse("protocols:reopen_deviation", args=[departure.pk]), {"again-reason": "It was not."}
    )

    assert (page.status_code, "It is open already." in page.text) == (422, True)


def test_the_record_names_what_is_open_and_lists_them_all(desk, treated, coordinator):
    open_one = DeviationFactory(enrolment=treated, sentence="He was late.", code="VISIT_LATE")
    closed = DeviationFactory(enrolment=treated, sentence="He was early.", code="VISIT_EARLY")
    deviations.close(deviation=closed, by=coordinator, now=NOW, **SAID)
    patient = treated.patient.pk

    rail = desk.get(reverse("protocols:record", args=[patient])).context["items"]
    listed = desk.get(reverse("protocols:record_deviations", args=[patient])).context["lines"]

    assert [item.pk for item in rail if item.act == "deviation"] == [open_one.pk]
    assert [line.deviation for line in listed] == [open_one, closed]


def test_another_site_does_not_know_it(client, departure, stranger, sign_in):
    there = sign_in(client, stranger)

    assert there.get(reverse("protocols:deviation", args=[departure.pk])).status_code == 404
    assert there.get(reverse("protocols:deviations")).context["lines"] == []


def test_a_technologist_reads_and_does_not_close(client, departure, technologist, sign_in):
    bench = sign_in(client, technologist)

    page = bench.get(reverse("protocols:deviation", args=[departure.pk]))
    answer = bench.post(reverse("protocols:classify_deviation", args=[departure.pk]), SAID)

    assert (page.status_code, "Close it" in page.text, answer.status_code) == (200, False, 403)
    assert Deviation.objects.get().closed_at is None
