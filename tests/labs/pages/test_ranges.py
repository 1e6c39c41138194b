"""The ranges of a laboratory and the limits, read and kept in the browser."""

from datetime import date

import pytest
from django.urls import reverse

from labs.models import LimitsSignature, ReferenceRange
from labs.rules.catalogue import published_catalogue
from labs.rules.critical import fingerprint
from tests.factories.labs import AnalyteFactory, LimitsSignatureFactory, ReferenceRangeFactory
from tests.pages import soup

pytestmark = pytest.mark.django_db
SAID = {
    "analyte": "alt", "unit": "U/L", "text": "<=45", "valid_from": "2026-08-04",
    "source": "Report of 1 Aug",
}  # fmt: skip


def address(laboratory, name="labs:laboratory"):
    return reverse(name, args=[laboratory.pk])


def rows_of(page, test):
    table = [row for row in soup(page).select("tbody tr") if row.th.get_text(strip=True) == test]
    return [[" ".join(cell.get_text(" ").split()) for cell in row("td")][:4] for row in table]


def test_a_range_is_set_in_the_browser_and_stands_on_the_laboratorys_page(reading, laboratory):
    sent = reading.post(
        address(laboratory, "labs:add_range"), SAID | {"sex": "male", "age_from": "18"}
    )

    assert sent.url == address(laboratory)
    page = reading.get(address(laboratory))
    (row,) = rows_of(page, "ALT")
    assert row[:3] == ["≤ 45 U/L", "Men, from 18 years", "4 Aug 2026"]
    assert row[3].startswith("Report of 1 Aug")


def test_a_one_sided_range_prints_with_its_sign(reading, laboratory):
    page = reading.get(address(laboratory))

    assert rows_of(page, "Triglycerides")[0][0] == "< 150 mg/dL"
    assert rows_of(page, "HDL cholesterol")[0][0] == "≥ 40 mg/dL"


def test_the_page_says_what_held_before_and_what_is_to_come(reading, laboratory):
    alt = AnalyteFactory(key="alt", unit="U/L")
    for day, text in ((2020, "<=40"), (2025, "<=45"), (2027, "<=50")):
        ReferenceRangeFactory(
            analyte=alt, laboratory=laboratory, unit="U/L", text=text, valid_from=date(day, 1, 1)
        )

    rows = rows_of(reading.get(address(laboratory)), "ALT")

    assert [(row[0], row[2]) for row in rows] == [
        ("≤ 50 U/L", "1 Jan 2027 to come"),
        ("≤ 45 U/L", "1 Jan 2025"),
        ("≤ 40 U/L", "1 Jan 2020 until the next"),
    ]


def test_a_refused_range_keeps_what_was_typed_and_says_why_at_its_field(reading, laboratory):
    page = reading.post(address(laboratory, "labs:add_range"), SAID | {"text": "about 40"})

    field = soup(page).find(id="field-text")
    assert (page.status_code, field.input["value"]) == (422, "about 40")
    assert "is not a range" in field.get_text()
    assert not ReferenceRange.objects.exclude(laboratory=None).exists()


def test_the_form_begins_with_the_test_it_was_asked_for(reading, laboratory):
    page = reading.get(address(laboratory, "labs:add_range"), {"analyte": "glucose"})

    chosen = [option["value"] for option in soup(page).select("option[selected]")]
    assert chosen[:2] == ["glucose", "mg/dL"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_of_a_laboratory_costs_the_same_however_much_it_keeps(
    reading, laboratory, rows, django_assert_num_queries
):
    alt = AnalyteFactory(key="alt", unit="U/L")
    for n in range(rows):
        ReferenceRangeFactory(
            analyte=alt, laboratory=laboratory, unit="U/L", valid_from=date(2020 + n, 1, 1)
        )
    reading.get(address(laboratory))

    with django_assert_num_queries(5):
        reading.get(address(laboratory))
    with django_assert_num_queries(5):
        reading.get(reverse("labs:catalogue"))


def test_the_limits_are_a_proposal_until_a_clinician_signs_them(deciding):
    page = deciding.get(reverse("labs:limits"))
    assert "Proposed, not signed off" in page.text

    shown = soup(page).select_one("input[name=shown]")["value"]
    sent = deciding.post(reverse("labs:sign_limits"), {"shown": shown})

    assert sent.url == reverse("labs:limits")
    assert LimitsSignature.objects.get().fingerprint == fingerprint(published_catalogue())
    page = deciding.get(reverse("labs:limits"))
    assert "Signed off" in page.text
    assert soup(page).select_one("input[name=shown]") is None


def test_limits_that_were_signed_before_they_changed_are_unsigned(deciding, site, clinician):
    LimitsSignatureFactory(site=site, signed_by=clinician)

    page = deciding.get(reverse("labs:limits"))

    assert "they have changed since" in page.text


def test_the_limits_page_shows_each_kind_of_limit(reading):
    page = reading.get(reverse("labs:limits"))

    assert rows_of(page, "Glucose") == [
        ["below 54 or above 400 mg/dL proposed", "50 to 300 mg/dL", "10 to 2000 mg/dL"]
    ]
    assert soup(page).select_one("form[action$='sign/']") is None
