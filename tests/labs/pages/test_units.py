"""Results in the units of their reader, on every page that shows some; judged as received."""

import pytest
from django.urls import reverse

from clinic.models import AuditEvent
from labs.rules.readings import Value
from tests.labs.conftest import LIPIDS
from tests.pages import soup

pytestmark = pytest.mark.django_db


def choose(client, units, back="/"):
    return client.post(reverse("clinic:units"), {"units": units, "next": back})


def row_of(page, test):
    (row,) = [
        row for row in soup(page).select("table.tbl tbody tr")
        if row.th and row.th.get_text(strip=True) == test
    ]  # fmt: skip
    return [" ".join(cell.get_text(" ").split()) for cell in row("td")]


def test_the_switch_leads_back_to_where_it_was_turned(at_the_desk, coordinator):
    assert choose(at_the_desk, "si", "/laboratory/?x=1").url == "/laboratory/?x=1"

    coordinator.refresh_from_db()
    assert coordinator.units == "si"
    assert AuditEvent.objects.filter(action="account.units_chosen").count() == 1


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "", "x"])
def test_the_switch_leads_nobody_to_another_site(at_the_desk, back):
    assert choose(at_the_desk, "si", back).url == reverse("clinic:settings")


def test_other_units_than_the_two_are_refused(at_the_desk, coordinator):
    choose(at_the_desk, "stones")

    coordinator.refresh_from_db()
    assert coordinator.units == "conventional"


def test_choosing_the_same_again_writes_nothing(at_the_desk):
    choose(at_the_desk, "conventional")

    assert not AuditEvent.objects.filter(action="account.units_chosen").exists()


def test_a_draw_is_shown_as_received_until_its_reader_wants_si(at_the_desk, file):
    address = reverse("labs:draw", args=[file().pk])

    before = row_of(at_the_desk.get(address), "Triglycerides")
    choose(at_the_desk, "si")
    after = row_of(at_the_desk.get(address), "Triglycerides")

    assert before[:2] == ["612 mg/dL", "< 150"]
    assert after[:2] == ["6.91 mmol/L converted, received 612 mg/dL", "< 1.69"]
    assert after[2] == before[2]


def test_a_value_received_in_mmol_is_converted_for_who_reads_conventional(at_the_desk, file):
    draw = file([Value("triglycerides", "3.40", "mmol/L", "<1.7")])
    address = reverse("labs:draw", args=[draw.pk])

    shown = row_of(at_the_desk.get(address), "Triglycerides")
    assert shown[:2] == ["301 mg/dL converted, received 3.40 mmol/L", "< 151"]
    # 301 mg/dL would be grade 2; it was graded as 3.40 mmol/L.
    assert draw.results.get().grade == 1
    choose(at_the_desk, "si")
    assert row_of(at_the_desk.get(address), "Triglycerides")[:2] == ["3.40 mmol/L", "< 1.7"]


def test_the_stored_value_is_never_touched_by_reading_it(at_the_desk, file):
    draw = file()
    choose(at_the_desk, "si")

    at_the_desk.get(reverse("labs:draw", args=[draw.pk]))

    row = draw.results.get(analyte__key="triglycerides")
    assert (row.value, row.unit, row.reported, row.range_text) == (612, "mg/dL", "612", "<150")


def test_the_three_ldls_stand_beside_each_other_with_why_one_is_missing(at_the_desk, file):
    page = soup(at_the_desk.get(reverse("labs:draw", args=[file().pk])))

    card = page.find("section", attrs={"aria-labelledby": "ldl-h"})
    said = [" ".join(line.get_text(" ").split()) for line in card("dd")]
    assert [line.get_text() for line in card("dt")] == [
        "Sampson/NIH 2020", "Martin–Hopkins 2013", "Friedewald 1972",
    ]  # fmt: skip
    assert said[0].startswith("105 mg/dL")
    assert said[1].startswith("not given: Triglycerides are 400 mg/dL or more.")
    assert said[2].startswith("not given: Triglycerides are 400 mg/dL or more.")


def test_the_laboratorys_own_ldl_is_the_one_that_counts(at_the_desk, file):
    draw = file([*LIPIDS, Value("ldl", "101", "mg/dL", "<100")])
    page = at_the_desk.get(reverse("labs:draw", args=[draw.pk]))

    assert row_of(page, "LDL cholesterol")[0] == "101 mg/dL"
    assert "own LDL, 101 mg/dL, is the one that counts" in page.text


def test_a_calculated_value_names_its_formula_and_the_version(at_the_desk, file):
    page = at_the_desk.get(reverse("labs:draw", args=[file().pk]))

    assert "calculated: Sampson/NIH 2020, version 1" in page.text
    assert "calculated: TC − HDL, version 1" in page.text


def test_the_trends_say_in_which_unit_they_are_and_what_is_converted(at_the_desk, file, man):
    file()
    file([Value("triglycerides", "3.40", "mmol/L", "<1.7")], specimen="two")
    address = reverse("labs:trends", args=[man.pk])

    before = [g.say for g in at_the_desk.get(address).context["graphs"] if g.key == "triglycerides"]
    choose(at_the_desk, "si")
    after = [g.say for g in at_the_desk.get(address).context["graphs"] if g.key == "triglycerides"]

    assert before == ["mg/dL, 2 results, 1 of them converted"]
    assert after == ["mmol/L, 2 results, 1 of them converted"]
