"""The deviation log: what departed from the protocol, classified and closed by a person."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.pages import MemberRequest, paginate, render_part
from clinic.refusal import Refusal
from protocols.actions import deviations as actions
from protocols.forms.deviations import ClassForm, ReasonForm
from protocols.forms.enrolment import StepForm
from protocols.models import Deviation
from protocols.queries.banner import banner
from protocols.queries.deviations import CLOSED, OPEN, Asked, line_of, log, of_user, page_of
from protocols.rules.deviations import TITLES
from protocols.views.record import opened

TABS = {OPEN: "Open", CLOSED: "Closed"}


@require_safe
@requires(Capability.PATIENT_READ)
def deviations(request: MemberRequest) -> HttpResponse:
    """The log of the site; `show`, `code` and `weight` narrow it."""
    asked = Asked.read(*(request.GET.get(key, "") for key in ("show", "code", "weight")))
    page = paginate(log(request.user, asked), by="-raised_at", after=request.GET.get("after", ""))
    narrowed = {k: v for k, v in (("code", asked.code), ("weight", asked.weight)) if v}
    here = reverse("protocols:deviations")
    context = {
        "nav": "today",
        "asked": asked,
        "page": page,
        "lines": [line_of(row) for row in page.rows],
        "codes": TITLES.items(),
        "weights": Deviation.Weight.choices,
        "tabs": [
            {
                "label": label,
                "url": f"{here}?{urlencode(narrowed | {'show': show})}",
                "current": show == asked.show,
                "count": None,
            }
            for show, label in TABS.items()
        ],
    }
    return render_part(request, "protocols/deviations/log.html", "log", context)


@require_safe
@requires(Capability.PATIENT_READ)
def of_record(request: MemberRequest, pk: int) -> HttpResponse:
    """The departures of one man, open ones first."""
    story, page = opened(request, pk, "deviations")
    rows = of_user(request.user).filter(enrolment__patient=story.patient.pk)
    found = sorted(rows.order_by("-raised_at", "-pk"), key=lambda row: row.closed_at is not None)
    page["lines"] = [line_of(row) for row in found]
    return render(request, "protocols/record/deviations.html", page)


@require_safe
@requires(Capability.PATIENT_READ)
def deviation(request: MemberRequest, pk: int) -> HttpResponse:
    return shown(request, row_or_404(request, pk), {})


@require_POST
@requires(Capability.DEVIATION_RECORD)
def classify(request: MemberRequest, pk: int) -> HttpResponse:
    """Keep what is known so far; `close` in the form closes it."""
    form = ClassForm(request.POST)
    if "close" in request.POST:
        return act(request, pk, "class", form, actions.close, "Closed.")
    return act(request, pk, "class", form, actions.classify, "Kept; it is still open.")


@require_POST
@requires(Capability.DEVIATION_RECORD)
def dismiss(request: MemberRequest, pk: int) -> HttpResponse:
    form = ReasonForm(request.POST, prefix="none")
    return act(request, pk, "none", form, actions.dismiss, "Kept as not a deviation.")


@require_POST
@requires(Capability.DEVIATION_RECORD)
def reopen(request: MemberRequest, pk: int) -> HttpResponse:
    form = ReasonForm(request.POST, prefix="again")
    return act(request, pk, "again", form, actions.reopen, "It is open again.")


def act(
    request: MemberRequest,
    pk: int,
    key: str,
    form: StepForm,
    action: Callable[..., Deviation],
    said: str,
) -> HttpResponse:
    row = row_or_404(request, pk)
    if form.is_valid():
        try:
            action(deviation=row, by=request.user, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, said)
            return redirect("protocols:deviation", pk)
    return shown(request, row_or_404(request, pk), {key: form}, status=422)


def shown(
    request: MemberRequest, row: Deviation, forms: dict[str, Any], status: int = 200
) -> HttpResponse:
    patient = row.enrolment.patient
    audit.viewed(request.user, patient, "deviation")
    known = {name: getattr(row, name) for name in ("weight", "cause", "corrective_action")}
    context = {
        "nav": "patients",
        "patient": patient,
        "banner": banner(patient, today=patient.site.localdate(timezone.now())),
        "row": row,
        "line": line_of(row),
        "about": page_of(row),
        "may_record": may(request.user, Capability.DEVIATION_RECORD),
        "class_form": forms.get("class") or ClassForm(initial=known),
        "none_form": forms.get("none") or ReasonForm(prefix="none"),
        "again_form": forms.get("again") or ReasonForm(prefix="again"),
        "refused": forms,
    }
    return render(request, "protocols/deviations/deviation.html", context, status=status)


def row_or_404(request: MemberRequest, pk: int) -> Deviation:
    return get_object_or_404(of_user(request.user), pk=pk)
