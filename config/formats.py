"""The one list of formats results come in, and what reads each (labs.actions.reading)."""

from collections.abc import Mapping

from labs.actions.reading import Format
from labs.hl7 import filing, meaning

FORMATS: Mapping[str, Format] = {
    "hl7": Format(read=meaning.read, sender=filing.sender),
}
