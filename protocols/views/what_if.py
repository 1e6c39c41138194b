"""What if this version were everybody's: counted, told man by man, and done one man at a time."""

from dataclasses import astuple
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.pages import MemberRequest
from clinic.refusal import Refusal
from protocols.actions.migration import migrate
from protocols.forms.what_if import MoveForm, ReasonForm
from protocols.models import Enrolment, Version
from protocols.queries.what_if import CHUNK, Look, changing, counts_of, in_flight, look, with_men
from protocols.queries.what_if import men_of as compared
from protocols.rules.what_if import Counts

ROWS = 25
SALT = "protocols.what_if.counts"


def version_or_404(request: MemberRequest, pk: int) -> Version:
    """The version without its long document, and with how many men are under way on others."""
    rows = Version.objects.select_related("protocol").defer("definition", "source")
    return get_object_or_404(with_men(rows, request.user), pk=pk)


@require_safe
@requires(Capability.PROTOCOL_WRITE)
def what_if(request: MemberRequest, pk: int) -> HttpResponse:
    """The numbers first, then the men, those who would change or all."""
    return page(request, version_or_404(request, pk))


def page(
    request: MemberRequest, version: Version, form: MoveForm | None = None, status: int = 200
) -> HttpResponse:
    """The page; `form` is what was refused, with what was ticked and typed."""
    whole = in_flight(request.user, version) if version.sha256 else Enrolment.objects.none()
    asked, key = request.GET, request.GET.get("after", "")
    after = int(key) if key.isdecimal() else 0
    only = asked.get("only") == "changes"
    now = timezone.now()
    first = look(whole, version, now, after=0, size=CHUNK)
    seen = rows_of(request, version, first, after=after, only=only, now=now)
    context = {
        "nav": "protocols",
        "version": version,
        "draft": version.state == Version.State.DRAFT,
        "named": may(request.user, Capability.PATIENT_READ),
        "may_move": version.state == Version.State.PUBLISHED
        and may(request.user, Capability.PROTOCOL_SIGN),
        "only": only,
        "men": seen.men,
        "page": {"next_key": seen.next_key},
        "form": form or MoveForm(men=[]),
        **counted(version, first, Counts()),
    }
    return render(request, "protocols/what_if/what_if.html", context, status=status)


def rows_of(
    request: MemberRequest, version: Version, first: Look, *, after: int, only: bool, now: Any
) -> Look:
    """The men of one page of the table; the first chunk has been looked at already."""
    if not may(request.user, Capability.PATIENT_READ):
        return Look([], None)
    found = first
    if after:
        found = look(in_flight(request.user, version), version, now, after=after, size=CHUNK)
    return changing(found, ROWS) if only else found.upto(ROWS)


def counted(version: Version, seen: Look, sofar: Counts) -> dict[str, Any]:
    """What the counts come to so far, and where the next chunk begins."""
    counts = counts_of(seen.men, sofar)
    following = ""
    if seen.next_key is not None:
        following = signing.dumps([seen.next_key, *astuple(counts)], salt=SALT)
    return {
        "counts": counts,
        "following": following,
        "whole": vars(version)["men"],
        "version": version,
    }


@require_safe
@requires(Capability.PROTOCOL_WRITE)
def what_if_counts(request: MemberRequest, pk: int) -> HttpResponse:
    """The next chunk of men, added to the counts that the page has so far."""
    version = version_or_404(request, pk)
    try:
        after, *numbers = signing.loads(request.GET.get("sofar", ""), salt=SALT, max_age=3600)
    except signing.BadSignature:
        return redirect("protocols:what_if", pk)
    whole = in_flight(request.user, version)
    seen = look(whole, version, timezone.now(), after=after, size=CHUNK)
    context = counted(version, seen, Counts(*numbers))
    swap = request.htmx and not request.htmx.boosted
    name = "_counts" if swap else "counts"
    return render(request, f"protocols/what_if/{name}.html", {"nav": "protocols", **context})


@require_POST
@requires(Capability.PROTOCOL_SIGN)
def move_men(request: MemberRequest, pk: int) -> HttpResponse:
    """Move the ticked men, each in a transaction of his own; who is refused is named."""
    version = version_or_404(request, pk)
    whole = in_flight(request.user, version)
    wanted = [int(key) for key in request.POST.getlist("men") if key.isdecimal()][:CHUNK]
    rows = whole.filter(pk__in=wanted).select_related("patient", "version__protocol").order_by("pk")
    found = {row.pk: row for row in rows.defer("version__definition", "version__source")}
    form = MoveForm(request.POST, men=list(found))
    if not form.is_valid():
        return page(request, version, form, status=422)
    refused = []
    for row in (found[key] for key in form.cleaned_data["men"]):
        try:
            migrate(
                enrolment=row, to=version, reason=form.cleaned_data["reason"],
                by=request.user, now=timezone.now(), seen=row.version_id,
            )  # fmt: skip
        except Refusal as refusal:
            refused.append(f"{row.patient}: {refusal}")
    moved = len(form.cleaned_data["men"]) - len(refused)
    if moved:
        messages.success(request, f"{moved} {'man' if moved == 1 else 'men'} moved to {version}.")
    for sentence in refused:
        messages.error(request, sentence)
    return redirect("protocols:what_if", pk)


@require_http_methods(["GET", "POST"])
@requires(Capability.PROTOCOL_WRITE)
def what_if_man(request: MemberRequest, pk: int, enrolment: int) -> HttpResponse:
    """One man: each visit as it was and would become, and the button that moves him."""
    if not may(request.user, Capability.PATIENT_READ):
        raise PermissionDenied
    version = version_or_404(request, pk)
    rows = Enrolment.objects.visible_to(request.user).filter(
        version__protocol=version.protocol_id, pk=enrolment
    )
    row = get_object_or_404(rows.select_related("patient"))
    may_move = may(request.user, Capability.PROTOCOL_SIGN)
    form = ReasonForm(request.POST or None, initial={"seen": row.version_id})
    if request.method == "POST" and not may_move:
        raise PermissionDenied
    if form.is_valid():
        try:
            change = migrate(
                enrolment=row, to=version, reason=form.cleaned_data["reason"], by=request.user,
                now=timezone.now(), seen=form.cleaned_data["seen"] or row.version_id,
            )  # fmt: skip
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field == "reason" else None, str(refusal))
        else:
            messages.success(request, f"{row.patient} is on {change.became} now.")
            return redirect("protocols:enrolment_versions", row.pk)
    (man,) = compared(rows, version, timezone.now()) if version.sha256 else (None,)
    audit.viewed(request.user, row.patient, "protocols:what_if_man")
    context = {
        "nav": "protocols",
        "version": version,
        "man": man,
        "patient": row.patient,
        "form": form,
        "may_move": may_move and version.state == Version.State.PUBLISHED,
        "there": row.version_id == version.pk,
        "back_url": reverse("protocols:what_if", args=[pk]),
    }
    status = 422 if form.errors else 200
    return render(request, "protocols/what_if/man.html", context, status=status)
