"""Every type of value, every standing and every habit of laboratories, as it is understood."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hl7apy.parser import parse_message

from clinic import hl7
from labs.hl7.meaning import understood
from labs.models import Laboratory
from labs.rules.reported import Unreadable
from tests.labs.hl7.messages import LIPIDS, SEMEN, with_obx

PACIFIC = ZoneInfo("America/Los_Angeles")


def reports(text: str):
    return understood(hl7.parse(text.encode()), zone=PACIFIC)


def only(text: str):
    """The one observation of the one collection of the one patient."""
    ((seen,),) = [group.observations for report in reports(text) for group in report.groups]
    return seen


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("NM", "240", "240"),
        ("SN", "<^0.056", "<0.056"),
        ("SN", ">=^40", ">=40"),
        ("SN", "=^40", "40"),
        ("SN", "^120", "120"),
        ("SN", "^2^-^7", "2-7"),
        ("SN", "^1^:^128", "1:128"),
        ("ST", "<5", "<5"),
        ("ST", "5^6", "5^6"),
        ("TX", "not enough serum", "not enough serum"),
        ("FT", r"one\.br\two", "one\ntwo"),
        ("CE", "Y^Yes^HL70136", "Y"),
        ("CWE", "^Yes", "Yes"),
        ("CWE", "^^^LA33-6^Yes^LN", "LA33-6"),
        ("NM", "1~2", "1\n2"),
        ("", "240", "240"),
    ],
)
def test_a_value_is_read_by_its_type(kind, value, expected):
    seen = only(with_obx(f"OBX|1|{kind}|2571-8^TG^LN||{value}|mg/dL|||||F"))

    assert (seen.value, seen.fault) == (expected, "")


@pytest.mark.parametrize("kind", ["ED", "RP", "XPN"])
def test_a_document_or_a_name_is_no_result(kind):
    seen = only(with_obx(f"OBX|1|{kind}|2571-8^TG^LN||x||||||F"))

    assert seen.fault == f"A value of type {kind} is no result."


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("mg/dL^milligram per deciliter^UCUM", "mg/dL"),
        ("mg/dL", "mg/dL"),
        ("10^9/L", "10^9/L"),
        (r"10\S\9/L", "10^9/L"),
        ("^mg/dL", "mg/dL"),
        ("", ""),
    ],
)
def test_a_unit_is_its_code_and_a_power_in_it_is_no_delimiter(field, expected):
    assert only(with_obx(f"OBX|1|NM|6690-2^WBC^LN||5|{field}|||||F")).unit == expected


@pytest.mark.parametrize(
    ("mark", "panel", "expected"),
    [
        ("P", "F", "preliminary"),
        ("R", "F", "preliminary"),
        ("S", "F", "preliminary"),
        ("F", "P", "final"),
        ("U", "P", "final"),
        ("C", "F", "corrected"),
        ("X", "F", "cannot"),
        ("D", "F", "D"),
        ("W", "F", "W"),
        ("", "P", "preliminary"),
        ("", "C", "corrected"),
        ("", "", "final"),
    ],
)
def test_a_value_stands_as_it_says_or_as_its_panel_does(mark, panel, expected):
    text = with_obx(f"OBX|1|NM|2571-8^TG^LN||310|mg/dL|||||{mark}", panel=panel)

    assert only(text).status == expected


@pytest.mark.parametrize(
    ("answer", "mark", "expected"),
    [
        ("Y^Yes^HL70136", "F", True),
        ("LA33-6^Yes^LN", "F", True),
        ("N^No^HL70136", "C", False),
        ("LA32-8^No^LN", "F", False),
        ("Y^Yes^HL70136", "P", None),
        ("Y^Yes^HL70136", "X", None),
        ("U^Unknown^HL70136", "F", None),
        ("^", "F", None),
    ],
)
def test_fasting_is_known_by_the_coded_answer_to_that_question_alone(answer, mark, expected):
    (report,) = reports(with_obx(f"OBX|1|CWE|49541-6^Fasting status^LN||{answer}||||||{mark}"))

    assert report.groups[0].fasting is expected


def test_a_local_code_beside_a_loinc_is_understood_by_either():
    for code in ("TRIG^Trig^L^2571-8^TG^LN", "2571-8^TG^LN^TRIG^Trig^L"):
        assert only(with_obx(f"OBX|1|NM|{code}||310|mg/dL|||||F")).analyte.key == "triglycerides"


def test_what_nobody_mapped_keeps_its_code_and_its_line():
    line = "OBX|1|NM|TRIG^Trig^99REF||310|mg/dL|||||F"
    seen = only(with_obx(line))

    assert (seen.analyte, seen.code, seen.system, seen.original) == (None, "TRIG", "99REF", line)


def test_patients_and_collections_repeat_and_every_value_has_a_place_of_its_own():
    person = "PID|{0}||P{0}^^^C^MR||Man{0}^A||19880417|M"
    order = "OBR|{0}||S{0}^LAB|24331-1^Lipids^LN|||20260212081500-0800"
    value = "OBX|1|NM|2571-8^TG^LN||{0}|mg/dL|||||F"
    lines = [LIPIDS.split("\r")[0]]
    for man in (1, 2):
        lines.append(person.format(man))
        for group in (1, 2):
            lines += [order.format(10 * man + group), value.format(100 * man + group)]

    found = [
        (report.person.numbers, group.specimen, seen.position, seen.value)
        for report in reports("\r".join(lines))
        for group in report.groups
        for seen in group.observations
    ]

    assert found == [
        (("P1",), "S11", 1, "101"),
        (("P1",), "S12", 2, "102"),
        (("P2",), "S21", 3, "201"),
        (("P2",), "S22", 4, "202"),
    ]


@pytest.mark.parametrize(
    ("pid", "numbers", "family"),
    [
        ("PID|1||A^^^C^MR~B^^^D^PI||Testman^Alan||19880417", ("A", "B"), "Testman"),
        ("PID|1|A|B|C|Testman^Alan||19880417", ("B", "A", "C"), "Testman"),
        ("PID|1||A||van Dam&van&Dam^Alan||198804170000", ("A",), "van Dam"),
        (r"PID|1||A||O\T\Neill^Alan||19880417", ("A",), "O&Neill"),
    ],
)
def test_a_person_is_read_as_old_and_new_versions_write_him(pid, numbers, family):
    lines = LIPIDS.split("\r")
    (report,) = reports("\r".join([lines[0], pid, *lines[2:]]))

    assert (report.person.numbers, report.person.family_name) == (numbers, family)


def test_values_without_an_order_are_not_lost_but_have_no_time():
    lines = [line for line in LIPIDS.split("\r") if not line.startswith(("OBR", "ORC", "SPM"))]
    timeless = [line.rsplit("|||", 1)[0] for line in lines]
    (report,) = reports("\r".join(timeless))

    (group,) = report.groups
    assert (len(group.observations), group.collected_at) == (4, None)


def test_results_before_any_patient_are_nobodys():
    lines = [line for line in LIPIDS.split("\r") if not line.startswith("PID")]
    (report,) = reports("\r".join(lines))

    assert (report.person.numbers, len(report.groups[0].observations)) == ((), 4)


@pytest.mark.parametrize("missing", [7, 3])
def test_an_order_that_leaves_something_away_is_completed_from_beside_it(missing):
    lines = LIPIDS.split("\r")
    fields = lines[3].split("|")
    fields[missing] = ""
    lines[3] = "|".join(fields)
    (report,) = reports("\r".join(lines))

    (group,) = report.groups
    assert (group.specimen, group.collected_at) == (
        "L26-55012",
        datetime(2026, 2, 12, 16, 15, tzinfo=UTC),
    )


def test_notes_of_every_place_are_kept_in_their_order():
    lines = LIPIDS.split("\r")
    lines.insert(4, r"NTE|1|L|Lipaemic\.br\serum~Spun twice")
    (report,) = reports("\r".join(lines))

    assert report.groups[0].notes == [
        "Lipaemic\nserum",
        "Spun twice",
        "LDL by Friedewald. Patient stated fasting 12 h.",
    ]


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1"])
@pytest.mark.parametrize("text", [LIPIDS, SEMEN], ids=["blood", "semen"])
def test_every_version_means_the_same(version, text):
    header, _, rest = text.partition("\r")
    older = header.replace("|2.5.1|", f"|{version}|")
    assert version in older
    kind = older if version >= "2.3.1" else older.replace("ORU^R01^ORU_R01", "ORU^R01")

    assert reports(f"{kind}\r{rest}") == reports(text)


@pytest.mark.parametrize("version", ["2.3.1", "2.4", "2.5", "2.5.1"])
def test_what_we_call_a_message_of_a_version_an_independent_reader_calls_one(version):
    text = with_obx("OBX|1|NM|2571-8^TG^LN||310|mg/dL|||||F").replace("|2.5.1", f"|{version}")

    assert parse_message(text, find_groups=True, validation_level=2).version == version


@pytest.mark.parametrize(
    ("was", "now_is", "why"),
    [
        ("|2.5.1|", "|2.6|", "It is written in HL7 2.6; versions 2.3 to 2.5.1 are taken in."),
        ("|2.5.1|", "|2.2|", "It is written in HL7 2.2; versions 2.3 to 2.5.1 are taken in."),
        ("|P|2.5", "|T|2.5", "It is marked as a test (MSH-11 is T); tests are not filed."),
        ("|P|2.5", "|D|2.5", "It is marked as a test (MSH-11 is D); tests are not filed."),
        ("|REFLAB^", "|OTHER^", "It says that it is from OTHER, not from Reference laboratory."),
        (
            "\rNTE",
            "\rDSC|more\rNTE",
            "It goes on in another message (DSC); ask for it in one piece.",
        ),
    ],
)
def test_what_is_not_ours_to_file_says_why(was, now_is, why):
    from clinic.models import Site
    from labs.hl7.meaning import read

    site = Site(name="Here", time_zone="America/Los_Angeles")
    laboratory = Laboratory(site=site, name="Reference laboratory", facility="REFLAB")
    assert was in LIPIDS

    with pytest.raises(Unreadable) as said:
        read(LIPIDS.replace(was, now_is, 1).encode(), laboratory, {})
    assert str(said.value) == why


def test_a_batch_file_is_read_message_by_message():
    from clinic.models import Site
    from labs.hl7.meaning import read

    site = Site(name="Here", time_zone="America/Los_Angeles")
    laboratory = Laboratory(site=site, name="Reference laboratory", facility="REFLAB")
    batch = "\r\n".join(
        [
            r"FHS|^~\&|LAB",
            r"BHS|^~\&|LAB",
            LIPIDS,
            LIPIDS.replace("P000123", "P7"),
            "BTS|2",
            "FTS|1",
        ]
    )
    found = read(batch.encode(), laboratory, {})

    assert [report.person.numbers for report in found] == [("P000123",), ("P7",)]
    assert [seen.position for report in found for seen in report.observations] == list(range(1, 9))
