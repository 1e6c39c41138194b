"""Storing, moving, thawing, discarding: asked for and confirmed by a second person on one page."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic.access import Capability, requires
from clinic.pages import MemberRequest
from clinic.refusal import Refusal
from clinic.views.second import add_refusal, second_member
from labs.actions import storage as actions
from labs.actions.storage import Pair, Place
from labs.actions.storage_terms import agree, screen, standing_consent
from labs.forms import storage as forms
from labs.models import Container, SemenAnalysis, StorageTerms, Tank
from labs.queries.storage import cleared, screening_of, word_of
from labs.rules.storage import (
    USUAL_YEARS,
    Clearance,
    Status,
    Verb,
    cover_refusal,
    first_free,
    step_refusal,
)
from labs.rules.storage_numbers import COUNTED_BELOW
from labs.views.person import page, patient_or_404
from labs.views.storage import container_or_404
from patients.models import Patient

MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Deed:
    """One verb as its page says it."""

    title: str
    button: str
    follows: str
    done: str
    form: type[BaseForm]
    grave: bool = False


DEEDS: dict[str, Deed] = {
    "move": Deed("Move it", "Moved", "Both of you have seen where it stands now.",
                 "It stands at its new position.", forms.MoveForm),
    "reserve": Deed("Reserve it", "Reserved",
                    "It stays where it is, and everybody reads what it is kept for.",
                    "It is reserved.", forms.ReserveForm),
    "release": Deed("Release it", "Released", "It is no longer kept for anything in particular.",
                    "It is released.", forms.ReasonForm),
    "thaw": Deed("Thaw it", "Thawed",
                 "It leaves the tank. What is thawed is never frozen again.",
                 "It is thawed. Test it now.", forms.SecondSignature, grave=True),
    "use": Deed("Use it", "Used", "What was thawed goes into a treatment.", "It is used.",
                forms.SecondSignature),
    "transfer": Deed("Send it to another clinic", "Sent",
                     "It leaves the house with its papers.", "It is sent.", forms.TransferForm),
    "discard": Deed("Discard it", "Discarded",
                    "It is gone for ever. Read its code and his name aloud to each other first.",
                    "It is discarded.", forms.ReasonForm, grave=True),
}  # fmt: skip


#: What one container after another has in common, on the same day.
LIKE_THE_LAST = ("cryoprotectant", "cryoprotectant_lot", "method", "volume_ml", "kind")


def tanks_for(request: MemberRequest, clear: bool) -> list[Tank]:
    """The tanks of the site, those he may stand in first."""
    rows = list(Tank.objects.visible_to(request.user))
    return sorted(rows, key=lambda tank: (tank.quarantine == clear, tank.name, tank.pk))


def kept_in(tanks: list[Tank]) -> list[Container]:
    """What stands in these tanks, the newest first."""
    return list(
        Container.objects.kept().filter(tank__in=tanks).order_by("-pk")
        .only("tank_id", "canister", "cane", "position", *LIKE_THE_LAST)
    )  # fmt: skip


def free_spot(tanks: list[Tank], kept: list[Container]) -> dict[str, Any]:
    """The first free position of the first tank that has one, as a form's first answers."""
    for tank in tanks:
        taken = {row.spot for row in kept if row.tank_id == tank.pk and row.spot}
        spot = first_free(tank.size, taken)
        if spot is not None:
            return {
                "tank": tank.pk, "canister": spot.canister, "cane": spot.cane,
                "position": spot.position,
            }  # fmt: skip
    return {}


def given_in(request: MemberRequest) -> Any:
    """What was typed; a form sent back with nothing in it was sent back all the same."""
    return request.POST if request.method == "POST" else None


def attempt(form: BaseForm, act: Callable[[], object]) -> bool:
    """True when it was done; else the form has the sentence."""
    if not form.is_valid():
        return False
    try:
        act()
    except Refusal as refusal:
        add_refusal(form, refusal)
        return False
    return True


def pair_of(request: MemberRequest, form: BaseForm) -> Pair:
    return Pair(by=request.user, witness=second_member(request, form.cleaned_data))


@require_http_methods(["GET", "POST"])
@requires(Capability.STORAGE_RECORD)
def store(request: MemberRequest, pk: int) -> HttpResponse:
    """Freeze what was found, with everything the sheet knows filled in."""
    return stored(request, patient_or_404(request, pk), forms.StoreForm)


@require_http_methods(["GET", "POST"])
@requires(Capability.STORAGE_RECORD)
def receive(request: MemberRequest, pk: int) -> HttpResponse:
    """Take in what comes from another clinic, with its papers."""
    return stored(request, patient_or_404(request, pk), forms.ReceiveForm)


def stored(request: MemberRequest, patient: Patient, shape: type[forms.StoreForm]) -> HttpResponse:
    now = timezone.now()
    today = request.site.localdate(now)
    clear = cleared(screening_of(patient), today) is Clearance.CLEAR
    tanks, sheets = tanks_for(request, clear), sheets_of(patient)
    first = {} if request.method == "POST" else first_answers(request, patient, tanks, sheets)
    form = shape(given_in(request), tanks=tanks, sheets=sheets, initial=first)
    made: list[Container] = []

    def act() -> None:
        comes = form.carriage() if isinstance(form, forms.ReceiveForm) else None
        made.append(
            actions.store(
                patient=patient,
                frozen=form.frozen(),
                place=Place(tank=form.cleaned_data["tank"], spot=form.spot()),
                pair=pair_of(request, form),
                carriage=comes,
                confirmed=form.cleaned_data["confirmed"],
                now=timezone.now(),
            )
        )

    if attempt(form, act):
        messages.success(request, f"{made[0]} is stored. Print its label.")
        return redirect("labs:container", made[0].pk)
    word = word_of(patient, today)
    verb = Verb.RECEIVE if shape is forms.ReceiveForm else Verb.STORE
    context = {
        "form": form,
        "tanks": tanks,
        "word": word,
        "why_not": cover_refusal(verb, word.covered, word.on_death),
        "clear": clear,
    }
    return page(
        request, patient, "storage/store", context, status=422 if form.errors else 200
    )  # fmt: skip


def sheets_of(patient: Patient) -> list[SemenAnalysis]:
    """His newest sheets with sperm, from which something may have been frozen."""
    rows = SemenAnalysis.objects.current().filter(patient=patient, sperm_seen=True)
    return list(rows.order_by("-collected_at", "-pk")[:12])


def first_answers(
    request: MemberRequest, patient: Patient, tanks: list[Tank], sheets: list[SemenAnalysis]
) -> dict[str, Any]:
    """What the sheet, the last container here and the first free position already say."""
    kept = kept_in(tanks)
    known: dict[str, Any] = {"frozen_at": timezone.localtime()} | free_spot(tanks, kept)
    if kept:
        known |= {name: getattr(kept[0], name) for name in LIKE_THE_LAST}
        known["volume_ml"] = kept[0].volume_ml.normalize()
    wanted = request.GET.get("sheet", "")
    sheet = next((row for row in sheets if str(row.pk) == wanted), None)
    return known if sheet is None else known | from_sheet(sheet)


def from_sheet(sheet: SemenAnalysis) -> dict[str, Any]:
    """The numbers of a sheet as a container begins with them: a person looks at each."""
    known: dict[str, Any] = {
        "analysis": sheet.pk,
        "specimen": sheet.specimen,
        "n_sperm": sheet.pellet_sperm_n,
        "n_motile": sheet.pellet_motile_n,
    }
    if not sheet.pellet_sperm_n and sheet.total_sperm_m:
        known["n_sperm"] = int(sheet.total_sperm_m * MILLION)
        share = sheet.total_motility_pct
        known["n_motile"] = int(known["n_sperm"] * share / 100) if share is not None else None
    few = bool(known["n_sperm"]) and known["n_sperm"] < COUNTED_BELOW
    if few:
        known |= {"n_exact": True, "kind": Container.Kind.CRYOPIECE}
    return known


@require_http_methods(["GET", "POST"])
@requires(Capability.STORAGE_RECORD)
def deed(request: MemberRequest, pk: int, verb: str) -> HttpResponse:
    """Do one thing with one container, before a second person."""
    found, chosen = container_or_404(request, pk), DEEDS[verb]
    form = deed_form(request, found, chosen)
    word = word_of(found.patient, request.site.localdate(timezone.now()))
    step = Verb(verb)

    def act() -> None:
        place = None
        if isinstance(form, forms.MoveForm):
            place = Place(tank=form.cleaned_data["tank"], spot=form.spot())
        actions.move(
            container=found,
            verb=step,
            pair=pair_of(request, form),
            place=place,
            reason=form.cleaned_data.get("reason", ""),
            carriage=form.carriage() if isinstance(form, forms.TransferForm) else None,
            now=timezone.now(),
        )

    if attempt(form, act):
        messages.success(request, chosen.done)
        return redirect("labs:container", pk)
    refused = step_refusal(Status(found.status), step) or cover_refusal(
        step, word.covered, word.on_death
    )
    context = {"container": found, "deed": chosen, "form": form, "why_not": refused}
    return page(
        request, found.patient, "storage/deed", context, status=422 if form.errors else 200
    )  # fmt: skip


def deed_form(request: MemberRequest, found: Container, chosen: Deed) -> Any:
    if chosen.form is not forms.MoveForm:
        return chosen.form(given_in(request))
    on = request.site.localdate(found.frozen_at)
    tanks = tanks_for(request, cleared(screening_of(found.patient), on) is Clearance.CLEAR)
    first = free_spot(tanks, kept_in(tanks)) if request.method == "GET" else {}
    return forms.MoveForm(given_in(request), tanks=tanks, initial=first)


@require_http_methods(["GET", "POST"])
@requires(Capability.STORAGE_RECORD)
def thaw_test(request: MemberRequest, pk: int) -> HttpResponse:
    """What was found alive after the thaw."""
    found = container_or_404(request, pk)
    form = forms.ThawTestForm(given_in(request))

    def act() -> None:
        given = form.cleaned_data
        actions.record_thaw(container=found, by=request.user, now=timezone.now(), **given)

    if attempt(form, act):
        messages.success(request, "What was found is written down.")
        return redirect("labs:container", pk)
    context = {"container": found, "form": form}
    return page(
        request, found.patient, "storage/thaw", context, status=422 if form.errors else 200
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Capability.CONSENT_RECORD)
def terms(request: MemberRequest, pk: int) -> HttpResponse:
    """His agreement, new or renewed."""
    patient = patient_or_404(request, pk)
    now = timezone.now()
    today = request.site.localdate(now)
    last = StorageTerms.objects.filter(patient=patient).first()
    first = {
        "signed_on": today,
        "expires_on": today.replace(year=today.year + USUAL_YEARS, day=min(today.day, 28)),
        "on_death": last.on_death if last else None,
        "on_separation": last.on_separation if last else None,
    }
    form = forms.TermsForm(given_in(request), initial=first)

    def act() -> None:
        agree(patient=patient, by=request.user, now=now, **form.cleaned_data)

    if attempt(form, act):
        messages.success(request, "His agreement is recorded.")
        return redirect("labs:storage_person", pk)
    context = {
        "form": form, "word": word_of(patient, today), "consent": standing_consent(patient),
    }  # fmt: skip
    return page(
        request, patient, "storage/terms", context, status=422 if form.errors else 200
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Capability.STORAGE_RECORD)
def screening(request: MemberRequest, pk: int) -> HttpResponse:
    """His tests for infection."""
    patient = patient_or_404(request, pk)
    now = timezone.now()
    form = forms.ScreeningForm(given_in(request))

    def act() -> None:
        tested_on = form.cleaned_data["tested_on"]
        screen(
            patient=patient, tested_on=tested_on, answers=form.answers(), by=request.user, now=now
        )

    if attempt(form, act):
        messages.success(request, "His tests are recorded.")
        return redirect("labs:storage_person", pk)
    return page(
        request, patient, "storage/screening", {"form": form}, status=422 if form.errors else 200
    )
