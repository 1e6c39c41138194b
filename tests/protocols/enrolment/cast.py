"""One man on his way through the programme, of real rows; each step goes through its action."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from clinic.models import Account, Site
from labs.models import Analyte, Draw, SemenAnalysis
from patients.models import Condition, Consent, ConsentText, Patient
from patients.rules.conditions import EXCLUSIONS
from protocols.actions.definition import load_definitions
from protocols.actions.enrolment import record_first_dose, refer
from protocols.actions.screening import (
    decide_eligibility,
    link_consent,
    record_baseline,
    record_counselling,
    start_screening,
)
from protocols.models import Enrolment
from protocols.queries.start_facts import baseline_panels
from protocols.rules.definition import shipped
from tests.factories.labs import DrawFactory, ResultFactory, SemenAnalysisFactory
from tests.factories.protocols import MoodQuestionnaireFactory

DAY = timedelta(days=1)
DAY_ONE = date(2026, 3, 2)
#: When the steps before Day 1 are taken, unless a test moves Day 1.
REFERRED, SCREENED, SIGNED, CONSENTED = (-21, -20, -6, -5)

#: In range for everything the programme measures before the start, with the limit printed beside.
VALUES = {"triglycerides": ("118", "150"), "alt": ("24", "40"), "ast": ("22", "40")}
NORMAL = ("90", "180")
BASELINE = {key for panel in baseline_panels(shipped()) for key in panel.analytes}


def opened(site: Site) -> None:
    """The programme as it is shipped, and what the baseline measures."""
    Analyte.objects.bulk_create(
        Analyte(key=key, name=key.upper() if len(key) <= 3 else key.title(), unit="mg/dL")
        for key in sorted(BASELINE)
    )
    load_definitions(now=at(site, DAY_ONE - 60 * DAY))


def at(site: Site, day: date, hour: int = 9) -> datetime:
    """That hour of that day on the clinic's clock."""
    return datetime.combine(day, time(hour), tzinfo=site.zone).astimezone(UTC)


def a_man(site: Site, by: Account, **more: object) -> Patient:
    number = Patient.objects.count() + 1
    fields = {
        "record_number": f"HF-{number:04d}",
        "family_name": "Vance",
        "given_name": "Marcus",
        "born_on": date(1990, 5, 4),
        "phone": "555 0111",
        "preferred_times": "mornings",
        "registered_by": by,
    }
    return Patient.objects.create(site=site, **{**fields, **more})


def agrees(patient: Patient, kind: str, on: date, by: Account) -> Consent:
    text, _ = ConsentText.objects.get_or_create(
        kind=kind,
        version=1,
        defaults={
            "title": kind.title(),
            "body": "…",
            "sha256": "0" * 64,
            "effective_on": date(2025, 1, 1),
        },
    )
    return Consent.objects.create(
        patient=patient, text=text, given_on=on, method="paper", recorded_by=by
    )


def answers_no(patient: Patient, by: Account, on: date, but: frozenset[str] = frozenset()) -> None:
    """Every question of the history, answered with no, or with yes for those in `but`."""
    for question in EXCLUSIONS:
        Condition.objects.create(
            patient=patient,
            key=question.key,
            present=question.key in but,
            recorded_by=by,
            recorded_at=at(patient.site, on),
        )


def bloods(patient: Patient, on: date, **values: str) -> Draw:
    """A fasting draw with every analyte of the baseline; `values` replace the ordinary ones."""
    draw = DrawFactory(patient=patient, collected_at=at(patient.site, on), fasting=True)
    for analyte in Analyte.objects.filter(key__in=BASELINE):
        value, upper = VALUES.get(analyte.key, NORMAL)
        value = values.get(analyte.key, value)
        comparator = value[:1] if value[:1] in "<>" else ""
        ResultFactory(
            draw=draw,
            analyte=analyte,
            value=Decimal(value.lstrip("<>")),
            comparator=comparator,
            reported=value,
            range_high=Decimal(upper),
        )
    return draw


def semen(patient: Patient, on: date, **more: object) -> SemenAnalysis:
    """A final sheet with nothing in the pellet, unless told otherwise."""
    return SemenAnalysisFactory(patient=patient, collected_at=at(patient.site, on), **more)


def referred(site: Site, by: Account, day_one: date = DAY_ONE, **more: object) -> Enrolment:
    on = day_one + REFERRED * DAY
    return refer(patient=a_man(site, by, **more), on=on, by=by, now=at(site, on))


def screening(site: Site, by: Account, day_one: date = DAY_ONE, **more: object) -> Enrolment:
    enrolment, on = referred(site, by, day_one, **more), day_one + SCREENED * DAY
    agrees(enrolment.patient, "screening", on, by)
    return start_screening(enrolment=enrolment, on=on, by=by)


def examined(site: Site, by: Account, day_one: date = DAY_ONE, **more: object) -> Enrolment:
    """Everything that eligibility asks is on file and in order."""
    enrolment = screening(site, by, day_one, **more)
    patient = enrolment.patient
    answers_no(patient, by, day_one - 19 * DAY)
    bloods(patient, day_one - 10 * DAY)
    semen(patient, day_one - 19 * DAY)
    semen(patient, day_one - 10 * DAY)
    MoodQuestionnaireFactory(
        enrolment=enrolment, answered_at=at(site, day_one - 10 * DAY), answered_by=by
    )
    return enrolment


def eligible(site: Site, by: Account, day_one: date = DAY_ONE, **more: object) -> Enrolment:
    enrolment = examined(site, by, day_one, **more)
    decide_eligibility(enrolment=enrolment, eligible=True, on=day_one + SIGNED * DAY, by=by)
    enrolment.refresh_from_db()
    return enrolment


def consented(site: Site, by: Account, day_one: date = DAY_ONE, **more: object) -> Enrolment:
    enrolment, on = eligible(site, by, day_one, **more), day_one + CONSENTED * DAY
    agrees(enrolment.patient, "treatment", on, by)
    return link_consent(enrolment=enrolment, on=on, by=by)


def ready(site: Site, by: Account, day_one: date = DAY_ONE, **more: object) -> Enrolment:
    """Nothing stands against the first capsule."""
    enrolment = consented(site, by, day_one, **more)
    codes = [item.code for item in shipped().counselling]
    record_counselling(enrolment=enrolment, codes=codes, on=day_one, by=by)
    return record_baseline(
        enrolment=enrolment, ipledge_id="1234567890", weight_kg=Decimal("82.0"), by=by
    )


def started(site: Site, by: Account, day_one: date = DAY_ONE, **more: object) -> Enrolment:
    enrolment = ready(site, by, day_one, **more)
    return record_first_dose(enrolment=enrolment, on=day_one, by=by, today=day_one)
