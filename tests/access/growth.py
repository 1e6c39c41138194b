"""Two more of everything."""

from datetime import timedelta

from clinic.access import Role
from clinic.models import Resource
from labs.models import Draw, SemenAnalysis
from patients.models import Patient
from protocols.actions.stock import lose
from protocols.models import Enrolment, StockLot, Visit
from tests.access.world import Place
from tests.conftest import make_member
from tests.factories.clinic import (
    DocumentFactory,
    MessageFactory,
    OnCallShiftFactory,
    PageCallFactory,
    PageFactory,
)
from tests.factories.labs import (
    DrawFactory,
    InboundMessageFactory,
    OrderFactory,
    ResultFactory,
    SemenAnalysisFactory,
)
from tests.factories.patients import (
    AllergyFactory,
    ConsentFactory,
    ConsentTextFactory,
    ContactAttemptFactory,
    GeneticTestFactory,
    LetterFactory,
    MedicineFactory,
    RetrievalProcedureFactory,
)
from tests.factories.protocols import (
    AdverseEventFactory,
    AppointmentFactory,
    DeviationFactory,
    DutyFactory,
    FindingFactory,
    PrescriptionFactory,
    ReminderFactory,
    SymptomReportFactory,
)
from tests.factories.stock import StockMovementFactory
from tests.protocols.men import DAY, NOW
from tests.protocols.record.rourke import rourke


def grow(place: Place) -> None:
    """Two men like the first, and two more of whatever one man can have several of."""
    by = place.staff[Role.CLINICIAN]
    for number in (1, 2):
        enrolment = rourke(place.site, by, name=f"Marsh{number}")
        for each in (enrolment, place.enrolment):
            _papers(place, each.patient, number)
            _treatment(each, _blood(each.patient, number), number)
        _bookings(place, enrolment, number)
        InboundMessageFactory(
            site=place.site, state="unmatched", explanation="“Lim W”, ALT 31", received_at=NOW
        )
        StockMovementFactory(lot__product__site=place.site, by=by)
        lot = StockLot.objects.get(pk=place.things["lot"])
        lose(lot=lot, capsules=number, reason="Broken.", by=by, now=NOW)
        nurse = make_member(place.site, Role.NURSE, f"Nurse {number} of {place.site.code}")
        OnCallShiftFactory(member=nurse.member, rank=number + 1)
        PageCallFactory(page=PageFactory(site=place.site), member=nurse.member)


def _papers(place: Place, man: Patient, number: int) -> None:
    for kind in (RetrievalProcedureFactory, GeneticTestFactory, MedicineFactory, AllergyFactory):
        kind(patient=man)
    ConsentFactory(patient=man, text=ConsentTextFactory(kind="research", version=number))
    ContactAttemptFactory(patient=man, at=NOW - number * DAY)
    LetterFactory(patient=man, written_at=NOW)
    ReminderFactory(patient=man)
    DocumentFactory(
        site=place.site, person=man.label, subject=f"protocols.visit:{1000 * man.pk + number}"
    )
    MessageFactory(site=place.site, state="failed", last_error="refused", person=man.label)


def _blood(man: Patient, number: int) -> Draw:
    laboratory = Draw.objects.filter(patient=man).first().laboratory
    before = NOW - timedelta(hours=3 + number)
    draw = DrawFactory(patient=man, laboratory=laboratory, collected_at=before)
    ResultFactory(draw=draw)
    OrderFactory(patient=man, due_on=NOW.date())
    for status in (SemenAnalysis.Status.FINAL, SemenAnalysis.Status.PRELIMINARY):
        SemenAnalysisFactory(patient=man, laboratory=laboratory, collected_at=before, status=status)
        before -= timedelta(minutes=30)
    return draw


def _treatment(enrolment: Enrolment, draw: Draw, number: int) -> None:
    by = enrolment.opened_by
    AdverseEventFactory(
        enrolment=enrolment, term=f"term_{number}", title="Dry skin", grade=2, recorded_by=by
    )
    DeviationFactory(enrolment=enrolment, raised_on=NOW.date() - DAY)
    FindingFactory(
        enrolment=enrolment, evidence=f"labs.draw:{draw.pk}", evidence_at=NOW, raised_at=NOW
    )
    DutyFactory(enrolment=enrolment, due_at=NOW, raised_at=NOW)
    SymptomReportFactory(enrolment=enrolment, told_at=NOW, recorded_at=NOW, recorded_by=by)
    PrescriptionFactory(
        enrolment=enrolment, number=10 + number, written_on=NOW.date(), written_by=by
    )
    visit = Visit.objects.get(enrolment=enrolment, code="M6")
    visit.pk, visit.planned, visit.code, visit.title = None, None, "UNS", "Unscheduled"
    visit.save()


def _bookings(place: Place, enrolment: Enrolment, number: int) -> None:
    room = Resource.objects.filter(site=place.site).first()
    for code, minutes in (("M3", 0), ("M4", 60 * 24 * 28)):
        AppointmentFactory(
            visit=Visit.objects.get(enrolment=enrolment, code=code),
            booking__resource=room,
            booking__booked_by=enrolment.opened_by,
            booking__starts_at=NOW + timedelta(minutes=minutes + 30 * number - 15),
        )
