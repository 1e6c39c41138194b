"""Accounts whose password everybody knows: they exist only where no real patient is."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from clinic import audit
from clinic.models import Account


@transaction.atomic
def mark(*, account: Account) -> Account:
    """Make an account one of the demonstration's; under any other settings that is an error."""
    if not settings.DEMONSTRATION:
        raise ImproperlyConfigured("Demonstration accounts exist in the embedded mode alone.")
    account.is_demonstration = True
    account.save(update_fields=["is_demonstration"])
    audit.record(actor=None, action="account.demonstration", subject=account)
    return account
