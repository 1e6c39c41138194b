"""The calculators: a form for every rule, the sentence and the source, what was typed kept."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from protocols.rules.ask import RULES
from tests.pages import soup


@pytest.fixture
def desk(client, clinician, sign_in):
    return sign_in(client, clinician)


def asked(desk, name, **typed):
    return desk.post(reverse("protocols:calculator", args=[name]), typed)


def facts(response):
    """What the answer's table says, by name."""
    rows = soup(response).select("#answer > table:not(.tbl--rows) tr")
    return {row.th.get_text(strip=True): row.td.get_text(" ", strip=True) for row in rows}


def why(response):
    """The fields refused, each with its sentence."""
    return {
        box["id"].removeprefix("field-"): box.select_one(".why").get_text(" ", strip=True)
        for box in soup(response).select(".field[id]")
        if box.select_one(".why")
    }


def test_every_rule_has_its_line_in_the_list(desk):
    page = soup(desk.get(reverse("protocols:calculators")))
    links = {a["href"] for a in page.select("main tbody a")}
    assert links == {reverse("protocols:calculator", args=[name]) for name in RULES}


def test_the_protocols_page_leads_to_the_calculators(desk):
    page = soup(desk.get(reverse("protocols:definitions")))
    assert page.select_one(f"main a[href='{reverse('protocols:calculators')}']")


@pytest.mark.parametrize("name", list(RULES))
def test_every_rule_has_a_form_with_a_label_for_each_field_and_its_source(desk, name):
    response = desk.get(reverse("protocols:calculator", args=[name]))
    page = soup(response)
    assert response.status_code == 200
    controls = page.select("main form :is(input:not([type=hidden]), select, textarea)")
    labels = {label["for"] for label in page.select("main label[for]")}
    assert controls
    assert {control["id"] for control in controls} <= labels
    assert RULES[name].source in page.main.get_text()


def test_there_is_no_calculator_of_another_name(desk):
    assert desk.get(reverse("protocols:calculator", args=["tea"])).status_code == 404


@pytest.mark.parametrize("name", list(RULES))
def test_an_empty_form_is_answered_or_refused_and_never_breaks(desk, name):
    assert asked(desk, name, ask="").status_code in {200, 422}


def test_lipids_are_answered_with_values_and_source(desk):
    response = asked(
        desk, "lipids", total_cholesterol="240", hdl="38", triglycerides="310", unit="mg/dL"
    )
    found = facts(response)
    assert response.status_code == 200
    assert (found["LDL, Friedewald"], found["Non-HDL"]) == ("140", "202")
    assert found["LDL, Sampson/NIH"].startswith("145.08")


def test_a_refusal_stands_beside_its_field_and_what_was_typed_stays(desk):
    response = asked(desk, "lipids", total_cholesterol="much", hdl="38", unit="mg/dL")
    assert response.status_code == 422
    assert set(why(response)) == {"total_cholesterol", "triglycerides"}
    page = soup(response)
    assert page.select_one("#id_total_cholesterol")["value"] == "much"
    assert page.select_one("#id_hdl")["value"] == "38"
    assert page.select_one("#answer") is None


def test_nine_answers_and_question_nine(desk):
    typed = {f"items.{number}": "0" for number in range(8)} | {"items.8": "2"}
    found = facts(desk.post(reverse("protocols:calculator", args=["phq9"]), typed))
    assert (found["Action"], found["Crisis"], found["Total"]) == ("Stop", "yes", "2")


def test_pairs_are_typed_one_a_line(desk):
    typed = {"pairs": "100, 200\n150 155", "dilution": "20", "squares": "25"}
    found = facts(asked(desk, "count", **typed))
    assert (found["Accepted"], found["Pair"], found["Sum"]) == ("yes", "1", "305")
    refused = asked(desk, "count", **{**typed, "pairs": "100, x"})
    assert set(why(refused)) == {"pairs"}
    assert soup(refused).select_one("#id_pairs").get_text(strip=True) == "100, x"


def test_rows_left_empty_are_no_rows_and_a_refusal_finds_the_row_it_is_about(desk):
    typed = {
        "results.1.analyte": "alt", "results.1.value": "-5", "results.1.unit": "U/L",
        "results.1.uln": "40", "results.0.value": "",
    }  # fmt: skip
    response = desk.post(reverse("protocols:calculator", args=["safety"]), typed)
    assert set(why(response)) == {"results.1.value"}


def test_a_sample_of_which_only_the_edition_is_chosen_is_no_sample(desk):
    empty = {"fresh_sperm_seen": "none", "pellet_g": "3000", "pellet_min": "15",
             "pellet_sperm_n": "0", "edition": "6th-2021"}  # fmt: skip
    typed = {f"samples.0.{key}": value for key, value in empty.items()}
    typed |= {"samples.0.collected_on": "2026-01-01", "samples.1.edition": "6th-2021"}
    found = facts(desk.post(reverse("protocols:calculator", args=["azoospermia"]), typed))
    assert (found["Confirmed"], found["Reasons"]) == ("no", "One negative pellet")


def test_one_more_row_keeps_what_was_typed_and_asks_nothing(desk):
    typed = {"segments.0.capsules": "60", "segments.1.capsules": "", "more": "segments"}
    response = desk.post(reverse("protocols:calculator", args=["cumulative"]), typed)
    page = soup(response)
    assert response.status_code == 200
    assert page.select_one("[name='segments.0.capsules']")["value"] == "60"
    assert page.select_one("[name='segments.2.capsules']")
    assert page.select_one("#answer") is None


def test_symptoms_are_ticked_and_medicines_written(desk):
    response = asked(
        desk, "safety", symptoms=["hearing", "dry_skin"], medications="doxycycline\nwarfarin"
    )
    found = facts(response)
    assert found["Action"] == "Stop"
    assert found["Deviations"] == "Prohibited med"


def test_an_exclusion_not_looked_at_is_not_one_that_does_not_hold(desk):
    unknown = soup(asked(desk, "eligibility", sex="male")).get_text()
    none = soup(asked(desk, "eligibility", sex="male", exclusions=["none"])).get_text()
    assert unknown != none
    assert "NO_IBD" not in none


def test_a_time_is_read_on_the_clinic_s_clock(desk, site):
    response = asked(
        desk, "reminder_time", due_at="2026-02-10T22:30", zone=str(site.zone),
        quiet_from="21:00", quiet_to="08:00",
    )  # fmt: skip
    assert facts(response)["Send at"].startswith("2026-02-11T08:00:00")


def test_intervals_may_have_no_end(desk):
    response = asked(desk, "incidence", intervals="0, 1\n1, 2\n2, -")
    page = soup(response)
    assert "Turnbull" in page.select_one("#answer").get_text()
    assert len(page.select("#answer .tbl--rows tbody tr")) == 2


def test_an_answer_costs_no_query_of_its_own(desk):
    page = reverse("protocols:calculator", args=["dates"])
    desk.get(page)
    with CaptureQueriesContext(
        connection,
    ) as empty:
        desk.get(page)
    with CaptureQueriesContext(connection) as said:
        desk.post(page, {"last_dose_on": "2026-01-31"})
    assert len(said) == len(empty) <= 10


def test_nothing_is_stored_and_nothing_stands_in_the_address(desk):
    with CaptureQueriesContext(connection) as said:
        response = asked(desk, "dates", last_dose_on="2026-01-31")
    sentences = [query["sql"] for query in said if "django_session" not in query["sql"]]
    assert {sql.split()[0] for sql in sentences} <= {"SELECT", "SET", "SAVEPOINT", "RELEASE"}
    assert response.request["QUERY_STRING"] == ""


def test_a_patient_or_a_visitor_does_not_get_in(client, administrator, sign_in):
    page = reverse("protocols:calculators")
    assert client.get(page).status_code == 302
    assert sign_in(client, administrator).get(page).status_code == 200
