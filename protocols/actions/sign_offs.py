"""The medical lead of a site signs values off, one or many at once, and takes that back."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from clinic import audit
from clinic.models import Account, Site
from clinic.refusal import Refusal
from protocols.actions.passwords import wrong_password
from protocols.models import SignOff, Version
from protocols.queries.definitions import fingerprints_signed
from protocols.queries.enrolment import definition_of
from protocols.rules.sign_offs import choices


def sign_off(
    *,
    version: Version,
    site: Site,
    fingerprints: Collection[str],
    by: Account,
    password: str,
    now: datetime,
) -> list[SignOff]:
    """Stand for these values with name and date, once the password has been given again.

    A draft can be signed as well: what changes afterwards is unsigned again by itself.
    """
    wanted = set(fingerprints)
    if not wanted:
        raise Refusal("Choose what you sign off.", field="fingerprints")
    if not version.sha256:
        raise Refusal("This draft is not a programme yet: put right what is wrong with it first.")
    sentence = wrong_password(subject=version, by=by, password=password, now=now, site=site.pk)
    if sentence:
        raise Refusal(sentence, field="password")
    return put_sign_offs(version=version, site=site, fingerprints=wanted, by=by, now=now)


@transaction.atomic
def put_sign_offs(
    *, version: Version, site: Site, fingerprints: Collection[str], by: Account, now: datetime
) -> list[SignOff]:
    """Write the signatures of who has proved who he is; what is signed already stays."""
    row = Version.objects.select_for_update(of=("self",)).get(pk=version.pk)
    known = {choice.fingerprint: choice for choice in choices(definition_of(row))}
    if not set(fingerprints) <= set(known):
        raise Refusal(
            "What you chose is not what this version says. Look at the page again.",
            field="fingerprints",
        )
    fresh = set(fingerprints) - fingerprints_signed(row.protocol_id, site)
    signed = SignOff.objects.bulk_create(
        SignOff(
            site=site,
            protocol_id=row.protocol_id,
            version=row,
            place=known[fingerprint].place[:200],
            fingerprint=fingerprint,
            signed_by=by,
            printed_name=by.name,
            signed_at=now,
        )
        for fingerprint in known
        if fingerprint in fresh
    )
    if signed:
        audit.record(
            actor=by,
            action="protocol.signed_off",
            subject=row,
            site=site,
            places=[sign.place for sign in signed],
        )
    return signed


@transaction.atomic
def withdraw_sign_off(*, sign: SignOff, because: str, by: Account, now: datetime) -> SignOff:
    """Take a signature back with a reason; it stays on file as withdrawn."""
    row = SignOff.objects.select_for_update(of=("self",)).get(pk=sign.pk)
    if row.withdrawn_at is not None:
        raise Refusal("This signature was taken back already.")
    if not because.strip():
        raise Refusal("Say why it is taken back.", field="because")
    row.withdrawn_at, row.withdrawn_by = now, by
    row.withdrawn_because = because.strip()[:300]
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_because"])
    audit.record(
        actor=by,
        action="protocol.sign_off_withdrawn",
        subject=row.version,
        site=row.site_id,
        reason=row.withdrawn_because,
        place=row.place,
    )
    return row
