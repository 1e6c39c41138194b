"""What the portal's tests put into the database: a booking, a sample, a report."""

import re
from datetime import UTC, datetime, timedelta

from bs4 import Tag

from clinic.models import Account, Booking, Document
from labs.models import SemenAnalysis
from protocols.models import Appointment, Enrolment, Visit
from tests.factories.clinic import DocumentFactory
from tests.factories.labs import FEW_SEEN, NONE_SEEN, SemenAnalysisFactory
from tests.factories.protocols import AppointmentFactory, VisitFactory
from tests.protocols.men import NOW

#: Thu 6 Aug 2026, 08:30 Pacific: the target day of month 3.
VISIT_AT = datetime(2026, 8, 6, 15, 30, tzinfo=UTC)


def planned(enrolment: Enrolment, code: str = "M3") -> Visit:
    return VisitFactory(enrolment=enrolment, planned__code=code)


def booked(
    enrolment: Enrolment,
    *,
    visit: Visit | None = None,
    at: datetime = VISIT_AT,
    minutes: int = 30,
    task: str = Appointment.Task.CLINICIAN,
    status: str = Booking.Status.BOOKED,
) -> Appointment:
    return AppointmentFactory(
        visit=visit or planned(enrolment),
        task=task,
        booking__during=(at, at + timedelta(minutes=minutes)),
        booking__status=status,
    )


def sample(
    enrolment: Enrolment, *, found: int = 0, motile: int = 0, days_ago: int = 0, **more: object
) -> SemenAnalysis:
    at = NOW - timedelta(days=days_ago, hours=2)
    seen = FEW_SEEN | {"pellet_sperm_n": found, "pellet_motile_n": motile} if found else NONE_SEEN
    began = {"analysis_started_at": (at + timedelta(minutes=20)).isoformat()}
    return SemenAnalysisFactory(
        patient=enrolment.patient,
        collected_at=at,
        entered_at=at + timedelta(hours=1),
        sheet=seen | began,
        **{"verified_at": at + timedelta(hours=1)} | more,
    )


def report(enrolment: Enrolment, **more: object) -> Document:
    return DocumentFactory(
        site=enrolment.patient.site,
        person=enrolment.patient.label,
        title="Visit report, M2, 7 Jul 2026",
        **more,
    )


def name_clinician(enrolment: Enrolment, account: Account) -> None:
    account.name = "Dr Amina Okafor"
    account.save()
    enrolment.clinician = account.member
    enrolment.save()


def words(part: Tag) -> str:
    """What a part of a page says, a space between what stands apart."""
    return re.sub(r" ([.,;:])", r"\1", " ".join(part.get_text(" ").split()))
