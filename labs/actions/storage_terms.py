"""His agreement to what is stored, renewed or new, and his tests for infection."""

from datetime import date, datetime

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions.results import locked_patient
from labs.models import Screening, StorageTerms
from labs.rules.storage import VIRUSES
from patients.models import Consent, ConsentText, Patient

#: Nobody agrees for longer at once; a later end is a slip of the finger [PD].
LONGEST_YEARS = 55


@transaction.atomic
def agree(
    *,
    patient: Patient,
    signed_on: date,
    expires_on: date,
    on_death: str,
    on_separation: str,
    by: Account,
    now: datetime,
) -> StorageTerms:
    """Write down until when he agrees and what then; it covers everything of his that is kept."""
    man = locked_patient(patient)
    today = man.site.localdate(now)
    consent = standing_consent(man)
    if consent is None:
        raise Refusal("Record his consent to storage first.")
    if man.deceased_on is not None:
        raise Refusal("This patient has died.")
    if signed_on > today:
        raise Refusal("It is recorded when he has signed, not before.", field="signed_on")
    if signed_on < consent.given_on:
        raise Refusal("He had not consented to storage yet on that day.", field="signed_on")
    if expires_on <= today:
        raise Refusal("An agreement ends in the future.", field="expires_on")
    if expires_on.year > today.year + LONGEST_YEARS:
        raise Refusal(
            f"More than {LONGEST_YEARS} years ahead: look at the year again.", field="expires_on"
        )
    made = StorageTerms.objects.create(
        patient=man, consent=consent, signed_on=signed_on, expires_on=expires_on,
        on_death=on_death, on_separation=on_separation, recorded_at=now, recorded_by=by,
    )  # fmt: skip
    audit.record(
        actor=by,
        action="storage.agreed",
        subject=made,
        person=man,
        site=man.site_id,
        until=expires_on.isoformat(),
    )
    return made


def standing_consent(patient: Patient) -> Consent | None:
    """His consent to storage that nobody has withdrawn or struck out, the newest."""
    return (
        Consent.objects.filter(
            patient=patient,
            text__kind=ConsentText.Kind.STORAGE,
            withdrawn_on=None,
            struck_at=None,
        )
        .order_by("-given_on", "-pk")
        .first()
    )


@transaction.atomic
def screen(
    *, patient: Patient, tested_on: date, answers: dict[str, str], by: Account, now: datetime
) -> Screening:
    """Write down his tests for infection; the newest sampling holds."""
    man = locked_patient(patient)
    if tested_on > man.site.localdate(now):
        raise Refusal("This day has not come yet.", field="tested_on")
    if not any(answers.get(virus) for virus in VIRUSES):
        raise Refusal("Write down at least one answer.", field="hiv")
    made = Screening.objects.create(
        patient=man,
        tested_on=tested_on,
        recorded_at=now,
        recorded_by=by,
        **{virus: answers.get(virus, "") for virus in VIRUSES},
    )
    audit.record(
        actor=by, action="screening.recorded", subject=made, person=man, site=man.site_id
    )  # fmt: skip
    return made
