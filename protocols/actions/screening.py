"""From the referral to the consent: what is asked, signed and ticked before the first capsule."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from clinic import audit
from clinic.models import Account, Member
from clinic.refusal import Refusal
from patients.models import Consent
from protocols.actions.enrolment import change_status, lock, refuse_impossible_day, spoken
from protocols.actions.visits_plan import lay_visits
from protocols.models import EligibilityCheck, Enrolment
from protocols.queries.eligibility_facts import Evidence, eligibility_facts
from protocols.queries.enrolment import definition_of, live_enrolment
from protocols.queries.known_history import KnownHistory, known_history
from protocols.rules.eligibility import (
    BESIDE,
    JUDGEMENT,
    Criterion,
    Eligibility,
    assess,
    expires_on,
)
from protocols.rules.status import Event
from protocols.rules.vocabulary import Status

#: Before Day 1; eligibility can be signed again until then.
JUDGED = {Status.SCREENING, Status.ELIGIBLE, Status.CONSENTED}
BEFORE_TREATMENT = {Status.REFERRED, *JUDGED}


@transaction.atomic
def start_screening(*, enrolment: Enrolment, on: date, by: Account) -> Enrolment:
    """Begin to examine him, once he has consented to it; the first two visits get windows."""
    locked = lock(enrolment)
    history = known_history(locked)
    refuse_old_words(history, {"screening"}, on)
    changed = change_status(
        enrolment=locked,
        event=Event.START_SCREENING,
        on=on,
        by=by,
        reason=agreed_words(history, {"screening"}),
        facts={"screening_consent": "screening" in history.consented(on)},
    )
    lay_visits(enrolment=changed)
    return changed


def refuse_old_words(history: KnownHistory, kinds: Collection[str], on: date) -> None:
    """Words that have been replaced carry no new step; what goes on already is not touched."""
    old = [text.sentence for text in history.outdated(on) if text.kind in kinds]
    if old:
        raise Refusal(" ".join(old))


def agreed_words(history: KnownHistory, kinds: Collection[str]) -> str:
    """Which words he agreed to, and when: the reason of a step that stands on them."""
    given = [history.consent(kind) for kind in sorted(kinds)]
    return " ".join(
        f"{row.kind.capitalize()} consent, version {row.version}, of {spoken(row.given_on)}."
        for row in given
        if row is not None
    )


@dataclass(frozen=True, slots=True)
class Assessed:
    """The criteria with the values used, and where each was found."""

    verdict: Eligibility
    evidence: Evidence

    def rows(self) -> list[dict[str, Any]]:
        """As they are kept with a signature: readable without the tables they came from."""
        return [self.row(criterion) for criterion in self.verdict.criteria]

    def row(self, criterion: Criterion) -> dict[str, Any]:
        source = self.evidence.sources.get(criterion.code)
        return {
            "code": criterion.code,
            "title": criterion.title,
            "met": criterion.met,
            "value": criterion.value,
            "sentence": criterion.sentence,
            "source": source.words if source else "",
            "on": source.on.isoformat() if source and source.on else None,
        }


def assess_enrolment(enrolment: Enrolment, on: date) -> Assessed:
    """What the criteria of his version say of him on that day."""
    evidence = eligibility_facts(enrolment, on)
    return Assessed(assess(definition_of(enrolment.version), evidence.facts), evidence)


@transaction.atomic
def decide_eligibility(
    *,
    enrolment: Enrolment,
    eligible: bool,
    on: date,
    by: Account,
    reason: str = "",
    reason_code: str = "",
) -> EligibilityCheck:
    """Sign that he may or may not take part, with every criterion as it stood.

    He is eligible when every criterion is known and met; a total that needs a clinician's word,
    and every refusal, needs a reason (domain reference §7.2). `reason_code` is the criterion that
    decided against him, or one of BESIDE; without one it is the first that is not met.
    """
    locked = lock(enrolment)
    if locked.status not in JUDGED:
        raise Refusal("Eligibility is signed while he is being screened, before the first dose.")
    refuse_impossible_day(locked, on)
    assessed = assess_enrolment(locked, on)
    refuse_unfounded(assessed.verdict, eligible, reason)
    check = EligibilityCheck.objects.create(
        enrolment=locked,
        eligible=eligible,
        criteria=assessed.rows(),
        decided_on=on,
        decided_by=by,
        reason=reason,
        reason_code="" if eligible else deciding(assessed.verdict, reason_code),
    )
    audit.record(
        actor=by,
        action="eligibility.signed",
        subject=check,
        person=locked.patient,
        site=locked.patient.site_id,
        reason=reason,
        eligible=eligible,
        unmet=[row.code for row in assessed.verdict.unmet],
    )
    keep_decision(locked, check, assessed)
    move_on(locked, check)
    return check


def refuse_unfounded(verdict: Eligibility, eligible: bool, reason: str) -> None:
    if not eligible and not reason.strip():
        raise Refusal("Say why he cannot take part.", field="reason")
    if not eligible:
        return
    if verdict.unmet:
        raise Refusal(f"Not met: {titles(verdict.unmet)}. He cannot be signed as eligible.")
    if verdict.unknown:
        raise Refusal(f"Not known yet: {titles(verdict.unknown)}.")
    if verdict.needs_sign_off and not reason.strip():
        raise Refusal(
            "His PHQ-9 total is exactly at the limit: write why he may take part.", field="reason"
        )


def deciding(verdict: Eligibility, code: str) -> str:
    """What decided against him: a criterion not met or not known, or what is beside them."""
    against = [row.code for row in (*verdict.unmet, *verdict.unknown)]
    if not code:
        return against[0] if verdict.unmet else JUDGEMENT
    if code not in (*against, *BESIDE):
        raise Refusal("This criterion is met: name what decided.", field="reason_code")
    return code


def titles(criteria: Collection[Criterion]) -> str:
    return ", ".join(row.title for row in criteria)


def keep_decision(enrolment: Enrolment, check: EligibilityCheck, assessed: Assessed) -> None:
    enrolment.eligible_on = check.decided_on if check.eligible else None
    enrolment.baseline = assessed.evidence.baseline or ""
    # Whoever signs looks after him, until somebody else is named.
    enrolment.clinician = enrolment.clinician or check.decided_by.member
    enrolment.save(update_fields=["eligible_on", "baseline", "clinician"])


def move_on(enrolment: Enrolment, check: EligibilityCheck) -> None:
    """The status follows while he is screened; signed again later, only the date does.

    An eligible man who is found not to be so is sent back to screening, and fails there.
    """
    if enrolment.status == Status.ELIGIBLE and not check.eligible:
        change_status(
            enrolment=enrolment,
            event=Event.ELIGIBILITY_EXPIRES,
            on=check.decided_on,
            by=check.decided_by,
            reason="Looked at again: what was signed no longer counts.",
            facts={"eligibility_over": True},
        )
        enrolment.status = Status.SCREENING
    if enrolment.status != Status.SCREENING:
        return
    every = f"All {len(check.criteria)} criteria are met."
    change_status(
        enrolment=enrolment,
        event=Event.PASS_GATE_ELIGIBLE if check.eligible else Event.FAIL,
        on=check.decided_on,
        by=check.decided_by,
        reason=check.reason or every,
        facts={"gate_eligible": check.eligible},
    )


@transaction.atomic
def expire_eligibility(*, enrolment: Enrolment, today: date) -> Enrolment:
    """Send him back to screening when what was signed is older than 56 days (§7.4)."""
    locked = lock(enrolment)
    definition = definition_of(locked.version)
    days = definition.gates.eligible_for_days
    over = locked.eligible_on is not None and today > expires_on(definition, locked.eligible_on)
    changed = change_status(
        enrolment=locked,
        event=Event.ELIGIBILITY_EXPIRES,
        on=today,
        by=None,
        reason=f"Signed on {spoken(locked.eligible_on)}; it counts {days} days."
        if locked.eligible_on
        else "",
        facts={"eligibility_over": over},
    )
    changed.eligible_on = None
    changed.save(update_fields=["eligible_on"])
    return changed


def expire_eligibilities(*, now: datetime) -> int:
    """Send back everybody whose signed eligibility is over at his site; safe to run again."""
    sent_back = 0
    for enrolment in Enrolment.objects.filter(status=Status.ELIGIBLE).select_related(
        "patient__site", "version"
    ):
        today = enrolment.patient.site.localdate(now)
        last_on = enrolment.eligible_on
        if last_on and today > expires_on(definition_of(enrolment.version), last_on):
            expire_eligibility(enrolment=enrolment, today=today)
            sent_back += 1
    return sent_back


@transaction.atomic
def link_consent(*, enrolment: Enrolment, on: date, by: Account) -> Enrolment:
    """Go on with the treatment consent he has given: from eligible to consented."""
    locked = lock(enrolment)
    history = known_history(locked)
    wanted = set(definition_of(locked.version).gates.consents)
    refuse_old_words(history, wanted, on)
    return change_status(
        enrolment=locked,
        event=Event.SIGN_CONSENT,
        on=max(on, locked.status_since),
        by=by,
        reason=agreed_words(history, wanted),
        facts={"treatment_consent": wanted <= history.consented(on)},
    )


def consent_given(consent: Consent) -> None:
    """An eligible man who agrees to the treatment is consented from that day."""
    enrolment = live_enrolment(consent.patient)
    if enrolment is None or enrolment.status != Status.ELIGIBLE:
        return
    wanted = set(definition_of(enrolment.version).gates.consents)
    given = known_history(enrolment).agreed_to_words_of(consent.given_on)
    if consent.text.kind in wanted and wanted <= given:
        link_consent(enrolment=enrolment, on=consent.given_on, by=consent.recorded_by)


@transaction.atomic
def record_counselling(
    *, enrolment: Enrolment, codes: Collection[str], on: date, by: Account
) -> Enrolment:
    """Tick what was gone through with him; the list is done when every item is (§2.6)."""
    locked = lock(enrolment)
    if locked.status not in BEFORE_TREATMENT:
        raise Refusal("The counselling list belongs to the time before the first dose.")
    items = [item.code for item in definition_of(locked.version).counselling]
    strangers = set(codes) - set(items)
    if strangers:
        raise Refusal(f"Not on the counselling list: {', '.join(sorted(strangers))}.")
    locked.counselling = [code for code in items if code in codes]
    complete = len(locked.counselling) == len(items)
    locked.counselled_on, locked.counselled_by = (on, by) if complete else (None, None)
    locked.save(update_fields=["counselling", "counselled_on", "counselled_by"])
    audit.record(
        actor=by,
        action="counselling.recorded",
        subject=locked,
        person=locked.patient,
        site=locked.patient.site_id,
        on=on.isoformat(),
        done=locked.counselling,
    )
    return locked


@transaction.atomic
def record_baseline(
    *,
    enrolment: Enrolment,
    ipledge_id: str,
    by: Account,
    weight_kg: Decimal | None = None,
    clinician: Member | None = None,
) -> Enrolment:
    """Keep his iPLEDGE number, his weight at the start and, if one is named, his clinician."""
    locked = lock(enrolment)
    if locked.status not in BEFORE_TREATMENT:
        raise Refusal(f"He started on {spoken(locked.first_dose_on or locked.status_since)}.")
    if clinician is not None and clinician.site_id != locked.patient.site_id:
        raise Refusal("The clinician works at another site.", field="clinician")
    locked.ipledge_id = ipledge_id.strip()
    locked.baseline_weight_kg = weight_kg
    locked.clinician = clinician or locked.clinician
    locked.save(update_fields=["ipledge_id", "baseline_weight_kg", "clinician"])
    audit.record(
        actor=by,
        action="enrolment.prepared",
        subject=locked,
        person=locked.patient,
        site=locked.patient.site_id,
        clinician=locked.clinician_id,
    )
    return locked
