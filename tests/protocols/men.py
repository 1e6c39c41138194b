"""A man on treatment as the tests of doses and findings need him, and his blood."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from clinic.models import Account, Site
from labs.actions.results import Value, file_draw
from labs.models import Analyte, Draw
from patients.models import Patient
from protocols.models import Enrolment, Visit
from tests.factories.protocols import (
    AttestationFactory,
    DispenseFactory,
    DoseSegmentFactory,
    EnrolmentFactory,
    VisitFactory,
)

DAY_ONE = date(2026, 5, 8)
#: Tue 4 Aug 2026, 10:45 Pacific: day 89.
NOW = datetime(2026, 8, 4, 17, 45, tzinfo=UTC)
TODAY = date(2026, 8, 4)
DAY = timedelta(days=1)


def make_patient(site: Site, by: Account, name: str = "Rourke", **more: object) -> Patient:
    return Patient.objects.create(
        site=site,
        record_number=f"HF-{Patient.objects.count() + 147:04}",
        family_name=name,
        given_name="Daniel",
        born_on=date(1990, 3, 12),
        registered_by=by,
        **more,
    )


def on_treatment(site: Site, by: Account, name: str = "Rourke", **more: object) -> Enrolment:
    """Two capsules a day since Day 1, three bottles handed out, 84 kg; iPLEDGE confirmed."""
    enrolment = EnrolmentFactory(
        patient=make_patient(site, by, name),
        first_dose_on=DAY_ONE,
        status_since=DAY_ONE,
        baseline_weight_kg=Decimal("84.0"),
        opened_by=by,
        **more,
    )
    DoseSegmentFactory(enrolment=enrolment, ordered_by=by)
    for number, days in enumerate((0, 30, 60), start=1):
        DispenseFactory(
            prescription__enrolment=enrolment,
            prescription__number=number,
            prescription__written_on=DAY_ONE + timedelta(days=days),
            prescription__written_by=by,
            handed_by=by,
        )
    for month in (1, 2, 3, 4):
        AttestationFactory(enrolment=enrolment, month=month, on=DAY_ONE, recorded_by=by)
    return enrolment


def open_visit(enrolment: Enrolment, by: Account, code: str = "M3", on: date = TODAY) -> Visit:
    return VisitFactory(
        enrolment=enrolment,
        planned__code=code,
        status=Visit.Status.IN_PROGRESS,
        attended_on=on,
        opened_by=by,
        opened_at=NOW,
    )


def blood(patient: Patient, by: Account, *, now: datetime = NOW, **values: str) -> Draw:
    """A fasting collection of this morning: blood(man, by, triglycerides="620")."""
    units = dict(Analyte.objects.values_list("key", "unit"))
    ranges = {"alt": "<40", "ast": "<40", "ck": "<200", "triglycerides": "<150"}
    return file_draw(
        patient=patient,
        laboratory=None,
        collected_at=now - timedelta(hours=2),
        values=[
            Value(key, value, units[key], ranges.get(key, "")) for key, value in values.items()
        ],
        fasting=True,
        fasting_hours=Decimal(12),
        alcohol_hours=Decimal(48),
        by=by,
        now=now,
        confirmed=True,
    )
