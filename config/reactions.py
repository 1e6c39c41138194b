"""The one list of what upper floors do when lower ones report something.

Each runs in the reporter's transaction, in this order; a name nobody lists is an error.
"""

from collections.abc import Callable, Mapping, Sequence

from labs.actions import withholding
from protocols.actions import (
    booking,
    by_hand,
    crisis,
    critical,
    freezing,
    paging,
    reminders,
    response,
    safety,
    signing,
)
from protocols.actions.collected import judge_results
from protocols.actions.death import details_corrected, died
from protocols.actions.dosing import close_ended
from protocols.actions.endings import consent_withdrawn
from protocols.actions.ipledge import no_longer_supplied
from protocols.actions.moved import result_moved
from protocols.actions.screening import consent_given
from protocols.actions.side_effect_drafts import (
    draft_from_report,
    draft_from_weight,
)
from protocols.actions.told import evaluate_report

REACTIONS: Mapping[str, Sequence[Callable[..., object]]] = {
    "patient.registered": [],
    "patient.corrected": [details_corrected],
    "patient.died": [died],
    "consent.given": [consent_given],
    "consent.withdrawn": [consent_withdrawn],
    "medicine.changed": [safety.evaluate_medicine],
    "letter.written": [],
    "booking.made": [],
    "booking.moved": [reminders.on_booking_moved],
    "booking.cancelled": [reminders.on_booking_cancelled],
    "booking.arrived": [],
    "result.filed": [judge_results, critical.page_for_draw],
    "result.corrected": [
        judge_results,
        signing.results_corrected,
        critical.page_for_draw,
    ],
    "draw.reviewed": [safety.settle_reviewed, critical.reviewed],
    "result.moved": [result_moved],
    "semen.final": [safety.evaluate_semen, response.sample_became_final],
    "semen.corrected": [
        withholding.carry,
        safety.evaluate_semen,
        response.sample_became_final,
        signing.semen_corrected,
    ],
    "semen.superseded": [response.sample_was_superseded],
    "semen.included": [response.sample_was_included],
    "container.stored": [freezing.stored],
    "enrolment.changed": [
        close_ended,
        booking.on_enrolment_changed,
        no_longer_supplied,
        response.enrolment_changed,
    ],
    "visit.opened": [],
    "visit.signed": [],
    "mood.answered": [safety.evaluate_mood],
    "symptoms.recorded": [safety.evaluate_symptoms],
    "vitals.recorded": [draft_from_weight],
    "symptoms.told": [evaluate_report, draft_from_report],
    "side_effect.written": [by_hand.evaluate_event],
    "capsules.counted": [safety.evaluate_count],
    "dose.changed": [],
    "finding.raised": [paging.finding_raised, crisis.finding_raised],
    "finding.decided": [paging.finding_decided],
}
