"""iPLEDGE: the rules a site works by, and what is confirmed each month (domain reference §2.6)."""

from datetime import date, datetime, time

from django.db import IntegrityError, transaction

from clinic import audit
from clinic.models import Account, Site
from clinic.refusal import Refusal
from clinic.rules.calendar import instant
from protocols.actions import duties
from protocols.actions.enrolment import lock, spoken
from protocols.models import Attestation, Duty, Enrolment, RulesetChoice, Visit
from protocols.queries.enrolment import definition_of
from protocols.queries.ipledge import (
    SUPPLIED,
    at_hand,
    begins_on,
    choices_of,
    confirmed_for,
    waiting_since,
)
from protocols.rules.definition import Definition
from protocols.rules.ipledge import in_force
from protocols.rules.programme import PlannedVisit
from protocols.rules.vocabulary import ItemKind, Ruleset, Status

CONFIRM = "IPLEDGE_CONFIRM"
#: The authority approved the change on this day; nobody worked by it earlier.
APPROVED_ON = date(2026, 2, 9)
EVENING = time(18)


@transaction.atomic
def choose_ruleset(
    *, site: Site, ruleset: str, effective_on: date, reason: str, by: Account, now: datetime
) -> RulesetChoice:
    """Say by which rules the site works from a day on; earlier choices stay as they were."""
    Site.objects.select_for_update(of=("self",)).get(pk=site.pk)
    if ruleset not in set(Ruleset):
        raise Refusal("Choose one of the two sets of rules.", field="ruleset")
    if not reason.strip():
        raise Refusal("Say where this was confirmed.", field="reason")
    if ruleset == Ruleset.MOD_2026 and effective_on < APPROVED_ON:
        raise Refusal(
            f"The change was approved on {spoken(APPROVED_ON)}: it held for nobody before.",
            field="effective_on",
        )
    chosen = RulesetChoice.objects.create(
        site=site,
        ruleset=ruleset,
        effective_on=effective_on,
        reason=reason.strip(),
        chosen_at=now,
        chosen_by=by,
    )
    audit.record(
        actor=by,
        action="ipledge.chosen",
        subject=chosen,
        site=site,
        reason=reason.strip(),
        ruleset=ruleset,
        effective_on=effective_on.isoformat(),
    )
    return chosen


@transaction.atomic
def attest(*, enrolment: Enrolment, on: date, by: Account, now: datetime) -> Attestation:
    """Keep that he was counselled and that iPLEDGE has it, for the month of the next bottle."""
    locked = lock(enrolment)
    known, definition = confirmed_for(locked), definition_of(locked.version)
    refuse_day(locked, on, locked.patient.site.localdate(now))
    waits = known.waits_for(on, definition)
    if not waits:
        raise Refusal("Nothing waits for a confirmation: the next bottle is covered.")
    if known.next_bottle > definition.dose.cycles:
        raise Refusal(f"All {definition.dose.cycles} bottles have been handed over.")
    refuse_early(locked, definition, waits[0], on)
    try:
        with transaction.atomic():
            given = Attestation.objects.create(
                enrolment=locked,
                month=waits[0],
                on=on,
                ruleset=known.ruleset_on(on, definition),
                recorded_at=now,
                recorded_by=by,
            )
    except IntegrityError as error:
        raise Refusal(f"Month {waits[0]} is confirmed already.") from error
    audit.record(
        actor=by,
        action="ipledge.attested",
        subject=given,
        person=locked.patient,
        site=locked.patient.site_id,
        month=given.month,
        on=on.isoformat(),
    )
    for duty in open_duties(locked):
        duties.complete(duty=duty, by=by, now=now)
    return given


def refuse_day(enrolment: Enrolment, on: date, today: date) -> None:
    if enrolment.status not in SUPPLIED:
        words = enrolment.get_status_display().lower()
        raise Refusal(f"He gets no bottle now: he is “{words}”.")
    if not enrolment.ipledge_id:
        raise Refusal("His iPLEDGE number is not recorded yet.")
    if on > today:
        raise Refusal("It is recorded when it has been confirmed, not before.", field="on")
    opened_on = enrolment.patient.site.localdate(enrolment.opened_at)
    if on < opened_on:
        raise Refusal(f"He was referred on {spoken(opened_on)} only.", field="on")


def refuse_early(enrolment: Enrolment, definition: Definition, month: int, on: date) -> None:
    """A month is confirmed when it has come: its counselling belongs to its visit."""
    visits = Visit.objects.filter(enrolment=enrolment)
    begins = begins_on(month, definition, visits, waiting_since(enrolment))
    if begins is not None and on < begins:
        raise Refusal(
            f"Month {month} is confirmed with its visit, from {spoken(begins)} on.", field="on"
        )


def open_duties(enrolment: Enrolment) -> list[Duty]:
    return list(Duty.objects.open().filter(enrolment=enrolment, code=CONFIRM))


def ask_to_confirm(*, now: datetime) -> int:
    """Ask for what the bottle of a visit that is at hand waits for; safe to run again."""
    asked = 0
    for visit in at_hand(now.date()):
        enrolment = visit.enrolment
        site, definition = enrolment.patient.site, definition_of(enrolment.version)
        today = site.localdate(now)
        planned = next((row for row in definition.visits if row.code == visit.code), None)
        if planned is None or not gives_a_bottle(planned) or not is_open(visit, today):
            continue
        known = confirmed_for(enrolment)
        waits = known.waits_for(today, definition)
        if waits and not open_duties(enrolment):
            duties.require(
                enrolment=enrolment,
                code=CONFIRM,
                title=f"Confirm iPLEDGE for month {waits[0]}",
                due_at=instant(visit.target_on or today, EVENING, site.zone),
                about=visit.label,
                by=None,
                now=now,
            )
            asked += 1
    return asked


def gives_a_bottle(planned: PlannedVisit) -> bool:
    return any(item.kind is ItemKind.DISPENSE for item in planned.items)


def is_open(visit: Visit, today: date) -> bool:
    if visit.opens_on is None or visit.closes_on is None:
        return False
    return visit.opens_on <= today <= visit.closes_on


def no_longer_supplied(*, enrolment: Enrolment, was: object, event: object) -> None:
    """Who gets no bottle needs no confirmation; asked again when he does."""
    if enrolment.status in {Status.CONSENTED, Status.ACTIVE}:
        return
    change = enrolment.status_changes.order_by("-pk").first()
    because = f"He is “{enrolment.get_status_display().lower()}”."
    for duty in open_duties(enrolment) if change is not None else []:
        duties.tick(
            duty,
            by=None,
            at=change.at if change else enrolment.opened_at,
            outcome=Duty.Outcome.NOT_NEEDED,
            note=because,
        )


def ruleset_of(site: Site, on: date) -> Ruleset:
    """What the site works by on a day, where no programme says otherwise."""
    return in_force(choices_of(site), on, Ruleset.PRE_2026)
