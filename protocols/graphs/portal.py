"""The drawings of the portal: the record's own, as wide as a phone, in a patient's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from labs.graphs import band_of, points_of, unit_of
from labs.models import Result
from labs.rules.catalogue import published_catalogue
from labs.rules.display import Units
from labs.rules.units import printed_unit
from protocols.graphs.plot import Band, Frame, Plot, Point, Subject, Word, plot
from protocols.graphs.rows import WHO_BAND
from protocols.rules.portal_results import Seen

PHONE = Frame(318, 196, left=44, right=44, top=16)
PHONE_LOG = Frame(318, 222, left=48, right=14, top=16)
#: How `plot` dresses the number at the last dot.
SAID = "t-mid t-ink t-halo"


def value_graph(
    rows: Sequence[Result], zone: ZoneInfo, units: Units = Units.CONVENTIONAL
) -> Plot | None:
    """One analyte over time in his unit, with the range of the newest report."""
    points = points_of(rows, zone, units)
    if not points:
        return None
    analyte = published_catalogue().analyte(rows[0].analyte.key)
    limits = band_of(rows, units)
    band = Band(limits.low, limits.high, "usual") if limits else None
    title = f"{analyte.plain_name}, {printed_unit(unit_of(analyte, units))}"
    drawn = [
        Point(p.on, p.value, p.label, "down" if p.comparator.startswith("<") else "dot")
        for p in points
    ]
    found = plot(Subject("values", title, band), drawn, frame=PHONE)
    if found is not None and len(points) > 1 and points[-1].value < points[-2].value:
        found.texts = [_under(word) if word.css == SAID else word for word in found.texts]
    return found


def _under(word: Word) -> Word:
    """A number under its dot, where the line comes down to it."""
    return replace(word, y=word.y + 27)


def sample_graph(samples: Sequence[Seen]) -> Plot | None:
    """All samples on a log scale; none seen hangs at what the method could have missed."""
    points = [_point(sample, last=sample is samples[-1]) for sample in samples]
    band = replace(WHO_BAND, words="usual range")
    drawn = plot(
        Subject("samples", "Your samples", band, decades=True), points, frame=PHONE_LOG
    )  # fmt: skip
    if drawn is None:
        return None
    drawn.words = "; ".join(f"{s.on.day} {s.on:%b} {said(s)}" for s in samples)
    drawn.texts = [word for word in drawn.texts if not word.text.endswith(", motile")]
    for mark, point in zip(drawn.marks, points, strict=True):
        if mark.kind == "full" and point.text:
            x = min(mark.x, PHONE_LOG.wide - PHONE_LOG.right)
            drawn.texts.append(
                Word(x, round(mark.y - 11, 1), point.text, "t-mid t-acc t-halo")
            )  # fmt: skip
    return drawn


def _point(sample: Seen, *, last: bool) -> Point:
    height = float(sample.per_ml or sample.limit_per_ml or 1)
    if sample.seen is None or sample.valid is False:
        return Point(sample.on, height, "", "void")
    if sample.seen is False:
        text = "none seen" if last else ""
        return Point(sample.on, float(sample.limit_per_ml or 1), text, "down")
    text = str(sample.found) if sample.found is not None and last else ""
    return Point(sample.on, height, text, "full" if sample.motile else "ring")


def said(sample: Seen) -> str:
    """What a mark means, for those who hear the picture."""
    if sample.seen is None:
        return "not known"
    if sample.seen is False:
        return "none seen"
    return "seen, moving" if sample.motile else "seen, not moving"
