"""What is measured."""

from labs.models.catalogue import (
    Analyte,
    AnalyteCode,
    Laboratory,
    Panel,
    ReferenceRange,
    UnitAlias,
)
from labs.models.inbound import InboundMessage, StagedRow
from labs.models.results import Draw, Order, Result
from labs.models.semen import SemenAnalysis
from labs.models.tokens import LaboratoryToken

__all__ = [
    "Analyte",
    "AnalyteCode",
    "Draw",
    "InboundMessage",
    "Laboratory",
    "LaboratoryToken",
    "Order",
    "Panel",
    "ReferenceRange",
    "Result",
    "SemenAnalysis",
    "StagedRow",
    "UnitAlias",
]
