"""From a frame to a stored message and its answer: kept first, acknowledged, then filed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clinic import hl7
from labs.actions.reading import file_message, file_next
from labs.actions.storing import Arrived, store, store_all
from labs.hl7.meaning import why_not_ours
from labs.models import InboundMessage, Laboratory
from labs.rules.reported import Unreadable

__all__ = ["file_message", "file_next", "sender", "store_frame", "store_frames"]


def store_frame(raw: bytes, *, source: str, now: datetime) -> tuple[InboundMessage, bytes]:
    """Keep a frame as it came and say what to answer: AA once it is safe, AR if not ours."""
    frame = frame_of(raw)
    return store(frame.arrived(source), now=now), frame.answer(now)


def store_frames(raws: Sequence[bytes], *, source: str, now: datetime) -> list[bytes]:
    """Keep several frames in one transaction; the answers, to be sent once this has returned."""
    frames = [frame_of(raw) for raw in raws]
    store_all([frame.arrived(source) for frame in frames], now=now)
    return [frame.answer(now) for frame in frames]


@dataclass(frozen=True, slots=True)
class Frame:
    """One message as it arrived: what it says of itself, and why it is none to file."""

    raw: bytes
    header: hl7.Header | None
    refused: str = ""

    def arrived(self, source: str) -> Arrived:
        said = self.header
        if said is None:
            return Arrived(self.raw, source, refused=self.refused)
        return Arrived(
            raw=self.raw,
            source=source,
            sending=said.sender,
            facility=said.facility,
            control_id=said.control_id,
            number=said.number,
            refused=self.refused,
        )

    def answer(self, now: datetime) -> bytes:
        """What its sender is told once it is stored."""
        code = "AR" if self.refused else "AA"
        return hl7.acknowledgement(self.header, code, now=now, text=self.refused)


def frame_of(raw: bytes) -> Frame:
    try:
        header = hl7.peek(raw)
    except hl7.Malformed as why:
        return Frame(raw, None, str(why))
    return Frame(raw, header, why_not_ours(header.kind, header.version, header.processing))


def unknown_laboratory(facility: str) -> str:
    if not facility.strip():
        return "The message does not say which laboratory sends it (MSH-4 is empty)."
    return f"No laboratory here is known as {facility}."


def laboratory_at(facility: str) -> Laboratory | None:
    """The laboratory whose facility code it is, if only one site knows it."""
    if not facility:
        return None
    found = list(Laboratory.objects.filter(facility=facility).select_related("site")[:2])
    return found[0] if len(found) == 1 else None


def sender(raw: bytes) -> Laboratory | str:
    """Whom these bytes are from, as they say themselves (MSH-4)."""
    try:
        facility = hl7.peek(raw).facility
    except hl7.Malformed as why:
        raise Unreadable(str(why)) from why
    return laboratory_at(facility) or unknown_laboratory(facility)
