"""Whatever bytes come: no crash, nothing filed by halves, and every escape comes back."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clinic import hl7
from labs.actions.reading import file_lane
from labs.hl7.filing import store_frame, store_frames
from labs.models import Draw, InboundMessage, Result, SemenAnalysis, StagedRow
from tests.labs.hl7.messages import LIPIDS, SEMEN, with_obx
from tests.labs.hl7.test_filing import NOW, alan, laboratories  # noqa: F401

FUZZ = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PRINTABLE = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), max_size=60)


@given(PRINTABLE)
@example("\\")
@example(r"\F\ is a bar | and \E\ a stroke \\")
@example("10^6/mL & ~ 5 µg — 男")
def test_every_escape_comes_back(text):
    raw = f"MSH|^~\\&|{hl7.escaped(text)}|L1|US|C1|2026||ORU^R01|1|P|2.5.1||||||UNICODE UTF-8"

    assert hl7.parse(raw.encode()).header.text(3) == text.strip()
    assert hl7.peek(raw.encode()).application == text.strip()


@given(PRINTABLE, st.permutations(list("#*%@!")))
def test_escapes_are_those_the_header_names(text, marks):
    field, component, repetition, escape, part = marks
    names = dict(zip(marks, ("F", "S", "R", "E", "T"), strict=True))
    said = "".join(f"{escape}{names[c]}{escape}" if c in names else c for c in text)
    head = f"MSH{field}{component}{repetition}{escape}{part}{field}{said}{field}L1"

    assert hl7.parse(head.encode()).header.text(3) == text.strip()


@pytest.mark.parametrize(
    ("charset", "codec", "name"),
    [
        ("", "utf-8", "Müller"),
        ("", "cp1252", "Müller “J”"),
        ("ASCII", "ascii", "Muller"),
        ("ASCII", "utf-8", "Müller"),
        ("8859/1", "latin-1", "Müller"),
        ("8859/2", "iso8859-2", "Wałęsa"),
        ("8859/5", "iso8859-5", "Иванов"),
        ("8859/15", "iso8859-15", "Œuvre"),
        ("UNICODE UTF-8", "utf-8", "Иванов 男"),
        ("UNICODE", "utf-8-sig", "Müller"),
        ("UNICODE UTF-8", "latin-1", "Müller"),
        ("8859/1~UNICODE UTF-8", "latin-1", "Müller"),
        ("NOBODY KNOWS", "utf-8", "Müller"),
    ],
)
def test_a_name_is_read_in_the_character_set_that_is_named_or_the_likeliest(charset, codec, name):
    text = LIPIDS.replace("UNICODE UTF-8", charset).replace("Testman", name)
    pid = next(s for s in hl7.parse(text.encode(codec)).segments if s.name == "PID")

    assert pid.text(5, 1) == name


def test_hexadecimal_escapes_are_read_in_the_character_set_of_the_message():
    text = LIPIDS.replace("Testman", r"M\XC3BC\ller\X0A00\x")
    pid = next(s for s in hl7.parse(text.encode()).segments if s.name == "PID")

    assert pid.text(5, 1) == "Müller\nx"


@st.composite
def mutations(draw) -> bytes:
    """A good message with some of its bytes changed, cut, doubled or put elsewhere."""
    raw = bytearray(draw(st.sampled_from([LIPIDS, SEMEN])).encode())
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(raw) - 1))
        match draw(st.integers(0, 4)):
            case 0:
                raw[at] = draw(st.integers(0, 255))
            case 1:
                del raw[at : at + draw(st.integers(1, 40))]
            case 2:
                raw[at:at] = draw(st.sampled_from([b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n"]))
            case 3:
                raw[at:at] = raw[at : at + draw(st.integers(1, 200))]
            case 4:
                raw[at:at] = draw(st.binary(max_size=20))
        if not raw:
            raw += b"M"
    return bytes(raw)


@pytest.mark.django_db
@FUZZ
@given(raw=mutations())
def test_a_fuzzed_message_is_kept_answered_and_never_filed_by_halves(alan, raw):  # noqa: F811
    message, answer = store_frame(raw, source="mllp", now=NOW)
    assert b"\rMSA|A" in answer
    before = Result.objects.count() + SemenAnalysis.objects.count()

    while file_lane(now=lambda: NOW):
        pass

    message.refresh_from_db()
    kept = InboundMessage.objects.filter(sha256=message.sha256).first()
    assert kept is not None
    assert bytes(kept.raw) == raw
    assert message.state in {"filed", "partly", "unmatched", "refused"}
    if message.state == "refused":
        assert not message.rows.exists()
        assert Result.objects.count() + SemenAnalysis.objects.count() == before
    assert {row.draw_id for row in Result.objects.all()} <= set(
        Draw.objects.values_list("pk", flat=True)
    )


def interrupted_at(monkeypatch, place: str) -> None:
    """The program stops at this point of the filing."""

    def stop(*args, **kwargs):
        raise RuntimeError("the power goes")

    monkeypatch.setattr(place, stop)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "place",
    [
        "labs.actions.results.settle_orders",
        "labs.actions.inbound.keep_rows",
        "labs.actions.results.audit.record",
    ],
)
def test_a_filing_that_breaks_off_leaves_nothing_of_itself(alan, monkeypatch, place):  # noqa: F811
    message, _ = store_frame(LIPIDS.encode(), source="mllp", now=NOW)
    with monkeypatch.context() as broken:
        interrupted_at(broken, place)
        with pytest.raises(RuntimeError):
            file_lane(now=lambda: NOW)
    assert (Draw.objects.count(), Result.objects.count(), StagedRow.objects.count()) == (0, 0, 0)

    while file_lane(now=lambda: NOW):
        pass
    message.refresh_from_db()
    assert (message.state, Draw.objects.count()) == ("filed", 1)


@pytest.mark.django_db
def test_a_message_that_breaks_the_program_is_set_aside_and_the_others_go_on(
    alan,  # noqa: F811
    monkeypatch,
):
    bad, _ = store_frame(LIPIDS.encode(), source="mllp", now=NOW)
    with monkeypatch.context() as broken:
        interrupted_at(broken, "labs.actions.reading.file_reports")
        for _ in range(3):
            with pytest.raises(RuntimeError):
                file_lane(now=lambda: NOW)
    good, _ = store_frame(
        with_obx("OBX|1|NM|2571-8^TG^LN||310|mg/dL|||||F").encode(), source="mllp", now=NOW
    )
    while file_lane(now=lambda: NOW):
        pass

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == ("refused", "filed")


@pytest.mark.django_db
def test_many_together_are_each_kept_once_and_answered_in_their_order():
    other = LIPIDS.replace("310", "311").encode()
    frames = [LIPIDS.encode(), b"rubbish", SEMEN.encode(), LIPIDS.encode(), other, b"rubbish"]
    answers = store_frames(frames, source="mllp", now=NOW)

    assert [b"|AA|" in answer for answer in answers] == [True, False, True, True, True, False]
    kept = InboundMessage.objects.order_by("pk").values_list("control_id", "times_received")
    assert sorted(kept) == [("", 2), ("MSG000123", 1), ("MSG000123", 2), ("MSG000377", 1)]
    assert {bytes(m.raw) for m in InboundMessage.objects.all()} == set(frames)


@pytest.mark.django_db
@pytest.mark.parametrize("size", [hl7.LIMIT_BYTES - 2000, 1000])
def test_a_message_of_ten_megabytes_is_kept_and_filed(alan, size):  # noqa: F811
    note = f"NTE|9|L|{'x' * size}"
    text = with_obx("OBX|1|NM|2571-8^TG^LN||310|mg/dL|||||F", note)
    framer = hl7.Framer()
    stream = hl7.framed(text.encode())
    frames = [
        f for at in range(0, len(stream), 65536) for f in framer.feed(stream[at : at + 65536])
    ]
    (frame,) = frames
    message, _ = store_frame(frame, source="mllp", now=datetime(2026, 4, 20, tzinfo=UTC))
    file_lane(now=lambda: NOW)

    message.refresh_from_db()
    assert (message.state, len(message.raw)) == ("filed", len(text))


def test_a_frame_begun_anew_is_read_from_its_last_beginning():
    framer = hl7.Framer()

    assert list(framer.feed(b"\x0bMSH|ha\x0bMSH|whole\x1c\r")) == [b"MSH|whole"]


@pytest.mark.parametrize("junk", [b"", b"\x1c\r", b"\r\n\r\n", b"GET / HTTP/1.1\r\n", b"\x00\xff"])
def test_junk_around_frames_is_nothing(junk):
    framer = hl7.Framer()

    assert list(framer.feed(junk + hl7.framed(b"A") + junk + hl7.framed(b"B") + junk)) == [
        b"A",
        b"B",
    ]
    assert framer.held == 0


@pytest.mark.parametrize(
    "text", ["", "nothing", "FHS|^~\\&|\rBHS|^~\\&|\rBTS|0", "PID|1\rMSH|^~\\&|A"]
)
def test_a_file_without_a_message_is_none(text):
    with pytest.raises(hl7.Malformed):
        hl7.messages_of(text.encode())


@given(
    st.lists(st.sampled_from([LIPIDS, SEMEN]), min_size=1, max_size=4), st.booleans(), st.booleans()
)
def test_a_file_holds_its_messages_whatever_is_around_them(texts, enveloped, framed):
    bodies = [hl7.framed(t.encode()) if framed else t.encode() for t in texts]
    around = ([b"FHS|^~\\&|A", b"BHS|^~\\&|A"], [b"BTS|1", b"FTS|1"]) if enveloped else ([], [])
    raw = b"\r".join([*around[0], *bodies, *around[1]])

    assert hl7.messages_of(raw) == [text.encode() for text in texts]


def test_a_refusal_is_no_crash(alan, db):  # noqa: F811
    message, _ = store_frame(LIPIDS.split("\r")[0].encode(), source="mllp", now=NOW)
    file_lane(now=lambda: NOW)

    message.refresh_from_db()
    assert (message.state, message.explanation) == (
        "refused",
        "It names no patient, or no results.",
    )
