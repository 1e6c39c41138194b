"""The one list of formats results come in, and what reads each (labs.actions.reading)."""

from collections.abc import Mapping

from labs.actions.reading import Format
from labs.fhir.reading import reports_in
from labs.hl7 import filing, meaning
from labs.tables import reading as tables

FORMATS: Mapping[str, Format] = {
    "hl7": Format(read=meaning.read, sender=filing.sender),
    "fhir": Format(read=reports_in),
    "csv": Format(read=tables.read),
    "xlsx": Format(read=tables.read),
}
