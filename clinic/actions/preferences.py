"""What somebody chooses for his own eyes."""

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal


@transaction.atomic
def choose_units(*, account: Account, units: str) -> Account:
    """In which units he reads results; what was received stays as it was received."""
    if units not in Account.Units.values:
        raise Refusal("Choose conventional or SI units.", field="units")
    if account.units != units:
        account.units = units
        account.save(update_fields=["units"])
        audit.record(
            actor=account, action="account.units_chosen", subject=account, units=units,
            site=account.member.site_id if account.member else None,
        )  # fmt: skip
    return account
