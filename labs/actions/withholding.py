"""Hold one result back from its man against harm, two people together, and let it go again.

Domain reference §9.3: an individual decision, with its reason and its end; never a kind of result
and never everybody's.
"""

from datetime import datetime

from django.db import models, transaction

from clinic import audit
from clinic.access import Capability
from clinic.actions.second_signature import refuse_second
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions.results import locked_patient
from labs.models import Draw, SemenAnalysis, Withholding
from labs.queries.held import of, read_by_him
from labs.rules.release import why_not_until

ENDED = "It ended by itself."
MOVED = "The result was moved to another record."
SHORTEST_HARM = 15


@transaction.atomic
def withhold(
    *,
    result: Draw | SemenAnalysis,
    harm: str,
    ends_at: datetime,
    by: Account,
    now: datetime,
    second: Account | None = None,
) -> Withholding:
    """Not shown to him until then; alone it holds a day, with a second clinician as long as named.

    What he has read cannot be held back from him any more.
    """
    patient = locked_patient(result.patient)
    refuse_result(result, patient.site.zone)
    if len(harm.strip()) < SHORTEST_HARM:
        raise Refusal(
            "Say which harm to his life or body you expect, and why: a word is too little.",
            field="harm",
        )
    if why := why_not_until(ends_at, placed_at=now):
        raise Refusal(why, field="ends_at")
    let_go_what_is_over(result, now)
    if Withholding.objects.filter(lifted_at=None, **of(result)).exists():
        raise Refusal("This result is held back already.")
    made = Withholding.objects.create(
        patient=patient, harm=harm.strip(), held_until=ends_at, placed_at=now, placed_by=by,
        **{f"{name}_id": pk for name, pk in of(result).items()},
    )  # fmt: skip
    trail(made, "result.withheld", by, reason=made.harm, ends_at=ends_at)
    if second is not None:
        return agree(made, second, by=by, now=now)
    return made


def refuse_result(result: Draw | SemenAnalysis, zone: object) -> None:
    gone = result.status == Draw.Status.ENTERED_IN_ERROR
    if gone or getattr(result, "superseded_by_id", None) is not None:
        raise Refusal("This result no longer stands.")
    if at := read_by_him(result):
        local = at.astimezone(zone)  # type: ignore[arg-type]
        raise Refusal(
            f"He has read it already, on {local.day} {local:%b} at {local:%H:%M}. Speak with him."
        )


def let_go_what_is_over(result: Draw | SemenAnalysis, now: datetime) -> None:
    """What has ended by itself is written down as ended, so that another may begin."""
    for old in Withholding.objects.select_for_update(of=("self",)).filter(
        lifted_at=None, **of(result)
    ):
        if not old.held.stands(now):
            old.lifted_at, old.lifted_because = old.until, ENDED
            old.save(update_fields=["lifted_at", "lifted_because"])


@transaction.atomic
def confirm(*, withholding: Withholding, by: Account, now: datetime) -> Withholding:
    """A second clinician has judged it himself and agrees."""
    return agree(locked_withholding(withholding, now), by, by=None, now=now)


def agree(held: Withholding, second: Account, *, by: Account | None, now: datetime) -> Withholding:
    if held.confirmed_at is not None:
        raise Refusal(f"{held.confirmed_by} has agreed already.")
    refuse_second(
        second=second, by=held.placed_by, site=held.patient.site_id,
        may={Capability.RESULT_WITHHOLD}, about="holding a result back",
    )  # fmt: skip
    held.confirmed_at, held.confirmed_by = now, second
    held.save(update_fields=["confirmed_at", "confirmed_by"])
    trail(held, "result.withholding_confirmed", second)
    return held


def locked_withholding(withholding: Withholding, now: datetime) -> Withholding:
    held = (
        Withholding.objects.select_for_update(of=("self",))
        .select_related("patient__site", "placed_by", "confirmed_by")
        .get(pk=withholding.pk)
    )
    if held.lifted_at is not None or not held.held.stands(now):
        raise Refusal("This has ended already: he can read the result.")
    return held


@transaction.atomic
def lift(*, withholding: Withholding, because: str, by: Account, now: datetime) -> Withholding:
    """The harm is not to be expected any more, or somebody has spoken with him."""
    held = locked_withholding(withholding, now)
    if not because.strip():
        raise Refusal("Say why he may read it now.", field="because")
    held.lifted_at, held.lifted_by, held.lifted_because = now, by, because.strip()
    held.save(update_fields=["lifted_at", "lifted_by", "lifted_because"])
    trail(held, "result.withholding_lifted", by, reason=held.lifted_because)
    return held


@transaction.atomic
def carry(analysis: SemenAnalysis, was: SemenAnalysis | None = None) -> None:
    """A corrected sheet is held back as the one whose place it takes."""
    if was is not None and was.pk != analysis.pk:
        Withholding.objects.filter(analysis=was, lifted_at=None).update(analysis=analysis)


def moved(result: Draw | SemenAnalysis, *, by: Account, now: datetime) -> None:
    """What is not on his record any more is not held back from him."""
    for held in Withholding.objects.select_related("patient").filter(lifted_at=None, **of(result)):
        held.lifted_at, held.lifted_by, held.lifted_because = now, by, MOVED
        held.save(update_fields=["lifted_at", "lifted_by", "lifted_because"])
        trail(held, "result.withholding_lifted", by, reason=MOVED)


def trail(
    held: Withholding, action: str, by: Account, *, reason: str = "", **detail: object
) -> None:
    about: models.Model | None = held.draw or held.analysis
    audit.record(
        actor=by,
        action=action,
        subject=held,
        person=held.patient,
        site=held.patient.site_id,
        reason=reason,
        about=audit.label(about) if about is not None else "",
        **detail,
    )
