"""A working day: five people and rooms, a handful of men, and something of everything to do."""

from datetime import date, datetime, time, timedelta

from clinic.models import Account, Booking, OpeningHours, Resource, Site
from clinic.rules.calendar import instant
from labs.models import InboundMessage
from patients.models import Consent, Patient
from protocols.models import Appointment, Enrolment, Finding, Visit
from tests.factories.clinic import BookingFactory, MessageFactory, ResourceFactory
from tests.factories.labs import DrawFactory, InboundMessageFactory
from tests.factories.patients import ConsentFactory
from tests.factories.protocols import (
    AppointmentFactory,
    DispenseFactory,
    DoseSegmentFactory,
    EnrolmentFactory,
    FindingFactory,
    VisitFactory,
)
from tests.protocols.men import make_patient

ROOMS = (
    ("Dr Okafor", "Clinician", "person", "clinician"),
    ("Dr Reyes", "Clinician", "person", "clinician"),
    ("Nurse room", "Check-in, vitals", "room", "check_in"),
    ("Draw chair", "Blood", "chair", "draw"),
    ("Andrology", "Samples", "laboratory", "sample"),
)


def rooms(site: Site, on: date) -> list[tuple[Resource, str]]:
    """Open 8 to 12 and 13 to 17 on that weekday."""
    made = []
    for position, (name, purpose, kind, task) in enumerate(ROOMS):
        resource = ResourceFactory(
            site=site, name=name, purpose=purpose, kind=kind, position=position
        )
        for opens, closes in ((8, 12), (13, 17)):
            OpeningHours.objects.create(
                resource=resource, weekday=on.weekday(), opens=time(opens), closes=time(closes)
            )
        made.append((resource, task))
    return made


def treated(
    site: Site, by: Account, name: str, first_dose_on: date, given: str = "Daniel"
) -> Enrolment:
    patient = make_patient(site, by, name, phone="+1 555 0147")
    Patient.objects.filter(pk=patient.pk).update(given_name=given)
    patient.refresh_from_db()
    return EnrolmentFactory(
        patient=patient, first_dose_on=first_dose_on, status_since=first_dose_on, opened_by=by
    )


def visit(enrolment: Enrolment, code: str) -> Visit:
    return VisitFactory(enrolment=enrolment, planned__code=code)


def booked(
    row: Visit, room: tuple[Resource, str], at: time, on: date, minutes: int = 30, **more: object
) -> Booking:
    resource, task = room
    booking = BookingFactory(
        resource=resource,
        attendee=row.enrolment.patient.label,
        starts_at=instant(on, at, resource.site.zone),
        minutes=minutes,
        **more,
    )
    AppointmentFactory(visit=row, booking=booking, task=Appointment.Task(task))
    return booking


def agreed(patient: Patient) -> Consent:
    return ConsentFactory(patient=patient, text__kind="treatment")


def working_day(site: Site, by: Account, now: datetime) -> list[tuple[Resource, str]]:
    """Fill the day of `now`: some here, some to come, one outside his window, and a full queue."""
    on = site.localdate(now)
    made = rooms(site, on)
    okafor, reyes, chair = made[0], made[1], made[3]
    day = timedelta(days=1)
    people = [
        ("Lin", "Wei", "M4", 120, "arrived"), ("Nowak", "Tomas", "M2", 60, "arrived"),
        ("Chandra", "Ravi", "M6", 178, "booked"), ("Marsh", "Elias", "M5", 139, "booked"),
        ("Okeke", "Bruno", "M1", 31, "booked"), ("Bell", "Simon", "M1", 30, "completed"),
        ("Farouk", "Amir", "M2", 61, "no_show"),
    ]  # fmt: skip
    times = [(okafor, time(8, 30)), (reyes, time(9, 15)), (okafor, time(10, 45)),
             (reyes, time(11, 15)), (okafor, time(14, 0)), (okafor, time(9, 30)),
             (reyes, time(10, 15))]  # fmt: skip
    for (family, given, code, days, status), (room, at) in zip(people, times, strict=True):
        row = visit(treated(site, by, family, on - days * day, given), code)
        agreed(row.enrolment.patient)
        booked(row, room, at, on, minutes=45, status=status)
        if room is okafor and status != "completed":
            half_before = (datetime.combine(on, at) - timedelta(minutes=30)).time()
            booked(row, chair, half_before, on, minutes=15, status=status)
    _needs(site, by, on, now)
    return made


def _needs(site: Site, by: Account, on: date, now: datetime) -> None:
    day = timedelta(days=1)
    crisis = treated(site, by, "Tran", on - 20 * day, "Marcus")
    FindingFactory(
        enrolment=crisis,
        kind=Finding.Kind.MOOD,
        action=Finding.Action.REVIEW,
        urgency=0,
        headline="Question 9 answered 1",
        evidence_at=now,
        raised_at=now,
        contact_by=now + timedelta(hours=1),
    )
    visit(treated(site, by, "Mills", on - 155 * day, "Owen"), "M5")
    visit(treated(site, by, "Hall", on - 70 * day, "Gavin"), "M2")
    short = treated(site, by, "Adeyemi", on - 26 * day, "Kola")
    DoseSegmentFactory(enrolment=short, ordered_by=by)
    DispenseFactory(
        prescription__enrolment=short,
        prescription__written_on=on - 26 * day,
        prescription__written_by=by,
        handed_by=by,
    )
    InboundMessageFactory(
        site=site,
        state=InboundMessage.State.UNMATCHED,
        explanation="“Lim W, 1986-02-11”, ALT 31",
        received_at=now,
    )
    MessageFactory(
        site=site,
        state="failed",
        last_error="the mail server refuses this address (code 550)",
        template="appointment",
        person=short.patient.label,
    )
    DrawFactory(patient=short.patient, collected_at=now - timedelta(hours=3), filed_at=now)
