"""What a collection of blood sets off, in turn: he is held and his values are read once for all."""

from collections.abc import Sequence

from django.db import transaction

from labs.models import Draw, Result
from protocols.actions.departures import labs_changed
from protocols.actions.dose_again import evaluate_dose_again
from protocols.actions.findings import lock_live
from protocols.actions.safety import judge_collection
from protocols.actions.side_effect_drafts import draft_from_draw
from protocols.queries.findings import facts_of


@transaction.atomic(savepoint=False)
def judge_results(draw: Draw, results: Sequence[Result] = ()) -> None:
    """Filed, corrected or struck out: what it proposes, allows, was late for and is graded as."""
    enrolment = lock_live(draw.patient_id)
    if enrolment is None:
        return
    facts = [] if draw.status == Draw.Status.ENTERED_IN_ERROR else facts_of(draw, enrolment)
    judge_collection(draw, enrolment, facts)
    evaluate_dose_again(draw, enrolment, facts)
    labs_changed(draw, enrolment)
    draft_from_draw(draw, enrolment, facts, results)
