"""Rows of a table as reports: who, when and what, and each thing that cannot be read by name."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.tables.files import open_table
from clinic.tables.writing import csv_file
from labs.rules.reported import Observation, Report
from labs.rules.table_columns import Columns, guessed
from labs.rules.table_dates import DayOrder
from labs.rules.table_numbers import DecimalMark
from labs.rules.table_reports import reports_from
from labs.rules.table_values import row_number

POINT = DecimalMark.POINT
PACIFIC = ZoneInfo("America/Los_Angeles")
CAME = datetime(2026, 8, 4, 17, 45, tzinfo=UTC)
LONG = (
    "Record number,Family name,Date of birth,Collected,Specimen,Code,Value,Unit,Range,Status,"
    "Fasting"
)
MAN = "HF-1,Rourke,1990-03-12"
DRAWN = datetime(2026, 8, 3, 15, 15, tzinfo=UTC)


def read(*lines: str, heading: str = LONG, **said: object) -> list[Report]:
    raw = "\n".join([heading, *lines]).encode()
    seen = guessed(heading.split(","))
    columns = Columns(seen.meanings, seen.units, **said)
    return reports_from(open_table(raw).rows(), columns, zone=PACIFIC, received_at=CAME)


def only(*lines: str, heading: str = LONG, **said: object) -> Observation:
    (seen,) = [o for report in read(*lines, heading=heading, **said) for o in report.observations]
    return seen


def faults(*lines: str, heading: str = LONG, **said: object) -> list[str]:
    return [
        o.fault for report in read(*lines, heading=heading, **said) for o in report.observations
    ]


def test_a_row_is_one_value_of_one_collection_of_one_man():
    (report,) = read(f"{MAN},2026-08-03 08:15,L26-1,2571-8,310,mg/dL,<150,F,yes")

    assert (report.person.numbers, report.person.family_name, report.person.born_on) == (
        ("HF-1",), "Rourke", date(1990, 3, 12),
    )  # fmt: skip
    (group,) = report.groups
    assert (group.specimen, group.collected_at, group.fasting) == ("L26-1", DRAWN, True)
    (seen,) = group.observations
    assert (seen.analyte.key, seen.value, seen.unit, seen.range_text, seen.status) == (
        "triglycerides", "310", "mg/dL", "<150", "final",
    )  # fmt: skip
    assert (row_number(seen.position), seen.system) == (2, "LN")
    assert seen.original == f"{MAN},2026-08-03 08:15,L26-1,2571-8,310,mg/dL,<150,F,yes"


def test_values_of_one_specimen_stand_together_however_they_are_mixed():
    other = "HF-2,Tran,1985-01-02"
    reports = read(
        f"{MAN},2026-08-03 08:15,A,ldl,131,mg/dL,,,",
        f"{other},2026-08-03 08:15,B,ldl,99,mg/dL,,,",
        f"{MAN},2026-08-03 08:15,A,hdl,44,mg/dL,,,",
    )

    assert [[len(g.observations) for g in report.groups] for report in reports] == [[2], [1]]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        pytest.param(f"EXAMPLE{MAN[4:]},2026-08-03,A,ldl,131,mg/dL,,,", "example row", id="it"),
        pytest.param(f"{MAN},03/08/2026,A,ldl,131,mg/dL,,,", "nobody has said", id="day or month"),
        pytest.param(f"{MAN},,A,ldl,131,mg/dL,,,", "not say when it was", id="no day"),
        pytest.param(",Rourke,1990-03-12,2026-08-03,A,ldl,131,mg/dL,,,", "no record", id="nobody"),
        pytest.param("HF-1,,,2026-08-03,A,ldl,131,mg/dL,,,", "no family name and no", id="two"),
        pytest.param("HF-1,R,12/13/90,2026-08-03,A,ldl,1,mg/dL,,,", "Date of birth:", id="birth"),
        pytest.param(f"{MAN},2026-08-03,A,ldl,,mg/dL,,,", "holds no value", id="no value"),
        pytest.param(f"{MAN},2026-08-03,A,ldl,131,mg/dL,,,perhaps", "neither yes", id="fasting"),
        pytest.param(f'{MAN},2026-08-03,A,ldl,"1,31",mg/dL,,,', "could be two", id="number"),
        pytest.param(f"{MAN},2026-08-03,A,ldl,1,31,mg/dL,,,,", "", id="a comma too many"),
        pytest.param(f"{MAN},2026-08-03,A,ldl,1,31,mg/dL,,,,x", "more cells", id="two too many"),
        pytest.param(f"{MAN},2026-08-03,{'A' * 81},ldl,131,mg/dL,,,", "at most 80", id="specimen"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_says_why(row, fault):
    assert fault in faults(row)[0]


def test_another_row_of_the_same_specimen_with_another_day_is_refused():
    assert faults(
        f"{MAN},2026-08-03 08:15,A,ldl,131,mg/dL,,,",
        f"{MAN},2026-08-02 08:15,A,hdl,44,mg/dL,,,",
    ) == ["", "Specimen A stands above with another collection."]


def test_a_code_that_is_none_of_ours_is_kept_for_the_person_who_knows_it():
    seen = only(f"{MAN},2026-08-03 08:15,A,LDLX,131,mg/dL,,,")

    assert (seen.analyte, seen.system, seen.code, seen.fault) == (None, "L", "LDLX", "")


@pytest.mark.parametrize(
    ("said", "status"),
    [("", "final"), ("F", "final"), ("Preliminary", "preliminary"), ("corrected", "corrected"),
     ("X", "cannot"), ("D", "D"), ("maybe", "maybe")],
)  # fmt: skip
def test_the_status_is_what_the_laboratory_calls_it(said, status):
    assert only(f"{MAN},2026-08-03 08:15,A,ldl,131,mg/dL,,{said},").status == status


def test_a_day_without_a_time_is_filed_at_noon_and_says_so():
    (report,) = read(f"{MAN},2026-08-03,A,ldl,131,mg/dL,,,")

    assert report.groups[0].collected_at == datetime(2026, 8, 3, 19, tzinfo=UTC)
    assert report.groups[0].notes == ["The file says the day and not the time: noon stands for it."]


def test_noon_of_the_day_the_file_came_is_never_ahead_of_the_file():
    (report,) = read(f"{MAN},2026-08-04,A,ldl,131,mg/dL,,,")

    assert report.groups[0].collected_at == CAME


def test_a_decimal_comma_and_days_first_are_read_as_somebody_said():
    heading = "Record number;Family name;Date of birth;Collected;LDL (mmol/L)"
    raw = f"{heading}\nHF-1;Rourke;12.03.1990;03.08.2026 08:15;3,4\n".encode()
    seen = guessed(heading.split(";"))
    columns = Columns(seen.meanings, seen.units, DayOrder.DAY_FIRST, DecimalMark.COMMA)

    (report,) = reports_from(open_table(raw).rows(), columns, zone=PACIFIC, received_at=CAME)

    assert (report.person.born_on, report.groups[0].collected_at) == (date(1990, 3, 12), DRAWN)
    assert [(o.value, o.unit) for o in report.observations] == [("3.4", "mmol/L")]


WIDE = "MRN,Name,DOB,Collected,LDL (mg/dL),ALT (U/L)"


def test_a_wide_row_is_one_collection_with_a_value_for_each_filled_column():
    (report,) = read('HF-1,"Rourke, Daniel",1990-03-12,2026-08-03 08:15,131,', heading=WIDE)

    assert (report.person.family_name, report.person.given_name) == ("Rourke", "Daniel")
    assert [(o.analyte.key, o.value) for o in report.observations] == [("ldl", "131")]


def test_an_empty_wide_row_is_seen_and_not_lost():
    assert faults("HF-1,Rourke,1990-03-12,2026-08-03 08:15,,", heading=WIDE) == [
        "The row holds no value."
    ]


SEMEN = (
    "MRN,Name,DOB,Collected,Specimen,Volume (mL),Concentration (10*6/mL),fresh_sperm_seen,"
    "pellet_done,pellet_g,pellet_min,pellet_sperm_n,pellet_fraction_examined,analysis_started_at,"
    "dilution,squares,count_a,count_b"
)


def semen(cells: str) -> list[str]:
    return faults(
        f"HF-1,Rourke,1990-03-12,2026-08-03 08:15,S1,{cells}", heading=SEMEN, decimal=POINT
    )


def test_a_semen_row_is_one_sheet_with_its_counts_in_pairs():
    row = "2.8,,yes,,,,,,08:40,1:20,1 grid,204,198"
    (report,) = read(
        f"HF-1,Rourke,1990-03-12,2026-08-03 08:15,S1,{row}", heading=SEMEN, decimal=POINT
    )
    (group,) = report.groups

    assert (group.is_semen, [o.fault for o in group.observations]) == (True, ["", ""])
    assert group.observations[0].implies == {
        "dilution": "20", "squares": "25", "count_pairs": ((204, 198),),
        "analysis_started_at": DRAWN + timedelta(minutes=25),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        pytest.param("2.8,0,,,,,,,,,,,", "does not say how it was looked for", id="a bare nought"),
        pytest.param("2.8,0,no,yes,3000,15,0,0.1,,,,,", "", id="nought, fresh and pellet said"),
        pytest.param("2.8,,no,yes,3000,15,,,,,,,", "not say what was found in it", id="pellet"),
        pytest.param("2.8,,yes,,,,,,,,,204,198", "without dilution and area", id="no factor"),
        pytest.param(
            "2.8,,yes,,,,,,,1:20,25,204,", "Pair 1 of the counts needs two", id="one count"
        ),
        pytest.param("2.8,,yes,,,,,,,1:20,25,204,120", "differ too much", id="counts disagree"),
        pytest.param("2.8,,,,,,,,,1:20,25,0,0", "Two counts of 0 do not say", id="noughts"),
        pytest.param("2.8,many,yes,,,,,,,,,,", "not a number", id="words"),
        pytest.param("2.8,,perhaps,,,,,,,,,,", "filed whole or not at all", id="neither"),
        pytest.param("2.8,1.5,yes,,,,,,tomorrow,,,,", "filed whole or not at all", id="time"),
        pytest.param(",,,yes,,,,,,,,,", "no value of a semen analysis", id="nothing measured"),
    ],
)
def test_a_sheet_that_a_row_cannot_honestly_give_is_refused_whole(cells, says):
    found = semen(cells)

    assert set(found) == ({""} if not says else {next(iter(found))})
    assert says in found[0]


def test_a_semen_row_without_a_time_is_refused():
    row = "HF-1,Rourke,1990-03-12,2026-08-03,S1,2.8,1.5,yes,,,,,,,,,,"

    assert "needs the time" in faults(row, heading=SEMEN, decimal=POINT)[0]


CELL = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("0123456789.,/-:;<>%\"'=\t\n"),
    max_size=14,
)


@given(rows=st.lists(st.lists(CELL, min_size=11, max_size=13), max_size=4))
@settings(max_examples=100, deadline=None)
def test_no_cells_stop_the_reading_and_every_row_is_somewhere(rows):
    raw = csv_file([LONG.split(","), *rows])
    table = list(open_table(raw, delimiter=",").rows())
    read = reports_from(table, guessed(LONG.split(",")), zone=PACIFIC, received_at=CAME)

    seen = {row_number(o.position) for report in read for o in report.observations}
    assert seen == {row.number for row in table[1:]}


@given(rows=st.lists(st.lists(CELL, min_size=18, max_size=18), max_size=3))
@settings(max_examples=60, deadline=None)
def test_no_cells_stop_the_reading_of_semen(rows):
    raw = csv_file([SEMEN.split(","), *rows])
    table = list(open_table(raw, delimiter=",").rows())
    read = reports_from(table, guessed(SEMEN.split(",")), zone=PACIFIC, received_at=CAME)

    seen = {row_number(o.position) for report in read for o in report.observations}
    assert seen == {row.number for row in table[1:]}
