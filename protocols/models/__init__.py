"""The programme at work."""

from protocols.models.back_tests import BackTest, BackTestHit
from protocols.models.conduct import (
    ON_TREATMENT,
    TERMINAL,
    EligibilityCheck,
    Enrolment,
    StatusChange,
)
from protocols.models.crisis import RiskAssessment
from protocols.models.definition import (
    PlannedVisit,
    Protocol,
    PublishedDefault,
    SignOff,
    Version,
)
from protocols.models.deviations import Deviation
from protocols.models.dosing import (
    CapsuleCount,
    DiaryDose,
    Dispense,
    DoseSegment,
    Prescription,
)
from protocols.models.duties import Duty
from protocols.models.ipledge import Attestation, RulesetChoice
from protocols.models.outcomes import Feeling, MoodQuestionnaire
from protocols.models.pregnancy import PartnerPregnancy, PregnancyFollowUp
from protocols.models.reminders import Reminder
from protocols.models.response import ResponseAdjudication, ResponseEvaluation
from protocols.models.safety import Finding
from protocols.models.side_effects import AdverseEvent, AdverseEventEntry, SymptomGrade
from protocols.models.stock import Formulation, Product, StockLot, StockMovement
from protocols.models.told import SymptomReport
from protocols.models.versions import Displacement, Pin, VersionChange
from protocols.models.visits import Appointment, Signature, Visit

__all__ = [
    "ON_TREATMENT",
    "TERMINAL",
    "AdverseEvent",
    "AdverseEventEntry",
    "Appointment",
    "Attestation",
    "BackTest",
    "BackTestHit",
    "CapsuleCount",
    "Deviation",
    "DiaryDose",
    "Dispense",
    "Displacement",
    "DoseSegment",
    "Duty",
    "EligibilityCheck",
    "Enrolment",
    "Feeling",
    "Finding",
    "Formulation",
    "MoodQuestionnaire",
    "PartnerPregnancy",
    "Pin",
    "PlannedVisit",
    "PregnancyFollowUp",
    "Prescription",
    "Product",
    "Protocol",
    "PublishedDefault",
    "Reminder",
    "ResponseAdjudication",
    "ResponseEvaluation",
    "RiskAssessment",
    "RulesetChoice",
    "SignOff",
    "Signature",
    "StatusChange",
    "StockLot",
    "StockMovement",
    "SymptomGrade",
    "SymptomReport",
    "Version",
    "VersionChange",
    "Visit",
]
