"""The record: everything about one man, a page for each tab; every opening is in the trail."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.models import AuditEvent, Document
from clinic.pages import MemberRequest, paginate, render_part
from labs.models import Draw, Result
from labs.queries.display import read_in
from labs.queries.storage import containers_of, word_of
from labs.rules.display import Units, units_of
from patients.models import ContactAttempt, Patient
from protocols.graphs.plot import Plot
from protocols.graphs.rows import evidence_graph, row_graph, sperm_graph
from protocols.models import AdverseEvent, Finding, SymptomReport
from protocols.queries.banner import banner_of
from protocols.queries.definitions import mark_unsigned
from protocols.queries.flowsheet import Measured, flowsheet_of, measured
from protocols.queries.ladder import reach_of
from protocols.queries.record import open_items, visit_lines
from protocols.queries.response import standing_of
from protocols.queries.ribbon import ribbon_of
from protocols.queries.story import Story, story_of

CLOSED = "none"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A finding to decide, with the drawing of its evidence."""

    finding: Finding
    plot: Plot | None


#: Reports of symptoms shown beside the side effects; older ones stand in the trail.
TOLD = 20


@require_safe
@requires(Capability.PATIENT_READ)
def overview(request: MemberRequest, pk: int) -> HttpResponse:
    """The whole of it: ribbon, flowsheet, what to decide. `row` is the row whose graph is open."""
    story, page = opened(request, pk, "overview")
    results = measured(story.patient.pk, units_of(request.user.units))
    sheet = flowsheet_of(story, results, page["today"])
    wanted = request.GET.get("row") or ("sperm" if story.samples else "")
    graph = None if wanted == CLOSED else row_graph(sheet, wanted, story, results, page["today"])
    page |= {
        "sheet": sheet,
        "graph": graph,
        "ribbon": ribbon_of(story, page["today"]),
        "proposals": proposals(story, results),
        "may_decide": may(request.user, Capability.FINDING_DECIDE),
        "items": open_items(story, page["today"], unread(results)),
        "reach": reach_of(story.enrolment, story.visits, page["today"])
        if story.enrolment
        else None,
        "outcomes": ContactAttempt.Outcome.choices,
    }
    return render_part(request, "protocols/record/overview.html", "flowsheet", page)


@require_safe
@requires(Capability.PATIENT_READ)
def visits(request: MemberRequest, pk: int) -> HttpResponse:
    story, page = opened(request, pk, "visits")
    page["visits"] = visit_lines(story, page["today"])
    return render(request, "protocols/record/visits.html", page)


@require_safe
@requires(Capability.RESULT_READ)
def laboratory(request: MemberRequest, pk: int) -> HttpResponse:
    story, page = opened(request, pk, "laboratory")
    draws = (
        Draw.objects.visible_to(request.user)
        .filter(patient=story.patient.pk)
        .select_related("laboratory", "reviewed_by")
    )
    page["page"] = paginate(draws, by="-collected_at", after=request.GET.get("after", ""), size=25)
    page["draws"] = with_results(page["page"].rows, units_of(request.user.units))
    return render(request, "protocols/record/laboratory.html", page)


def with_results(draws: list[Draw], units: Units) -> list[tuple[Draw, list[Result]]]:
    """Each draw with its standing results in the reader's units, in one query for all."""
    rows = Result.objects.current().filter(draw__in=draws).select_related("analyte")
    by_draw: dict[int, list[Result]] = {draw.pk: [] for draw in draws}
    for row in rows.order_by("analyte__position", "pk"):
        by_draw[row.draw_id].append(read_in(row, units))
    return [(draw, by_draw[draw.pk]) for draw in draws]


@require_safe
@requires(Capability.RESULT_READ)
def semen(request: MemberRequest, pk: int) -> HttpResponse:
    story, page = opened(request, pk, "semen")
    standing = standing_of(story.patient, story.enrolment)
    page["graph"] = sperm_graph(story, page["today"], standing.why_short)
    page["samples"] = [(row, standing.why.get(row.pk, "")) for row in reversed(story.samples)]
    page["response"] = standing
    page["containers"] = list(containers_of(story.patient))
    page["word"] = word_of(story.patient, page["today"])
    page["may_decide"] = may(request.user, Capability.FINDING_DECIDE)
    return render(request, "protocols/record/semen.html", page)


@require_safe
@requires(Capability.PATIENT_READ)
def side_effects(request: MemberRequest, pk: int) -> HttpResponse:
    story, page = opened(request, pk, "side_effects")
    page["going_on"] = [row for row in story.events if row.ended_on is None]
    page["over"] = [row for row in story.events if row.ended_on is not None]
    page["struck"] = list(
        AdverseEvent.objects.visible_to(request.user)
        .filter(enrolment=story.enrolment, struck_at__isnull=False)
        .order_by("onset_on", "pk")
    )
    page["told"] = list(
        SymptomReport.objects.visible_to(request.user).filter(enrolment=story.enrolment)[:TOLD]
    )
    return render(request, "protocols/record/side_effects.html", page)


@require_safe
@requires(Capability.DOCUMENT_READ)
def documents(request: MemberRequest, pk: int) -> HttpResponse:
    story, page = opened(request, pk, "documents")
    page["documents"] = (
        Document.objects.visible_to(request.user)
        .of(story.patient.label)
        .select_related("created_by")
    )
    return render(request, "protocols/record/documents.html", page)


@require_safe
@requires(Capability.PATIENT_READ)
def looked(request: MemberRequest, pk: int) -> HttpResponse:
    """Who opened this record, and what was done to it: the trail of one person."""
    story, page = opened(request, pk, "looked")
    events = (
        AuditEvent.objects.visible_to(request.user)
        .about(story.patient.label)
        .select_related("actor")
    )
    page["page"] = paginate(events, by="-at", after=request.GET.get("after", ""))
    return render(request, "protocols/record/looked.html", page)


def opened(request: MemberRequest, pk: int, tab: str) -> tuple[Story, dict]:
    """The man, if this member may see him, written down as seen; and what every tab shows."""
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("site"), pk=pk
    )
    audit.viewed(request.user, patient, tab)
    story = story_of(patient)
    today = patient.site.localdate(timezone.now())
    return story, {
        "patient": patient,
        "story": story,
        "today": today,
        "tab": tab,
        "nav": "patients",
        "banner": banner_of(story, today),
    }


def proposals(story: Story, results: list[Measured]) -> list[Proposal]:
    if story.enrolment is not None:
        mark_unsigned(story.findings, story.enrolment.version, story.signed)
    return [Proposal(row, evidence_graph(row, results, story)) for row in story.findings]


def unread(results: list[Measured]) -> int:
    """Draws with results that nobody has read."""
    return len({row.draw for row in results if not row.reviewed})
