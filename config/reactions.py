"""The one list of what upper floors do when lower ones report something.

Each runs in the reporter's transaction, in this order; a name nobody lists is an error.
"""

from collections.abc import Callable, Mapping, Sequence

REACTIONS: Mapping[str, Sequence[Callable[..., object]]] = {
    "patient.registered": [],
    "consent.given": [],
    "consent.withdrawn": [],
    "medicine.changed": [],
    "letter.written": [],
    "booking.made": [],
    "booking.moved": [],
    "booking.cancelled": [],
    "booking.arrived": [],
    "result.filed": [],
    "result.corrected": [],
    "draw.reviewed": [],
    "semen.final": [],
    "semen.corrected": [],
    "enrolment.changed": [],
    "visit.opened": [],
    "visit.signed": [],
    "mood.answered": [],
    "symptoms.recorded": [],
    "dose.changed": [],
    "finding.raised": [],
    "finding.decided": [],
}
