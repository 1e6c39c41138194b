"""One man's results over time, drawn by the worker and kept by content."""

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from clinic.graphs import svgs
from labs.graphs import band_of, points_of, samples_of, sperm_log, trend, unit_of
from labs.models import Result
from labs.queries import semen_series, series
from labs.rules.catalogue import published_catalogue
from labs.rules.display import Units, units_of
from labs.rules.units import printed_unit
from labs.views.person import page, patient_or_404
from patients.models import Patient

SEMEN = "semen"
SIZE = (410, 160)


@dataclass(frozen=True, slots=True)
class Graph:
    """One graph of the page: its drawing, or None while the worker has yet to draw it."""

    key: str
    title: str
    say: str
    svg: str | None


def titled(
    patient: Patient, key: str, rows: list[Result], units: Units
) -> tuple[str, str, dict[str, object]]:
    """Title, sentence and specification of one analyte, in the units of the reader."""
    analyte, zone = published_catalogue().analyte(key), patient.site.zone
    points = points_of(rows, zone, units)
    drawn_in = unit_of(analyte, units)
    unit = printed_unit(drawn_in)
    drawn = trend(analyte.name, points, unit=unit, band=band_of(rows, units), size=SIZE)
    other = sum(1 for row in rows if row.value is not None and row.unit != drawn_in)
    say = f"{unit}, {len(points)} results"
    return analyte.name, f"{say}, {other} of them converted" if other else say, drawn


def graphs_of(patient: Patient, units: Units, only: str = "") -> list[Graph]:
    """Every analyte measured twice or more, semen first; three queries however many."""
    keys = [a.key for a in published_catalogue().analytes if a.group.value != SEMEN]
    wanted = {key: rows for key, rows in series(patient, keys).items() if len(rows) > 1}
    found = [(key, *titled(patient, key, rows, units)) for key, rows in wanted.items()]
    samples = samples_of(semen_series(patient), patient.site.zone)
    if samples:
        say = "estimated from the pellet where none was counted, log scale"
        found.insert(0, (SEMEN, "Sperm per mL", say, sperm_log(samples, size=SIZE)))
    found = [row for row in found if only in ("", row[0])]
    drawn = svgs([specification for *_, specification in found])
    return [
        Graph(key, title, say, svg) for (key, title, say, _), svg in zip(found, drawn, strict=True)
    ]


@require_safe
@requires(Capability.RESULT_READ)
def trends(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    graphs = graphs_of(patient, units_of(request.user.units))
    return page(request, patient, "trends", {"graphs": graphs})


@require_safe
@requires(Capability.RESULT_READ)
def graph(request, pk: int, key: str) -> HttpResponse:
    """One graph by itself: what the page asks for until the worker has drawn it."""
    patient = patient_or_404(request, pk)
    found = graphs_of(patient, units_of(request.user.units), only=key)
    if not found:
        raise Http404
    return render(request, "labs/_graph.html", {"graph": found[0], "patient": patient})
