"""What waits for want of a code or a unit, what a person says of it, and what is then filed."""

from decimal import Decimal

import pytest
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from labs.actions.catalogue import load_catalogue
from labs.actions.codes import (
    map_code,
    map_unit,
    read_again_for_code,
    read_again_for_unit,
    unmap_code,
    unmap_unit,
)
from labs.models import AnalyteCode, Draw, Result, StagedRow, UnitAlias
from labs.queries.codes import codes_at, waiting_codes, waiting_units
from tests.labs.conftest import NOW

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.time_machine("2026-08-04 17:45 +00:00", tick=False),
]


def meant(laboratory, by, code="TG", analyte="triglycerides", system="urn:lab"):
    return map_code(
        laboratory=laboratory, system=system, code=code, analyte=analyte, by=by, now=NOW
    )


def test_a_code_waits_with_its_words_its_units_and_how_many_values(sent, alan, verifier):
    sent(n=1)
    sent(n=2, value=290)
    sent("CHOL", text="Cholesterin", n=3)

    found = [(w.shown, w.text, w.units, w.rows, w.messages) for w in waiting_codes(verifier)]

    assert found == [
        ("urn:lab TG", "Triglyzeride", ("mg/dL",), 2, 2),
        ("urn:lab CHOL", "Cholesterin", ("mg/dL",), 1, 1),
    ]
    assert [s.analyte.key for s in waiting_codes(verifier)[0].suggested] == ["triglycerides"]


def test_another_site_sees_none_of_it(sent, alan, stranger):
    sent()
    assert (waiting_codes(stranger), waiting_units(stranger)) == ([], [])


def test_what_waited_is_filed_once_somebody_has_said_what_it_means(
    sent, alan, laboratory, verifier
):
    message = sent()
    assert message.state == "partly"

    done = read_again_for_code(meant(laboratory, verifier), by=verifier, now=NOW)

    assert (done.messages, done.filed, done.left) == (1, 1, 0)
    message.refresh_from_db()
    assert message.state == "filed"
    result = Result.objects.get(formula="")
    assert (result.analyte.key, result.value, result.patient) == (
        "triglycerides", Decimal(310), alan,
    )  # fmt: skip
    assert waiting_codes(verifier) == []


def test_the_next_message_needs_nobody(sent, alan, laboratory, verifier):
    meant(laboratory, verifier)
    assert sent().state == "filed"


def test_another_laboratory_means_nothing_by_it(sent, alan, andrology, verifier):
    meant(andrology, verifier)
    assert sent().state == "partly"


@pytest.mark.parametrize(
    ("system", "code", "analyte", "why"),
    [
        ("LN", "11068-0", "concentration", "The LOINC check digit is wrong."),
        ("LN", "49573-4", "concentration", "The LOINC check digit is wrong."),
        ("LN", "10589-0", "ph", "It is spermatids, not the pH of semen."),
        ("LN", "10591-6", "viscosity", "It is primary spermatocytes, not viscosity."),
        ("LN", "10610-4", "pr", "It repeats tail defects; it is not progressive motility."),
        ("LN", "12841-3", "concentration", "It is free over total PSA, not a sperm figure."),
        ("LN", "72514-3", "concentration", "It is not a sperm count."),
        ("LN", "10571-8", "ph", "The LOINC code is deprecated."),
        ("LN", "2571-8", "glucose", "Everywhere here it means Triglycerides."),
        ("L", "SEM-PH", "volume_ml", "Everywhere here it means pH."),
        ("SCT", "425442002", "concentration", "The SNOMED CT check digit is wrong."),
        ("SCT", "281571000", "concentration", "The SNOMED CT check digit is wrong."),
        ("RXNORM", "6064", "glucose", "RxNorm names medicines, not what is measured."),
        ("urn:lab", " ", "glucose",
         "A row without a code cannot be told from another; ask the laboratory for one."),
        ("urn:lab", "X", "nothing", "Choose what is measured."),
    ],
)  # fmt: skip
def test_what_a_code_cannot_mean_is_refused_with_why(
    laboratory, verifier, system, code, analyte, why
):
    with pytest.raises(Refusal) as refusal:
        meant(laboratory, verifier, code, analyte, system)
    assert str(refusal.value) == why
    assert not AnalyteCode.objects.filter(laboratory=laboratory).exists()


@pytest.mark.parametrize(
    ("system", "code"), [("LN", "14927-8"), ("SCT", "48188009"), ("urn:lab", "4711"), ("L", "TG")]
)
def test_a_sound_code_of_its_own_may_be_said(laboratory, verifier, system, code):
    row = meant(laboratory, verifier, code, "triglycerides", system)
    assert (row.system, row.code, row.mapped_by, row.mapped_at) == (system, code, verifier, NOW)


def test_a_code_means_one_thing(laboratory, verifier):
    meant(laboratory, verifier)
    with pytest.raises(Refusal, match="said already"):
        meant(laboratory, verifier, analyte="glucose")


def test_loading_the_catalogue_again_keeps_what_was_said(laboratory, verifier, catalogue):

    row = meant(laboratory, verifier)
    load_catalogue()
    assert AnalyteCode.objects.filter(pk=row.pk).exists()


def test_taking_it_back_keeps_what_was_filed_and_stops_the_next(sent, alan, laboratory, verifier):
    row = meant(laboratory, verifier)
    sent(n=1)
    assert [said.filed for said in codes_at(verifier).said_codes] == [1]

    unmap_code(row=row, reason="It is the free fraction.", by=verifier)

    assert Draw.objects.count() == 1
    assert sent(n=2).state == "partly"
    event = AuditEvent.objects.get(action="code.unmapped")
    assert (event.actor, event.reason, event.detail["code"]) == (
        verifier, "It is the free fraction.", "urn:lab TG",
    )  # fmt: skip


def test_a_code_of_everybody_is_not_taken_back_here(catalogue, verifier):
    with pytest.raises(Refusal, match="definition files"):
        unmap_code(row=AnalyteCode.objects.get(code="2571-8"), reason="No.", by=verifier)


def test_what_was_said_is_in_the_trail(laboratory, verifier):
    row = meant(laboratory, verifier)
    event = AuditEvent.objects.get(action="code.mapped")
    assert (event.actor, event.subject, event.detail) == (
        verifier,
        f"labs.analytecode:{row.pk}",
        {"laboratory": "Bay Laboratory", "code": "urn:lab TG", "analyte": "triglycerides"},
    )


# --- units ----------------------------------------------------------------------------------------


def spelt(laboratory, by, text="Mio/ml", unit="10*6/mL"):
    return map_unit(laboratory=laboratory, text=text, unit=unit, by=by, now=NOW)


def test_a_spelling_nobody_knows_waits_with_what_came_in_it(sent, alan, verifier):
    sent("2571-8", "mg pro dl", system="http://loinc.org")
    (waiting,) = waiting_units(verifier)
    assert (waiting.text, waiting.rows, [a.key for a in waiting.analytes], waiting.choices) == (
        "mg pro dl", 1, ["triglycerides"], ["mg/dL", "mmol/L"],
    )  # fmt: skip


@pytest.mark.parametrize("later", ["mg pro dl", "MG PRO DL", "mgprodl"])
def test_a_spelling_holds_for_all_its_capitals_and_spaces(sent, alan, laboratory, verifier, later):
    sent("2571-8", "mg pro dl", system="http://loinc.org", n=1)
    row = spelt(laboratory, verifier, "mg pro dl", "mg/dL")

    done = read_again_for_unit(row, by=verifier, now=NOW)

    assert (done.messages, done.filed) == (1, 1)
    assert sent("2571-8", later, system="http://loinc.org", n=2).state == "filed"
    assert set(Result.objects.filter(formula="").values_list("unit", flat=True)) == {"mg/dL"}


@pytest.mark.parametrize(
    ("text", "unit", "why"),
    [
        ("mg/dl", "mmol/L", "mg/dl is mg/dL already; it cannot be another unit."),
        ("Mio/ml", "10*3/uL", "Mio/ml says 10⁶, and ×10³/µL says 10³."),
        ("Tsd/µl", "10*6/mL", "Tsd/µl says 10³, and ×10⁶/mL says 10⁶."),
        ("", "mg/dL", "A value without a unit is nobody's to guess; ask the laboratory for it."),
        ("mg pro dl", "parsec", "Choose one of the units the clinic works with."),
        ("mg pro dl", "", "Choose one of the units the clinic works with."),
    ],
)
def test_what_a_spelling_cannot_mean_is_refused_with_why(laboratory, verifier, text, unit, why):
    with pytest.raises(Refusal) as refusal:
        spelt(laboratory, verifier, text, unit)
    assert str(refusal.value) == why


@pytest.mark.parametrize(
    ("text", "unit"),
    [("Mio/ml", "10*6/mL"), ("Tsd/µl", "10*3/uL"), ("mg pro dl", "mg/dL"), ("Gpt/l", "10*9/L")],
)
def test_a_spelling_that_agrees_may_be_said(laboratory, verifier, text, unit):
    assert spelt(laboratory, verifier, text, unit).unit == unit


def test_a_unit_its_analyte_is_not_measured_in_cannot_be_said(sent, alan, verifier):
    sent("2571-8", "g/L", system="http://loinc.org")
    (waiting,) = waiting_units(verifier)
    assert waiting.refusal == "Triglycerides is not measured in g/L here."


def test_a_spelling_is_taken_back_with_a_reason(laboratory, verifier):
    row = spelt(laboratory, verifier)
    with pytest.raises(Refusal, match="Say why"):
        unmap_unit(row=row, reason=" ", by=verifier)
    unmap_unit(row=row, reason="It was thousands.", by=verifier)
    assert (UnitAlias.objects.count(), codes_at(verifier).said_units) == (0, [])


# --- the page -------------------------------------------------------------------------------------

PAGE = "labs:codes"


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_however_much_waits(  # noqa: PLR0917 -- fixtures
    client, sent, alan, laboratory, verifier, sign_in, django_assert_max_num_queries, rows
):
    for n in range(rows):
        sent(f"C{n}", text="Vitamin D", n=n)
        sent("2571-8", f"unit {n}", system="http://loinc.org", n=100 + n)
        meant(laboratory, verifier, f"K{n}")
        spelt(laboratory, verifier, f"mg at {n}", "mg/dL")
    sign_in(client, verifier)
    client.get(reverse(PAGE))

    with django_assert_max_num_queries(10):
        page = client.get(reverse(PAGE))

    assert (len(page.context["found"].codes), len(page.context["found"].units)) == (rows, rows)


def test_one_tap_on_a_suggestion_files_what_waited(client, sent, alan, verifier, sign_in):
    sent()
    sign_in(client, verifier)
    (waiting,) = client.get(reverse(PAGE)).context["found"].codes
    query = f"?laboratory={waiting.laboratory.pk}&system=urn:lab&code=TG"

    page = client.post(reverse("labs:map_code") + query, {"analyte": "triglycerides"}, follow=True)

    assert (
        "urn:lab TG of Bay Laboratory means Triglycerides. "
        "1 value of 1 message no longer waits for it." in page.text
    )
    assert StagedRow.objects.get().state == "new"


def test_the_form_says_why_not(client, sent, alan, laboratory, verifier, sign_in):
    sent()
    sign_in(client, verifier)
    query = f"?laboratory={laboratory.pk}&system=urn:lab&code=TG"
    page = client.post(reverse("labs:map_code") + query, {"analyte": ""})
    assert page.status_code == 422
    assert "Choose one." in page.text


def test_a_code_that_cannot_be_used_has_no_form(client, sent, alan, laboratory, verifier, sign_in):
    sent("11068-0", system="http://loinc.org")
    sign_in(client, verifier)
    query = f"?laboratory={laboratory.pk}&system=LN&code=11068-0"
    page = client.get(reverse("labs:map_code") + query)
    assert "The LOINC check digit is wrong." in page.text
    assert "<select" not in page.text


@pytest.mark.parametrize("query", ["", "?laboratory=1&code=%00", "?laboratory=x", "?laboratory=9"])
def test_a_code_that_does_not_wait_is_not_found(client, verifier, sign_in, query):
    sign_in(client, verifier)
    assert client.get(reverse("labs:map_code") + query).status_code == 404


def test_taking_back_says_how_many_values_stay(client, sent, alan, laboratory, verifier, sign_in):
    row = meant(laboratory, verifier)
    sent()
    sign_in(client, verifier)
    page = client.get(reverse("labs:unmap_code", args=[row.pk]))
    assert "1 value was filed by it. They stay on the records as they are" in page.text
