"""One factory for each model of the labs floor; what the rules derive is derived by the rules."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from labs.actions.semen_columns import columns_of, sheet_of
from labs.models import (
    Analyte,
    AnalyteCode,
    ColumnMapping,
    Draw,
    InboundMessage,
    Laboratory,
    LaboratoryToken,
    LimitsSignature,
    Order,
    Panel,
    ReferenceRange,
    Result,
    SemenAnalysis,
    Specimen,
    StagedRow,
    UnitAlias,
    Withholding,
)
from labs.rules.table_columns import Columns
from tests.factories.clinic import AccountFactory, SiteFactory

NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)
PATIENT = "tests.factories.patients.PatientFactory"

NONE_SEEN = {
    "abstinence_days": "3",
    "complete": "complete",
    "volume_ml": "2.6",
    "fresh_sperm_seen": "none",
    "pellet_done": True,
    "pellet_g": "3000",
    "pellet_min": "15",
    "pellet_fraction_examined": "0.10",
    "pellet_sperm_n": 0,
    "pellet_motile_n": 0,
}
"""A sample in whose pellet nothing was found."""

FEW_SEEN = NONE_SEEN | {"volume_ml": "2.8", "pellet_sperm_n": 14, "pellet_motile_n": 5}
"""Fourteen in the pellet, five of them motile."""


class AnalyteFactory(DjangoModelFactory):
    """Triglycerides, unless told otherwise."""

    class Meta:
        model = Analyte
        django_get_or_create = ["key"]

    key = "triglycerides"
    name = factory.LazyAttribute(lambda analyte: analyte.key.replace("_", " ").capitalize())
    plain_name = factory.SelfAttribute("name")
    group = Analyte.Group.LIPIDS
    unit = "mg/dL"
    si_unit = "mmol/L"


class AnalyteCodeFactory(DjangoModelFactory):
    """The LOINC of triglycerides."""

    class Meta:
        model = AnalyteCode
        django_get_or_create = ["system", "code", "laboratory"]

    analyte = factory.SubFactory(AnalyteFactory)
    laboratory = None
    system = "LN"
    code = "2571-8"


class LaboratoryFactory(DjangoModelFactory):
    """A laboratory that works for a site."""

    class Meta:
        model = Laboratory

    site = factory.SubFactory(SiteFactory)
    name = factory.Sequence(lambda n: f"Laboratory {n}")


class UnitAliasFactory(DjangoModelFactory):
    """How one laboratory writes millions per millilitre."""

    class Meta:
        model = UnitAlias

    laboratory = factory.SubFactory(LaboratoryFactory)
    text = "mio/ml"
    unit = "10*6/mL"
    mapped_by = factory.SubFactory(AccountFactory)


class LaboratoryTokenFactory(DjangoModelFactory):
    """A key in force whose words nobody knows."""

    class Meta:
        model = LaboratoryToken

    laboratory = factory.SubFactory(LaboratoryFactory)
    name = "The laboratory's server"
    sha256 = factory.Sequence(lambda n: hashlib.sha256(f"token {n}".encode()).hexdigest())
    begins = "hy_00000000"
    created_at = NOW
    created_by = factory.SubFactory(AccountFactory)


class ReferenceRangeFactory(DjangoModelFactory):
    """The default range of triglycerides."""

    class Meta:
        model = ReferenceRange

    analyte = factory.SubFactory(AnalyteFactory)
    laboratory = None
    unit = factory.SelfAttribute("analyte.unit")
    high = Decimal(150)
    text = factory.LazyAttribute(lambda limits: f"<{limits.high}")
    source = "NCEP ATP III"
    valid_from = factory.LazyAttribute(
        lambda limits: date(2000, 1, 1) if limits.laboratory else None
    )


class LimitsSignatureFactory(DjangoModelFactory):
    """Somebody has signed limits that are no longer the shipped ones."""

    class Meta:
        model = LimitsSignature

    site = factory.SubFactory(SiteFactory)
    fingerprint = factory.Sequence(lambda n: hashlib.sha256(f"limits {n}".encode()).hexdigest())
    signed_at = NOW
    signed_by = factory.SubFactory(AccountFactory)


class PanelFactory(DjangoModelFactory):
    """An empty panel of its own."""

    class Meta:
        model = Panel
        django_get_or_create = ["key"]

    key = factory.Sequence(lambda n: f"panel-{n}")
    name = factory.SelfAttribute("key")


class OrderFactory(DjangoModelFactory):
    """A semen analysis somebody is waiting for."""

    class Meta:
        model = Order

    patient = factory.SubFactory(PATIENT)
    semen = True
    ordered_at = NOW - timedelta(days=7)
    due_on = factory.LazyAttribute(lambda order: NOW.date())


class SpecimenFactory(DjangoModelFactory):
    """A tube taken this morning, for an order of nobody in particular."""

    class Meta:
        model = Specimen
        skip_postgeneration_save = True

    patient = factory.SubFactory(PATIENT)
    collected_at = NOW - timedelta(hours=3)
    collected_by = factory.SubFactory(AccountFactory)

    @factory.post_generation
    def orders(self, create, given, **kwargs):
        """The orders it was taken for."""
        if create and given:
            self.orders.set(given)


class DrawFactory(DjangoModelFactory):
    """A fasting draw of this morning, final, not reviewed, without results."""

    class Meta:
        model = Draw

    patient = factory.SubFactory(PATIENT)
    laboratory = factory.SubFactory(LaboratoryFactory, site=factory.SelfAttribute("..patient.site"))
    collected_at = NOW - timedelta(hours=2)
    filed_at = NOW
    fasting = True
    source = Draw.Source.FORM


class ResultFactory(DjangoModelFactory):
    """Triglycerides of 118, in range."""

    class Meta:
        model = Result

    draw = factory.SubFactory(DrawFactory)
    patient = factory.SelfAttribute("draw.patient")
    collected_at = factory.SelfAttribute("draw.collected_at")
    analyte = factory.SubFactory(AnalyteFactory)
    value = Decimal(118)
    reported = factory.LazyAttribute(lambda result: str(result.value))
    unit = factory.SelfAttribute("analyte.unit")
    range_high = Decimal(150)
    range_text = "<150"
    flag = Result.Flag.NORMAL
    grade = 0
    filed_at = NOW


class SemenAnalysisFactory(DjangoModelFactory):
    """A final sheet without sperm, entered and verified by two people, not reviewed."""

    class Meta:
        model = SemenAnalysis

    patient = factory.SubFactory(PATIENT)
    laboratory = factory.SubFactory(
        LaboratoryFactory, site=factory.SelfAttribute("..patient.site"), andrology=True
    )
    collected_at = NOW - timedelta(hours=2)
    sheet = factory.LazyAttribute(
        lambda row: (
            NONE_SEEN
            | {"analysis_started_at": (row.collected_at + timedelta(minutes=26)).isoformat()}
        )
    )
    status = SemenAnalysis.Status.FINAL
    entered_at = NOW
    entered_by = factory.SubFactory(AccountFactory)
    verified_at = factory.LazyAttribute(lambda row: None if row.status == "preliminary" else NOW)
    verified_by = factory.Maybe(
        factory.LazyAttribute(lambda row: row.status != "preliminary"),
        yes_declaration=factory.SubFactory(AccountFactory),
    )

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        """The computed columns are what the rules say of the sheet, unless a test says another."""
        kwargs["sheet"] = {"collected_at": kwargs["collected_at"].isoformat()} | kwargs["sheet"]
        sheet = sheet_of(kwargs["sheet"], collected_at=kwargs["collected_at"])
        said = columns_of(sheet, status=kwargs["status"], before=False)
        return super()._create(model_class, *args, **(said | kwargs))


class InboundMessageFactory(DjangoModelFactory):
    """A message that came in and was not yet looked at."""

    class Meta:
        model = InboundMessage

    raw = factory.Sequence(lambda n: f"MSH|^~\\&|LAB|LAB|||||ORU^R01|{n}|P|2.5.1".encode())
    sha256 = factory.LazyAttribute(lambda message: hashlib.sha256(message.raw).hexdigest())
    source = "mllp"
    dedupe_key = factory.SelfAttribute("sha256")
    received_at = NOW


class ColumnMappingFactory(DjangoModelFactory):
    """What somebody said the tables of a laboratory mean."""

    class Meta:
        model = ColumnMapping

    laboratory = factory.SubFactory(LaboratoryFactory)
    fingerprint = "0" * 64
    columns = factory.LazyFunction(lambda: Columns({0: "number"}).as_json())
    set_at = NOW
    set_by = factory.SubFactory(AccountFactory)


class StagedRowFactory(DjangoModelFactory):
    """A value of a message that was filed."""

    class Meta:
        model = StagedRow

    message = factory.SubFactory(InboundMessageFactory)
    position = factory.Sequence(lambda n: n)
    state = StagedRow.State.NEW


class WithholdingFactory(DjangoModelFactory):
    """One draw its patient does not see for three days; a second clinician has agreed."""

    class Meta:
        model = Withholding

    draw = factory.SubFactory(DrawFactory)
    patient = factory.SelfAttribute("draw.patient")
    harm = "He has said that he would not live with it."
    placed_at = NOW
    placed_by = factory.SubFactory(AccountFactory)
    held_until = NOW + timedelta(days=3)
    confirmed_at = NOW
    confirmed_by = factory.SubFactory(AccountFactory)
