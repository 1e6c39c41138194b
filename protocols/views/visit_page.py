"""The page of one visit, whole or after a section was kept: what every view of it needs."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from clinic import audit
from clinic.access import Capability, may
from clinic.pages import MemberRequest, render_part
from protocols.forms import visits as forms
from protocols.forms.dosing import BottleForm
from protocols.forms.safety import DecisionForm
from protocols.graphs.rows import evidence_graph
from protocols.models import Finding, Prescription, Visit
from protocols.queries.adherence import Compared, compared, ticks_of
from protocols.queries.banner import banner_of
from protocols.queries.definitions import mark_unsigned
from protocols.queries.dosing import adherence_of, overall
from protocols.queries.stock import offered
from protocols.queries.visit_checklist import checklist
from protocols.queries.visit_items import ticks
from protocols.queries.visit_sections import Section, missing, prescribes, sections
from protocols.queries.workspace import Workspace, told, workspace_of
from protocols.rules import vitals
from protocols.views.items import decision_form

TEMPLATE = "protocols/visits/visit.html"
VITALS = ("weight_kg", "systolic_mmhg", "diastolic_mmhg", "pulse_per_min")


def work_or_404(request: MemberRequest, pk: int) -> Workspace:
    visit = get_object_or_404(told(request.user), pk=pk)
    return workspace_of(visit, visit.enrolment.patient.site.localdate(timezone.now()))


def form_of(key: str, work: Workspace, data: Any = None) -> Any:
    """The form of a section, filled with what is kept or bound to what was posted."""
    visit = work.visit
    match key:
        case "identity":
            return forms.IdentityForm(data, initial={"identifiers": visit.identifiers})
        case "since":
            return forms.SinceForm(data, initial={"text": visit.since_last_time})
        case "capsules":
            return forms.CapsulesForm(data, initial=counted(work))
        case "side":
            return forms.SideEffectsForm(data, asked=checklist(work))
        case "mood":
            return forms.MoodForm(data, initial=answered(work))
        case "vitals":
            return forms.VitalsForm(data, initial={key: getattr(visit, key) for key in VITALS})
        case _:
            listed = ticks(work.definition, visit)
            initial = {"text": visit.plan, "ticked": visit.counselling}
            return forms.PlanForm(data, ticks=listed, initial=initial)


FORMS = ("identity", "since", "capsules", "side", "mood", "vitals", "plan")


def counted(work: Workspace) -> dict[str, Any]:
    count = work.count
    if count is None:
        return {"lost": 0, "handed_in": 0}
    return {
        "returned": count.returned,
        "handed_in": count.handed_in,
        "lost": count.lost,
        "not_brought": count.returned is None,
    }


def answered(work: Workspace) -> dict[str, Any]:
    mood = work.mood
    if mood is None:
        return {}
    items = {f"item_{n}": answer for n, answer in enumerate(mood.answers, start=1)}
    return items | {
        "difficulty": mood.difficulty,
        "words": mood.words,
        "wants_call": mood.wants_call,
    }


def page(
    request: MemberRequest, work: Workspace, refused: dict[str, Any] | None = None
) -> HttpResponse:
    """The whole page, or the part that a swap needs; 422 where something was refused."""
    refused = refused or {}
    context = context_of(request, work, refused)
    key = next(iter(refused), "")
    if not key:
        return render_part(request, TEMPLATE, "workspace", context)
    if request.htmx and key in context["by_key"]:
        context["section"] = context["by_key"][key]
        response = render(request, "protocols/visits/_section.html", context, status=422)
        response["HX-Retarget"], response["HX-Reswap"] = f"#{key}", "outerHTML"
        patch_vary_headers(response, ["HX-Request"])
        return response
    return render(request, TEMPLATE, context, status=422)


def context_of(request: MemberRequest, work: Workspace, refused: dict[str, Any]) -> dict[str, Any]:
    told_sections = sections(work)
    may_record = may(request.user, Capability.VISIT_RECORD)
    changing = request.GET.get("change", "")
    open_ones = {
        row.key
        for row in told_sections
        if work.is_open and may_record and (row.key in (changing, *refused) or is_to_do(row))
    }
    after = request.GET.get("after", "")
    context: dict[str, Any] = {
        "work": work,
        "visit": work.visit,
        "patient": work.story.patient,
        "banner": banner_of(work.story, work.today),
        "sections": told_sections,
        "by_key": {row.key: row for row in told_sections},
        "missing": missing(work),
        "open_ones": open_ones,
        "changing": changing,
        "next_key": next_after(told_sections, after, open_ones) if after else changing,
        "forms": {key: refused.get(key) or form_of(key, work) for key in FORMS},
        "refused": refused,
        "may_record": may_record,
        "nav": "patients",
        "today": work.today,
        "now": timezone.localtime(),
    }
    return context | details(request, work, refused)


def is_to_do(section: Section) -> bool:
    return section.asked and not section.done and section.key != "sign"


def next_after(told_sections: list[Section], key: str, open_ones: set[str]) -> str:
    """The first section still to do below the one that was kept, or else above it."""
    keys = [row.key for row in told_sections]
    at = keys.index(key) + 1 if key in keys else 0
    return next((row for row in [*keys[at:], *keys[:at]] if row in open_ones), "sign")


def details(request: MemberRequest, work: Workspace, refused: dict[str, Any]) -> dict[str, Any]:
    """What the single sections show besides their forms."""
    user, doses = request.user, work.story.doses
    return {
        "asked": checklist(work),
        "taken": adherence_of(work.definition.dose, work.count) if work.count else None,
        "whole": overall(doses) if doses else None,
        "three": witnesses(work),
        "unusual": vitals.notes(
            vitals.Vitals(**{key: getattr(work.visit, key) for key in VITALS}),
            weight_before=work.weight_before,
        ),
        "crisis": work.definition.mood.crisis_text if work.mood and work.mood.item9 else "",
        "cards": cards(request, work, refused),
        "ticks": ticks(work.definition, work.visit),
        "prescribes": prescribes(work),
        "may_prescribe": may(user, Capability.DOSE_PRESCRIBE),
        "may_dispense": may(user, Capability.DOSE_DISPENSE),
        "may_decide": may(user, Capability.FINDING_DECIDE),
        "may_sign": may(user, Capability.VISIT_SIGN),
        "prescribe_form": refused.get("prescribe")
        or forms.PrescribeForm(initial={"days": work.definition.dose.max_supply_days}),
        "dispense_form": refused.get("dispense") or waiting_bottle(request, work),
        "amend_form": refused.get("amend") or forms.AmendForm(),
        "open_form": refused.get("open") or forms.OpenForm(initial={"on": came_on(work)}),
        "day_form": refused.get("day")
        or forms.DayForm(initial={"on": work.visit.attended_on}, prefix="day"),
        "back_form": refused.get("back") or forms.TakeBackForm(prefix="back"),
    }


def witnesses(work: Workspace) -> Compared | None:
    """What his diary and his bottles say beside the count of this visit."""
    record, count = work.story.doses, work.count
    if record is None or count is None:
        return None
    rows = compared(record, ticks_of(work.enrolment))
    return next((row for row in rows if row.interval.count.pk == count.pk), None)


def came_on(work: Workspace) -> date:
    """Today, unless the visit was missed: then he came when it was due, if he came."""
    visit = work.visit
    missed = visit.status == Visit.Status.MISSED
    return visit.target_on if missed and visit.target_on else work.today


def cards(request: MemberRequest, work: Workspace, refused: dict[str, Any]) -> list[dict[str, Any]]:
    """The open findings, each with its evidence and the form of its decision."""
    mark_unsigned(work.story.findings, work.visit.enrolment.version, work.story.signed)
    return [
        {
            "finding": found,
            "plot": evidence_graph(found, work.results, work.story),
            "form": refused.get(f"finding-{found.pk}") or decision(request, found),
        }
        for found in work.story.findings
    ]


def decision(request: MemberRequest, found: Finding, data: Any = None) -> DecisionForm:
    """Prefixed, since several findings may be decided on one page."""
    form = decision_form(request, found, data)
    form.prefix = f"f{found.pk}"
    return form


def bottle_form(
    request: MemberRequest, prescription: Prescription, today: date, data: Any = None
) -> BottleForm:
    """The lots that this prescription can be filled from, the first to expire chosen."""
    lots = offered(prescription, today, request.user)
    return BottleForm(data, lots=lots, formulation=prescription.formulation)


def waiting_bottle(request: MemberRequest, work: Workspace) -> BottleForm | None:
    """Only where there is a bottle to hand out, and somebody who may."""
    bottle = work.bottle
    if bottle is None or bottle.on or not work.is_open:
        return None
    if not may(request.user, Capability.DOSE_DISPENSE):
        return None
    return bottle_form(request, bottle.prescription, work.today)


def viewed(request: MemberRequest, work: Workspace) -> None:
    audit.viewed(request.user, work.story.patient, "visit")


def kept(request: MemberRequest, pk: int, key: str) -> HttpResponse:
    """After a section is written: the fresh marks for who goes on typing, else the page."""
    if request.htmx and "done" not in request.POST:
        work = work_or_404(request, pk)
        context = context_of(request, work, {})
        context["section"] = context["by_key"][key]
        response = render(request, "protocols/visits/_saved.html", context)
        response["HX-Reswap"] = "none"
        return response
    return onward(pk, key)


def onward(pk: int, key: str) -> HttpResponse:
    return redirect(f"{reverse('protocols:visit', args=[pk])}?after={key}")
