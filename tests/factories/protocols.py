"""One factory for each model of the protocols floor; derived fields derive."""

from datetime import UTC, date, datetime, timedelta

import factory
from django.db.backends.postgresql.psycopg_any import DateRange
from factory.django import DjangoModelFactory

from protocols.models import (
    AdverseEvent,
    AdverseEventEntry,
    Appointment,
    Attestation,
    CapsuleCount,
    Deviation,
    DiaryDose,
    Dispense,
    DoseSegment,
    Duty,
    EligibilityCheck,
    Enrolment,
    Feeling,
    Finding,
    MoodQuestionnaire,
    PlannedVisit,
    Prescription,
    Protocol,
    PublishedDefault,
    Reminder,
    RiskAssessment,
    RulesetChoice,
    Signature,
    SignOff,
    StatusChange,
    SymptomGrade,
    SymptomReport,
    Version,
    Visit,
)
from protocols.rules.definition import content_hash, document, shipped
from protocols.rules.windows import Window
from tests.factories.clinic import AccountFactory, BookingFactory, SiteFactory
from tests.factories.stock import ProductFactory, StockLotFactory, StockMovementFactory

__all__ = ["ProductFactory", "StockLotFactory", "StockMovementFactory"]

NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)
DAY_ONE = date(2026, 3, 2)
PATIENT = "tests.factories.patients.PatientFactory"


class ProtocolFactory(DjangoModelFactory):
    """The shipped programme, by its key."""

    class Meta:
        model = Protocol
        django_get_or_create = ["key"]

    key = factory.LazyFunction(lambda: shipped().key)
    name = factory.LazyFunction(lambda: shipped().title)


class VersionFactory(DjangoModelFactory):
    """Version 1 of the shipped programme, published, without its rows of visits."""

    class Meta:
        model = Version
        django_get_or_create = ["protocol", "number"]

    protocol = factory.SubFactory(ProtocolFactory)
    number = factory.LazyAttribute(lambda row: None if row.state == "draft" else 1)
    state = Version.State.PUBLISHED
    definition = factory.LazyFunction(lambda: document(shipped()))
    sha256 = factory.LazyFunction(lambda: content_hash(shipped()))
    published_at = NOW


class PlannedVisitFactory(DjangoModelFactory):
    """Month 1, as the shipped programme plans it."""

    class Meta:
        model = PlannedVisit
        django_get_or_create = ["version", "code"]

    class Params:
        plan = factory.LazyAttribute(lambda row: shipped().visit(row.code))

    version = factory.SubFactory(VersionFactory)
    code = "M1"
    title = factory.SelfAttribute("plan.title")
    position = factory.LazyAttribute(lambda row: shipped().visits.index(row.plan) + 1)
    anchor = factory.SelfAttribute("plan.anchor.value")
    anchor_visit = factory.LazyAttribute(lambda row: row.plan.anchor_visit or "")
    offset_months = factory.LazyAttribute(lambda row: row.plan.offset_months or 0)
    offset_days = factory.LazyAttribute(lambda row: row.plan.offset_days or 0)
    days_before = factory.SelfAttribute("plan.before_days")
    days_after = factory.SelfAttribute("plan.after_days")


class SignOffFactory(DjangoModelFactory):
    """The medical lead of a site stands for a value of the shipped programme."""

    class Meta:
        model = SignOff

    site = factory.SubFactory(SiteFactory)
    version = factory.SubFactory(VersionFactory)
    protocol = factory.SelfAttribute("version.protocol")
    place = "dose"
    fingerprint = "f" * 64
    signed_by = factory.SubFactory(AccountFactory)
    printed_name = factory.SelfAttribute("signed_by.name")
    signed_at = NOW


class PublishedDefaultFactory(DjangoModelFactory):
    """New enrolments at this site take the shipped programme."""

    class Meta:
        model = PublishedDefault
        django_get_or_create = ["site"]

    site = factory.SubFactory(SiteFactory)
    version = factory.SubFactory(VersionFactory)


class EnrolmentFactory(DjangoModelFactory):
    """A man on treatment since Day 1, without visits or doses; make those where they matter."""

    class Meta:
        model = Enrolment

    patient = factory.SubFactory(PATIENT)
    version = factory.SubFactory(VersionFactory)
    status = Enrolment.Status.ACTIVE
    status_since = DAY_ONE
    baseline = Enrolment.Baseline.AZOOSPERMIA
    baseline_weight_kg = "80.0"
    first_dose_on = DAY_ONE
    opened_at = NOW - timedelta(days=45)
    opened_by = factory.SubFactory(AccountFactory)


class StatusChangeFactory(DjangoModelFactory):
    """The step that made him active."""

    class Meta:
        model = StatusChange

    enrolment = factory.SubFactory(EnrolmentFactory)
    was = "CONSENTED"
    became = "ACTIVE"
    event = "FIRST_DOSE_RECORDED"
    on = DAY_ONE
    by = factory.SubFactory(AccountFactory)


class EligibilityCheckFactory(DjangoModelFactory):
    """Signed as eligible, a week before Day 1."""

    class Meta:
        model = EligibilityCheck

    enrolment = factory.SubFactory(EnrolmentFactory)
    eligible = True
    criteria = factory.LazyFunction(list)
    decided_on = DAY_ONE - timedelta(days=7)
    decided_by = factory.SubFactory(AccountFactory)


class VisitFactory(DjangoModelFactory):
    """The month-1 visit, planned, with the window its enrolment's Day 1 gives it."""

    class Meta:
        model = Visit

    class Params:
        window = factory.LazyAttribute(
            lambda visit: Window.around(
                (visit.enrolment.first_dose_on or DAY_ONE)
                + timedelta(days=visit.planned.offset_days),
                before=visit.planned.days_before,
                after=visit.planned.days_after,
            )
        )

    enrolment = factory.SubFactory(EnrolmentFactory)
    planned = factory.SubFactory(
        PlannedVisitFactory, version=factory.SelfAttribute("..enrolment.version")
    )
    code = factory.SelfAttribute("planned.code")
    title = factory.SelfAttribute("planned.title")
    opens_on = factory.SelfAttribute("window.opens_on")
    target_on = factory.SelfAttribute("window.due_on")
    closes_on = factory.SelfAttribute("window.closes_on")


class AppointmentFactory(DjangoModelFactory):
    """A booking with the clinician for the month-1 visit, at the patient's own site."""

    class Meta:
        model = Appointment

    visit = factory.SubFactory(VisitFactory)
    booking = factory.SubFactory(
        BookingFactory,
        resource__site=factory.SelfAttribute("...visit.enrolment.patient.site"),
        attendee=factory.SelfAttribute("..visit.enrolment.patient.label"),
    )


class SignatureFactory(DjangoModelFactory):
    """A signature that stands under a visit that took place."""

    class Meta:
        model = Signature

    visit = factory.SubFactory(
        VisitFactory,
        status=Visit.Status.SIGNED,
        attended_on=DAY_ONE + timedelta(days=30),
        opened_by=factory.SubFactory(AccountFactory),
    )
    signed_by = factory.SubFactory(AccountFactory)
    printed_name = factory.SelfAttribute("signed_by.name")
    signed_at = NOW
    content = factory.LazyFunction(dict)
    content_sha256 = "0" * 64


class DeviationFactory(DjangoModelFactory):
    """A late visit that nobody has closed."""

    class Meta:
        model = Deviation

    enrolment = factory.SubFactory(EnrolmentFactory)
    code = "VISIT_LATE"
    weight = "minor"
    sentence = "The visit was after its window."
    about = factory.Sequence(lambda n: f"protocols.visit:{n}")
    raised_on = DAY_ONE + timedelta(days=40)


class DutyFactory(DjangoModelFactory):
    """Something to do by the evening that nobody has done yet."""

    class Meta:
        model = Duty

    enrolment = factory.SubFactory(EnrolmentFactory)
    code = "LIPASE"
    title = "Measure lipase"
    about = factory.Sequence(lambda n: f"protocols.finding:{n}")
    due_at = NOW + timedelta(hours=6)
    raised_at = NOW


class SymptomReportFactory(DjangoModelFactory):
    """He called and told of ringing in his ears."""

    class Meta:
        model = SymptomReport

    enrolment = factory.SubFactory(EnrolmentFactory)
    codes = factory.LazyFunction(lambda: ["hearing"])
    channel = "phone"
    told_at = NOW
    words = "A ringing since yesterday."
    recorded_at = NOW
    recorded_by = factory.SubFactory(AccountFactory)


class DoseSegmentFactory(DjangoModelFactory):
    """The full dose from Day 1 on, with no end yet."""

    class Meta:
        model = DoseSegment

    class Params:
        starts_on = factory.LazyAttribute(lambda row: row.enrolment.first_dose_on or DAY_ONE)
        ends_on = None

    enrolment = factory.SubFactory(EnrolmentFactory)
    during = factory.LazyAttribute(lambda row: DateRange(row.starts_on, row.ends_on, "[)"))
    kind = DoseSegment.Kind.FULL
    capsules_per_day = 2
    reason = "Start of treatment."
    ordered_by = factory.SubFactory(AccountFactory)


class PrescriptionFactory(DjangoModelFactory):
    """Thirty days, two capsules a day."""

    class Meta:
        model = Prescription

    enrolment = factory.SubFactory(EnrolmentFactory)
    number = factory.Sequence(lambda n: n + 1)
    product = "Isotretinoin 20 mg capsules"
    capsules_per_day = 2
    days = 30
    capsules = factory.LazyAttribute(lambda row: row.days * row.capsules_per_day)
    written_on = DAY_ONE
    written_by = factory.SubFactory(AccountFactory)


class DispenseFactory(DjangoModelFactory):
    """The whole prescription, handed over on the day it was written."""

    class Meta:
        model = Dispense

    prescription = factory.SubFactory(PrescriptionFactory)
    enrolment = factory.SelfAttribute("prescription.enrolment")
    on = factory.SelfAttribute("prescription.written_on")
    capsules = factory.SelfAttribute("prescription.capsules")
    lot = "L2601"
    expires_on = date(2028, 1, 31)
    handed_by = factory.SubFactory(AccountFactory)


class CapsuleCountFactory(DjangoModelFactory):
    """Everything taken in the first thirty days, nothing brought back."""

    class Meta:
        model = CapsuleCount

    visit = factory.SubFactory(VisitFactory)
    enrolment = factory.SelfAttribute("visit.enrolment")
    since_on = DAY_ONE
    counted_on = DAY_ONE + timedelta(days=30)
    dispensed = 60
    returned = 0
    expected = 60
    counted_by = factory.SubFactory(AccountFactory)


class DiaryDoseFactory(DjangoModelFactory):
    """This morning's capsule."""

    class Meta:
        model = DiaryDose

    enrolment = factory.SubFactory(EnrolmentFactory)
    on = DAY_ONE
    slot = DiaryDose.Slot.MORNING
    taken_at = NOW


class MoodQuestionnaireFactory(DjangoModelFactory):
    """Nine answers of 0."""

    class Meta:
        model = MoodQuestionnaire

    enrolment = factory.SubFactory(EnrolmentFactory)
    answers = factory.LazyFunction(lambda: [0] * 9)
    total = factory.LazyAttribute(lambda row: sum(row.answers))
    item9 = factory.LazyAttribute(lambda row: row.answers[8])
    band = "minimal"
    answered_at = NOW
    answered_by = factory.SubFactory(AccountFactory)


class FeelingFactory(DjangoModelFactory):
    """A good day."""

    class Meta:
        model = Feeling

    enrolment = factory.SubFactory(EnrolmentFactory)
    on = factory.Sequence(lambda n: DAY_ONE + timedelta(days=n))
    mood = 4


class ReminderFactory(DjangoModelFactory):
    """A reminder of an appointment, a week ahead."""

    class Meta:
        model = Reminder

    patient = factory.SubFactory(PATIENT)
    rule = "APPOINTMENT_7D"
    about = factory.Sequence(lambda n: f"clinic.booking:{n}")
    target_at = NOW + timedelta(days=7)
    due_at = NOW
    expires_at = NOW + timedelta(days=4)
    explanation = "Seven days before the appointment."
    dedupe_key = factory.Sequence(lambda n: f"reminder:{n}")


class FindingFactory(DjangoModelFactory):
    """High triglycerides that propose the reduced dose; nobody has decided."""

    class Meta:
        model = Finding

    enrolment = factory.SubFactory(EnrolmentFactory)
    kind = Finding.Kind.SAFETY
    action = Finding.Action.REDUCE
    urgency = 2
    headline = "Triglycerides 620 mg/dL"
    reasons = factory.LazyFunction(list)
    ruleset = "isotretinoin_six_months.v1"
    evidence = factory.Sequence(lambda n: f"labs.draw:{n}")
    evidence_at = NOW


class AdverseEventFactory(DjangoModelFactory):
    """Chapped lips that go on."""

    class Meta:
        model = AdverseEvent

    enrolment = factory.SubFactory(EnrolmentFactory)
    term = "cheilitis"
    title = "Chapped lips"
    grade = 1
    worst_grade = factory.SelfAttribute("grade")
    onset_on = DAY_ONE + timedelta(days=10)
    recorded_by = factory.SubFactory(AccountFactory)


class AdverseEventEntryFactory(DjangoModelFactory):
    """What was told of it first."""

    class Meta:
        model = AdverseEventEntry

    event = factory.SubFactory(AdverseEventFactory)
    on = factory.SelfAttribute("event.onset_on")
    grade = factory.SelfAttribute("event.grade")
    recorded_by = factory.SelfAttribute("event.recorded_by")


class RiskAssessmentFactory(DjangoModelFactory):
    """Asked, and no plan and no intent."""

    class Meta:
        model = RiskAssessment

    enrolment = factory.SubFactory(EnrolmentFactory)
    duty = factory.SubFactory(
        DutyFactory,
        enrolment=factory.SelfAttribute("..enrolment"),
        code="SUICIDE_RISK_ASSESSMENT",
    )
    plan = False
    intent = False
    done = "Spoke with him for half an hour."
    assessed_at = NOW
    assessed_by = factory.SubFactory(AccountFactory)


class SymptomGradeFactory(DjangoModelFactory):
    """Asked about, and not there."""

    class Meta:
        model = SymptomGrade

    visit = factory.SubFactory(VisitFactory)
    term = "cheilitis"
    grade = 0


class RulesetChoiceFactory(DjangoModelFactory):
    """From Day 1 on the site works by the rules of 2026."""

    class Meta:
        model = RulesetChoice

    site = factory.SubFactory(SiteFactory)
    ruleset = RulesetChoice.Ruleset.MOD_2026
    effective_on = DAY_ONE
    reason = "Letter of the programme."
    chosen_by = factory.SubFactory(AccountFactory)


class AttestationFactory(DjangoModelFactory):
    """Confirmed for the first month, on Day 1."""

    class Meta:
        model = Attestation

    enrolment = factory.SubFactory(EnrolmentFactory)
    month = 1
    on = DAY_ONE
    ruleset = RulesetChoice.Ruleset.PRE_2026
    recorded_by = factory.SubFactory(AccountFactory)
