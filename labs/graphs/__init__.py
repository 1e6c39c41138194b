"""Graphs of results: specifications, and the points they are made of."""

from labs.graphs.points import band_of, points_of, samples_of, unit_of
from labs.graphs.vega import Band, Point, Sample, Threshold, sperm_log, trend

__all__ = [
    "Band",
    "Point",
    "Sample",
    "Threshold",
    "band_of",
    "points_of",
    "samples_of",
    "sperm_log",
    "trend",
    "unit_of",
]
