"""A file of results comes in: which laboratory, what its columns mean, and the preview of it."""

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import Capability, requires
from clinic.pages import MemberRequest, render_part
from clinic.refusal import Refusal
from labs.actions import inbound
from labs.actions.columns import judge_or_set_aside, set_columns
from labs.actions.reading import format_named
from labs.forms.columns import ColumnsForm, still_right
from labs.forms.upload import UploadForm
from labs.models import ColumnMapping, InboundMessage, Laboratory
from labs.rules.reported import Unreadable
from labs.rules.table_columns import Columns, guessed, missing
from labs.tables.reading import Sight, look_at, recognised

TABLES = ("csv", "xlsx")
#: A longer file of messages is judged by the worker.
JUDGED_AT_ONCE_BYTES = 200_000
State = InboundMessage.State


@require_http_methods(["GET", "POST"])
@requires(Capability.INBOUND_MATCH)
def upload(request: MemberRequest) -> HttpResponse:
    """One page for every format: the file is kept to the byte, and nothing is filed yet."""
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = UploadForm(*posted, user=request.user)
    if form.is_valid():
        try:
            kept, sight = take_in(
                request, form.cleaned_data["laboratory"], form.cleaned_data["file"]
            )
        except Refusal as refusal:
            form.add_error("file", str(refusal))
        else:
            return next_page(request, kept, sight)
    context = {"form": form, "nav": "laboratory"}
    return render(request, "labs/upload.html", context, status=422 if form.errors else 200)


def take_in(
    request: MemberRequest, laboratory: Laboratory, file: UploadedFile
) -> tuple[InboundMessage, Sight | None]:
    """Keep the file if it is one we can read; what it says is judged next."""
    raw, now = file.read(), timezone.now()
    try:
        kind = recognised(raw)
        format_named(kind)
        sight = look_at(raw) if kind in TABLES else None
    except Unreadable as why:
        raise Refusal(str(why)) from why
    except KeyError:
        raise Refusal("Files of this kind are not taken in here.") from None
    long = sight is None and len(raw) > JUDGED_AT_ONCE_BYTES
    kept = inbound.keep_file(
        raw=raw,
        file_name=file.name or "",
        format=kind,
        laboratory=laboratory,
        options={"received_at": now.isoformat(), "unjudged": long},
        by=request.user,
        now=now,
    )
    return kept, sight


def next_page(request: MemberRequest, kept: InboundMessage, sight: Sight | None) -> HttpResponse:
    """The preview; before it the columns of a table nobody has explained yet."""
    if kept.times_received > 1:
        messages.info(request, "This file came before; this is what became of it.")
    judged = kept.rows.exists() or "columns" in kept.options or kept.options.get("unjudged")
    if kept.state != State.STAGED or judged:
        return redirect("labs:inbound_message", kept.pk)
    if sight is None:
        judge_or_set_aside(message=kept, now=timezone.now())
        return redirect("labs:inbound_message", kept.pk)
    if known := remembered(kept, sight):
        messages.success(request, "The columns were read as the last time.")
        return looked_at(request, kept, known, sight)
    return redirect("labs:columns", kept.pk)


def remembered(kept: InboundMessage, sight: Sight) -> Columns | None:
    """What was said of the last table like it, where that leaves no question open."""
    found = ColumnMapping.objects.filter(
        laboratory=kept.laboratory, fingerprint=sight.fingerprint
    ).first()
    if found is None:
        return None
    columns = Columns.from_json(found.columns | {"headings_in": sight.headings_in})
    if missing(columns):
        return None
    return still_right(columns, *sight.questions(columns))


def looked_at(
    request: MemberRequest, kept: InboundMessage, columns: Columns, sight: Sight
) -> HttpResponse:
    """Judge a short table at once; a long one is judged beside, and its page shows when."""
    now = timezone.now()
    message = set_columns(
        message=kept,
        columns=columns,
        fingerprint=sight.fingerprint,
        rows=sight.below,
        by=request.user,
        now=now,
    )
    if not message.options["unjudged"]:
        judge_or_set_aside(message=message, now=now)
    return redirect("labs:inbound_message", kept.pk)


@require_http_methods(["GET", "POST"])
@requires(Capability.INBOUND_MATCH)
def columns(request: MemberRequest, pk: int) -> HttpResponse:
    """A person says what each column means; a guess from the headings stands there already."""
    found = get_object_or_404(
        InboundMessage.objects.visible_to(request.user)
        .filter(format__in=TABLES)
        .select_related("laboratory__site"),
        pk=pk,
    )
    if found.state != State.STAGED:
        messages.error(request, "This file does not wait for a look any more.")
        return redirect("labs:inbound_message", pk)
    sight = look_at(bytes(found.raw))
    form = ColumnsForm(
        request.POST if request.method == "POST" else None,
        sight=sight,
        before=proposed(found, sight),
    )
    if form.is_valid():
        try:
            return looked_at(request, found, form.columns(), sight)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    context = {"found": found, "form": form, "sight": sight, "nav": "laboratory"}
    return render(request, "labs/columns.html", context, status=422 if form.errors else 200)


def proposed(found: InboundMessage, sight: Sight) -> Columns:
    """What was said of this file, else of the last one like it, else what its headings seem."""
    if said := found.options.get("columns"):
        return Columns.from_json(said)
    known = ColumnMapping.objects.filter(
        laboratory=found.laboratory, fingerprint=sight.fingerprint
    ).first()
    if known is not None:
        return Columns.from_json(known.columns | {"headings_in": sight.headings_in})
    return guessed(sight.headings)


@require_safe
@requires(Capability.INBOUND_MATCH)
def looking(request: MemberRequest, pk: int) -> HttpResponse:
    """A long table is being judged; once it is, the page of the file comes."""
    found = get_object_or_404(InboundMessage.objects.visible_to(request.user).defer("raw"), pk=pk)
    waits = found.state == State.STAGED and found.options.get("unjudged", False)
    if not waits:
        if request.htmx:
            return HttpResponse(headers={"HX-Redirect": redirect("labs:inbound_message", pk).url})
        return redirect("labs:inbound_message", pk)
    context = {"found": found, "nav": "laboratory"}
    return render_part(request, "labs/looking.html", "looking", context)
