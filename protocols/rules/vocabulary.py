"""The words a protocol definition is written in; the rules answer in the same words."""

from collections.abc import Iterable
from enum import StrEnum


class Anchor(StrEnum):
    """The day a visit is counted from."""

    ENROLMENT = "enrolment"
    FIRST_DOSE = "first_dose"
    LAST_DOSE = "last_dose"
    VISIT = "visit"


class Phase(StrEnum):
    SCREENING = "screening"
    TREATMENT = "treatment"
    FOLLOW_UP = "follow_up"
    OUTCOME = "outcome"


class Mode(StrEnum):
    IN_PERSON = "in_person"
    PHONE = "phone"


class ItemKind(StrEnum):
    """What a visit may ask for."""

    LABS = "labs"
    SEMEN = "semen"
    PHQ9 = "phq9"
    AE_CHECKLIST = "ae_checklist"
    SEXUAL_FUNCTION = "sexual_function"
    VITALS = "vitals"
    PILL_COUNT = "pill_count"
    PRESCRIPTION = "prescription"
    DISPENSE = "dispense"
    COUNSELLING = "counselling"
    CONSENT = "consent"
    IPLEDGE = "ipledge"
    HISTORY = "history"
    EXAMINATION = "examination"
    MEDICINES = "medicines"
    GENETICS = "genetics"
    RESPONSE_REVIEW = "response_review"
    OUTCOME = "outcome"
    BLOOD_DONATION = "blood_donation"
    FERTILITY_PLAN = "fertility_plan"
    PREGNANCY_OUTCOME = "pregnancy_outcome"
    CLOSE_OUT = "close_out"


class Need(StrEnum):
    """When an item of a visit is required (domain reference §2.3)."""

    ALWAYS = "always"
    IF_FLAGGED = "if_flagged"
    IF_ABNORMAL = "if_abnormal"
    IF_STALE = "if_stale"
    OPTIONAL = "optional"


class Action(StrEnum):
    """What a safety rule proposes, mildest first (domain reference §2.4)."""

    CONTINUE = "CONTINUE"
    CONTINUE_ADVISE = "CONTINUE_ADVISE"
    REPEAT = "REPEAT"
    REVIEW = "REVIEW"
    REDUCE = "REDUCE"
    HOLD = "HOLD"
    STOP = "STOP"

    @property
    def severity(self) -> int:
        return list(Action).index(self)


def worst(actions: Iterable[Action]) -> Action:
    """The most severe of these, or CONTINUE when there is none."""
    return max(actions, key=lambda action: action.severity, default=Action.CONTINUE)


class Measure(StrEnum):
    """What of a result a table of bands looks at."""

    VALUE = "value"
    TIMES_ULN = "times_uln"
    GRADE = "grade"


class Effect(StrEnum):
    """What a medicine on the patient's list does to the programme (domain reference §2.2)."""

    BLOCK = "block"
    HOLD = "hold"
    CAUTION = "caution"
    INFO = "info"


class DeviationClass(StrEnum):
    MINOR = "MINOR"
    MAJOR = "MAJOR"


class About(StrEnum):
    """What a reminder is about."""

    BOOKING = "booking"
    UNBOOKED_VISIT = "unbooked_visit"
    LABS = "labs"
    MISSED = "missed"
    SUPPLY = "supply"


class Status(StrEnum):
    """Where an enrolment stands (domain reference §7.4)."""

    REFERRED = "REFERRED"
    SCREENING = "SCREENING"
    SCREEN_FAILED = "SCREEN_FAILED"
    ELIGIBLE = "ELIGIBLE"
    CONSENTED = "CONSENTED"
    ACTIVE = "ACTIVE"
    ON_HOLD = "ON_HOLD"
    DISCONTINUED = "DISCONTINUED"
    WITHDRAWN_TREATMENT = "WITHDRAWN_TREATMENT"
    WITHDRAWN_CONSENT = "WITHDRAWN_CONSENT"
    COMPLETED_TREATMENT = "COMPLETED_TREATMENT"
    LOST_TO_FOLLOW_UP = "LOST_TO_FOLLOW_UP"
    CLOSED = "CLOSED"
    DECEASED = "DECEASED"


class Ruleset(StrEnum):
    """Which iPLEDGE rules are in force (domain reference §2.6)."""

    PRE_2026 = "PRE_2026"
    MOD_2026 = "MOD_2026"
