"""Patients and what is known of them; every sub-object agrees with the patient it is about."""

from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from clinic.models import Account
from patients.models import (
    Allergy,
    Condition,
    Consent,
    ConsentText,
    ContactAttempt,
    GeneticTest,
    Letter,
    Medicine,
    Patient,
    PortalAccount,
    RecordCounter,
    RetrievalProcedure,
)
from patients.rules.consent_texts import fingerprint
from tests.factories.clinic import AccountFactory, SiteFactory

NOON = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)


class PatientFactory(DjangoModelFactory):
    """A man registered this March, 36 years old."""

    class Meta:
        model = Patient

    site = factory.SubFactory(SiteFactory)
    record_number = factory.Sequence(lambda n: f"T-{n:05d}")
    given_name = "Daniel"
    family_name = factory.Sequence(lambda n: f"Rourke{'abcdefghij'[n % 10]}{n}")
    born_on = date(1990, 3, 12)
    phone = factory.Sequence(lambda n: f"+1 555 01{n:05d}")
    email = factory.Sequence(lambda n: f"daniel{n}@example.org")
    registered_at = NOON
    registered_by = factory.SubFactory(AccountFactory)


class RecordCounterFactory(DjangoModelFactory):
    class Meta:
        model = RecordCounter

    site = factory.SubFactory(SiteFactory)
    last = 0


class _OfPatientFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    patient = factory.SubFactory(PatientFactory)
    recorded_at = NOON
    recorded_by = factory.SelfAttribute("patient.registered_by")


class RetrievalProcedureFactory(_OfPatientFactory):
    class Meta:
        model = RetrievalProcedure

    kind = RetrievalProcedure.Kind.MICRO_TESE
    done_on = date(2024, 5, 6)
    sperm_found = False
    histology = RetrievalProcedure.Histology.MATURATION_ARREST


class GeneticTestFactory(_OfPatientFactory):
    class Meta:
        model = GeneticTest

    kind = GeneticTest.Kind.KARYOTYPE
    outcome = GeneticTest.Outcome.NORMAL
    reported_on = date(2025, 11, 3)
    detail = "46,XY"


class MedicineFactory(_OfPatientFactory):
    """Something he takes now."""

    class Meta:
        model = Medicine

    name = factory.Sequence(lambda n: f"Medicine {n}")
    started_on = date(2025, 1, 10)


class AllergyFactory(_OfPatientFactory):
    class Meta:
        model = Allergy

    substance = factory.Sequence(lambda n: f"Substance {n}")


class ConditionFactory(_OfPatientFactory):
    """An answer no."""

    class Meta:
        model = Condition

    key = "ibd"
    present = False


class ContactAttemptFactory(_OfPatientFactory):
    class Meta:
        model = ContactAttempt

    at = NOON
    channel = ContactAttempt.Channel.PHONE
    outcome = ContactAttempt.Outcome.NO_ANSWER


class ConsentTextFactory(DjangoModelFactory):
    class Meta:
        model = ConsentText
        django_get_or_create = ("kind", "version")

    kind = ConsentText.Kind.TREATMENT
    version = 1
    title = "Treatment"
    body = "Words somebody can agree to."
    sha256 = factory.LazyAttribute(lambda text: fingerprint(text.title, text.body))
    effective_on = date(2026, 1, 1)


class ConsentFactory(_OfPatientFactory):
    """In force."""

    class Meta:
        model = Consent

    text = factory.SubFactory(ConsentTextFactory)
    given_on = date(2026, 3, 2)
    method = Consent.Method.PAPER


class PortalAccountFactory(DjangoModelFactory):
    """An open door; the account belongs to the patient."""

    class Meta:
        model = PortalAccount

    patient = factory.SubFactory(PatientFactory)
    account = factory.SubFactory(
        AccountFactory,
        kind=Account.Kind.PATIENT,
        email=factory.SelfAttribute("..patient.email"),
        name=factory.LazyAttribute(lambda account: str(account.factory_parent.patient)),
    )
    opened_at = NOON
    opened_by = factory.SelfAttribute("patient.registered_by")


class LetterFactory(DjangoModelFactory):
    """A message from the patient that nobody has read."""

    class Meta:
        model = Letter

    patient = factory.SubFactory(PatientFactory)
    body = "May I take the capsule with a snack?"
    from_patient = True
    written_at = NOON
    written_by = factory.SelfAttribute("patient.registered_by")
