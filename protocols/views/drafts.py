"""Working on a programme: the draft as a whole, its text, and each part of it as a form."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, requires
from clinic.refusal import Refusal
from protocols.actions import drafts
from protocols.forms.definitions import ImportForm, PlaceForm, SourceForm, heading_of
from protocols.models import Version
from protocols.queries.definitions import Draft, draft_of, newest_published
from protocols.rules.definition import Definition
from protocols.rules.differences import name_of
from protocols.rules.fields import PARTS, model_at
from protocols.rules.places import ABOUT, at, changed, slug_of, stands, way_of
from protocols.rules.problems import Path
from protocols.rules.written import head_of, ordered, written
from protocols.rules.yaml_text import MOST_LINES

#: Lines below the last one, so that there is room to write on.
SPARE_LINES = 12


def versions() -> Any:
    return Version.objects.select_related(
        "protocol", "based_on__protocol", "saved_by", "published_by", "discarded_by", "retired_by"
    ).defer("definition", "based_on__definition", "based_on__source")


def draft_or_404(pk: int) -> Draft:
    """A draft that is being worked on; a version that is published has a page of its own."""
    return draft_of(get_object_or_404(versions().filter(state=Version.State.DRAFT), pk=pk))


@require_safe
@requires(Capability.PROTOCOL_READ)
def draft(request, pk: int) -> HttpResponse:
    """Where the draft stands: its parts, what is wrong, and what comes before publishing."""
    found = draft_or_404(pk)
    context = {
        "nav": "protocols",
        "draft": found,
        "version": found.version,
        "parts": parts_of(found),
        "newest": newest_published(found.version),
        "may_write": found.version.discarded_at is None,
    }
    return render(request, "protocols/definitions/draft.html", context)


def parts_of(found: Draft) -> list[dict[str, Any]]:
    """The parts with how much is wrong in each."""
    wrong: dict[str, int] = {}
    for problem in found.problems:
        first = str(problem.way[0]) if problem.way else ABOUT
        key = first if first in PARTS else ABOUT
        wrong[key] = wrong.get(key, 0) + 1
    named = {ABOUT: "About the programme"} | dict(PARTS)
    return [{"slug": k, "title": words, "wrong": wrong.get(k, 0)} for k, words in named.items()]


@require_http_methods(["GET", "POST"])
@requires(Capability.PROTOCOL_WRITE)
def draft_text(request, pk: int) -> HttpResponse:
    """The whole draft as text with numbered lines; saved right or wrong."""
    found = draft_or_404(pk)
    form = SourceForm(
        request.POST or None,
        initial={"source": found.text, "revision": found.version.revision},
    )
    if form.is_valid():
        try:
            saved = drafts.save_draft(
                version=found.version,
                text=form.cleaned_data["source"],
                revision=form.cleaned_data["revision"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, saved_words(draft_of(saved)))
            return redirect("protocols:draft_text", pk)
    text = form["source"].value() or ""
    told = found if not form.is_bound else draft_of(found.version, text.replace("\r\n", "\n"))
    lines = min(text.count("\n") + 1, MOST_LINES) + SPARE_LINES
    form.fields["source"].widget.attrs["rows"] = lines
    wrong = {problem.line for problem in told.problems}
    context = {
        "nav": "protocols",
        "version": found.version,
        "draft": told,
        "form": form,
        "lines": [(number, number in wrong) for number in range(1, lines + 1)],
    }
    status = 422 if form.errors else 200
    return render(request, "protocols/definitions/draft_text.html", context, status=status)


def saved_words(found: Draft) -> str:
    count = found.wrong
    if not count:
        return "Saved."
    return f"Saved. {count:,} thing{'s are' if count > 1 else ' is'} not right yet."


@require_http_methods(["GET", "POST"])
@requires(Capability.PROTOCOL_WRITE)
def draft_place(request, pk: int, place: str) -> HttpResponse:
    """One part of the draft, or one row of it, as a form."""
    found = draft_or_404(pk)
    way = way_of(place)
    if model_at(way) is None:
        raise Http404
    content = found.content
    if content is None:
        messages.warning(request, "The text cannot be read yet: put it right here first.")
        return redirect("protocols:draft_text", pk)
    if not stands(content, way):
        messages.warning(request, "This row is not in the draft any more.")
        return redirect("protocols:draft", pk)
    form = PlaceForm(content, way, placed(found))
    if request.method == "POST":
        try:
            save_place(request, found, form, content)
        except Refusal as refusal:
            typed = PlaceForm(content, way, placed(found), typed_in=request.POST)
            return place_page(request, found, typed, refusal=str(refusal), status=422)
        return redirect("protocols:draft_place", pk, place)
    return place_page(request, found, form)


def placed(found: Draft) -> list[Any]:
    return [problem for problem in found.problems if problem.way]


def save_place(request, found: Draft, form: PlaceForm, content: dict[str, Any]) -> None:
    """Write what was typed into the text, then take the step of the button that was pressed."""
    revision = request.POST.get("revision", "")
    document = changed(content, form.values(request.POST), step_of(request.POST.get("do", "")))
    whole: Any = ordered(Definition, document)
    saved = drafts.save_draft(
        version=found.version,
        text=written(whole, head_of(found.text)),
        revision=int(revision) if revision.isdecimal() else 0,
        by=request.user,
        now=timezone.now(),
    )
    messages.success(request, saved_words(draft_of(saved)))


def step_of(button: str) -> tuple[str, Path] | None:
    """add:visits, up:visits-3, or no step at all."""
    verb, colon, slug = button.partition(":")
    return (verb, way_of(slug)) if colon and slug else None


def place_page(
    request, found: Draft, form: PlaceForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "nav": "protocols",
        "draft": found,
        "version": found.version,
        "form": form,
        "title": title_of(form),
        "place": slug_of(form.way),
        "trail": trail_of(form.way),
        "parts": parts_of(found),
        "part": str(form.way[0]) if form.way else ABOUT,
        "loses_comments": found.loses_comments,
        "refusal": refusal,
        "revision": request.POST.get("revision", found.version.revision),
    }
    return render(request, "protocols/definitions/draft_place.html", context, status=status)


def title_of(form: PlaceForm) -> str:
    """The name of a row, or of the part."""
    if form.way and isinstance(form.way[-1], int):
        return f"{heading_of(form.way)}: {name_of(at(form.content, form.way))}"
    return heading_of(form.way)


def trail_of(way: Path) -> list[tuple[str, str]]:
    """The places around this one, each with its address."""
    return [
        (slug_of(way[:length]), step_words(way[:length]))
        for length in range(1, len(way))
        if model_at(way[:length]) is not None
    ]


def step_words(way: Path) -> str:
    step = way[-1]
    return f"number {step + 1}" if isinstance(step, int) else heading_of(way)


@require_POST
@requires(Capability.PROTOCOL_WRITE)
def copy_version(request, pk: int) -> HttpResponse:
    version = get_object_or_404(Version.objects.all(), pk=pk)
    made = drafts.copy_to_draft(version=version, by=request.user, now=timezone.now())
    messages.success(
        request, "A draft is begun; nothing changes for anybody until it is published."
    )
    return redirect("protocols:draft", made.pk)


@require_http_methods(["GET", "POST"])
@requires(Capability.PROTOCOL_WRITE)
def import_definition(request) -> HttpResponse:
    """Take a file in as a draft, right or wrong."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            made = drafts.import_draft(text=form.text(), by=request.user, now=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, saved_words(draft_of(made)))
            return redirect("protocols:draft", made.pk)
    context = {"nav": "protocols", "form": form}
    status = 422 if form.errors else 200
    return render(request, "protocols/definitions/import.html", context, status=status)


@require_POST
@requires(Capability.PROTOCOL_WRITE)
def discard_draft(request, pk: int) -> HttpResponse:
    return settle(request, pk, drafts.discard_draft, "The draft is out of the way.")


@require_POST
@requires(Capability.PROTOCOL_WRITE)
def take_back_draft(request, pk: int) -> HttpResponse:
    return settle(request, pk, drafts.take_back_draft, "The draft is back.")


def settle(request, pk: int, action: Any, words: str) -> HttpResponse:
    version = get_object_or_404(Version.objects.filter(state=Version.State.DRAFT), pk=pk)
    try:
        action(version=version, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, words)
    return redirect("protocols:draft", pk)
