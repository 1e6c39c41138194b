"""What goes out as a table: templates that are never filed, refused rows as they came."""

import pytest
from django.urls import reverse

from clinic.tables.files import open_table
from labs.models import InboundMessage, Result
from labs.rules.table_columns import guessed, missing
from labs.tables.downloads import template
from labs.tables.reading import look_at
from tests.labs.hl7.messages import LIPIDS
from tests.labs.hl7.test_filing import receive
from tests.labs.tables.conftest import GOOD, HEADINGS, MAN, STRANGE, UNKNOWN, table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("man")]
LAYOUTS = ("long", "wide", "semen")


def cells(raw: bytes, **said: str) -> list[list[object]]:
    return [list(row.cells) for row in open_table(raw, **said).rows()]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_template_is_read_wholly_by_its_own_headings(layout):
    headings, *rows = template(layout)

    assert missing(guessed(headings)) == []
    assert sorted(guessed(headings).meanings) == list(range(len(headings)))
    assert {len(row) for row in rows} == {len(headings)}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_template_sent_back_as_it_is_files_nothing(member, send, layout, kind):
    raw = member.get(reverse("labs:template", args=[layout, kind])).content
    message = send(raw, f"results.{kind}", guess=False)
    columns = guessed(look_at(raw).headings)
    said = {f"meaning_{at}": meaning for at, meaning in columns.meanings.items()}
    said |= {f"unit_{at}": unit for at, unit in columns.units.items()}

    member.post(reverse("labs:columns", args=[message.pk]), said)

    found = {(row.state, row.explanation) for row in message.rows.all()}
    assert found == {("implausible", "This is the example row of the template. Delete it.")}
    member.post(reverse("labs:file_staged", args=[message.pk]))
    assert not Result.objects.exists()


@pytest.mark.parametrize(("layout", "kind"), [("tall", "csv"), ("long", "pdf")])
def test_there_is_no_other_template(member, layout, kind):
    assert member.get(reverse("labs:template", args=[layout, kind])).status_code == 404


def refused(member, message: InboundMessage) -> bytes:
    return member.get(reverse("labs:refused_rows", args=[message.pk])).content


def test_refused_rows_come_back_as_they_came_with_why(send, member):
    message = send(table(GOOD, STRANGE, UNKNOWN))

    heading, strange, unknown = cells(refused(member, message))

    assert heading == [*HEADINGS.split(","), "why"]
    assert strange == [
        *STRANGE.split(","),
        "Nobody here has this record number, name and birth date.",
    ]
    assert unknown[:-1] == UNKNOWN.split(",")
    assert unknown[-1] == "Nobody has said what this code means."


def test_refused_rows_that_were_mended_are_filed_when_they_are_sent_again(send, member):
    message = send(table(GOOD, UNKNOWN))
    text = refused(member, message).decode("utf-8-sig")

    mended = send(text.replace("XYZ-1", "2085-9").encode(), "mended.csv", guess=False)
    columns = guessed([*HEADINGS.split(","), "why"])
    said = {f"meaning_{at}": meaning for at, meaning in columns.meanings.items()}
    member.post(reverse("labs:columns", args=[mended.pk]), said)

    assert [row.state for row in mended.rows.all()] == ["new"]


def test_a_wide_row_with_two_faults_comes_back_once_and_names_both(send, member):
    headings = "MRN,Surname,DOB,Collected,LDL (mg/dL),ALT (U/L),CK (U/L)"
    message = send(table(f"{MAN},2026-08-03 08:15,high,99999999,50", headings=headings))

    assert {row.state for row in message.rows.all()} == {"implausible", "new"}
    _, row = cells(refused(member, message))
    assert row[:-1] == [*MAN.split(","), "2026-08-03 08:15", "high", "99999999", "50"]
    assert "LDL cholesterol: " in row[-1]
    assert "ALT: " in row[-1]


@pytest.mark.parametrize("first", ["=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1"])
def test_a_formula_in_a_refused_row_goes_out_harmless_and_comes_back_as_it_was(send, member, first):
    message = send(table(f'"{first}",Rourke,1990-03-12,2026-08-03 08:15,S,ldl,1,mg/dL'))
    raw = refused(member, message)

    line = raw.decode("utf-8-sig").split("\r\n", 1)[1]
    assert line.lstrip('"').startswith("'")
    assert cells(raw)[1][0] == first


def test_refused_values_of_a_message_come_back_with_why(member, laboratory):
    message = receive(LIPIDS)

    heading, *rows = cells(refused(member, message))

    assert heading == ["As it came", "why"]
    assert len(rows) == message.rows.exclude(state="new").count()
