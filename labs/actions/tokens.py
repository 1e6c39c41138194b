"""Keys by which a laboratory's system hands in results over the FHIR door."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from labs.models import Laboratory, LaboratoryToken

PREFIX = "hy_"
SHOWN = 12
LONGEST = 120
#: How often the last use is written down, so that a busy sender costs no write each time.
SELDOM = timedelta(minutes=10)


def digest(token: str) -> str:
    """What is kept of a key: 256 random bits need no salt and no slow hash."""
    return sha256(token.encode()).hexdigest()


@transaction.atomic
def make_token(
    *, laboratory: Laboratory, name: str, by: Account, now: datetime
) -> tuple[LaboratoryToken, str]:
    """A new key; its words are given back here and nowhere again."""
    if not name.strip():
        raise Refusal("Say which system of the laboratory uses it.", field="name")
    if LaboratoryToken.objects.in_force().filter(laboratory=laboratory, name=name.strip()).exists():
        raise Refusal("A key of that name is in force; revoke it first.", field="name")
    token = PREFIX + secrets.token_urlsafe(32)
    row = LaboratoryToken.objects.create(
        laboratory=laboratory,
        name=name.strip(),
        sha256=digest(token),
        begins=token[:SHOWN],
        created_at=now,
        created_by=by,
    )
    trail(row, "token.made", by)
    return row, token


@transaction.atomic
def revoke_token(*, token: LaboratoryToken, reason: str, by: Account, now: datetime) -> None:
    """From this moment on nothing is taken in with it; what came before stays."""
    locked = LaboratoryToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
    if locked.revoked_at is not None:
        raise Refusal("This key was revoked already.")
    if not reason.strip():
        raise Refusal("Say why it is revoked.", field="reason")
    locked.revoked_at, locked.revoked_by, locked.revoked_reason = now, by, reason.strip()
    locked.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
    trail(locked, "token.revoked", by, reason=reason.strip())


def trail(token: LaboratoryToken, action: str, by: Account, *, reason: str = "") -> None:
    audit.record(
        actor=by,
        action=action,
        subject=token,
        site=token.laboratory.site_id,
        reason=reason,
        laboratory=token.laboratory_id,
        name=token.name,
        begins=token.begins,
    )


def token_of(given: str, *, now: datetime) -> LaboratoryToken | None:
    """The key in force with these words, or None; when it was last used is written now and then."""
    if not given.startswith(PREFIX) or len(given) > LONGEST:
        return None
    found = (
        LaboratoryToken.objects.in_force()
        .select_related("laboratory__site")
        .filter(sha256=digest(given))
        .first()
    )
    if found is not None:
        seldom = Q(last_used_at=None) | Q(last_used_at__lt=now - SELDOM)
        LaboratoryToken.objects.filter(seldom, pk=found.pk).update(last_used_at=now)
    return found
