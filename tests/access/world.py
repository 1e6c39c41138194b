"""Two sites that hold the same of everything, and everybody who might knock at an address."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import transaction

from clinic.access import Role
from clinic.actions import links, members
from clinic.models import AccessLink, Account, OpeningHours, Site
from labs.actions.catalogue import load_catalogue
from labs.actions.storage import Pair, move
from labs.models import Draw, SemenAnalysis
from labs.rules.storage import Verb
from patients.models import ConsentText, Patient
from protocols.actions.definition import publish
from protocols.actions.drafts import copy_to_draft
from protocols.models import AdverseEvent, Enrolment, Finding, MoodQuestionnaire, Version, Visit
from protocols.rules.definition import shipped
from tests.conftest import make_member, make_site
from tests.factories.clinic import (
    CoverFactory,
    DocumentFactory,
    MessageFactory,
    OnCallShiftFactory,
    PageCallFactory,
    PageFactory,
    ResourceFactory,
)
from tests.factories.labs import (
    AnalyteCodeFactory,
    DrawFactory,
    InboundMessageFactory,
    LaboratoryFactory,
    LaboratoryTokenFactory,
    OrderFactory,
    SemenAnalysisFactory,
    SpecimenFactory,
    UnitAliasFactory,
    WithholdingFactory,
)
from tests.factories.patients import (
    AllergyFactory,
    ConditionFactory,
    ConsentFactory,
    ConsentTextFactory,
    GeneticTestFactory,
    LetterFactory,
    MedicineFactory,
    PortalAccountFactory,
    RetrievalProcedureFactory,
)
from tests.factories.pregnancy import PartnerPregnancyFactory
from tests.factories.protocols import (
    AdverseEventEntryFactory,
    AdverseEventFactory,
    AppointmentFactory,
    DeviationFactory,
    DutyFactory,
    PrescriptionFactory,
    PublishedDefaultFactory,
    ReminderFactory,
    SignatureFactory,
    SignOffFactory,
    SymptomReportFactory,
    VersionFactory,
)
from tests.factories.quality import (
    ControlLotFactory,
    ControlReadingFactory,
    ControlStandingFactory,
)
from tests.factories.response import ResponseAdjudicationFactory
from tests.factories.stock import StockMovementFactory
from tests.factories.storage import ContainerFactory
from tests.factories.versions import BackTestFactory, PinFactory, VersionChangeFactory
from tests.protocols.men import DAY, NOW, make_patient
from tests.protocols.record.rourke import rourke

Things = dict[str, int | str]


@dataclass
class Place:
    """A site, who works there, and the key of one of each thing of one of its men."""

    site: Site
    staff: dict[Role, Account]
    man: Patient
    enrolment: Enrolment
    things: Things = field(default_factory=dict)


@dataclass
class World:
    here: Place
    away: Place
    #: Nobody, the man of `here`, another man of `here`, a coordinator whose role has ended.
    outsiders: dict[str, Account | None]


def world() -> World:
    """Everything a page could be about, twice."""
    load_catalogue()
    publish(definition=shipped(), now=NOW)
    here, away = _place("harbour"), _place("hill")
    PortalAccountFactory(patient=away.man)
    another = make_patient(here.site, here.staff[Role.NURSE], "Marsh", email="marsh@example.org")
    outsiders = {
        "anon": None,
        "self": PortalAccountFactory(patient=here.man).account,
        "other": PortalAccountFactory(patient=another).account,
        "gone": _gone(here),
    }
    return World(here, away, outsiders)


def _gone(place: Place) -> Account:
    account = make_member(place.site, Role.COORDINATOR, "Somebody who left")
    chief = place.staff[Role.ADMINISTRATOR]
    members.deactivate(member=account.member, reason="Left.", by=chief, now=NOW)
    return Account.objects.get(pk=account.pk)


def _place(code: str) -> Place:
    site = make_site(code)
    staff = {role: make_member(site, role) for role in Role}
    for account in staff.values():  # as allauth keeps it from the first look at one's address on
        EmailAddress.objects.create(user=account, email=account.email, verified=True, primary=True)
    by = staff[Role.CLINICIAN]
    enrolment = rourke(site, by)
    Patient.objects.filter(pk=enrolment.patient_id).update(email=f"{code}@example.org")
    enrolment.patient.refresh_from_db()
    PublishedDefaultFactory(site=site, version=enrolment.version)
    place = Place(site, staff, enrolment.patient, enrolment)
    for told in (
        _identity, _history, _laboratory, _treatment, _bookings, _post, _account, _stock, _storage,
        _versions, _quality,
    ):  # fmt: skip
        place.things |= {name: row.pk for name, row in told(place, by).items()}
    _, token = links.issue(
        account=staff[Role.NURSE], purpose=AccessLink.Purpose.MEMBER, by=by, now=NOW
    )
    place.things["link"] = token
    return place


def _identity(place: Place, by: Account) -> dict:
    version = Version.objects.get(pk=place.enrolment.version_id)
    return {
        "patient": place.man,
        "enrolment": place.enrolment,
        "version": version,
        "draft": copy_to_draft(version=version, by=by, now=NOW),
        "sign_off": SignOffFactory(site=place.site, version=version, signed_by=by),
    }


def _history(place: Place, by: Account) -> dict:
    text = ConsentText.objects.filter(kind="screening").first() or ConsentTextFactory(
        kind="screening"
    )
    return {
        "retrieval": RetrievalProcedureFactory(patient=place.man),
        "genetic": GeneticTestFactory(patient=place.man),
        "medicine": MedicineFactory(patient=place.man),
        "allergy": AllergyFactory(patient=place.man),
        "condition": ConditionFactory(patient=place.man),
        "consent": ConsentFactory(patient=place.man),
        "text": text,
    }


def _laboratory(place: Place, by: Account) -> dict:
    andrology = LaboratoryFactory(site=place.site, name="Andrology", andrology=True)
    said = {"laboratory": andrology, "mapped_by": by}
    draws = Draw.objects.filter(patient=place.man)
    held = DrawFactory(patient=place.man, collected_at=NOW - DAY, reviewed_at=NOW, reviewed_by=by)
    return {
        "laboratory": andrology,
        "own_code": AnalyteCodeFactory(code="TG", system="L", mapped_at=NOW, **said),
        "unit_alias": UnitAliasFactory(**said),
        "token": LaboratoryTokenFactory(laboratory=andrology, created_by=by),
        "kept_back": WithholdingFactory(draw=held, placed_at=NOW, held_until=NOW + 2 * DAY),
        "draw": draws.get(reviewed_at=None),
        "result": draws.get(reviewed_at=None).results.get(analyte__key="triglycerides"),
        "order": OrderFactory(patient=place.man, due_on=NOW.date()),
        "specimen": SpecimenFactory(
            patient=place.man, collected_by=place.staff[Role.NURSE], collected_at=NOW
        ),
        "semen": SemenAnalysis.objects.get(patient=place.man, reviewed_at=None),
        "unverified": SemenAnalysisFactory(
            patient=place.man,
            laboratory=andrology,
            status=SemenAnalysis.Status.PRELIMINARY,
            collected_at=NOW - timedelta(hours=1),
            entered_by=place.staff[Role.TECHNOLOGIST],
        ),
        "inbound": InboundMessageFactory(
            site=place.site, state="unmatched", explanation="“Lim W”, ALT 31", received_at=NOW
        ),
        "table": InboundMessageFactory(
            site=place.site,
            laboratory=andrology,
            raw=f"MRN,Surname,DOB,Collected,LDL\n{place.site.code},,,,".encode(),
            format="csv",
            state="staged",
            received_at=NOW,
        ),
    }


def _quality(place: Place, by: Account) -> dict:
    counts = place.staff[Role.TECHNOLOGIST]
    lot = ControlLotFactory(site=place.site, added_by=by)
    SemenAnalysisFactory(
        patient=place.man,
        status=SemenAnalysis.Status.PRELIMINARY,
        collected_at=NOW - timedelta(hours=2),
        entered_by=counts,
        sheet={"count_pairs": [[110, 90]], "dilution": 2, "squares": 25},
    )
    ControlStandingFactory(site=place.site, technologist=counts)
    return {
        "technologist": counts,
        "control": lot,
        "adjudication": ResponseAdjudicationFactory(
            enrolment=place.enrolment,
            analysis=SemenAnalysis.objects.get(patient=place.man, reviewed_at=None, status="final"),
        ),
        "control_reading": ControlReadingFactory(lot=lot, technologist=counts, read_at=NOW),
    }


def _treatment(place: Place, by: Account) -> dict:
    visits = Visit.objects.filter(enrolment=place.enrolment)
    signed = visits.get(code="M2")
    SignatureFactory(visit=signed, signed_by=by, signed_at=NOW - 35 * DAY)
    waiting = AdverseEventFactory(
        enrolment=place.enrolment, term="rash", title="Rash", grade=2, recorded_by=by
    )
    place.things["deviation"] = DeviationFactory(
        enrolment=place.enrolment, visit=signed, raised_on=NOW.date()
    ).pk
    pregnancy = PartnerPregnancyFactory(enrolment=place.enrolment, recorded_by=by)
    return {
        "pregnancy": pregnancy,
        "visit": visits.get(code="M3"),
        "planned": visits.get(code="M5"),
        "signed": signed,
        "questionnaire": MoodQuestionnaire.objects.filter(enrolment=place.enrolment).latest("pk"),
        "event": AdverseEvent.objects.get(pk=waiting.pk),
        "entry": AdverseEventEntryFactory(event=waiting),
        "finding": Finding.objects.get(enrolment=place.enrolment, action=Finding.Action.REDUCE),
        "duty": DutyFactory(enrolment=place.enrolment, due_at=NOW, raised_at=NOW),
        "told": SymptomReportFactory(
            enrolment=place.enrolment,
            channel="portal",
            told_at=NOW,
            recorded_at=NOW,
            recorded_by=by,
        ),
        "prescription": PrescriptionFactory(
            enrolment=place.enrolment, number=9, written_on=NOW.date(), written_by=by
        ),
    }


def _bookings(place: Place, by: Account) -> dict:
    """One at noon today, one that came, one held, one for month 4."""
    clinician = ResourceFactory(site=place.site, name="Dr Okafor", kind="person")
    for weekday in range(5):
        OpeningHours.objects.create(
            resource=clinician, weekday=weekday, opens="08:00", closes="17:00"
        )
    visits = {row.code: row for row in Visit.objects.filter(enrolment=place.enrolment)}

    def booked(code: str, hours: int, status: str = "booked", **more: object):
        return AppointmentFactory(
            visit=visits[code],
            booking__resource=clinician,
            booking__booked_by=by,
            booking__starts_at=NOW + timedelta(hours=hours, minutes=-45),
            booking__status=status,
            **more,
        )

    ahead = booked("M4", 28 * 24)
    held = booked("M5", 58 * 24, "held", booking__held_until=NOW + timedelta(minutes=8))
    return {
        "booking": booked("M3", 2).booking,
        "arrived": booked("M2", -1, "arrived").booking,
        "ahead": ahead.booking,
        "appointment": ahead,
        "held": held.booking,
    }


def _post(place: Place, by: Account) -> dict:
    return {
        "letter": LetterFactory(patient=place.man, written_at=NOW),
        "message": MessageFactory(
            site=place.site, state="failed", last_error="no such address", person=place.man.label
        ),
        "reminder": ReminderFactory(patient=place.man),
        "document": DocumentFactory(
            site=place.site,
            person=place.man.label,
            subject=f"protocols.visit:{place.enrolment.visits.get(code='M2').pk}",
        ),
    }


def _versions(place: Place, by: Account) -> dict:
    """Another version of his programme, on which he was for a while."""
    second = VersionFactory(protocol=place.enrolment.version.protocol, number=2)
    change = VersionChangeFactory(
        enrolment=place.enrolment, was=second, became=place.enrolment.version, by=by, at=NOW
    )
    visit = place.enrolment.visits.get(code="M6")
    return {
        "second": second,
        "change": change,
        "pin": PinFactory(visit=visit, pinned_by=by, pinned_at=NOW),
        "back_test": BackTestFactory(site=place.site, version=second, asked_by=by, done=True),
    }


def _account(place: Place, by: Account) -> dict:
    page = PageFactory(site=place.site, person=place.man.label)
    PageCallFactory(page=page, member=place.staff[Role.NURSE].member)
    return {
        "member": place.staff[Role.EMBRYOLOGIST].member,
        "shift": OnCallShiftFactory(member=by.member),
        "cover": CoverFactory(member=by.member),
        "page": page,
    }


def _stock(place: Place, by: Account) -> dict:
    received = StockMovementFactory(lot__product__site=place.site, lot__product__added_by=by, by=by)
    return {"lot": received.lot, "movement": received}


def _storage(place: Place, by: Account) -> dict:
    """One container in the tank, and one that two people have thawed."""
    kept, thawed = (
        ContainerFactory(patient=place.man, by=by, terms__recorded_by=by) for _ in range(2)
    )
    pair = Pair(by=place.staff[Role.EMBRYOLOGIST], witness=place.staff[Role.TECHNOLOGIST])
    move(container=thawed, verb=Verb.THAW, pair=pair, now=NOW)
    return {"container": kept, "thawed": thawed, "tank": kept.tank}


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is done inside never happened."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
