"""The ground floor's tables."""

from clinic.models.audit import AuditEvent, AuditSeal
from clinic.models.calendar import HOLDING, Booking, ClosedDay, OpeningHours, Resource
from clinic.models.documents import Document, Drawing
from clinic.models.on_call import Channel, OnCallShift, Page, PageCall
from clinic.models.outbox import Message
from clinic.models.reading import Cover, ReadingHours, ReadingStep
from clinic.models.staff import AccessLink, Account, Member, Site

__all__ = [
    "HOLDING",
    "AccessLink",
    "Account",
    "AuditEvent",
    "AuditSeal",
    "Booking",
    "Channel",
    "ClosedDay",
    "Cover",
    "Document",
    "Drawing",
    "Member",
    "Message",
    "OnCallShift",
    "OpeningHours",
    "Page",
    "PageCall",
    "ReadingHours",
    "ReadingStep",
    "Resource",
    "Site",
]
