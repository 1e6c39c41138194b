"""What laboratories' own codes and units mean: what waits, what somebody said, taking it back."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import Capability, may, requires
from clinic.pages import MemberRequest
from clinic.refusal import Refusal
from labs.actions import codes as actions
from labs.actions.codes import ReadAgain
from labs.models import AnalyteCode, Laboratory, UnitAlias
from labs.queries.codes import (
    WaitingCode,
    WaitingUnit,
    codes_at,
    one_waiting_code,
    waiting_units,
)
from labs.rules.catalogue import GROUP_NAMES, published_catalogue
from labs.rules.dictionary import folded_unit
from labs.rules.units import printed_unit


def analyte_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    published = published_catalogue()
    return [
        (name, [(each.key, each.name) for each in published.analytes if each.group is group])
        for group, name in GROUP_NAMES.items()
    ]


class CodeForm(forms.Form):
    analyte = forms.ChoiceField(label="It means", error_messages={"required": "Choose one."})

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["analyte"].choices = [("", "Choose…"), *analyte_choices()]  # type: ignore[attr-defined]


class UnitForm(forms.Form):
    unit = forms.ChoiceField(label="It means", error_messages={"required": "Choose one."})

    def __init__(self, *args: object, units: list[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        named = [(unit, f"{printed_unit(unit) or unit} ({unit})") for unit in units]
        self.fields["unit"].choices = [("", "Choose…"), *named]  # type: ignore[attr-defined]


class TakeBackForm(forms.Form):
    reason = forms.CharField(
        max_length=200,
        label="Why it is taken back",
        help_text="Kept in the trail.",
        error_messages={"required": "Say why it is taken back."},
    )


@require_safe
@requires(Capability.CATALOGUE_WRITE)
def codes(request: MemberRequest) -> HttpResponse:
    """Everything that waits, and everything somebody has said."""
    context = {"found": codes_at(request.user), **around(request)}
    return render(request, "labs/codes.html", context)


def around(request: MemberRequest) -> dict[str, object]:
    """The way back: an administrator sees no results, so his is the settings."""
    reads = may(request.user, Capability.RESULT_READ)
    return {
        "nav": "laboratory" if reads else "settings",
        "may_read": reads,
        "back_url": reverse("labs:inbound" if reads else "clinic:settings"),
        "back": "Received from laboratories" if reads else "Settings",
    }


@require_http_methods(["GET", "POST"])
@requires(Capability.CATALOGUE_WRITE)
def map_code(request: MemberRequest) -> HttpResponse:
    """Say what one code of one laboratory means; what waits for it is read again."""
    waiting = asked_code(request)
    form = CodeForm(request.POST or None)
    if form.is_valid() and not waiting.refusal:
        try:
            row = actions.map_code(
                laboratory=waiting.laboratory,
                system=waiting.system,
                code=waiting.code,
                analyte=form.cleaned_data["analyte"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error("analyte", str(refusal))
        else:
            done = actions.read_again_for_code(row, by=request.user, now=timezone.now())
            said = f"{row} of {row.laboratory} means {row.analyte}."
            messages.success(request, f"{said} {read_words(done)}")
            return redirect("labs:codes")
    context = {"waiting": waiting, "form": form, **around(request)}
    status = 422 if request.method == "POST" else 200
    return render(request, "labs/map_code.html", context, status=status)


def asked_code(request: MemberRequest) -> WaitingCode:
    """The code an address names, as it waits now."""
    laboratory = asked_laboratory(request)
    system, code = request.GET.get("system", ""), request.GET.get("code", "")
    if "\x00" in system + code:
        raise Http404
    found = one_waiting_code(request.user, laboratory, system, code)
    if found is None:
        raise Http404
    return found


def asked_laboratory(request: MemberRequest) -> Laboratory:
    key = request.GET.get("laboratory", "")
    if not key.isdecimal() or len(key) > 12:
        raise Http404
    return get_object_or_404(Laboratory.objects.visible_to(request.user), pk=key)


def read_words(done: ReadAgain) -> str:
    if not done.messages:
        return "Nothing waited for it."
    values = f"{done.filed} value{'' if done.filed == 1 else 's'}"
    several = f"{done.messages} message{'' if done.messages == 1 else 's'}"
    verb = "waits" if done.filed == 1 else "wait"
    left = f" {done.left} still wait for another code or unit." if done.left else ""
    later = f" {done.later} more are read within a minute." if done.later else ""
    return f"{values} of {several} no longer {verb} for it.{left}{later}"


@require_http_methods(["GET", "POST"])
@requires(Capability.CATALOGUE_WRITE)
def map_unit(request: MemberRequest) -> HttpResponse:
    """Say what one spelling of a unit means; what waits for it is read again."""
    waiting = asked_unit(request)
    form = UnitForm(request.POST or None, units=waiting.choices)
    if form.is_valid() and not waiting.refusal:
        try:
            row = actions.map_unit(
                laboratory=waiting.laboratory,
                text=waiting.text,
                unit=form.cleaned_data["unit"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error("unit", str(refusal))
        else:
            done = actions.read_again_for_unit(row, by=request.user, now=timezone.now())
            said = f"{waiting.text} of {row.laboratory} is {printed_unit(row.unit)}."
            messages.success(request, f"{said} {read_words(done)}")
            return redirect("labs:codes")
    context = {"waiting": waiting, "form": form, **around(request)}
    status = 422 if request.method == "POST" else 200
    return render(request, "labs/map_unit.html", context, status=status)


def asked_unit(request: MemberRequest) -> WaitingUnit:
    laboratory = asked_laboratory(request)
    text = folded_unit(request.GET.get("unit", ""))
    for waiting in waiting_units(request.user):
        if waiting.laboratory == laboratory and folded_unit(waiting.text) == text:
            return waiting
    raise Http404


@require_http_methods(["GET", "POST"])
@requires(Capability.CATALOGUE_WRITE)
def unmap_code(request: MemberRequest, pk: int) -> HttpResponse:
    mine = AnalyteCode.objects.filter(laboratory__in=Laboratory.objects.visible_to(request.user))
    row = get_object_or_404(mine.select_related("analyte", "laboratory", "mapped_by"), pk=pk)
    said = next((each for each in codes_at(request.user).said_codes if each.row == row), None)
    what = f"{row} of {row.laboratory} means {row.analyte}"
    return taken_back(
        request,
        what,
        said.filed if said else 0,
        lambda reason: actions.unmap_code(row=row, reason=reason, by=request.user),
    )


@require_http_methods(["GET", "POST"])
@requires(Capability.CATALOGUE_WRITE)
def unmap_unit(request: MemberRequest, pk: int) -> HttpResponse:
    mine = UnitAlias.objects.filter(laboratory__in=Laboratory.objects.visible_to(request.user))
    row = get_object_or_404(mine.select_related("laboratory", "mapped_by"), pk=pk)
    what = f"{row.text} of {row.laboratory} is {printed_unit(row.unit)}"
    return taken_back(
        request,
        what,
        None,
        lambda reason: actions.unmap_unit(row=row, reason=reason, by=request.user),
    )


def taken_back(
    request: MemberRequest, what: str, filed: int | None, act: Callable[[str], None]
) -> HttpResponse:
    """Ask why, and say what stays as it is; None: nobody counts what was filed by it."""
    form = TakeBackForm(request.POST or None)
    if form.is_valid():
        try:
            act(form.cleaned_data["reason"])
        except Refusal as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(request, f"Taken back: {what}.")
            return redirect("labs:codes")
    context = {"what": what, "filed": filed, "form": form, **around(request)}
    context |= {"back_url": reverse("labs:codes"), "back": "Codes"}
    status = 422 if request.method == "POST" else 200
    return render(request, "labs/take_back.html", context, status=status)
