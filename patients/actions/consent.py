"""Consent to versions of texts: given, withdrawn, never rewritten."""

from datetime import date, datetime
from pathlib import Path

import yaml
from django.db import IntegrityError, transaction
from pydantic import TypeAdapter

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from patients.models import Consent, ConsentText, Patient
from patients.rules.consent_texts import WrittenText

TEXTS = Path(__file__).resolve().parents[1] / "definitions" / "consent_texts.yaml"


@transaction.atomic
def load_consent_texts(*, path: Path = TEXTS) -> list[ConsentText]:
    """Take in the texts that are not there yet; running it twice changes nothing.

    A version that is there stays word for word: a text that was edited without a new
    version number is refused, for somebody may have agreed to the old words. Only the
    sign-off, and the day a text takes effect while nobody has agreed to it, may follow.
    """
    with path.open(encoding="utf-8") as file:
        written = TypeAdapter(list[WrittenText]).validate_python(yaml.safe_load(file))
    return [_take_in(text) for text in written]


def _take_in(written: WrittenText) -> ConsentText:
    text, new = ConsentText.objects.get_or_create(
        kind=written.kind,
        version=written.version,
        defaults={
            "title": written.title,
            "body": written.body,
            "sha256": written.sha256,
            "effective_on": written.effective_on,
            "signed_off": written.signed_off,
        },
    )
    if new:
        audit.record(actor=None, action="consent_text.loaded", subject=text, sha256=text.sha256)
        return text
    if text.sha256 != written.sha256:
        raise Refusal(
            f"The words of {text} were changed. Write them as version {text.version + 1}."
        )
    if text.signed_off != written.signed_off:
        text.signed_off = written.signed_off
        text.save(update_fields=["signed_off"])
        audit.record(actor=None, action="consent_text.signed_off", subject=text, to=text.signed_off)
    return text


@transaction.atomic
def give(
    *,
    patient: Patient,
    text: ConsentText,
    on: date,
    method: str,
    by: Account,
    now: datetime,
    witness: str = "",
) -> Consent:
    """Write down that he agreed to exactly these words on that day."""
    if on > patient.site.localdate(now):
        raise Refusal("A consent is recorded when it has been given, not before.", field="given_on")
    if on < text.effective_on:
        raise Refusal(
            f"These words are in force only since {text.effective_on:%d %b %Y}.", field="given_on"
        )
    if patient.deceased_on:
        raise Refusal("This patient has died.")
    if method == Consent.Method.SPOKEN and not witness.strip():
        raise Refusal("A spoken consent needs the name of a witness.", field="witness")
    try:
        with transaction.atomic():
            consent = Consent.objects.create(
                patient=patient,
                text=text,
                given_on=on,
                method=method,
                witness=witness.strip(),
                recorded_at=now,
                recorded_by=by,
            )
    except IntegrityError as taken:
        if "consent_is_given_once_per_text" not in str(taken):
            raise
        raise Refusal("He has already agreed to this version.") from taken
    _trail(by, "consent.given", consent, on=on.isoformat(), method=method)
    events.report("consent.given", consent=consent)
    return consent


@transaction.atomic
def withdraw(
    *, consent: Consent, on: date, by: Account, now: datetime, reason: str = ""
) -> Consent:
    """Write down that he changed his mind; from that day on the consent does not count.

    He owes nobody a reason; one he gives is kept.
    """
    consent = (
        Consent.objects.select_for_update(of=("self",))
        .select_related("patient__site", "text")
        .get(pk=consent.pk)
    )
    if consent.withdrawn_on or consent.struck_at:
        raise Refusal("This consent does not count any more already.")
    if on > consent.patient.site.localdate(now):
        raise Refusal("This day has not come yet.", field="on")
    if on < consent.given_on:
        raise Refusal("He had not agreed yet on that day.", field="on")
    consent.withdrawn_on, consent.withdrawn_by = on, by
    consent.withdrawal_reason = reason.strip()
    consent.save(update_fields=["withdrawn_on", "withdrawn_by", "withdrawal_reason"])
    _trail(by, "consent.withdrawn", consent, reason=reason.strip(), on=on.isoformat())
    events.report("consent.withdrawn", consent=consent)
    return consent


def _trail(by: Account, action: str, consent: Consent, reason: str = "", **detail: str) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=consent,
        person=consent.patient,
        site=consent.patient.site_id,
        reason=reason,
        kind=consent.text.kind,
        version=consent.text.version,
        sha256=consent.text.sha256,
        **detail,
    )
