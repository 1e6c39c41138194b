"""A tank: its map, how it is built, its nitrogen, and counting what stands in it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import Capability, may, requires
from clinic.pages import MemberRequest, render_part
from labs.actions import tanks as actions
from labs.forms.storage import CountForm, NitrogenForm, TankForm
from labs.models import Container, NitrogenReading, Tank, TankCount
from labs.queries.storage import tank_map, tank_row
from labs.views.storage_deeds import attempt, given_in, pair_of

SHOWS = ("taken", "reserved", "expiring")


def tank_or_404(request: MemberRequest, pk: int) -> Tank:
    return get_object_or_404(Tank.objects.visible_to(request.user).select_related("site"), pk=pk)


def draw(
    request: MemberRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    given = {"nav": "laboratory", **context}
    return render_part(request, f"labs/storage/{template}.html", "part", given, status=status)


def number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 1


@require_safe
@requires(Capability.STORAGE_READ)
def tank(request: MemberRequest, pk: int) -> HttpResponse:
    """The map of one tank, one canister open; the words above it filter the list below."""
    found = tank_or_404(request, pk)
    today = request.site.localdate(timezone.now())
    shown = tank_map(found, number(request.GET.get("canister", "")), today)
    only = request.GET.get("show", "")
    only = only if only in SHOWS else ""
    reading = NitrogenReading.objects.filter(tank=found).select_related("by").first()
    context = {
        "tank": found,
        "map": shown,
        "only": only,
        "listed": shown.shown(only) if only else [],
        "row": tank_row(found, shown.taken, reading, today),
        "counted": TankCount.objects.filter(tank=found).select_related("by", "witness").first(),
        "may_record": may(request.user, Capability.STORAGE_RECORD),
    }
    return draw(request, "tank", context)


@require_http_methods(["GET", "POST"])
@requires(Capability.STORAGE_RECORD)
def add(request: MemberRequest) -> HttpResponse:
    form = TankForm(given_in(request))
    made: list[Tank] = []

    def act() -> None:
        made.append(
            actions.add(
                site=request.site, built=form.cleaned_data, by=request.user, now=timezone.now()
            )
        )

    if attempt(form, act):
        messages.success(request, f"{made[0]} is there.")
        return redirect("labs:tank", made[0].pk)
    return draw(request, "tank_form", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Capability.STORAGE_RECORD)
def change(request: MemberRequest, pk: int) -> HttpResponse:
    found = tank_or_404(request, pk)
    known = {name: getattr(found, name) for name in actions.BUILT}
    form = TankForm(given_in(request), initial=known)

    def act() -> None:
        actions.change(tank=found, built=form.cleaned_data, by=request.user)

    if attempt(form, act):
        messages.success(request, "The tank is as you say.")
        return redirect("labs:tank", pk)
    context = {"form": form, "tank": found}
    return draw(request, "tank_form", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Capability.STORAGE_RECORD)
def nitrogen(request: MemberRequest, pk: int) -> HttpResponse:
    """The log of the nitrogen, and the next reading."""
    found = tank_or_404(request, pk)
    now = timezone.now()
    form = NitrogenForm(given_in(request), initial={"read_at": timezone.localtime(now)})

    def act() -> None:
        actions.read_nitrogen(tank=found, by=request.user, now=now, **form.cleaned_data)

    if attempt(form, act):
        messages.success(request, "The level is written down.")
        return redirect("labs:nitrogen", pk)
    log = list(NitrogenReading.objects.filter(tank=found).select_related("by")[:60])
    taken = Container.objects.kept().filter(tank=found).count()
    row = tank_row(found, taken, log[0] if log else None, request.site.localdate(now))
    context = {"form": form, "tank": found, "log": log, "row": row}
    return draw(request, "nitrogen", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Capability.STORAGE_RECORD)
def count(request: MemberRequest, pk: int) -> HttpResponse:
    """Scan what is there; what differs from the books is said before it is kept."""
    found = tank_or_404(request, pk)
    form = CountForm(given_in(request))

    def act() -> None:
        kept = actions.count(
            tank=found, codes=form.found(), pair=pair_of(request, form),
            reason=form.cleaned_data["reason"], now=timezone.now(),
        )  # fmt: skip
        messages.success(request, f"Counted: {kept.found} found, {kept.expected} expected.")

    if attempt(form, act):
        return redirect("labs:tank", pk)
    counts = TankCount.objects.filter(tank=found).select_related("by", "witness")
    context = {
        "form": form,
        "tank": found,
        "expected": Container.objects.kept().filter(tank=found).count(),
        "counts": list(counts[:20]),
    }
    return draw(request, "count", context, status=422 if form.errors else 200)
