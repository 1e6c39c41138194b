"""HL7 v2 grammar: frames of a stream, fields of a message, and the answer. No clinical meaning.

The only module that knows the parser library. Frames follow MLLP (VT … FS CR); segments may
end with CR, LF or both.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import hl7

START, END, CARRIAGE = b"\x0b", b"\x1c", b"\r"
LIMIT_BYTES = 10 * 1024 * 1024
CHARSETS = {
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "8859/1": "latin-1",
    "8859/15": "iso8859-15",
    "ASCII": "ascii",
}


class Malformed(ValueError):  # noqa: N818 -- a description, not an accident
    """These bytes are not an HL7 v2 message; the sentence says in what way."""


class Framer:
    """Cuts a byte stream into frames; junk between frames is skipped, a partial frame waits."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Every whole frame that `data` completes, without its envelope.

        Raises Malformed when a frame grows beyond the limit; the connection is lost then.
        """
        self._held += data
        while True:
            begin = self._held.find(START)
            if begin < 0:
                self._held.clear()
                return
            del self._held[:begin]
            end = self._held.find(END, 1)
            if end < 0:
                if len(self._held) > LIMIT_BYTES:
                    raise Malformed("A message longer than 10 MB is not taken.")
                return
            frame = bytes(self._held[1:end])
            del self._held[: end + 1]
            yield frame


def framed(message: bytes) -> bytes:
    return START + message + END + CARRIAGE


@dataclass(frozen=True, slots=True)
class Segment:
    """One line: fields and components are counted from 1, as the standard does."""

    name: str
    _fields: hl7.Segment
    _message: hl7.Message

    def text(self, field: int, component: int = 1, repetition: int = 0) -> str:
        """One component as text, escapes undone; "" where nothing was sent."""
        try:
            found = self._fields[field][repetition]
            if isinstance(found, hl7.Repetition):
                found = found[component - 1]
            elif component > 1:
                return ""
        except IndexError:
            return ""
        return str(self._message.unescape(str(found))).strip()

    def repetitions(self, field: int) -> int:
        try:
            return len(self._fields[field])
        except IndexError:
            return 0


@dataclass(frozen=True, slots=True)
class Parsed:
    """A message that could be read: its segments in order, and what its header says."""

    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        return self.segments[0]

    @property
    def control_id(self) -> str:
        return self.header.text(10)

    @property
    def kind(self) -> str:
        """Such as "ORU^R01"."""
        return f"{self.header.text(9, 1)}^{self.header.text(9, 2)}"

    @property
    def sender(self) -> str:
        """Application and facility, MSH-3 and MSH-4."""
        return f"{self.header.text(3)}|{self.header.text(4)}"

    @property
    def facility(self) -> str:
        return self.header.text(4)


def decoded(raw: bytes) -> str:
    """The text in the character set its header names, else UTF-8, else Latin-1."""
    header = raw[: max(raw.find(b"\r"), raw.find(b"\n"), 0) or 400]
    fields = header.split(header[3:4] or b"|")
    named = fields[17].decode("ascii", "replace").split("~")[0].strip() if len(fields) > 17 else ""
    for charset in (CHARSETS.get(named.upper(), "utf-8"), "utf-8"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def parse(raw: bytes) -> Parsed:
    """Read a message. Raises Malformed with a sentence when it is none."""
    text = re.sub(r"\r\n|\n", "\r", decoded(raw)).strip("\r \t\0")
    if not text.startswith("MSH") or len(text) < 8:
        raise Malformed("It does not begin with a message header (MSH).")
    if "\0" in text:
        raise Malformed("It contains zero bytes.")
    try:
        message = hl7.parse(text)
        names = [str(segment[0]) for segment in message]
    except (hl7.HL7Exception, IndexError, KeyError, ValueError, TypeError) as why:
        raise Malformed("Its fields cannot be told apart.") from why
    return Parsed(
        tuple(
            Segment(name, segment, message)
            for name, segment in zip(names, message, strict=True)
            if name.strip()
        )
    )


#: The ends of the calendar are no instants on every clock, so they are none on ours.
YEARS = ("1900", "2999")


def instant(text: str, zone: tzinfo) -> datetime | None:
    """An HL7 time stamp as an instant; without an offset it is on the clock of `zone`.

    None when it is empty, cannot be read, names a day only, or a year nothing was measured in.
    """
    match = re.fullmatch(r"(\d{8})(\d{4}|\d{6})(?:\.\d{1,4})?([+-]\d{4})?", text.strip())
    if match is None:
        return None
    day, clock, offset = match.groups()
    if not YEARS[0] <= day[:4] <= YEARS[1]:
        return None
    try:
        if offset:
            return datetime.strptime(f"{day}{clock:<06}{offset}", "%Y%m%d%H%M%S%z").astimezone(UTC)
        local = datetime.strptime(f"{day}{clock:<06}+0000", "%Y%m%d%H%M%S%z")
    except ValueError:
        return None
    return local.replace(tzinfo=zone).astimezone(UTC)


def acknowledgement(parsed: Parsed | None, code: str, *, now: datetime, text: str = "") -> bytes:
    """The answer to a message: AA taken, AE try again, AR refused; MSA-2 is its MSH-10."""
    control = parsed.control_id if parsed else ""
    header = parsed.header if parsed else None

    def back(field: int) -> str:
        return escaped(header.text(field)) if header else ""

    stamp = now.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")
    version = back(12) or "2.5.1"
    return (
        f"MSH|^~\\&|{back(5)}|{back(6)}|{back(3)}|{back(4)}|{stamp}||ACK^R01^ACK|"
        f"A{escaped(control)[:18]}|P|{version}\r"
        f"MSA|{code}|{escaped(control)}|{escaped(text)}\r"
    ).encode()


ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}


def escaped(text: str) -> str:
    """`text` with the five delimiters spelt out and control characters taken away."""
    return "".join(ESCAPES.get(c, c) for c in text if c >= " ")
