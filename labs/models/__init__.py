"""What is measured."""

from labs.models.catalogue import Analyte, AnalyteCode, Laboratory, Panel, ReferenceRange
from labs.models.inbound import InboundMessage, StagedRow
from labs.models.results import Draw, Order, Result
from labs.models.semen import SemenAnalysis

__all__ = [
    "Analyte",
    "AnalyteCode",
    "Draw",
    "InboundMessage",
    "Laboratory",
    "Order",
    "Panel",
    "ReferenceRange",
    "Result",
    "SemenAnalysis",
    "StagedRow",
]
