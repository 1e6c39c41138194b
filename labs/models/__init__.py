"""What is measured."""

from labs.models.catalogue import (
    Analyte,
    AnalyteCode,
    Laboratory,
    LimitsSignature,
    Panel,
    ReferenceRange,
    UnitAlias,
)
from labs.models.columns import ColumnMapping
from labs.models.inbound import InboundMessage, StagedRow
from labs.models.quality import ControlAction, ControlLot, ControlReading, ControlStanding
from labs.models.release import Withholding
from labs.models.results import Draw, Order, Result
from labs.models.semen import SemenAnalysis
from labs.models.specimens import Specimen
from labs.models.storage import (
    Container,
    ContainerMovement,
    Screening,
    StorageTerms,
    ThawTest,
)
from labs.models.tanks import NitrogenReading, Tank, TankCount
from labs.models.tokens import LaboratoryToken

__all__ = [
    "Analyte",
    "AnalyteCode",
    "ColumnMapping",
    "Container",
    "ContainerMovement",
    "ControlAction",
    "ControlLot",
    "ControlReading",
    "ControlStanding",
    "Draw",
    "InboundMessage",
    "Laboratory",
    "LaboratoryToken",
    "LimitsSignature",
    "NitrogenReading",
    "Order",
    "Panel",
    "ReferenceRange",
    "Result",
    "Screening",
    "SemenAnalysis",
    "Specimen",
    "StagedRow",
    "StorageTerms",
    "Tank",
    "TankCount",
    "ThawTest",
    "UnitAlias",
    "Withholding",
]
