"""The page of a laboratory with its ranges, and the critical limits with who signed them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, may, requires
from clinic.refusal import Refusal
from labs.actions.ranges import sign_limits, write_range
from labs.forms.ranges import RangeForm
from labs.models import Laboratory, LimitsSignature
from labs.queries.ranges import ranges_of
from labs.rules.catalogue import GROUP_NAMES, CatalogueError, Group, published_catalogue
from labs.rules.critical import critical_words, fingerprint, limited
from labs.rules.readings import in_unit
from labs.views.person import refuse


def laboratory_or_404(request, pk: int) -> Laboratory:
    return get_object_or_404(Laboratory.objects.visible_to(request.user), pk=pk)


@require_safe
@requires(Capability.PROTOCOL_READ)
def laboratory(request, pk: int) -> HttpResponse:
    """What one laboratory measures against what, since when and by which source."""
    found = laboratory_or_404(request, pk)
    own = ranges_of(found, timezone.localdate())
    groups = [
        {
            "name": name,
            "rows": [
                {
                    "analyte": analyte,
                    "ranges": own.get(analyte.key, []),
                    "default": analyte.reference,
                    "printed": analyte.reference.range.printed(analyte.unit)
                    if analyte.reference
                    else "",
                }
                for analyte in sorted(published_catalogue().analytes, key=lambda a: a.sort)
                if analyte.group is group
            ],
        }
        for group, name in GROUP_NAMES.items()
        if group is not Group.SEMEN
    ]
    return render(
        request,
        "labs/laboratory.html",
        {
            "laboratory": found,
            "groups": groups,
            "may_write": may(request.user, Capability.CATALOGUE_WRITE),
            "nav": "laboratory",
            "back_url": reverse("labs:catalogue"),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(Capability.CATALOGUE_WRITE)
def add_range(request, pk: int) -> HttpResponse:
    found = laboratory_or_404(request, pk)
    form = RangeForm(request.POST or None, initial=asked_for(request))
    if form.is_bound and form.is_valid():
        try:
            written = form.cleaned_data
            write_range(
                laboratory=found,
                analyte_key=written.pop("analyte"),
                by=request.user,
                now=timezone.now(),
                **written,
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "The range is kept. What was filed before keeps its own.")
            return redirect("labs:laboratory", found.pk)
    return render(
        request,
        "labs/add_range.html",
        {
            "laboratory": found,
            "form": form,
            "nav": "laboratory",
            "back_url": reverse("labs:laboratory", args=[found.pk]),
        },
        status=422 if form.errors else 200,
    )


def asked_for(request) -> dict[str, object]:
    """What the page of the laboratory has asked to change, with its usual unit."""
    today = timezone.localdate()
    try:
        analyte = published_catalogue().analyte(request.GET.get("analyte", ""))
    except CatalogueError:
        return {"valid_from": today}
    return {"valid_from": today, "analyte": analyte.key, "unit": analyte.unit}


@require_safe
@requires(Capability.PROTOCOL_READ)
def limits(request) -> HttpResponse:
    """What cannot be, what is unusual, and from where on a clinician is paged."""
    return limits_page(request)


@require_POST
@requires(Capability.PROTOCOL_SIGN)
def sign(request) -> HttpResponse:
    try:
        sign_limits(
            site=request.site, shown=request.POST.get("shown", ""), by=request.user,
            now=timezone.now(),
        )  # fmt: skip
    except Refusal as refusal:
        return limits_page(request, str(refusal), status=422)
    messages.success(request, "The critical limits are signed.")
    return redirect("labs:limits")


def limits_page(request, refused: str = "", *, status: int = 200) -> HttpResponse:
    catalogue = published_catalogue()
    shown = fingerprint(catalogue)
    signed = LimitsSignature.objects.filter(site=request.site).select_related("signed_by")
    rows = [
        {
            "analyte": analyte,
            "critical": critical_words(analyte, analyte.unit),
            "hard": in_unit(analyte, analyte.hard, analyte.unit) if analyte.hard else "",
            "soft": in_unit(analyte, analyte.soft, analyte.unit) if analyte.soft else "",
        }
        for analyte in sorted(catalogue.analytes, key=lambda a: a.sort)
        if analyte.group is not Group.SEMEN
    ]
    return render(
        request,
        "labs/limits.html",
        {
            "rows": rows,
            "number": len(limited(catalogue)),
            "shown": shown,
            "signature": signed.filter(fingerprint=shown).first(),
            "earlier": signed.exclude(fingerprint=shown).order_by("-signed_at").first(),
            "may_sign": may(request.user, Capability.PROTOCOL_SIGN),
            "refused": refused,
            "nav": "laboratory",
            "back_url": reverse("labs:catalogue"),
        },
        status=status,
    )
