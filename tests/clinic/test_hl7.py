"""The grammar: frames out of any stream, times with and without an offset, answers."""

import contextlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic import hl7

NOW = datetime(2026, 2, 13, 17, 30, tzinfo=UTC)
PACIFIC = ZoneInfo("America/Los_Angeles")


@given(st.lists(st.binary(max_size=40).map(lambda b: b.translate(None, b"\x0b\x1c"))), st.data())
def test_frames_come_out_whole_however_the_stream_is_cut(messages, data):
    stream = b"junk" + b"".join(hl7.framed(m) + b"\n" for m in messages)
    framer, found = hl7.Framer(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += list(framer.feed(stream[:cut]))
        stream = stream[cut:]
    assert found == messages


def test_a_partial_frame_waits():
    framer = hl7.Framer()

    assert list(framer.feed(b"\x0bMSH|half")) == []
    assert list(framer.feed(b" and half\x1c\r")) == [b"MSH|half and half"]


def test_a_frame_beyond_the_limit_is_refused():
    framer = hl7.Framer()

    with pytest.raises(hl7.Malformed, match="10 MB"):
        list(framer.feed(b"\x0b" + b"x" * (hl7.LIMIT_BYTES + 1)))


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(raw):
    for candidate in (raw, b"MSH|^~\\&|" + raw):
        with contextlib.suppress(hl7.Malformed):
            assert hl7.parse(candidate).header.name == "MSH"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20260213093015-0800", datetime(2026, 2, 13, 17, 30, 15, tzinfo=UTC)),
        ("20260213093015", datetime(2026, 2, 13, 17, 30, 15, tzinfo=UTC)),
        ("202607130930", datetime(2026, 7, 13, 16, 30, tzinfo=UTC)),
        ("20260213093015.1234+0100", datetime(2026, 2, 13, 8, 30, 15, tzinfo=UTC)),
        ("20260213", None),
        ("20261313093015", None),
        ("99991231235959-1200", None),
        ("00010101000000+1200", None),
        ("", None),
    ],
)
def test_times_are_instants_and_without_offset_on_the_clinics_clock(text, expected):
    assert hl7.instant(text, PACIFIC) == expected


def test_the_answer_names_the_message_and_turns_sender_and_receiver_around():
    header = hl7.peek(rb"MSH|^~\&|LAB|L1|US|C1|20260213||ORU^R01|A\T\B|P|2.3")

    answer = hl7.parse(hl7.acknowledgement(header, "AA", now=NOW))

    assert [answer.header.text(n) for n in (3, 4, 5, 6, 12)] == ["US", "C1", "LAB", "L1", "2.3"]
    assert (answer.segments[1].text(1), answer.segments[1].text(2)) == ("AA", "A&B")


def test_latin_1_is_read_as_it_says():
    raw = "MSH|^~\\&|LAB|L1|US|C1|20260213||ORU^R01|1|P|2.3||||||8859/1\rPID|1||7||Müller".encode(
        "latin-1"
    )

    assert hl7.parse(raw).segments[1].text(5) == "Müller"
