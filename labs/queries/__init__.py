"""What upper floors ask about results."""

from labs.queries.release import release_of
from labs.queries.series import (
    azoospermia_of,
    latest_per_analyte,
    response_of,
    semen_series,
    series,
    unreviewed,
)

__all__ = [
    "azoospermia_of",
    "latest_per_analyte",
    "release_of",
    "response_of",
    "semen_series",
    "series",
    "unreviewed",
]
