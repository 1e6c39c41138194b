"""What is written as FHIR and read again is what it was, and is as the standard has it."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic import fhir
from clinic.models import Document, Site
from labs.fhir.meaning import understood
from labs.fhir.resources import draw_resources
from labs.fhir.semen import analysis_resources
from labs.models import Analyte, Draw, Laboratory, Result, SemenAnalysis
from labs.rules.catalogue import Group, published_catalogue
from labs.rules.quantities import Quantity
from labs.rules.semen_answers import answers_of
from patients.fhir import patient_resource
from patients.models import Patient
from tests.factories.labs import FEW_SEEN, NONE_SEEN
from tests.labs.conftest import DRAWN, NOW

BASE = "https://clinic.example"
SITE = Site(pk=3, code="harbour", name="Harbour", time_zone="America/Los_Angeles")
MAN = Patient(
    pk=7, site=SITE, record_number="HF-0147", given_name="Daniel Jay", family_name="Rourke",
    preferred_name="Dan", born_on=datetime(1990, 3, 12, tzinfo=UTC).date(), phone="555 0142",
    email="dan@example.org", address="1 Quay",
)  # fmt: skip
LABORATORY = Laboratory(pk=2, site=SITE, name="Bay Laboratory")
BLOOD = [each for each in published_catalogue().analytes if each.group is not Group.SEMEN]


def a_draw(**more) -> Draw:
    given_fields = {
        "pk": 12, "patient": MAN, "laboratory": LABORATORY, "specimen": "L26-1",
        "collected_at": DRAWN, "reported_at": NOW, "filed_at": NOW, "fasting": True,
    }  # fmt: skip
    return Draw(**(given_fields | more))


def a_result(draw: Draw, key: str, reported: str, **more) -> Result:
    analyte = published_catalogue().analyte(key)
    unit = more.pop("unit", analyte.unit)
    quantity = Quantity.parse(reported, unit)
    return Result(
        **{
            "draw": draw,
            "patient": draw.patient,
            "collected_at": draw.collected_at,
            "analyte": Analyte(key=key, name=analyte.name, group=analyte.group.value),
            "reported": reported,
            "value": quantity.value,
            "comparator": str(quantity.comparator or ""),
            "unit": unit,
            "filed_at": NOW,
            "status": "final",
            "flag": "unknown",
        }
        | more
    )


def read_again(resources: list[dict]):
    """As another system would send it: through text, checked, understood."""
    sent = fhir.bundle("collection", resources, base=f"{BASE}/fhir", now=NOW)
    found = fhir.read(fhir.written(sent).encode()).resource
    assert [issue for entry in found["entry"] for issue in fhir.faults(entry["resource"])] == []
    told = understood(found, zone=ZoneInfo("UTC"))
    assert told.issues == []
    (report,) = told.reports
    (group,) = report.groups
    return report.person, group


NUMBERS = st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(99999), places=4)
DIGITS = st.integers(0, 4)


@given(
    analyte=st.sampled_from(BLOOD),
    number=NUMBERS,
    digits=DIGITS,
    comparator=st.sampled_from(["", "<", "<=", ">", ">="]),
    limits=st.sampled_from(["", "<150", ">=40", "1.5-12.4", "<=40", ">3", "see the report"]),
    status=st.sampled_from(["preliminary", "final", "corrected"]),
    fasting=st.sampled_from([True, False, None]),
    hours=st.integers(0, 9000),
    which_unit=st.integers(0, 1),
)
def test_a_value_of_blood_comes_back_as_it_was(
    *, analyte, number, digits, comparator, limits, status, fasting, hours, which_unit
):
    unit = analyte.units[min(which_unit, len(analyte.units) - 1)]
    reported = f"{comparator}{round(number, digits):f}"
    draw = a_draw(collected_at=DRAWN - timedelta(hours=hours), fasting=fasting)
    result = a_result(draw, analyte.key, reported, unit=unit, range_text=limits, status=status)

    person, group = read_again(
        [patient_resource(MAN, base=BASE), *draw_resources(draw, [result], base=BASE)]
    )

    assert (person.numbers, person.family_name, person.born_on) == (
        ("HF-0147",), "Rourke", MAN.born_on,
    )  # fmt: skip
    assert (group.specimen, group.collected_at, group.reported_at, group.fasting) == (
        "L26-1", draw.collected_at, NOW, fasting,
    )  # fmt: skip
    (seen,) = group.observations
    assert (seen.analyte.key, seen.value, seen.unit, seen.range_text, seen.status) == (
        analyte.key, reported, unit, limits, status,
    )  # fmt: skip


def test_what_could_not_be_measured_comes_back_with_why():
    draw = a_draw()
    result = a_result(draw, "alt", "1", status="cannot")
    result.value, result.reported = None, "haemolysed"
    _, group = read_again(
        [patient_resource(MAN, base=BASE), *draw_resources(draw, [result], base=BASE)]
    )
    (seen,) = group.observations
    assert (seen.status, seen.value) == ("cannot", "haemolysed")


def test_what_was_struck_out_is_told_as_an_error_and_without_a_value():
    draw = a_draw(status="entered_in_error")
    result = a_result(draw, "alt", "612", status="entered_in_error", flag="high",
                      range_text="<=40")  # fmt: skip
    resources = draw_resources(draw, [result], base=BASE)
    report, _, seen = resources
    assert (report["status"], seen["status"]) == ("entered-in-error", "entered-in-error")
    assert "612" not in json.dumps(seen, default=str)
    _, group = read_again([patient_resource(MAN, base=BASE), *resources])
    assert [each.status for each in group.observations] == ["D"]


def test_a_calculated_value_names_its_formula():
    draw = a_draw()
    result = a_result(draw, "non_hdl", "150", formula="non_hdl/1 TC − HDL")
    seen = draw_resources(draw, [result], base=BASE)[-1]
    assert seen["note"] == [{"text": f"Calculated here: {result.formula_words}."}]


@pytest.mark.parametrize(
    ("flag", "letter"), [("low", "L"), ("normal", "N"), ("high", "H"), ("unknown", None)]
)
def test_the_flag_is_the_interpretation(flag, letter):
    draw = a_draw()
    seen = draw_resources(draw, [a_result(draw, "alt", "24", flag=flag)], base=BASE)[-1]
    told = seen.get("interpretation", [{"coding": [{"code": None}]}])
    assert told[0]["coding"][0]["code"] == letter


def test_a_document_is_presented_where_there_is_one():
    document = Document(pk=5, title="Results", created_at=NOW)
    draw = a_draw()
    report = draw_resources(draw, [], base=BASE, documents=[document])[0]
    assert report["presentedForm"] == [
        {
            "contentType": "application/pdf",
            "url": "https://clinic.example/documents/5/",
            "title": "Results",
            "creation": "2026-08-04T17:45:00+00:00",
        }
    ]


def an_analysis(sheet: dict, **more) -> SemenAnalysis:
    given_fields = {
        "pk": 4, "patient": MAN, "laboratory": LABORATORY, "specimen": "A26-0412",
        "collected_at": DRAWN, "entered_at": NOW, "verified_at": NOW, "status": "final",
        "sentence": "None seen.", "plain_sentence": "None found.",
        "sheet": {"collected_at": DRAWN.isoformat()} | sheet,
    }  # fmt: skip
    return SemenAnalysis(**(given_fields | more))


TIMES = {
    "received_at": (DRAWN + timedelta(minutes=15)).isoformat(),
    "analysis_started_at": (DRAWN + timedelta(minutes=26)).isoformat(),
}


@pytest.mark.parametrize(
    "sheet",
    [
        pytest.param(NONE_SEEN | TIMES, id="none in a tenth of the pellet"),
        pytest.param(
            FEW_SEEN | TIMES | {"pellet_fraction_examined": "1"}, id="fourteen in the whole pellet"
        ),
        pytest.param(
            TIMES | {"volume_ml": "2.8", "concentration": "<0.056", "ph": "7.4",
                     "fresh_sperm_seen": "seen", "viscosity": "normal", "pr": "12", "np": "5",
                     "im": "83", "normal_pct": "3.5", "leukocytes_pox": "0.2"},
            id="counted",
        ),
    ],
)  # fmt: skip
def test_a_sheet_comes_back_with_every_answer_that_has_a_code(sheet):
    analysis = an_analysis(sheet)
    _, group = read_again(
        [
            patient_resource(MAN, base=BASE),
            *analysis_resources(analysis, base=BASE, plain=False),
        ]
    )

    assert group.is_semen
    answers = {key: str(value) for key, value in answers_of(group, group.observations).items()}
    coded = {analyte.key for analyte in published_catalogue().analytes}
    expected = {key: str(value) for key, value in sheet.items() if key in coded}
    times = {key: str(datetime.fromisoformat(value)) for key, value in TIMES.items()}
    implied = {"pellet_done": "true"} if "pellet_sperm_n" in sheet else {}
    assert answers == expected | times | implied


def test_a_count_in_a_part_of_the_pellet_is_never_sent_as_one_in_the_whole():
    for fraction, code in (("0.10", "SEM-PELLET-PART-N"), ("1", "SEM-PELLET-N")):
        analysis = an_analysis(FEW_SEEN | {"pellet_fraction_examined": fraction})
        found = analysis_resources(analysis, base=BASE, plain=False)
        counts = [
            each["code"]["coding"][0]["code"] for each in found if each["id"] == "s4-pellet-sperm-n"
        ]
        assert counts == [code]


def test_the_patients_copy_is_told_in_his_words():
    analysis = an_analysis(NONE_SEEN)
    for plain, words in ((True, "None found."), (False, "None seen.")):
        report = analysis_resources(analysis, base=BASE, plain=plain)[0]
        assert report["conclusion"] == words


def test_a_struck_sheet_says_so_and_nothing_else():
    analysis = an_analysis(NONE_SEEN, status="entered_in_error")
    found = analysis_resources(analysis, base=BASE, plain=False)
    assert [each["resourceType"] for each in found] == ["DiagnosticReport", "Specimen"]
    assert found[0]["status"] == "entered-in-error"
    assert "conclusion" not in found[0]


def test_the_man_is_told_as_the_standard_has_him():
    assert fhir.faults(json.loads(fhir.written(patient_resource(MAN, base=BASE)))) == []
