"""What a message in FHIR means, without a database."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic import fhir
from labs.fhir.meaning import Understood, understood
from labs.fhir.reading import is_fhir
from labs.rules.reported import Person
from tests.labs.fhir.resources import (
    ALAN,
    bundle,
    lipid_bundle,
    lipids,
    number,
    observation,
    raw,
    report,
    semen_bundle,
    specimen,
    yes_no,
)

ZONE = ZoneInfo("America/Los_Angeles")


def said(resource: dict) -> Understood:
    return understood(fhir.read(raw(resource)).resource, zone=ZONE)


def only_group(resource: dict):
    (told,) = said(resource).reports
    (group,) = told.groups
    return group


def only_value(**more):
    (seen,) = only_group(bundle(ALAN, observation("a", "2571-8", **more))).observations
    return seen


def test_the_first_example_is_one_collection_of_four_values():
    (told,) = said(lipid_bundle()).reports
    (group,) = told.groups

    assert told.person == Person(("P000123",), "Testman", "Alan", date(1988, 4, 17))
    assert (group.panel_code, group.specimen) == ("24331-1", "L26-55012")
    assert group.collected_at == datetime(2026, 2, 12, 16, 15, tzinfo=UTC)
    assert group.reported_at == datetime(2026, 2, 13, 17, 25, tzinfo=UTC)
    assert [(o.analyte.key, o.value, o.unit, o.range_text) for o in group.observations] == [
        ("total_cholesterol", "240", "mg/dL", "<200"),
        ("triglycerides", "310", "mg/dL", "<150"),
        ("hdl", "38", "mg/dL", ""),
        ("ldl", "140", "mg/dL", "<100"),
    ]


def test_the_second_example_is_a_semen_analysis():
    group = only_group(semen_bundle())

    assert group.is_semen
    assert (group.specimen, group.panel_code) == ("A26-0412", "54231-6")
    assert group.received_at == datetime(2026, 4, 12, 15, 55, tzinfo=UTC)
    assert {o.analyte.key: o.value for o in group.observations} == {
        "abstinence_days": "3",
        "volume_ml": "2.8",
        "liquefaction_min": "25",
        "fresh_sperm_seen": "N",
        "pellet_sperm_seen": "Y",
        "pellet_sperm_n": "14",
        "pellet_motile_n": "5",
        "concentration": "<0.056",
    }


@pytest.mark.parametrize("kind", ["transaction", "batch", "collection", "message", "document"])
def test_every_kind_of_bundle_says_the_same(kind):
    assert [o.value for o in only_group(lipid_bundle(kind)).observations] == [
        "240", "310", "38", "140",
    ]  # fmt: skip


def test_a_bundle_of_another_kind_is_told_what_to_send():
    found = said(lipid_bundle("searchset"))
    assert [i.sentence for i in found.issues] == [
        "A Bundle of the type “searchset” is not taken; send a transaction or a batch."
    ]


def test_two_resources_of_one_name_are_refused():
    found = said(bundle(ALAN, observation("a", "2571-8"), observation("a", "2085-9")))
    assert [(i.code, i.sentence) for i in found.issues] == [
        ("duplicate", "Two resources of the bundle are both called Observation/a.")
    ]


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("preliminary", "preliminary"),
        ("final", "final"),
        ("amended", "corrected"),
        ("corrected", "corrected"),
        ("entered-in-error", "D"),
        ("cancelled", "cannot"),
        ("unknown", "unknown"),
    ],
)
def test_each_status_is_understood(status, ours):
    assert only_value(status=status, **number(310, "mg/dL")).status == ours


def test_what_is_only_registered_is_told_and_filed_by_nobody():
    found = said(bundle(ALAN, observation("a", "2571-8", status="registered")))
    assert found.reports == []
    assert [i.sentence for i in found.notices] == [
        "It is registered and has no value yet: nothing was filed."
    ]


def test_a_value_that_could_not_be_had_keeps_why():
    seen = only_value(dataAbsentReason={"text": "haemolysed"})
    assert (seen.status, seen.value) == ("cannot", "haemolysed")


def test_a_value_that_comes_later_is_not_one_that_could_not_be_had():
    absent = {"coding": [{"code": "temp-unknown"}]}
    found = said(bundle(ALAN, observation("a", "2571-8", dataAbsentReason=absent)))
    assert (found.reports, len(found.notices)) == ([], 1)


def test_no_value_without_a_reason_is_a_fault_of_its_row():
    assert only_value().fault == "It has no value, and does not say why."


@pytest.mark.parametrize(
    ("given_value", "value", "unit"),
    [
        (number(0.056, "10*6/mL", "<"), "<0.056", "10*6/mL"),
        (number(5, "mg/dL", ">="), ">=5", "mg/dL"),
        ({"valueInteger": 14}, "14", ""),
        ({"valueString": "<0.056"}, "<0.056", ""),
        ({"valueBoolean": True}, "Y", ""),
        ({"valueBoolean": False}, "N", ""),
        (yes_no("Y"), "Y", ""),
        ({"valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": "LA9634-2"}]}},
         "N", ""),
        ({"valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct",
                                               "code": "260373001"}]}}, "Y", ""),
        ({"valueCodeableConcept": {"text": "abnormal"}}, "abnormal", ""),
        ({"valueRatio": {"numerator": {"value": 1}}}, "(Ratio)", ""),
    ],
)  # fmt: skip
def test_each_kind_of_value_is_understood(given_value, value, unit):
    seen = only_value(**given_value)
    assert (seen.value, seen.unit) == (value, unit)


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"text": "<150", "high": {"value": 150}}, "<150"),
        ({"low": {"value": 40}}, ">=40"),
        ({"high": {"value": 150}}, "<=150"),
        ({"low": {"value": 1.5}, "high": {"value": 12.4}}, "1.5-12.4"),
        ({"text": "see report"}, "see report"),
        ({"high": {"value": 1.7, "unit": "mmol/L"}}, "<=1.7 mmol/L"),
        ({"high": {"value": 150, "unit": "mg/dl"}}, "<=150"),
        ({}, ""),
    ],
)
def test_a_range_keeps_its_unit_where_that_is_another(limits, text):
    assert only_value(**number(310, "mg/dL"), referenceRange=[limits]).range_text == text


def test_the_normal_range_is_taken_of_several():
    treatment = {"type": {"coding": [{"code": "treatment"}]}, "high": {"value": 99}}
    normal = {"type": {"coding": [{"code": "normal"}]}, "high": {"value": 150}}
    seen = only_value(**number(310, "mg/dL"), referenceRange=[treatment, normal])
    assert seen.range_text == "<=150"


def test_values_without_a_specimen_are_one_collection_by_their_moment():
    values = [observation("a", "2571-8", specimen=None, **number(310, "mg/dL")),
              observation("b", "2085-9", specimen=None, **number(38, "mg/dL"))]  # fmt: skip
    group = only_group(bundle(ALAN, *values))
    assert (group.specimen, len(group.observations)) == ("", 2)


def test_two_specimens_are_two_collections():
    other = specimen("L26-99") | {"id": "t"}
    values = [observation("a", "2571-8", **number(310, "mg/dL")),
              observation("b", "2085-9", specimen={"reference": "Specimen/t"},
                          **number(38, "mg/dL"))]  # fmt: skip
    (told,) = said(bundle(ALAN, specimen(), other, *values)).reports
    assert [group.specimen for group in told.groups] == ["L26-55012", "L26-99"]


def test_the_number_of_a_report_stands_for_that_of_a_specimen():
    values = lipids(specimen=None)
    found = report(values, identifier=[{"value": "ACC-7"}])
    assert only_group(bundle(ALAN, found, *values)).specimen == "ACC-7"


def test_a_patient_may_be_contained_in_the_value():
    seen = observation("a", "2571-8", subject={"reference": "#p"}, contained=[ALAN],
                       specimen=None, **number(310, "mg/dL"))  # fmt: skip
    (told,) = said(seen).reports
    assert told.person.numbers == ("P000123",)


def test_a_patient_who_is_only_numbered_has_no_name():
    seen = observation("a", "2571-8", subject={"identifier": {"value": "P000123"}},
                       **number(310, "mg/dL"))  # fmt: skip
    (told,) = said(seen).reports
    assert told.person == Person(("P000123",), "", "", None)


def test_two_people_of_one_bundle_are_two_reports():
    eve = ALAN | {"id": "q", "identifier": [{"value": "P9"}]}
    values = [observation("a", "2571-8", **number(310, "mg/dL")),
              observation("b", "2571-8", subject={"reference": "Patient/q"},
                          **number(90, "mg/dL"))]  # fmt: skip
    found = said(bundle(ALAN, eve, *values))
    assert [(r.person.numbers, [o.value for o in r.observations]) for r in found.reports] == [
        (("P000123",), ["310"]),
        (("P9",), ["90"]),
    ]


def test_components_are_values_of_the_same_collection():
    parts = [{"code": {"coding": [{"system": "http://loinc.org", "code": code}]},
              **number(value, "mg/dL")}
             for code, value in (("2571-8", 310), ("2085-9", 38))]  # fmt: skip
    group = only_group(bundle(ALAN, observation("a", "24331-1", component=parts)))
    assert [(o.analyte.key, o.value) for o in group.observations] == [
        ("triglycerides", "310"),
        ("hdl", "38"),
    ]


def test_panels_that_hold_each_other_end():
    one = observation("a", "24331-1", hasMember=[{"reference": "Observation/b"}])
    two = observation("b", "57698-3", hasMember=[{"reference": "Observation/a"}])
    assert said(bundle(ALAN, one, two)).reports == []


@pytest.mark.parametrize(
    ("code", "fasting"), [("F", True), ("NF", False), ("NG", None), ("FNA", None)]
)
def test_fasting_is_said_by_its_own_code_only(code, fasting):
    told = {"fastingStatusCodeableConcept": {"coding": [{"code": code}]}}
    values = lipids(note=[{"text": "Patient stated fasting 12 h."}])
    assert only_group(bundle(ALAN, specimen(collection=told), *values)).fasting is fasting


def test_a_report_that_is_taken_back_takes_its_values_along():
    values = lipids()
    taken = bundle(ALAN, specimen(), report(values, status="entered-in-error"), *values)
    assert {o.status for o in only_group(taken).observations} == {"D"}


def test_the_first_coding_that_is_known_here_counts():
    codes = {"coding": [{"system": "urn:oid:9", "code": "TRIG"},
                        {"system": "http://loinc.org", "code": "2571-8"}]}  # fmt: skip
    seen = only_value(code=codes, **number(310, "mg/dL"))
    assert (seen.system, seen.code, seen.analyte.key) == ("LN", "2571-8", "triglycerides")


def test_a_code_nobody_knows_keeps_its_system_and_its_words():
    codes = {"coding": [{"system": "urn:oid:9", "code": "TRIG", "display": "Triglyzeride"}]}
    seen = only_value(code=codes, **number(310, "mg/dL"))
    assert (seen.system, seen.code, seen.code_text, seen.analyte) == (
        "urn:oid:9", "TRIG", "Triglyzeride", None,
    )  # fmt: skip


def test_the_row_keeps_the_resource_as_it_came():
    assert (
        '"interpretation"'
        in only_value(
            **number(310, "mg/dL"), interpretation=[{"coding": [{"code": "HH"}]}]
        ).original
    )


@pytest.mark.parametrize(
    ("content", "ours"),
    [
        (b'\xef\xbb\xbf {"resourceType":"Bundle"}', True),
        (b'{"resourceType":"Bundle"}', True),
        (b'{"a":1}', False),
        (b"MSH|^~\\&|", False),
        (b"name,value", False),
    ],
)
def test_a_file_is_known_by_its_beginning(content, ours):
    assert is_fhir(content) is ours


SHAPES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=9) | st.decimals(0, 9, places=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["code", "coding", "valueQuantity", "value", "system", "status", "subject", "high",
                 "reference", "component", "hasMember", "referenceRange", "identifier", "note",
                 "specimen", "effectivePeriod", "start", "dataAbsentReason", "text", "name"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@given(SHAPES, st.sampled_from(["Observation", "DiagnosticReport", "Specimen", "Patient"]))
def test_no_shape_stops_the_reader(content, kind):
    more = content if isinstance(content, dict) else {"code": content}
    odd = more | {"resourceType": kind}
    seen = observation("a", "2571-8", **number(Decimal(310), "mg/dL"))
    entries = [{"resource": each} for each in (ALAN, specimen(), seen, odd)]
    found = understood({"resourceType": "Bundle", "type": "batch", "entry": entries}, zone=ZONE)
    assert found.values >= 1
