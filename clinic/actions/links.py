"""Single-use links: the way a new account gets its password. Only the hash is kept."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from clinic import audit, outbox
from clinic.models import AccessLink, Account
from clinic.refusal import Refusal

LINK_DAYS = 7


@transaction.atomic
def issue(*, account: Account, purpose: str, by: Account, now: datetime) -> tuple[AccessLink, str]:
    """Make a fresh link and every earlier one useless; the token is told only here."""
    withdraw(account=account, now=now)
    token = secrets.token_urlsafe(32)
    link = AccessLink.objects.create(
        account=account,
        purpose=purpose,
        token_sha256=hashed(token),
        issued_at=now,
        issued_by=by,
        expires_at=now + timedelta(days=LINK_DAYS),
    )
    return link, token


@transaction.atomic
def withdraw(*, account: Account, now: datetime) -> None:
    """Make every link that is out useless, and take back those not sent yet."""
    for link in AccessLink.objects.filter(account=account).usable(now):
        link.withdrawn_at = now
        link.save(update_fields=["withdrawn_at"])
        outbox.cancel(subject=audit.label(link))


def usable(token: str, now: datetime) -> AccessLink | None:
    """The link with this token, if it may still be used."""
    return (
        AccessLink.objects.usable(now)
        .filter(token_sha256=hashed(token), account__is_active=True)
        .select_related("account")
        .first()
    )


@transaction.atomic
def redeem(*, token: str, password: str, now: datetime) -> Account:
    """Set the account's password and use the link up; a second use is refused."""
    link = (
        AccessLink.objects.usable(now)
        .select_for_update(of=("self",))
        .select_related("account")
        .filter(token_sha256=hashed(token), account__is_active=True)
        .first()
    )
    if link is None:
        raise Refusal(
            "This link was used already, or it is too old. Ask your clinic for a new one."
        )
    account = link.account
    try:
        validate_password(password, account)
    except ValidationError as weak:
        raise Refusal(" ".join(weak.messages), field="password") from weak
    account.set_password(password)
    account.save(update_fields=["password"])
    link.used_at = now
    link.save(update_fields=["used_at"])
    audit.record(actor=account, action="account.opened", subject=account, link=link.pk)
    return account


def hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()
