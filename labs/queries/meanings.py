"""What a laboratory's own codes and units mean, as a person here has said."""

from collections.abc import Sequence

from labs.models import Laboratory
from labs.queries.codes import dictionary_of
from labs.rules.reported import Report


def with_meanings(reports: Sequence[Report], laboratory: Laboratory) -> list[Report]:
    """The reports with what was said of this laboratory's codes and spellings of units."""
    return dictionary_of(laboratory).read(reports)
