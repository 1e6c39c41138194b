"""A file comes in: told by its content, asked about, looked at, filed once, whatever it is."""

from datetime import UTC, date, datetime
from decimal import Decimal
from unittest.mock import ANY

import pytest
from django.urls import reverse

from labs.models import ColumnMapping, Draw, InboundMessage, Result
from tests.clinic.tables.workbooks import workbook
from tests.labs.tables.conftest import (
    GOOD,
    HEADINGS,
    MAN,
    MORE,
    STRANGE,
    UNKNOWN,
    answers,
    table,
    upload,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("man")]
State = InboundMessage.State


def states(message: InboundMessage) -> dict[str, int]:
    found = [row.state for row in message.rows.all()]
    return {state: found.count(state) for state in found}


def file_it(member, message: InboundMessage) -> InboundMessage:
    member.post(reverse("labs:file_staged", args=[message.pk]))
    message.refresh_from_db()
    return message


def test_a_table_is_asked_about_then_shown_then_filed(send, member):
    message = send(table(GOOD, MORE, STRANGE, UNKNOWN))

    assert (message.state, message.format, Result.objects.count()) == (State.STAGED, "csv", 0)
    assert states(message) == {"new": 2, "unmatched": 1, "unknown_code": 1}

    file_it(member, message)

    assert message.state == State.PARTLY
    draw = Draw.objects.get()
    assert (draw.specimen, draw.source, draw.collected_at) == (
        "L26-1", "file", datetime(2026, 8, 3, 15, 15, tzinfo=UTC),
    )  # fmt: skip
    assert {r.analyte.key: r.reported for r in draw.results.filter(formula="")} == {
        "triglycerides": "310", "hdl": "38",
    }  # fmt: skip


def test_a_workbook_is_filed_as_a_table_is(send, member):
    raw = workbook(
        HEADINGS.split(","),
        ["HF-0147", "Rourke", date(1990, 3, 12), datetime(2026, 8, 3, 8, 15), "L26-1", "ldl", 131,
         "mg/dL"],
    )  # fmt: skip
    message = send(raw, "results.xlsx", guess=False)
    member.post(reverse("labs:columns", args=[message.pk]), answers(table()))

    file_it(member, message)

    assert (message.format, message.state) == ("xlsx", State.FILED)
    assert Result.objects.get().value == 131


def test_the_same_file_three_times_is_applied_once(send, member):
    for _ in range(3):
        message = send(table(GOOD, MORE))
        file_it(member, message)

    assert InboundMessage.objects.get().times_received == 3
    assert (Draw.objects.count(), Result.objects.filter(formula="").count()) == (1, 2)


def test_the_same_rows_in_another_file_are_there_already(send, member):
    file_it(member, send(table(GOOD)))

    again = send(table(GOOD, ""), "again.csv")

    assert states(again) == {"duplicate": 1}
    assert file_it(member, again).state == State.FILED
    assert Result.objects.count() == 1


def test_another_value_of_the_same_specimen_corrects_it(send, member):
    file_it(member, send(table(GOOD)))

    again = send(table(GOOD.replace(",310,", ",320,")))

    assert states(again) == {"correction": 1}
    file_it(member, again)
    assert [r.reported for r in Result.objects.filter(superseded_by=None)] == ["320"]


def test_the_next_table_with_the_same_headings_is_read_without_asking(send):
    send(table(GOOD))

    message = send(table(MORE), "next.csv", guess=False)

    assert states(message) == {"new": 1}
    assert ColumnMapping.objects.count() == 1


def test_what_one_laboratory_means_is_not_taken_for_another(send, member, andrology):
    send(table(GOOD))

    upload(member, andrology, table(MORE))

    assert "columns" not in InboundMessage.objects.latest("pk").options


COMMAS = table(f'{MAN},2026-08-03 08:15,L26-1,ldl,"3,4",mmol/L')
THOUSAND = table(GOOD.replace(",310,", ',"1,234",'))
SLASHES = table(f"{MAN},03/08/2026 08:15,L26-1,ldl,131,mg/dL")


def test_a_decimal_comma_that_the_file_proves_is_not_asked_about(send):
    message = send(COMMAS)

    assert [(row.value, row.state) for row in message.rows.all()] == [("3.4", "new")]


@pytest.mark.parametrize(
    ("raw", "field", "answer", "value"),
    [
        pytest.param(SLASHES, "days", "dmy", "2026-08-03", id="day first"),
        pytest.param(SLASHES, "days", "mdy", "2026-03-08", id="month first"),
        pytest.param(THOUSAND, "decimal", "comma", "1.234", id="comma"),
    ],
)  # fmt: skip
def test_what_the_file_does_not_say_is_asked(send, member, raw, field, answer, value):
    message = send(raw, guess=False)
    url = reverse("labs:columns", args=[message.pk])

    page = member.post(url, answers(raw))
    assert (page.status_code, list(page.context["form"].errors)) == (422, [field])

    member.post(url, answers(raw, **{field: answer}))
    row = message.rows.get()
    assert value in (row.value, f"{row.collected_at:%Y-%m-%d}")


def test_a_question_that_was_answered_is_asked_again_where_a_file_contradicts(send, member):
    message = send(SLASHES, guess=False)
    member.post(reverse("labs:columns", args=[message.pk]), answers(SLASHES, days="dmy"))

    told = table(f"{MAN},03/20/2026 08:15,L26-2,ldl,131,mg/dL")
    message = send(told, guess=False)

    assert "columns" not in message.options


def test_an_analyte_without_a_unit_in_its_heading_is_asked_for_it(send, member):
    raw = table(f"{MAN},2026-08-03 08:15,131", headings="MRN,Surname,DOB,Collected,LDL")
    message = send(raw, guess=False)
    url = reverse("labs:columns", args=[message.pk])

    page = member.post(url, answers(raw))
    assert page.context["form"].errors == {"meaning_4": ["Say the unit of LDL cholesterol."]}

    member.post(url, answers(raw, unit_4="mg/dL"))
    assert [(r.value, r.unit, r.state) for r in message.rows.all()] == [("131", "mg/dL", "new")]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        pytest.param(b"", "There is nothing in this file.", id="empty"),
        pytest.param(HEADINGS.encode(), "There is no row below the headings.", id="no rows"),
        pytest.param(b"%PDF-1.7", "This is a picture or a print", id="a print"),
        pytest.param(b"<Bundle/>", "This is XML.", id="XML"),
        pytest.param(b"PK\x03\x04junk", "This workbook is damaged.", id="no workbook"),
        pytest.param(b'a,b\n"1,2', "Row 2: a quotation mark", id="a quote left open"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_its_field(member, laboratory, raw, says):
    page = upload(member, laboratory, raw)

    assert page.status_code == 422
    assert page.context["form"].errors == {"file": [ANY]}
    assert says in page.context["form"].errors["file"][0]
    assert not InboundMessage.objects.exists()


def test_a_file_of_more_than_twenty_megabytes_is_refused_unread(member, laboratory):
    page = upload(member, laboratory, b"a,b\n" + b"x" * 20_000_000)

    assert "has 20 MB; at most 20 are read" in page.context["form"].errors["file"][0]


def test_a_laboratory_of_another_site_cannot_be_chosen(member, other_site):
    from tests.factories.labs import LaboratoryFactory

    page = upload(member, LaboratoryFactory(site=other_site), table(GOOD))

    assert list(page.context["form"].errors) == ["laboratory"]


def test_nobody_else_sees_or_reads_the_file(send, client, stranger, sign_in):
    message = send(table(GOOD))
    sign_in(client, stranger)

    for name in ("columns", "looking", "refused_rows"):
        assert client.get(reverse(f"labs:{name}", args=[message.pk])).status_code == 404


def test_the_questions_cost_the_same_for_every_table(send, member, django_assert_max_num_queries):
    message = send(table(GOOD, MORE, STRANGE), guess=False)
    url = reverse("labs:columns", args=[message.pk])
    member.get(url)

    with django_assert_max_num_queries(8):
        assert member.get(url).status_code == 200


def test_a_semen_analysis_is_filed_from_a_row(send, member):
    raw = table(
        f"{MAN},2026-08-03 08:15,S-1,2.8,yes,08:40,1:20,1 grid,204,198,32,10,58,200",
        headings="Record number,Family name,Date of birth,Collected,Specimen,Volume (mL),"
        "fresh_sperm_seen,Analysis began,Dilution,Area counted,Count A,Count B,"
        "pr (%),np (%),im (%),Assessed for motility",
    )
    message = send(raw)

    assert {row.state for row in message.rows.all()} == {"new"}
    assert file_it(member, message).state == State.FILED
    analysis = message.rows.first().patient.semen_analyses.get()
    assert (analysis.concentration_m_per_ml, analysis.source, analysis.status) == (
        Decimal("40.2"), "file", "final",
    )  # fmt: skip


def test_only_who_may_match_is_offered_the_upload(client, member, pharmacist, sign_in):
    queue, offered = reverse("labs:inbound"), f'href="{reverse("labs:upload")}"'
    assert offered in member.get(queue).text

    sign_in(client, pharmacist)
    assert offered not in client.get(queue).text
    assert client.get(reverse("labs:upload")).status_code == 403
