"""What makes a programme binding: publishing, signing off, the choice for enrolments, the end."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, requires
from clinic.refusal import Refusal
from protocols.actions import definition as actions
from protocols.actions import sign_offs as signing
from protocols.forms.definitions import BecauseForm, PublishForm, SignOffForm
from protocols.models import SignOff, Version
from protocols.queries.definitions import (
    newest_published,
    sign_offs,
    text_of,
    unsigned_choices,
)
from protocols.queries.enrolment import definition_of
from protocols.rules.differences import differences, shown
from protocols.rules.fields import PARTS
from protocols.rules.sign_offs import Choice, own, walk
from protocols.views.drafts import draft_or_404, versions


@require_safe
@requires(Capability.PROTOCOL_READ)
def export_definition(request, pk: int) -> HttpResponse:
    """The version as a YAML file, always in the same order; a draft as it was typed."""
    version = get_object_or_404(Version.objects.select_related("protocol"), pk=pk)
    name = f"{version.protocol.key}-{slugify(version.name)}.yaml"
    return HttpResponse(
        text_of(version),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_http_methods(["GET", "POST"])
@requires(Capability.PROTOCOL_SIGN)
def publish(request, pk: int) -> HttpResponse:
    """What becomes different, and the password that makes it so."""
    found = draft_or_404(pk)
    form = PublishForm(request.POST or None, initial={"revision": found.version.revision})
    if form.is_valid():
        try:
            published = actions.publish_draft(
                version=found.version,
                revision=form.cleaned_data["revision"],
                password=form.cleaned_data["password"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{published} is published and never changes from now on.")
            return redirect("protocols:definition", published.pk)
    newest = newest_published(found.version)
    definition = found.definition
    context = {
        "nav": "protocols",
        "draft": found,
        "version": found.version,
        "newest": newest,
        "number": (newest.number or 0) + 1 if newest else 1,
        "form": form,
        "groups": grouped(differences(definition_of(newest), definition))
        if newest and definition
        else [],
        "unsigned": len(unsigned_choices(found.version, request.site)) if definition else 0,
    }
    status = 422 if form.errors else 200
    return render(request, "protocols/definitions/publish.html", context, status=status)


def grouped(rows: Any) -> list[tuple[str, list[Any]]]:
    """The differences under the names of their parts."""
    parts: dict[str, list[Any]] = {}
    for row in rows:
        parts.setdefault(PARTS.get(row.part, "About the programme"), []).append(row)
    return list(parts.items())


@require_http_methods(["GET", "POST"])
@requires(Capability.PROTOCOL_SIGN)
def retire(request, pk: int) -> HttpResponse:
    """Take a version out of use, with a reason."""
    version = get_object_or_404(versions().exclude(state=Version.State.DRAFT), pk=pk)
    form = BecauseForm(request.POST or None)
    if form.is_valid():
        try:
            actions.retire(
                version=version,
                because=form.cleaned_data["because"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{version} is retired; the men on it stay on it.")
            return redirect("protocols:definition", pk)
    context = {"nav": "protocols", "version": version, "form": form}
    status = 422 if form.errors else 200
    return render(request, "protocols/definitions/retire.html", context, status=status)


@require_POST
@requires(Capability.PROTOCOL_SIGN)
def choose_default(request, pk: int) -> HttpResponse:
    """New enrolments at this site take this version from now on."""
    version = get_object_or_404(versions(), pk=pk)
    try:
        actions.choose_default(
            site=request.site, version=version, by=request.user, now=timezone.now()
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"New enrolments here take {version}.")
    return redirect("protocols:definition", pk)


@require_http_methods(["GET", "POST"])
@requires(Capability.PROTOCOL_SIGN)
def sign_off(request, pk: int) -> HttpResponse:
    """Every value with its source; the medical lead signs for one, for a part or for many."""
    version = get_object_or_404(versions().exclude(sha256=""), pk=pk)
    form = SignOffForm(request.POST or None, open_choices=unsigned_choices(version, request.site))
    if form.is_valid():
        try:
            signed = signing.sign_off(
                version=version,
                site=request.site,
                fingerprints=form.chosen,
                password=form.cleaned_data["password"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            count = len(signed)
            messages.success(
                request, f"{count} value{'s are' if count != 1 else ' is'} signed off."
            )
            return redirect("protocols:sign_off", pk)
    context = {
        "nav": "protocols",
        "version": version,
        "form": form,
        "groups": signable(version, request.user),
        "ticked": set(form["fingerprints"].value() or []),
        "parts_ticked": set(form["parts"].value() or []),
    }
    status = 422 if form.errors else 200
    return render(request, "protocols/definitions/sign_off.html", context, status=status)


def signable(version: Version, user: Any) -> list[dict[str, Any]]:
    """The values part by part, each with what it says and who has signed it."""
    signed = sign_offs(version, user)
    groups: dict[str, list[dict[str, Any]]] = {}
    for part, choice in walk(definition_of(version), (), ""):
        row = {"choice": choice, "says": says(part), "name": name_of(choice),
               "sign": signed.get(choice.fingerprint)}  # fmt: skip
        groups.setdefault(choice.part, []).append(row)
    return [
        {
            "part": part,
            "title": PARTS.get(part, part),
            "rows": rows,
            "open": sum(row["sign"] is None for row in rows),
        }
        for part, rows in groups.items()
    ]


def says(part: Any) -> str:
    return shown({key: value for key, value in own(part).items() if key != "source"})


def name_of(choice: Choice) -> str:
    """The place as a person reads it: visits, M1."""
    words = choice.place.replace("[", ".").replace("]", "").split(".")
    return ", ".join(word.replace("_", " ") for word in words[1:]) or "the whole part"


@require_http_methods(["GET", "POST"])
@requires(Capability.PROTOCOL_SIGN)
def withdraw_sign_off(request, pk: int) -> HttpResponse:
    """Take a signature back, with a reason."""
    sign = get_object_or_404(
        SignOff.objects.visible_to(request.user).select_related("version__protocol", "signed_by"),
        pk=pk,
    )
    form = BecauseForm(request.POST or None)
    if form.is_valid():
        try:
            signing.withdraw_sign_off(
                sign=sign,
                because=form.cleaned_data["because"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "The signature is taken back.")
            return redirect("protocols:sign_off", sign.version_id)
    context = {"nav": "protocols", "sign": sign, "version": sign.version, "form": form}
    status = 422 if form.errors else 200
    return render(request, "protocols/definitions/withdraw.html", context, status=status)
