"""HL7 v2 grammar: frames of a stream, fields of a message, and the answer. No clinical meaning.

The only module that knows the parser library. Frames follow MLLP (VT … FS CR); segments may
end with CR, LF or both; several messages may stand in one batch file (FHS, BHS … BTS, FTS).
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
    "UTF-8": "utf-8",
    "ASCII": "ascii",
    **{f"8859/{n}": f"iso8859-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
}
#: What Windows writes where nobody said, tried after UTF-8; Latin-1 reads any byte.
GUESSES = ("utf-8", "cp1252", "latin-1")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Malformed(ValueError):  # noqa: N818 -- a description, not an accident
    """These bytes are not an HL7 v2 message; the sentence says in what way."""


class Framer:
    """Cuts a byte stream into frames; junk between frames is skipped, a partial frame waits.

    A frame that begins again before it ended is read from its last beginning: its sender broke
    off and starts anew, and was never told that the first half had arrived.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._searched = 0

    @property
    def held(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._held)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Every whole frame that `data` completes, without its envelope.

        Raises Malformed when a frame grows beyond the limit; the connection is lost then.
        """
        self._held += data
        while (end := self._held.find(END, self._searched)) >= 0:
            begin = self._held.rfind(START, 0, end)
            frame = bytes(self._held[begin + 1 : end]) if begin >= 0 else None
            del self._held[: end + 1]
            self._searched = 0
            if frame is not None:
                self._refuse(len(frame))
                yield frame
        self._drop_junk()
        self._searched = len(self._held)
        self._refuse(len(self._held) - 1)

    def _drop_junk(self) -> None:
        begin = self._held.find(START)
        if begin < 0:
            self._held.clear()
        elif begin:
            del self._held[:begin]

    def _refuse(self, size: int) -> None:
        if size > LIMIT_BYTES:
            raise Malformed("A message longer than 10 MB is not taken.")


def framed(message: bytes) -> bytes:
    return START + message + END + CARRIAGE


@dataclass(frozen=True, slots=True)
class Marks:
    """The five delimiters of a message, as its header names them, and its character set."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    part: str = "&"
    charset: str = "utf-8"

    @classmethod
    def of(cls, text: str, charset: str) -> "Marks":
        field, given = text[3], text[4:].partition(text[3])[0]
        usual = "^~\\&"
        component, repetition, escape, part = tuple(given[:4] + usual[len(given[:4]) :])
        return cls(field, component, repetition, escape, part, charset)

    def unescaped(self, text: str) -> str:
        """The text with its escape sequences undone; one that nobody knows stays as it came."""
        if self.escape not in text:
            return text
        mark = re.escape(self.escape)
        return re.sub(f"{mark}([^{mark}]*){mark}", self._meant, text)

    def _meant(self, found: re.Match[str]) -> str:
        word = found[1]
        plain = {
            "F": self.field, "S": self.component, "T": self.part, "R": self.repetition,
            "E": self.escape, "H": "", "N": "", "P": self.field,
        }  # fmt: skip
        if word in plain:
            return plain[word]
        if re.fullmatch(r"X([0-9A-Fa-f]{2})+", word):
            return printable(readable(bytes.fromhex(word[1:]), self.charset))
        if re.fullmatch(r"\.(br|sp)[+]?[0-9]{0,2}", word):
            return "\n"
        if re.fullmatch(r"\.(fi|nf|ce|in|ti|sk)[+-]?[0-9]{0,3}", word):
            return " "
        return "" if re.fullmatch(r"[CM][0-9A-Fa-f]{4,6}|Z.*", word) else found[0]


def printable(text: str) -> str:
    """Without control characters, which no field carries and no record can hold."""
    return "".join(c for c in text if c >= " " or c in "\n\t")


def readable(raw: bytes, charset: str) -> str:
    """The bytes as text: in the character set that was named, else the likeliest other one."""
    for name in (charset, *GUESSES):
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Segment:
    """One line: fields and components are counted from 1, as the standard does.

    `line` is the segment exactly as it came.
    """

    name: str
    line: str
    _fields: hl7.Segment
    _marks: Marks

    def text(self, field: int, component: int = 1, repetition: int = 0, *, part: int = 0) -> str:
        """One component as text, escapes undone; "" where nothing was sent.

        With `part` only that subcomponent of it, counted from 1.
        """
        found = self._component(field, component, repetition)
        if part:
            parts = found.split(self._marks.part)
            found = parts[part - 1] if part <= len(parts) else ""
        return printable(self._marks.unescaped(found)).strip()

    def _component(self, field: int, component: int, repetition: int) -> str:
        try:
            found = self._fields[field][repetition]
            if isinstance(found, hl7.Repetition):
                found = found[component - 1]
            elif component > 1:
                return ""
        except IndexError:
            return ""
        return str(found)

    def whole(self, field: int, repetition: int = 0) -> str:
        """A field with whatever delimiters were left in its text, as plain text types may be."""
        try:
            found = str(self._fields[field][repetition])
        except IndexError:
            return ""
        return printable(self._marks.unescaped(found)).strip()

    def repetitions(self, field: int) -> int:
        try:
            return len(self._fields[field])
        except IndexError:
            return 0


@dataclass(frozen=True, slots=True)
class Header:
    """What a message says of itself: enough to keep it, to answer it and to put it in line."""

    application: str = ""
    facility: str = ""
    to_application: str = ""
    to_facility: str = ""
    kind: str = ""
    control_id: str = ""
    processing: str = ""
    version: str = ""
    number: str = ""

    @property
    def sender(self) -> str:
        """Application and facility, MSH-3 and MSH-4."""
        return f"{self.application}|{self.facility}"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A message that could be read: its segments in order, and what its header says."""

    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        return self.segments[0]

    @property
    def kind(self) -> str:
        """Such as "ORU^R01"."""
        return f"{self.header.text(9, 1)}^{self.header.text(9, 2)}"

    @property
    def facility(self) -> str:
        return self.header.text(4)


def declared(raw: bytes) -> str:
    """The character set that the header names (MSH-18), or "" where it names none we know."""
    line = re.split(rb"[\r\n]", raw.removeprefix(BYTE_ORDER_MARK)[:4000].lstrip(), maxsplit=1)[0]
    fields = line.split(line[3:4] or b"|")
    named = fields[17].decode("ascii", "replace").split("~")[0].strip() if len(fields) > 17 else ""
    return CHARSETS.get(named.upper(), "")


def decoded(raw: bytes) -> str:
    """The text in the character set its header names, else UTF-8, else as Windows writes."""
    return readable(raw.removeprefix(BYTE_ORDER_MARK), declared(raw) or "utf-8")


def lines_of(raw: bytes) -> str:
    """The text of a message with CR between its segments; Malformed when it is none."""
    text = re.sub(r"\r\n|\n", "\r", decoded(raw)).strip("\r \t\0")
    if not text.startswith("MSH") or len(text) < 8:
        raise Malformed("It does not begin with a message header (MSH).")
    if "\0" in text:
        raise Malformed("It contains zero bytes.")
    return text


def peek(raw: bytes) -> Header:
    """Header and record number without reading the rest: a line of messages moves as fast as this.

    Raises Malformed with a sentence when it is no message.
    """
    text = lines_of(raw)
    marks = Marks.of(text, declared(raw) or "utf-8")
    fields = text.partition("\r")[0].split(marks.field)

    def said(at: int, component: int = 0) -> str:
        whole = fields[at - 1] if at <= len(fields) else ""
        parts = whole.split(marks.repetition)[0].split(marks.component)
        found = parts[component] if component < len(parts) else ""
        return printable(marks.unescaped(found)).strip()

    return Header(
        application=said(3),
        facility=said(4),
        to_application=said(5),
        to_facility=said(6),
        kind=f"{said(9)}^{said(9, 1)}",
        control_id=said(10),
        processing=said(11),
        version=said(12),
        number=_first_number(text, marks),
    )


def _first_number(text: str, marks: Marks) -> str:
    """The first record number of the first patient (PID-3)."""
    begin = text.find(f"\rPID{marks.field}")
    if begin < 0:
        return ""
    fields = text[begin + 1 : begin + 2000].partition("\r")[0].split(marks.field)
    return fields[3].split(marks.repetition)[0].split(marks.component)[0] if len(fields) > 3 else ""


def parse(raw: bytes) -> Parsed:
    """Read a message. Raises Malformed with a sentence when it is none."""
    text = lines_of(raw)
    marks = Marks.of(text, declared(raw) or "utf-8")
    lines = [line for line in text.split("\r") if line.strip()]
    try:
        message = hl7.parse("\r".join(lines))
        names = [str(segment[0]) for segment in message]
        return Parsed(
            tuple(
                Segment(name, line, segment, marks)
                for name, line, segment in zip(names, lines, message, strict=True)
            )
        )
    except (hl7.HL7Exception, IndexError, KeyError, ValueError, TypeError, AssertionError) as why:
        raise Malformed("Its fields cannot be told apart.") from why


def messages_of(raw: bytes) -> list[bytes]:
    """The messages of a file: one, several after another, in MLLP frames, or in batches.

    Envelopes of files and batches are left away; what is none of it makes the file Malformed.
    """
    plain = raw.removeprefix(BYTE_ORDER_MARK).translate(None, START + END)
    found = [
        part.strip(b"\r\n \t")
        for part in re.split(rb"(?:^|(?<=[\r\n]))(?=MSH[^A-Za-z0-9\s])", plain)
    ]
    first, *rest = found
    envelope = re.compile(rb"(?:^|[\r\n]+)[ \t]*(?:FHS|BHS|BTS|FTS)[^\r\n]*")
    if envelope.sub(b"", first).strip():
        raise Malformed("It does not begin with a message header (MSH).")
    if not rest:
        raise Malformed("There is no message in it.")
    return [envelope.sub(b"", message) for message in rest]


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


def acknowledgement(header: Header | None, code: str, *, now: datetime, text: str = "") -> bytes:
    """The answer to a message: AA taken, AE try again, AR refused; MSA-2 is its MSH-10."""
    said = header or Header()
    control = escaped(said.control_id)
    back = [
        escaped(word)
        for word in (said.to_application, said.to_facility, said.application, said.facility)
    ]
    stamp = now.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")
    return (
        f"MSH|^~\\&|{'|'.join(back)}|{stamp}||ACK^R01^ACK|"
        f"A{escaped(said.control_id[:18])}|P|{escaped(said.version) or '2.5.1'}\r"
        f"MSA|{code}|{control}|{escaped(text)}\r"
    ).encode()


ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\n": "\\.br\\"}


def escaped(text: str) -> str:
    """`text` with the five delimiters and line ends spelt out, without control characters."""
    return "".join(ESCAPES.get(c, c) for c in text if c >= " " or c == "\n")
