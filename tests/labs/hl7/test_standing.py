"""Preliminary, final, corrected, not to be had, taken back: what each does to the record."""

import pytest

from labs.models import Draw, Result, SemenAnalysis
from tests.labs.hl7.messages import LIPIDS, SEMEN, with_obx
from tests.labs.hl7.test_filing import alan, laboratories, receive  # noqa: F401

pytestmark = pytest.mark.django_db
TRIG = "OBX|1|NM|2571-8^TG^LN||{0}|mg/dL|<150||||{1}"
HDL = "OBX|2|NM|2085-9^HDL^LN||38|mg/dL|>=40||||{0}"


def send(*lines: str, number: str, panel: str = "F", reported: str = "20260213092500-0800"):
    text = with_obx(*lines, number=number, panel=panel)
    return receive(text.replace("20260213092500-0800", reported))


def standing(key: str = "triglycerides") -> list[tuple[str, str]]:
    rows = Result.objects.filter(analyte__key=key, superseded_by=None)
    return [(row.reported, row.status) for row in rows.exclude(status="entered_in_error")]


def fates(message) -> list[str]:
    return [row.state for row in message.rows.all()]


def test_a_preliminary_value_becomes_final_and_is_no_correction(alan):  # noqa: F811
    send(TRIG.format(310, "P"), number="A1")
    assert (Draw.objects.get().status, standing()) == ("preliminary", [("310", "preliminary")])

    message = send(TRIG.format(310, "F"), number="A2")

    assert (fates(message), standing()) == (["correction"], [("310", "final")])
    assert Draw.objects.get().status == "final"


def test_a_preliminary_value_never_takes_the_place_of_a_final_one(alan):  # noqa: F811
    send(TRIG.format(310, "F"), number="A1")
    message = send(TRIG.format(250, "P"), number="A2")

    assert (fates(message), standing()) == (["duplicate"], [("310", "final")])
    assert message.rows.get().explanation == "A final value stands already."


def test_a_correction_names_one_value_and_the_others_stay(alan):  # noqa: F811
    send(TRIG.format(310, "F"), HDL.format("F"), number="A1")
    message = send(TRIG.format(510, "C"), number="A2")

    assert (fates(message), standing()) == (["correction"], [("510", "corrected")])
    assert standing("hdl") == [("38", "final")]


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        ("20260213092459-0800", [("310", "final")]),
        ("20260213092500-0800", [("250", "corrected")]),
        ("20260213092501-0800", [("250", "corrected")]),
    ],
)
def test_an_older_report_that_comes_late_changes_nothing(alan, reported, expected):  # noqa: F811
    send(TRIG.format(310, "F"), number="A1")
    send(TRIG.format(250, "F"), number="A2", reported=reported)

    assert standing() == expected


def test_what_could_not_be_had_stands_on_the_record_as_that(alan):  # noqa: F811
    first = send(TRIG.format("", "X"), HDL.format("F"), number="A1")
    again = send(TRIG.format("", "X"), HDL.format("F"), number="A2")

    assert (fates(first), fates(again)) == (["new", "new"], ["duplicate", "duplicate"])
    assert (standing(), first.state) == ([("", "cannot")], "filed")


def test_a_value_that_cannot_be_had_after_all_takes_the_place_of_the_one_that_stood(alan):  # noqa: F811
    send(TRIG.format(310, "F"), HDL.format("F"), number="A1")
    message = send(TRIG.format("haemolysed", "X"), number="A2")

    assert (fates(message), standing()) == (["correction"], [("haemolysed", "cannot")])


def test_a_value_taken_back_is_struck_out_and_the_others_stay(alan):  # noqa: F811
    send(TRIG.format(310, "F"), HDL.format("F"), number="A1")
    message = send(TRIG.format(310, "D"), number="A2")

    assert (fates(message), message.state) == (["taken_back"], "filed")
    struck = Result.objects.get(analyte__key="triglycerides")
    assert (struck.status, struck.correction_reason) == (
        "entered_in_error",
        "The laboratory took it back.",
    )
    assert (standing(), standing("hdl")) == ([], [("38", "final")])


def test_what_was_calculated_goes_with_the_value_it_came_from(alan):  # noqa: F811
    without_ldl = LIPIDS.replace("OBX|4|NM|13457-7", "OBX|4|NM|99999-9")
    receive(without_ldl)
    assert [words for words, _ in standing("non_hdl")] == ["202"]

    send(HDL.format("D"), number="A2")

    assert (standing("non_hdl"), standing("ldl")) == ([], [])


def test_with_the_last_value_the_whole_draw_is_struck_out(alan):  # noqa: F811
    send(TRIG.format(310, "F"), HDL.format("F"), number="A1")
    send(TRIG.format(310, "D"), HDL.format("D"), number="A2")

    draw = Draw.objects.get()
    assert (draw.status, draw.struck_reason) == (
        "entered_in_error",
        "The laboratory took it back.",
    )


def test_taking_back_what_never_stood_changes_nothing_and_waits_for_nobody(alan):  # noqa: F811
    message = send(TRIG.format(310, "D"), number="A1")

    assert (fates(message), message.state, Draw.objects.count()) == (["duplicate"], "filed", 0)


def test_a_value_sent_again_after_it_was_taken_back_stands_again(alan):  # noqa: F811
    send(TRIG.format(310, "F"), HDL.format("F"), number="A1")
    send(TRIG.format(310, "D"), number="A2")
    message = send(TRIG.format(305, "F"), number="A3")

    assert (fates(message), standing()) == (["new"], [("305", "final")])


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (("F", "F"), ["implausible", "implausible"]),
        (("P", "F"), ["new", "correction"]),
        (("F", "C"), ["new", "correction"]),
        (("C", "F"), ["implausible", "implausible"]),
    ],
)
def test_two_values_of_one_thing_are_filed_only_when_one_says_it_replaces(alan, marks, expected):  # noqa: F811
    lines = [TRIG.format(value, mark) for value, mark in zip((310, 250), marks, strict=True)]
    message = send(*lines, number="A1")

    assert fates(message) == expected
    assert [words for words, _ in standing()] == (["250"] if "new" in expected else [])


def test_the_same_value_twice_is_one(alan):  # noqa: F811
    message = send(TRIG.format(310, "F"), TRIG.format(310, "F"), number="A1")

    assert (fates(message), standing()) == (["new", "duplicate"], [("310", "final")])


def test_a_collection_without_a_number_is_known_by_its_time(alan):  # noqa: F811
    def numberless(value: int, number: str) -> str:
        text = with_obx(TRIG.format(value, "F"), number=number)
        return text.replace("|L26-55012^LABSYS", "|")

    receive(numberless(310, "A1"))
    again = receive(numberless(310, "A2"))
    other = receive(numberless(310, "A3").replace("20260212081500", "20260212081600"))

    assert (fates(again), fates(other), Draw.objects.count()) == (["duplicate"], ["new"], 2)


def test_a_specimen_of_another_day_is_not_taken_for_the_one_that_stands(alan):  # noqa: F811
    send(TRIG.format(310, "F"), number="A1")
    text = with_obx(TRIG.format(250, "F"), number="A2").replace("20260212081500", "20260213081500")
    message = receive(text)

    assert (fates(message), standing()) == (["implausible"], [("310", "final")])
    assert message.rows.get().explanation == (
        "This specimen stands on the record with another day of collection."
    )


def test_the_coded_answer_makes_the_sample_fasting_and_waits_for_nobody(alan):  # noqa: F811
    fasting = "OBX|2|CWE|49541-6^Fasting status^LN||Y^Yes^HL70136||||||F"
    message = send(TRIG.format(310, "F"), fasting, number="A1")

    assert (fates(message), message.state) == (["new", "duplicate"], "filed")
    assert Draw.objects.get().fasting is True


# --- semen ---


def semen(*changes: tuple[str, str], number: str, keep: tuple[int, ...] = ()) -> str:
    """The semen example under another number; `keep` leaves only these values."""
    text = SEMEN.replace("MSG000377", number)
    for was, now_is in changes:
        assert was in text
        text = text.replace(was, now_is)
    wanted = tuple(f"OBX|{n}|" for n in keep)
    lines = [x for x in text.split("\r") if not (keep and x.startswith("OBX"))]
    kept = [x for x in text.split("\r") if keep and x.startswith(wanted)]
    at = next(n for n, line in enumerate(lines) if line.startswith("OBR")) + 1
    return "\r".join([*lines[:at], *kept, *lines[at:]])


def marked(text: str, mark: str) -> str:
    """The text with another standing (OBX-11) of every value."""
    lines = [line.split("|") for line in text.split("\r")]
    for fields in lines:
        if fields[0] == "OBX":
            fields[11] = mark
    return "\r".join("|".join(fields) for fields in lines)


def sheet() -> SemenAnalysis:
    return SemenAnalysis.objects.current().get()


def test_a_preliminary_sheet_is_completed_by_the_final_one(alan):  # noqa: F811
    receive(marked(semen(number="S1"), "P"))
    assert sheet().status == "preliminary"

    message = receive(SEMEN)

    assert (message.state, sheet().status, SemenAnalysis.objects.count()) == ("filed", "final", 1)


def test_a_correction_of_one_answer_leaves_the_others(alan):  # noqa: F811
    receive(SEMEN)
    changed = semen(("||14|{#}", "||16|{#}"), ("||||F|||", "||||C|||"), number="S2", keep=(6,))
    message = receive(changed)

    assert fates(message) == ["correction"]
    assert (sheet().status, sheet().pellet_sperm_n, sheet().pellet_motile_n) == ("corrected", 16, 5)
    assert str(sheet().volume_ml) == "2.80"


def test_an_answer_taken_back_is_gone_and_the_sheet_says_corrected(alan):  # noqa: F811
    receive(SEMEN)
    message = receive(semen(("||||F|||", "||||D|||"), number="S2", keep=(7,)))

    assert fates(message) == ["taken_back"]
    assert (sheet().status, sheet().pellet_motile_n, sheet().pellet_sperm_n) == (
        "corrected",
        None,
        14,
    )


def test_with_every_answer_taken_back_the_sheet_is_struck_out(alan):  # noqa: F811
    receive(SEMEN)
    message = receive(marked(semen(number="S2"), "D"))

    assert set(fates(message)) == {"taken_back"}
    assert SemenAnalysis.objects.get().status == "entered_in_error"


def test_a_concentration_is_converted_to_the_unit_of_the_sheet(alan):  # noqa: F811
    message = receive(
        semen(("<^0.056|10*6/mL^million per milliliter", "<^56000|/mL^per milliliter"), number="S1")
    )

    assert message.state == "filed"
    assert (sheet().concentration_comparator, str(sheet().concentration_m_per_ml)) == (
        "<",
        "0.056000",
    )


@pytest.mark.parametrize(
    ("was", "now_is", "state"),
    [
        ("||2.8|mL^", "||2.8|furlong^", "unknown_unit"),
        ("||2.8|mL^", "||280|mL^", "implausible"),
        (
            "|NM|3160-9^Volume of Semen^LN||2.8|",
            "|SN|3160-9^Volume of Semen^LN||<^2.8|",
            "implausible",
        ),
    ],
)
def test_one_answer_that_cannot_be_read_keeps_its_reason_and_the_sheet_is_filed(
    alan,  # noqa: F811
    was,
    now_is,
    state,
):
    message = receive(semen((was, now_is), number="S1"))

    assert (message.state, fates(message)[1], fates(message).count("new")) == ("partly", state, 7)
    assert sheet().volume_ml is None


def test_what_the_sheet_has_no_field_for_is_kept_in_its_remarks(alan):  # noqa: F811
    colour = "OBX|9|CWE|10569-2^Colour^LN||^grey||||||F\rNTE"
    message = receive(semen(("NTE", colour), number="S1"))

    assert message.state == "filed"
    assert "grey" in str(sheet().sheet["remark"])


def test_a_sheet_that_contradicts_itself_is_not_filed_at_all(alan):  # noqa: F811
    message = receive(semen(("||5|{#}", "||15|{#}"), number="S1"))

    assert set(fates(message)) == {"implausible"}
    assert not SemenAnalysis.objects.exists()
