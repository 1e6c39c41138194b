"""The second of two people who answer for something together."""

from collections.abc import Collection

from clinic.access import GRANTS, Capability, Role
from clinic.models import Account, Member
from clinic.refusal import Refusal


def refuse_second(
    *, second: Account | None, by: Account, site: int, may: Collection[Capability], about: str
) -> None:
    """He is another person, works at this site, and may do such things himself."""
    if second is None:
        raise Refusal("A second member signs for this.", field="second")
    if second.pk == by.pk:
        raise Refusal("The second signature is another person’s.", field="second")
    roles = [role.value for role in Role if GRANTS[role] & set(may)]
    known = Member.objects.active().filter(account=second, site=site, role__in=roles)
    if not known.exists():
        raise Refusal(f"{second} cannot sign for {about} at this site.", field="second")
