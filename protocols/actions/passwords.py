"""The password again, where somebody signs: what is signed is his own (21 CFR 11.200)."""

from datetime import datetime, timedelta

from django.db import models, transaction

from clinic import audit
from clinic.models import Account, AuditEvent

WRONG = "signature.refused"
MOST_WRONG, WRONG_WITHIN = 5, timedelta(minutes=15)


@transaction.atomic
def wrong_password(
    *,
    subject: models.Model,
    by: Account,
    password: str,
    now: datetime,
    person: models.Model | str = "",
    site: int | None = None,
) -> str:
    """Why the password is refused, or nothing; five wrong ones within 15 minutes end it."""
    account = Account.objects.select_for_update(of=("self",)).get(pk=by.pk)
    wrong = AuditEvent.objects.filter(actor=account, action=WRONG, at__gt=now - WRONG_WITHIN)
    if wrong.count() >= MOST_WRONG:
        return "Too many wrong passwords. Wait a quarter of an hour, then sign."
    if account.check_password(password):
        return ""
    audit.record(actor=by, action=WRONG, subject=subject, person=person, site=site)
    return "That is not your password."
