"""Who is treated."""

from patients.models.consent import Consent, ConsentText
from patients.models.patient import (
    Allergy,
    Condition,
    ContactAttempt,
    GeneticTest,
    Medicine,
    Patient,
    RetrievalProcedure,
    folded,
)
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
    "RetrievalProcedure",
    "folded",
]
