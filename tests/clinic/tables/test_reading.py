"""Whatever a spreadsheet saves is read to the letter; whatever is no table is refused in words."""

import codecs
import io
import time
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.tables.cells import Unreadable, words_of
from clinic.tables.files import MOST_ROWS, open_table
from tests.clinic.tables.workbooks import rewritten, workbook

TEXT = "Number;Family name\nHF-1;Müller\nHF-2;Ångström\n"
READ = [("Number", "Family name"), ("HF-1", "Müller"), ("HF-2", "Ångström")]
SHEET = "xl/worksheets/sheet1.xml"


def cells(raw: bytes) -> list[tuple]:
    return [row.cells for row in open_table(raw).rows()]


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param(TEXT.encode(), id="UTF-8"),
        pytest.param(TEXT.encode("utf-8-sig"), id="UTF-8 with its mark"),
        pytest.param(TEXT.encode("utf-16"), id="UTF-16 with its mark"),
        pytest.param(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), id="UTF-16, big end first"),
        pytest.param(TEXT.encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(TEXT.encode("utf-16-be"), id="UTF-16, big end first, without a mark"),
        pytest.param(TEXT.encode("utf-32"), id="UTF-32"),
        pytest.param(TEXT.encode("cp1252"), id="Windows-1252"),
        pytest.param(TEXT.replace("\n", "\r\n").encode(), id="ends of Windows"),
        pytest.param(TEXT.replace("\n", "\r").encode(), id="ends of old Macs"),
        pytest.param(TEXT.rstrip("\n").encode(), id="no end at the end"),
        pytest.param(b"sep=;\r\n" + TEXT.encode(), id="with the hint of Excel"),
        pytest.param(TEXT.replace(";", ",").encode(), id="commas"),
        pytest.param(TEXT.replace(";", "\t").encode(), id="tabs"),
        pytest.param(TEXT.replace("HF-2", '"HF-2"').encode(), id="quotes"),
        pytest.param(TEXT.replace("\nHF-2", "\n\n;\nHF-2").encode(), id="empty rows between"),
    ],
)
def test_the_same_table_is_read_from_any_text_file(encoded):
    assert cells(encoded) == READ


def test_what_was_not_utf_8_is_said_to_have_been_guessed():
    assert open_table(TEXT.encode()).notes == []
    assert "Windows-1252" in open_table(TEXT.encode("cp1252")).notes[0]


def test_a_row_is_counted_as_the_spreadsheet_counts_it_and_kept_as_it_came():
    rows = list(open_table(b'a,b\n"one\nand a half",2\n\n3 , "4"\n').rows())

    assert [(row.number, row.cells) for row in rows] == [
        (1, ("a", "b")), (2, ("one\nand a half", "2")), (4, ("3", '"4"')),
    ]  # fmt: skip
    assert [row.original for row in rows] == [
        "a,b",
        '"one\nand a half",2',
        '\n3 , "4"'.lstrip("\n"),
    ]


def test_a_decimal_comma_cuts_no_cell_in_two():
    assert cells(b"Number;LDL\nHF-1;3,4\nHF-2;2,9\n")[1:] == [("HF-1", "3,4"), ("HF-2", "2,9")]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b"\r\n \n", "empty", id="blank lines"),
        pytest.param(b"a,b\n\x00\x01\x02c,d", "no text file", id="bytes"),
        pytest.param(b"a,b\n\x81\x8d,2\n", "letters", id="no encoding has these"),
        pytest.param(b'a,b\n1,"2\n3,4\n', "Row 2: a quotation mark", id="quote left open"),
        pytest.param(b"a,b\n1," + b"x" * 200_000, "Row 2 holds a cell longer", id="endless cell"),
        pytest.param(b"%PDF-1.7 ...", "picture or a print", id="PDF"),
        pytest.param(b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old Excel file", id="xls"),
        pytest.param(b"PK\x03\x04" + b"junk" * 50, "damaged", id="broken zip"),
        pytest.param(b"a," * 300 + b"b\n", "more than 200 columns", id="too wide"),
    ],
)
def test_what_is_no_table_is_refused_with_why(raw, says):
    with pytest.raises(Unreadable, match=says):
        cells(raw)


def test_a_hundred_thousand_rows_are_read_and_one_more_is_refused():
    most = b"a,b\n" + b"1,2\n" * (MOST_ROWS - 1)

    assert sum(1 for _ in open_table(most).rows()) == MOST_ROWS
    with pytest.raises(Unreadable, match="more than 100,000 rows"):
        cells(most + b"1,2\n")


def test_a_workbook_gives_what_was_typed():
    raw = workbook(
        ["Number", "Collected", "Born", "LDL", "Fasting"],
        ["HF-1", datetime(2026, 2, 12, 8, 15), date(1988, 4, 17), 131.5, True],
        [147, datetime(2026, 2, 12, 0, 0), "17.04.1988", 12.0, None],
    )

    assert cells(raw)[1:] == [
        ("HF-1", datetime(2026, 2, 12, 8, 15), date(1988, 4, 17), Decimal("131.5"), "TRUE"),
        (Decimal(147), datetime(2026, 2, 12), "17.04.1988", Decimal(12)),
    ]


def test_a_percentage_is_what_it_shows():
    def percent(book):
        book.active["A2"].number_format = "0%"

    assert cells(workbook(["PR"], [0.45], edit=percent))[1] == (Decimal(45),)


def test_a_formula_stands_for_the_result_that_was_saved_with_it():
    raw = rewritten(
        workbook(["LDL"], ["=100+31"]),
        SHEET,
        lambda xml: xml.replace(b"<v></v>", b"<v>131</v>").replace(b"<v />", b"<v>131</v>"),
    )

    assert cells(raw) == [("LDL",), (Decimal(131),)]


def test_a_formula_without_a_result_is_refused():
    with pytest.raises(Unreadable, match="formulas without a result"):
        open_table(workbook(["LDL"], ["=100+31"]))


def test_merged_cells_are_refused_by_name():
    with pytest.raises(Unreadable, match="A2:A3 are merged"):
        open_table(workbook(["x"], ["1"], ["2"], edit=lambda b: b.active.merge_cells("A2:A3")))


def hide(book):
    book.create_sheet("Old").append(["secret"])
    book["Old"].sheet_state = "hidden"
    book.active.row_dimensions[2].hidden = True


def test_hidden_sheets_are_left_alone_and_hidden_rows_are_told():
    table = open_table(workbook(["a"], ["1"], edit=hide))

    assert [row.cells for row in table.rows()] == [("a",), ("1",)]
    assert table.notes == [
        "The hidden sheet “Old” was not read.", "Hidden rows are read as well: there are 1.",
    ]  # fmt: skip


def test_two_sheets_with_values_are_refused():
    def second(book):
        book.create_sheet("More").append(["x"])

    with pytest.raises(Unreadable, match="2 sheets of this workbook hold values: “Sheet”, “More”"):
        open_table(workbook(["a"], edit=second))


def test_a_bomb_of_ten_gigabytes_is_refused_at_once():
    """A hundred parts of a hundred megabytes each, all the same ones in the archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", 8, compresslevel=1) as bomb:
        bomb.writestr("xl/workbook.xml", "<workbook/>")
        bomb.writestr(SHEET, b"0" * 100_000_000)
        part = bomb.getinfo(SHEET)
        bomb.filelist.extend([part] * 99)
    raw = out.getvalue()
    began = time.perf_counter()

    with pytest.raises(Unreadable, match="larger than 160 MB"):
        open_table(raw)
    assert time.perf_counter() - began < 2


def test_a_bomb_that_lies_about_its_size_is_read_no_further_than_it_says():
    raw = rewritten(workbook(["a"], ["1"]), SHEET, lambda xml: xml + b"<!-- -->" * 100_000)
    size = len(zipfile.ZipFile(io.BytesIO(raw)).read(SHEET)).to_bytes(4, "little")
    lying = raw.replace(size, (5000).to_bytes(4, "little"))

    with pytest.raises(Unreadable, match="damaged"):
        cells(lying)


def test_a_cell_at_the_end_of_the_largest_sheet_is_refused_at_once():
    raw = workbook(["a"], edit=lambda book: book.active.cell(1_048_576, 16_384, "x"))
    began = time.perf_counter()

    with pytest.raises(Unreadable, match="more than 100,000 rows"):
        cells(raw)
    assert time.perf_counter() - began < 2


def test_a_workbook_with_entities_is_refused():
    laughs = b'<!DOCTYPE lolz [<!ENTITY lol "lol">]>'
    raw = rewritten(
        workbook(["a"], ["1"]),
        SHEET,
        lambda xml: xml.replace(b"<worksheet", laughs + b"<worksheet", 1),
    )

    with pytest.raises(Unreadable, match="damaged"):
        cells(raw)


@given(raw=st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_no_bytes_stop_the_reader(raw):
    assert read_or_refused(raw)


BOOK = workbook(["Number", "LDL"], ["HF-1", 131], ["HF-2", "x"])


@given(at=st.integers(0, len(BOOK) - 1), byte=st.integers(0, 255), cut=st.booleans())
@settings(max_examples=60, deadline=None)
def test_no_changed_workbook_stops_the_reader(at, byte, cut):
    assert read_or_refused(BOOK[:at] if cut else BOOK[:at] + bytes([byte]) + BOOK[at + 1 :])


@given(junk=st.text("<>/=\"'&;rcvst0123456789 ", max_size=60), at=st.integers(200, 700))
@settings(max_examples=60, deadline=None)
def test_no_changed_sheet_stops_the_reader(junk, at):
    assert read_or_refused(rewritten(BOOK, SHEET, lambda xml: xml[:at] + junk.encode() + xml[at:]))


def read_or_refused(raw: bytes) -> bool:
    """Rows of texts, or a sentence that says why there are none."""
    try:
        rows = cells(raw)
    except Unreadable as why:
        return len(str(why)) > 10
    return all(isinstance(words_of(cell), str) for row in rows for cell in row)
