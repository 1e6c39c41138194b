"""How far a patient's portal is: not invited, invited, open, closed."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from clinic.models import AccessLink
from patients.models import Patient, PortalAccount


class Door(Enum):
    NONE = "not invited"
    INVITED = "invited, not opened yet"
    EXPIRED = "the link has expired"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class PortalState:
    """The door, whose it is, and the newest link that was sent."""

    door: Door
    portal: PortalAccount | None = None
    link: AccessLink | None = None

    @property
    def can_invite(self) -> bool:
        return self.door is not Door.INVITED

    @property
    def can_revoke(self) -> bool:
        return self.door not in {Door.NONE, Door.CLOSED}


def portal_state(patient: Patient, now: datetime) -> PortalState:
    """Two queries at most."""
    portal = (
        PortalAccount.objects.select_related("account", "opened_by").filter(patient=patient).first()
    )
    if portal is None:
        return PortalState(Door.NONE)
    link = (
        AccessLink.objects.filter(account=portal.account)
        .select_related("issued_by")
        .order_by("-issued_at", "-pk")
        .first()
    )
    return PortalState(_door(portal, link, now), portal, link)


def _door(portal: PortalAccount, link: AccessLink | None, now: datetime) -> Door:
    if portal.revoked_at:
        return Door.CLOSED
    if portal.account.has_usable_password():
        return Door.OPEN
    usable = link and link.used_at is None and link.withdrawn_at is None and link.expires_at > now
    return Door.INVITED if usable else Door.EXPIRED
