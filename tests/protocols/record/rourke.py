"""One whole record: a man on day 89, held once, with sperm since month 2 and motile today."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from clinic.models import Account, Site
from labs.models import Analyte, Draw, Laboratory, Result, SemenAnalysis
from patients.models import Patient
from protocols.models import DoseSegment, Enrolment, Finding, Visit
from tests.factories.labs import (
    NONE_SEEN,
    DrawFactory,
    LaboratoryFactory,
    ResultFactory,
    SemenAnalysisFactory,
)
from tests.factories.protocols import (
    AdverseEventFactory,
    CapsuleCountFactory,
    DeviationFactory,
    DispenseFactory,
    DoseSegmentFactory,
    EnrolmentFactory,
    FindingFactory,
    MoodQuestionnaireFactory,
    SymptomGradeFactory,
    VisitFactory,
)
from tests.protocols.men import DAY_ONE, make_patient

RANGES = {
    "triglycerides": (None, "150", "<150", "mg/dL"),
    "total_cholesterol": (None, "200", "<200", "mg/dL"),
    "hdl": ("40", None, ">=40", "mg/dL"),
    "alt": (None, "40", "<=40", "U/L"),
    "ast": (None, "40", "<=40", "U/L"),
    "ck": (None, "200", "<=200", "U/L"),
    "fsh": ("1.5", "12.4", "1.5-12.4", "[IU]/L"),
    "testosterone": ("264", "916", "264-916", "ng/dL"),
}
DRAWS = {
    -45: {"triglycerides": "118", "total_cholesterol": "182", "hdl": "47", "alt": "24",
          "ast": "22", "fsh": "18.1", "testosterone": "351"},
    -10: {"triglycerides": "124", "total_cholesterol": "186", "hdl": "46", "alt": "26",
          "ast": "23", "ck": "142", "fsh": "17.8", "testosterone": "342"},
    28: {"triglycerides": "286", "total_cholesterol": "208", "hdl": "42", "alt": "134",
         "ast": "88", "ck": "386"},
    35: {"triglycerides": "214", "alt": "39", "ast": "31"},
    53: {"triglycerides": "248", "total_cholesterol": "201", "hdl": "43", "alt": "36", "ast": "29"},
    88: {"triglycerides": "612", "total_cholesterol": "246", "hdl": "36", "alt": "58",
         "ast": "38", "ck": "231", "fsh": "15.9", "testosterone": "361"},
}  # fmt: skip
GRADES = {
    ("triglycerides", 28): 1, ("triglycerides", 35): 1, ("triglycerides", 53): 1,
    ("triglycerides", 88): 3, ("alt", 28): 2, ("alt", 88): 1, ("ast", 28): 1, ("ck", 28): 1,
    ("ck", 88): 1, ("total_cholesterol", 28): 1, ("total_cholesterol", 88): 1,
}  # fmt: skip
SAMPLES = (
    (-45, "2.4", 0, 0, 26), (-10, "2.6", 0, 0, 30), (28, "2.2", 0, 0, 74), (35, "2.6", 0, 0, 22),
    (53, "2.7", 3, 0, 31), (74, "2.4", 10, 0, 25), (88, "2.8", 14, 5, 26),
)  # fmt: skip
#: Code, offset of the window, day he came.
VISITS = (("V0", -45), ("V1", 0), ("M1", 28), ("M2", 53), ("M3", 88))


def on(offset: int, day_one: date = DAY_ONE) -> date:
    return day_one + timedelta(days=offset)


def at(offset: int, day_one: date = DAY_ONE, hour: int = 16) -> datetime:
    return datetime.combine(on(offset, day_one), time(hour, 5), tzinfo=UTC)


def rourke(site: Site, by: Account, *, day_one: date = DAY_ONE, name: str = "Rourke") -> Enrolment:
    """The man of the pictures; his day 89 is `day_one` + 88."""
    patient = make_patient(site, by, name, preferred_name="Dan")
    enrolment = EnrolmentFactory(
        patient=patient,
        first_dose_on=day_one,
        status_since=day_one,
        baseline_weight_kg=Decimal("84.0"),
        opened_at=at(-46, day_one),
        opened_by=by,
    )
    visits = _visits(enrolment, by, day_one)
    _doses(enrolment, by, day_one)
    _counts(enrolment, visits, by, day_one)
    laboratory = LaboratoryFactory(site=site, name=f"Harbour Laboratory {patient.pk}")
    for offset, values in DRAWS.items():
        draw = blood(patient, laboratory, offset, values, day_one, by)
    for row in SAMPLES:
        sample(patient, laboratory, row, day_one)
    _answers(enrolment, visits, by, day_one)
    _open_ends(enrolment, visits, draw, by, day_one)
    return enrolment


def _visits(enrolment: Enrolment, by: Account, day_one: date) -> dict[str, Visit]:
    made = {}
    for code, offset in VISITS:
        last = code == "M3"
        made[code] = VisitFactory(
            enrolment=enrolment,
            planned__code=code,
            status=Visit.Status.IN_PROGRESS if last else Visit.Status.SIGNED,
            attended_on=on(offset, day_one),
            opened_by=by,
            opened_at=at(offset, day_one),
            weight_kg=Decimal("84.2") - Decimal(len(made)) / 5,
            systolic_mmhg=124 + len(made),
            diastolic_mmhg=78,
        )
    for code in ("M4", "M5", "M6"):
        made[code] = VisitFactory(enrolment=enrolment, planned__code=code)
    for offset in (35, 74):
        made[f"UNS{offset}"] = Visit.objects.create(
            enrolment=enrolment,
            code="UNS",
            title="Unscheduled",
            status=Visit.Status.SIGNED,
            attended_on=on(offset, day_one),
            opened_by=by,
            timing=Visit.Timing.UNSCHEDULED,
        )
    return made


def _doses(enrolment: Enrolment, by: Account, day_one: date) -> None:
    steps = ((0, 29, "full", 2), (29, 39, "hold", 0), (39, 54, "reduced", 1), (54, None, "full", 2))
    for begins, ends, kind, capsules in steps:
        DoseSegmentFactory(
            enrolment=enrolment,
            starts_on=on(begins, day_one),
            ends_on=on(ends, day_one) if ends else None,
            kind=DoseSegment.Kind(kind),
            capsules_per_day=capsules,
            ordered_by=by,
        )
    for number, offset in enumerate((0, 29, 60), start=1):
        DispenseFactory(
            prescription__enrolment=enrolment,
            prescription__number=number,
            prescription__written_on=on(offset, day_one),
            prescription__written_by=by,
            handed_by=by,
        )


def _counts(enrolment: Enrolment, visits: dict[str, Visit], by: Account, day_one: date) -> None:
    for code, since, until, given, back, expected in (
        ("M1", 0, 28, 60, 5, 56), ("M2", 28, 53, 60, 47, 18), ("M3", 53, 88, 60, 42, 69),
    ):  # fmt: skip
        CapsuleCountFactory(
            visit=visits[code],
            since_on=on(since, day_one),
            counted_on=on(until, day_one),
            carried_in=0 if code == "M1" else 5 if code == "M2" else 47,
            dispensed=given,
            returned=back,
            expected=expected,
            counted_by=by,
        )


def blood(
    patient: Patient,
    laboratory: Laboratory,
    offset: int,
    values: dict[str, str],
    day_one: date,
    by: Account,
) -> Draw:
    draw = DrawFactory(
        patient=patient,
        laboratory=laboratory,
        collected_at=at(offset, day_one),
        reviewed_at=None if offset == 88 else at(offset + 1, day_one),
        reviewed_by=None if offset == 88 else by,
    )
    for key, value in values.items():
        result(draw, key, value, GRADES.get((key, offset), 0))
    return draw


def result(draw: Draw, key: str, value: str, grade: int = 0) -> Result:
    low, high, text, unit = RANGES[key]
    number = Decimal(value)
    flag = Result.Flag.NORMAL
    if high and number >= Decimal(high) and not (text.startswith("<=") and number == Decimal(high)):
        flag = Result.Flag.HIGH
    if low and number < Decimal(low):
        flag = Result.Flag.LOW
    return ResultFactory(
        draw=draw,
        analyte=Analyte.objects.get(key=key),
        value=number,
        reported=value,
        unit=unit,
        range_low=low,
        range_high=high,
        range_text=text,
        flag=flag,
        grade=grade,
    )


def sample(
    patient: Patient,
    laboratory: Laboratory,
    row: tuple[int, str, int, int, int],
    day_one: date,
) -> None:
    """One semen sheet, reviewed unless it is today's."""
    offset, volume, found, motile, minutes = row
    collected_at = at(offset, day_one)
    started = (collected_at + timedelta(minutes=minutes)).isoformat()
    corrected = offset == 74
    reviewer = patient.registered_by
    SemenAnalysisFactory(
        patient=patient,
        laboratory=laboratory,
        collected_at=collected_at,
        sheet=NONE_SEEN
        | {
            "volume_ml": volume,
            "pellet_sperm_n": found,
            "pellet_motile_n": motile,
            "analysis_started_at": started,
        },
        reviewed_at=None if offset == 88 else at(offset + 1, day_one),
        reviewed_by=None if offset == 88 else reviewer,
        **(
            {"status": "corrected", "correction_reason": "Counted again by a second reader."}
            if corrected
            else {}
        ),
    )


def _answers(enrolment: Enrolment, visits: dict[str, Visit], by: Account, day_one: date) -> None:
    symptoms = {"V0": (0, 0), "V1": (0, 0), "M1": (1, 0), "M2": (1, 0), "M3": (1, 1)}
    for code, (lips, temper) in symptoms.items():
        SymptomGradeFactory(visit=visits[code], term="cheilitis", grade=lips)
        SymptomGradeFactory(visit=visits[code], term="irritability", grade=temper)
    totals = {"V0": 2, "V1": 2, "M1": 3, "M2": 3, "M3": 6}
    for code, total in totals.items():
        MoodQuestionnaireFactory(
            enrolment=enrolment,
            visit=visits[code],
            answers=[1] * total + [0] * (9 - total),
            band="mild" if total > 4 else "minimal",
            answered_at=at(0, visits[code].attended_on),
            answered_by=by,
        )
    for term, title, grade, begins, ends in (
        ("cheilitis", "Chapped lips", 1, 12, None),
        ("aminotransferases", "ALT raised", 2, 28, 35),
        ("irritability", "Irritability", 1, 71, None),
        ("hypertriglyceridemia", "Triglycerides", 3, 88, None),
    ):
        AdverseEventFactory(
            enrolment=enrolment,
            term=term,
            title=title,
            grade=grade,
            onset_on=on(begins, day_one),
            ended_on=on(ends, day_one) if ends else None,
            outcome="resolved" if ends else "ongoing",
            recorded_by=by,
        )


def _open_ends(
    enrolment: Enrolment, visits: dict[str, Visit], draw: Draw, by: Account, day_one: date
) -> None:
    last = SemenAnalysis.objects.filter(patient=enrolment.patient).latest("collected_at")
    FindingFactory(
        enrolment=enrolment,
        headline="Reduce to 20 mg a day",
        evidence=f"labs.draw:{draw.pk}",
        evidence_at=at(88, day_one),
        raised_at=at(88, day_one),
        repeat_by=on(102, day_one),
        contact_by=at(90, day_one),
        reasons=[
            {"rule": "TG_REDUCE", "action": "REDUCE", "analyte": "triglycerides", "grade": 3,
             "sentence": "Triglycerides 612 mg/dL, fasting: reduce to 20 mg a day.",
             "repeat_within_days": 14, "contact_within_hours": 48, "tasks": []},
            {"rule": "LIVER_ADVISE", "action": "CONTINUE_ADVISE", "analyte": "alt", "grade": 1,
             "sentence": "ALT 58 U/L, 1.5 × ULN: look again at the next scheduled test.",
             "repeat_within_days": None, "contact_within_hours": None, "tasks": []},
        ],
    )  # fmt: skip
    FindingFactory(
        enrolment=enrolment,
        kind=Finding.Kind.FREEZE,
        action=Finding.Action.FREEZE,
        urgency=3,
        headline="Motile sperm seen; freeze by 17:00",
        evidence=f"labs.semenanalysis:{last.pk}",
        evidence_at=at(88, day_one),
        raised_at=at(88, day_one),
        contact_by=at(88, day_one, hour=23),
        reasons=[
            {"rule": "FREEZE", "action": "FREEZE", "grade": None, "analyte": None,
             "sentence": "5 of 14 sperm in the pellet are motile."},
        ],
    )  # fmt: skip
    DeviationFactory(
        enrolment=enrolment,
        visit=visits["M1"],
        code="SEMEN_LATE",
        sentence="Sample not valid: 74 min to analysis.",
        raised_on=on(28, day_one),
    )
