"""From a frame to a stored message and its answer: kept first, acknowledged, then filed."""

from datetime import datetime

from clinic import hl7
from labs.actions import inbound
from labs.actions.reading import file_message, file_next
from labs.models import InboundMessage, Laboratory
from labs.rules.reported import Unreadable

__all__ = ["file_message", "file_next", "laboratory_of", "sender", "store_frame"]


def store_frame(raw: bytes, *, source: str, now: datetime) -> tuple[InboundMessage, bytes]:
    """Keep a frame as it came and say what to answer: AA once it is safe, AR if not ours."""
    try:
        parsed = hl7.parse(raw)
    except hl7.Malformed as why:
        message = inbound.store(
            raw=raw, source=source, sending="", control_id="", site=None, now=now, refused=str(why)
        )
        return message, hl7.acknowledgement(None, "AR", now=now, text=str(why))
    laboratory = laboratory_of(parsed)
    ours = parsed.kind == "ORU^R01"
    refused = "" if ours else not_about_results(parsed.kind)
    message = inbound.store(
        raw=raw,
        source=source,
        sending=parsed.sender,
        control_id=parsed.control_id,
        site=laboratory.site if laboratory else None,
        now=now,
        refused=refused,
    )
    return message, hl7.acknowledgement(parsed, "AA" if ours else "AR", now=now, text=refused)


def unknown_laboratory(facility: str) -> str:
    if not facility.strip():
        return "The message does not say which laboratory sends it (MSH-4 is empty)."
    return f"No laboratory here is known as {facility}."


def not_about_results(kind: str) -> str:
    named = kind.strip("^ ")
    what = f"This is a message of the type {named}" if named else "This message names no type"
    return f"{what}; only results (ORU^R01) are taken in."


def laboratory_of(parsed: hl7.Parsed) -> Laboratory | None:
    """The laboratory whose facility code sent it, if only one site knows it."""
    found = list(
        Laboratory.objects.filter(facility=parsed.facility).select_related("site")[:2]
        if parsed.facility
        else []
    )
    return found[0] if len(found) == 1 else None


def sender(raw: bytes) -> Laboratory | str:
    """Whom these bytes are from, as they say themselves (MSH-4)."""
    try:
        parsed = hl7.parse(raw)
    except hl7.Malformed as why:
        raise Unreadable(str(why)) from why
    return laboratory_of(parsed) or unknown_laboratory(parsed.facility)
