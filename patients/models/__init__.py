"""Who is treated."""

from patients.models.consent import Consent, ConsentText
from patients.models.history import (
    Allergy,
    Condition,
    ContactAttempt,
    GeneticTest,
    Medicine,
    RetrievalProcedure,
)
from patients.models.patient import Patient, RecordCounter
from patients.models.portal import Letter, PortalAccount

__all__ = [
    "Allergy",
    "Condition",
    "Consent",
    "ConsentText",
    "ContactAttempt",
    "GeneticTest",
    "Letter",
    "Medicine",
    "Patient",
    "PortalAccount",
    "RecordCounter",
    "RetrievalProcedure",
]
