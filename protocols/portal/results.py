"""His results: the list, one collection, one value over time, one sample."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from labs.models import Draw, Result, SemenAnalysis
from labs.queries.display import read_in
from labs.queries.draws import printed_result
from labs.rules.display import units_of
from protocols.graphs.portal import sample_graph, value_graph
from protocols.portal.owner import opened, owned, page
from protocols.queries.portal_course import Course, course_of
from protocols.queries.portal_owner import BLOOD, OPENED, SAMPLE, Collected, Owner
from protocols.queries.portal_results import (
    closed_line,
    contact_of,
    draw_title,
    draw_words,
    open_sheets,
    reading_of,
    readings_of,
    results_of,
    seen_of,
    series_of,
)
from protocols.queries.portal_visits import next_visit
from protocols.queries.response import response_told
from protocols.rules.portal_results import (
    SHORT,
    WHO_SENTENCE,
    before_words,
    big_fact,
    none_words,
    sample_corrected_words,
    told,
)


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def results(request: HttpRequest, owner: Owner) -> HttpResponse:
    """By date, or by what was measured."""
    course = course_of(owner)
    by_kind = request.GET.get("by") == "kind"
    context = {"results": results_of(course), "by_kind": by_kind, "nav": "results"}
    return page(request, owner, "results", context, parts=("results",))


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def blood(request: HttpRequest, owner: Owner, pk: int) -> HttpResponse:
    """Everything of one collection of blood."""
    row = found_or_404(owner, BLOOD, pk)
    course = course_of(owner)
    if not row.open:
        return waiting_page(request, course, row)
    draw = get_object_or_404(
        Draw.objects.visible_to(owner.account).select_related("reviewed_by"), pk=pk
    )
    readings = readings_of(draw, course)
    seen(owner, row, f"labs.draw:{pk}")
    standing = [reading.result for reading in readings]
    context = {
        "row": row,
        "draw": draw,
        "off": [reading for reading in readings if reading.off],
        "rest": [reading for reading in readings if not reading.off],
        "title": draw_title(standing),
        "told": draw_words(draw, standing, course),
        "corrected": any(reading.corrected for reading in readings),
        "reasons": [reading for reading in readings if reading.correction],
        **around(course, draw),
    }
    return page(request, owner, "blood", context)


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def value(request: HttpRequest, owner: Owner, pk: int) -> HttpResponse:
    """One value: its sentence, its number, and how it moved."""
    result = get_object_or_404(
        Result.objects.visible_to(owner.account)
        .exclude(status=Result.Status.ENTERED_IN_ERROR)
        .select_related("analyte", "draw__reviewed_by", "supersedes"),
        pk=pk,
    )
    row = found_or_404(owner, BLOOD, result.draw_id)
    course = course_of(owner)
    if not row.open:
        return waiting_page(request, course, row)
    if result.superseded_by_id is not None:
        return redirect("portal:value", result.superseded_by_id)
    series = series_of(result.analyte.key, owner)
    opened(owner, "value.opened", f"labs.draw:{row.pk}", analyte=result.analyte.key)
    context = {
        "row": row,
        "reading": read(result, course),
        "graph": value_graph(series, owner.site.zone, units_of(owner.account.units)),
        "table": [read(earlier, course) for earlier in reversed(series)],
        **around(course, result.draw),
    }
    return page(request, owner, "value", context)


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def sample(request: HttpRequest, owner: Owner, pk: int) -> HttpResponse:
    """One sample beside those before it."""
    sheet = get_object_or_404(SemenAnalysis.objects.visible_to(owner.account), pk=pk)
    if sheet.superseded_by_id is not None:
        return redirect("portal:sample", sheet.superseded_by_id)
    row = found_or_404(owner, SAMPLE, pk)
    course = course_of(owner)
    if not row.open:
        return waiting_page(request, course, row)
    sheets = open_sheets(owner)
    sheet = next(one for one in sheets if one.pk == pk)
    seen(owner, row, f"labs.semenanalysis:{pk}")
    samples = {one.pk: seen_of(one, owner) for one in sheets}
    mine = samples[pk]
    earlier = [seen for seen in samples.values() if seen.on < mine.on]
    context = {
        "row": row,
        "told": told(sheet.plain_sentence, whole=SHORT),
        "fact": big_fact(mine),
        "none": none_words(mine),
        "before": before_words(earlier),
        "graph": sample_graph(list(samples.values())),
        "table": [(seen, *big_fact(seen)) for seen in reversed(samples.values())],
        "stands": response_told(course.enrolment, set(samples)),
        "who": WHO_SENTENCE,
        "corrected": sheet.status == SemenAnalysis.Status.CORRECTED,
        "correction": sample_correction(sheet),
        **around(course, sheet),
    }
    return page(request, owner, "sample", context)


def sample_correction(sheet: SemenAnalysis) -> str:
    """What the corrected sheet said before, and why it was corrected."""
    if sheet.status != SemenAnalysis.Status.CORRECTED:
        return ""
    before = SemenAnalysis.objects.filter(superseded_by=sheet).first()
    return sample_corrected_words(sheet.correction_reason, before.plain_sentence if before else "")


def seen(owner: Owner, row: Collected, label: str) -> None:
    """He has opened it now: one row in the trail, and it is news no longer."""
    opened(owner, OPENED, label)
    owner.news = [one for one in owner.news if one is not row]


def found_or_404(owner: Owner, kind: str, pk: int) -> Collected:
    """His own; one that was taken back is gone."""
    row = owner.find(kind, pk)
    if row is None or row.struck:
        raise Http404
    return row


def waiting_page(request: HttpRequest, course: Course, row: Collected) -> HttpResponse:
    """Not open yet: who reads it and by when."""
    line = next(closed_line(row, course))
    context = {"line": line, "contact": contact_of(course), "nav": "results"}
    return page(request, course.owner, "waiting", context)


def read(result: Result, course: Course) -> Any:
    draw, units = result.draw, units_of(course.owner.account.units)
    reviewer = draw.reviewed_by.name if draw.reviewed_by_id and draw.reviewed_by else ""
    replaced = getattr(result, "supersedes", None)
    return reading_of(
        read_in(result, units),
        reviewed=draw.reviewed_at is not None,
        contact=contact_of(course, reviewer),
        was=printed_result(read_in(replaced, units)) if replaced else "",
    )


def around(course: Course, result: Draw | SemenAnalysis) -> dict[str, Any]:
    """The person to ask, what that person wrote, and what happens next."""
    reviewer = result.reviewed_by.name if result.reviewed_by else ""
    owner = course.owner
    waiting = [row for row in owner.collected if not row.open and not row.struck]
    return {
        "contact": contact_of(course, reviewer),
        "reviewed_at": result.reviewed_at,
        "comment": result.comment if result.reviewed_at else "",
        "coming": next_visit(course),
        "waiting": [line for row in waiting for line in closed_line(row, course)],
        "nav": "results",
    }
