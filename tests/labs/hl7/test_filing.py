"""What a laboratory sends becomes results once, or waits where people see it."""

from datetime import UTC, date, datetime

import pytest
from hl7apy.parser import parse_message

from clinic import hl7
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions import inbound
from labs.actions.catalogue import load_catalogue
from labs.hl7.filing import file_message, file_next, store_frame
from labs.models import Draw, InboundMessage, Laboratory, Result, SemenAnalysis, StagedRow
from patients.models import Patient
from tests.labs.hl7.messages import LIPIDS, SEMEN

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def laboratories(site):
    load_catalogue()
    Laboratory.objects.create(site=site, name="Reference laboratory", facility="REFLAB")
    Laboratory.objects.create(site=site, name="Andrology", facility="ANDROLAB", andrology=True)


@pytest.fixture
def alan(site, coordinator):
    return Patient.objects.create(
        site=site, record_number="P000123", family_name="Testman", given_name="Alan",
        born_on=date(1988, 4, 17), registered_by=coordinator,
    )  # fmt: skip


def receive(text: str) -> InboundMessage:
    message, answer = store_frame(text.encode(), source="mllp", now=NOW)
    assert b"\rMSA|AA|" in answer
    file_next(now=NOW)
    message.refresh_from_db()
    return message


def test_both_examples_are_valid_by_an_independent_reader():
    for text in (LIPIDS, SEMEN):
        assert parse_message(text, find_groups=True).validate()


def test_the_lipid_example_is_filed_as_received(alan):
    message = receive(LIPIDS)

    draw = Draw.objects.get()
    assert (message.state, draw.patient, draw.specimen) == ("filed", alan, "L26-55012")
    assert draw.collected_at == datetime(2026, 2, 12, 16, 15, tzinfo=UTC)
    rows = Result.objects.filter(formula="").order_by("pk")
    assert [(r.analyte.key, r.reported, r.unit, r.range_text, r.flag) for r in rows] == [
        ("total_cholesterol", "240", "mg/dL", "<200", "high"),
        ("triglycerides", "310", "mg/dL", "<150", "high"),
        ("hdl", "38", "mg/dL", ">=40", "low"),
        ("ldl", "140", "mg/dL", "<100", "high"),
    ]


def test_a_note_never_makes_a_sample_fasting(alan):
    receive(LIPIDS)

    assert Draw.objects.get().fasting is None
    assert "Patient stated fasting 12 h." in Draw.objects.get().note


def test_the_semen_example_is_filed_and_classified(alan):
    receive(SEMEN)

    analysis = SemenAnalysis.objects.get()
    assert (analysis.status, analysis.result_class) == ("final", "CRYPTOZOOSPERMIA")
    assert (analysis.pellet_sperm_n, analysis.pellet_motile_n, analysis.motile_seen) == (
        14,
        5,
        True,
    )
    assert (analysis.concentration_comparator, str(analysis.concentration_m_per_ml)) == (
        "<",
        "0.056000",
    )


def test_what_is_too_long_for_a_record_is_set_aside_with_a_sentence(alan):
    message = receive(LIPIDS.replace("L26-55012", "L" * 81))

    assert (message.state, message.explanation) == (
        "refused",
        "Something in it is longer than a record can hold: nothing of it was filed.",
    )
    with pytest.raises(Refusal, match="longer than a record can hold"):
        file_message(message, now=NOW, patient=alan)
    assert not Draw.objects.exists()


@pytest.mark.parametrize(
    ("was", "now_is"),
    [
        pytest.param("MSG000123", "M" * 4000, id="number"),
        pytest.param("|LABSYS|", f"|{'S' * 4000}|", id="sender"),
    ],
)
def test_a_message_with_an_endless_name_is_kept_once_and_answered(alan, was, now_is):
    assert was in LIPIDS
    endless = LIPIDS.replace(was, now_is).encode()
    for _ in range(2):
        message, answer = store_frame(endless, source="mllp", now=NOW)
        assert b"\rMSA|AA|" in answer

    assert (bytes(message.raw), InboundMessage.objects.count()) == (endless, 1)


def test_a_message_of_an_endless_kind_is_kept_and_refused():
    message, answer = store_frame(
        LIPIDS.replace("ORU^R01", f"ADT^{'A' * 400}").encode(), source="mllp", now=NOW
    )

    assert (message.state, len(message.explanation)) == ("refused", 300)
    assert b"\rMSA|AR|" in answer


@pytest.mark.parametrize("text", [LIPIDS, SEMEN], ids=["blood", "semen"])
def test_the_same_message_is_filed_once_however_often_it_comes(alan, text):
    for _ in range(3):
        receive(text)

    assert InboundMessage.objects.get().times_received == 3
    assert Draw.objects.count() + SemenAnalysis.objects.count() == 1


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CR LF"])
def test_line_endings_do_not_matter(alan, ending):
    assert receive(LIPIDS.replace("\r", ending)).state == "filed"


def test_a_second_report_of_the_same_specimen_changes_nothing(alan):
    receive(LIPIDS)
    message = receive(LIPIDS.replace("MSG000123", "MSG000124"))

    assert set(message.rows.values_list("state", flat=True)) == {"duplicate"}
    assert Result.objects.filter(formula="").count() == 4


def test_a_correction_supersedes_and_keeps_what_was_there(alan):
    receive(LIPIDS)
    message = receive(
        LIPIDS.replace("MSG000123", "MSG000125")
        .replace("||310|", "||510|")
        .replace("|H|||F|||", "|H|||C|||")
    )

    trig = Result.objects.filter(analyte__key="triglycerides").order_by("pk")
    assert [(r.reported, r.superseded_by_id is None) for r in trig] == [
        ("310", False),
        ("510", True),
    ]
    assert message.rows.get(system="LN", code="2571-8").state == "correction"


@pytest.mark.parametrize(
    ("was", "now_is", "why"),
    [
        pytest.param("Testman^Alan", "Other^Alan", "name or birth date differ", id="another name"),
        pytest.param("19880417", "19880418", "name or birth date differ", id="another birth date"),
        pytest.param("P000123^", "P000999^", "Nobody here", id="another number"),
    ],
)
def test_what_does_not_match_in_all_three_waits_for_a_person(alan, was, now_is, why):
    message = receive(LIPIDS.replace(was, now_is))

    assert message.state == "unmatched"
    assert why in message.explanation
    assert not Draw.objects.exists()


def test_a_message_from_an_unknown_laboratory_waits(alan):
    assert receive(LIPIDS.replace("REFLAB", "NOBODY")).state == "unmatched"


def test_a_patient_of_another_site_is_not_matched(alan, other_site):
    Patient.objects.filter(pk=alan.pk).update(site=other_site)

    assert receive(LIPIDS).state == "unmatched"


@pytest.mark.parametrize(
    ("was", "now_is", "state"),
    [
        pytest.param("2571-8^Triglyceride", "99999-9^Mystery", "unknown_code", id="code"),
        pytest.param("310|mg/dL^milli", "310|furlong^milli", "unknown_unit", id="unit"),
        pytest.param("||310|mg", "||310000|mg", "implausible", id="impossible"),
        pytest.param("||310|mg", "||a lot|mg", "implausible", id="not a number"),
    ],
)
def test_one_value_that_is_not_understood_keeps_its_reason_and_the_rest_is_filed(
    alan, was, now_is, state
):
    message = receive(LIPIDS.replace(was, now_is))

    assert message.state == "partly"
    assert [r.state for r in message.rows.all()] == ["new", state, "new", "new"]
    assert Result.objects.filter(formula="").count() == 3


@pytest.mark.parametrize("mark", ["W", "Z", "I"])
@pytest.mark.parametrize("text", [LIPIDS, SEMEN], ids=["blood", "semen"])
def test_a_value_of_unknown_standing_waits_and_the_rest_is_filed(alan, text, mark):
    lines = text.split("\r")
    last = max(n for n, line in enumerate(lines) if line.startswith("OBX"))
    fields = lines[last].split("|")
    fields[11] = mark
    lines[last] = "|".join(fields)
    message = receive("\r".join(lines))

    states = [row.state for row in message.rows.all()]
    assert (message.state, states[-1], states.count("implausible")) == ("partly", "implausible", 1)


def test_a_message_that_is_none_is_kept_and_refused():
    message, answer = store_frame(b"GET / HTTP/1.1", source="mllp", now=NOW)

    assert (message.state, bytes(message.raw)) == ("refused", b"GET / HTTP/1.1")
    assert b"\rMSA|AR|" in answer


def test_a_message_of_another_kind_is_kept_and_refused():
    message, answer = store_frame(
        LIPIDS.replace("ORU^R01", "ADT^A08").encode(), source="mllp", now=NOW
    )

    assert (message.state, message.explanation) == (
        "refused",
        "This is a message of the type ADT^A08; only results (ORU^R01) are taken in.",
    )
    assert b"\rMSA|AR|MSG000123|" in answer


def test_a_number_used_twice_for_different_messages_is_set_aside(alan):
    receive(LIPIDS)
    store_frame(LIPIDS.replace("310", "311").encode(), source="mllp", now=NOW)

    assert InboundMessage.objects.order_by("-pk").first().state == "refused"
    assert InboundMessage.objects.count() == 2


def test_a_person_matches_and_the_message_is_filed_on_that_record(alan):
    message = receive(LIPIDS.replace("Testman^Alan", "Testmann^Alan"))

    file_message(message, now=NOW, patient=alan)

    message.refresh_from_db()
    assert (message.state, Draw.objects.get().patient) == ("filed", alan)


def test_a_message_that_stops_the_program_three_times_is_set_aside(alan):
    message, _ = store_frame(LIPIDS.encode(), source="mllp", now=NOW)
    InboundMessage.objects.filter(pk=message.pk).update(attempts=inbound.MOST_ATTEMPTS)

    assert inbound.take(lane=message.lane) is None
    message.refresh_from_db()
    assert message.state == "refused"


@pytest.mark.parametrize("text", [LIPIDS, SEMEN], ids=["blood", "semen"])
def test_every_value_of_a_message_has_its_row(alan, text):
    message = receive(text)

    assert StagedRow.objects.filter(message=message).count() == text.count("\rOBX|")
    assert Account.objects.filter(kind="patient").count() == 0


def test_escapes_are_undone():
    parsed = hl7.parse(LIPIDS.replace("Testman", r"O\T\Neill\S\x").encode())
    pid = next(s for s in parsed.segments if s.name == "PID")

    assert pid.text(5, 1) == "O&Neill^x"
