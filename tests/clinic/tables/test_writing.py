"""Exports open in any spreadsheet, run nothing, and read back as what was written."""

import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.tables.cells import as_it_was, harmless
from clinic.tables.files import open_table
from clinic.tables.writing import csv_file, workbook

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "'=1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_a_spreadsheet_would_run_is_written_with_a_mark_before_it(text):
    assert harmless(text) == f"'{text}"
    assert csv_file([[text]]).decode("utf-8-sig").strip('"\r\n').startswith("'")
    assert as_it_was(harmless(text)) == text


@pytest.mark.parametrize("text", ["", "131", "Rourke", "'t Hooft", "a=b", "<0.056", "#N/A"])
def test_other_text_is_written_as_it_is(text):
    assert (harmless(text), as_it_was(text)) == (text, text)


def test_a_workbook_holds_the_formula_as_text():

    sheet = openpyxl.load_workbook(io.BytesIO(workbook([["=1+1"]], title="x"))).active

    assert (sheet["A1"].value, sheet["A1"].data_type) == ("'=1+1", "s")


WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("=+-@',;\"\n"), max_size=20
).map(lambda text: text.strip(" \xa0"))
ROWS = st.lists(st.lists(WORDS, min_size=2, max_size=4), min_size=1, max_size=6).filter(
    lambda rows: all(row[0] and row[-1] for row in rows)
)


@given(rows=ROWS, delimiter=st.sampled_from(",;\t"))
@settings(max_examples=150, deadline=None)
def test_rows_written_as_csv_are_read_back_equal(rows, delimiter):
    read = open_table(csv_file(rows, delimiter=delimiter), delimiter=delimiter).rows()

    assert [list(row.cells) for row in read] == rows


TYPED = st.one_of(
    WORDS.filter(bool),
    st.integers(-(10**9), 10**9).map(Decimal),
    st.dates(date(1901, 1, 1), date(2200, 1, 1)),
    st.datetimes(datetime(1901, 1, 1), datetime(2200, 1, 1)).map(
        lambda at: at.replace(microsecond=0)
    ),
)


@given(rows=st.lists(st.lists(TYPED, min_size=1, max_size=4), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_rows_written_as_a_workbook_are_read_back_equal(rows):
    read = open_table(workbook(rows, title="Rows")).rows()

    assert [list(row.cells) for row in read] == rows
