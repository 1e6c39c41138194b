"""He called: symptoms. What was told is written down, and what to say stands there at once."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import audit
from clinic.access import Capability, requires
from clinic.refusal import Refusal
from patients.models import Letter, Patient
from protocols.actions import told as actions
from protocols.forms.told import StrikeForm, ToldForm
from protocols.models import Enrolment, Finding, SymptomReport
from protocols.queries.banner import banner_of
from protocols.queries.enrolment import definition_of, live_enrolment
from protocols.queries.story import story_of
from protocols.rules.told_words import words_for
from protocols.rules.vocabulary import Status


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.EVENT_RECORD)
def told(request, pk: int) -> HttpResponse:
    """The form; from a message it begins with that message's words."""
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("site"), pk=pk
    )
    enrolment = live_enrolment(patient)
    if enrolment is None:
        messages.error(request, f"{patient} is not in the programme: the rules do not know him.")
        return redirect(patient.record_url)
    letter = letter_asked(request, patient)
    form = ToldForm(
        request.POST if request.method == "POST" else None,
        table=definition_of(enrolment.version).safety,
        initial=beginning(letter),
    )
    if form.is_valid():
        report = keep(request, enrolment, form, letter)
        if report is not None:
            return redirect("protocols:symptom_report", report.pk)
    audit.viewed(request.user, patient, "protocols:symptoms_told")
    context = {**frame(patient), "form": form, "letter": letter}
    status = 422 if form.errors else 200
    return render(request, "protocols/told/form.html", context, status=status)


def letter_asked(request, patient: Patient) -> Letter | None:
    """The message it was told in, if one of his is named."""
    named = request.POST.get("letter") or request.GET.get("letter", "")
    if not named.isdecimal():
        return None
    rows = Letter.objects.visible_to(request.user).filter(patient=patient, from_patient=True)
    return rows.filter(pk=int(named)).first()


def beginning(letter: Letter | None) -> dict[str, Any]:
    if letter is None:
        return {"channel": SymptomReport.Channel.PHONE, "told_at": timezone.now()}
    return {
        "channel": SymptomReport.Channel.MESSAGE,
        "told_at": letter.written_at,
        "words": letter.body[: actions.LONGEST],
    }


def keep(
    request, enrolment: Enrolment, form: ToldForm, letter: Letter | None
) -> SymptomReport | None:
    """Keep it, or put the sentence beside its field."""
    given = form.cleaned_data
    try:
        return actions.tell(
            enrolment=enrolment,
            codes=form.codes,
            channel=given["channel"],
            told_by=given["told_by"],
            told_at=given["told_at"],
            words=given["words"],
            letter=letter,
            by=request.user,
            now=timezone.now(),
        )
    except Refusal as refusal:
        field = {"codes": "grave"}.get(refusal.field or "", refusal.field)
        form.add_error(field if field in form.fields else None, str(refusal))
        return None


def frame(patient: Patient) -> dict[str, Any]:
    story = story_of(patient)
    return {
        "patient": patient,
        "banner": banner_of(story, story.local(timezone.now())),
        "nav": "patients",
        "now": timezone.localtime(),
    }


def report_or_404(request, pk: int) -> SymptomReport:
    rows = (
        SymptomReport.objects.visible_to(request.user)
        .select_related("enrolment__patient__site", "enrolment__version", "recorded_by",
                        "struck_by", "letter")
        .defer("enrolment__version__definition")
    )  # fmt: skip
    return get_object_or_404(rows, pk=pk)


@require_safe
@requires(Capability.EVENT_RECORD)
def report(request, pk: int) -> HttpResponse:
    """What to say now, what the rules propose, and what was written down."""
    return report_page(request, report_or_404(request, pk), StrikeForm())


def report_page(request, found: SymptomReport, form: StrikeForm, status: int = 200) -> HttpResponse:
    enrolment = found.enrolment
    definition = definition_of(enrolment.version)
    finding = Finding.objects.filter(evidence=found.label).order_by("-pk").first()
    context = {
        **frame(enrolment.patient),
        "report": found,
        "named": [rule for code in found.codes if (rule := definition.safety.symptom(code))],
        "say": words_for(
            definition.safety,
            found.codes,
            takes_it=enrolment.status == Status.ACTIVE,
            called=actions.promised(found, enrolment.patient.site.zone, timezone.now()),
        ),
        "crisis_text": definition.mood.crisis_text,
        "finding": finding,
        "form": form,
    }
    audit.viewed(request.user, enrolment.patient, "protocols:symptom_report")
    return render(request, "protocols/told/report.html", context, status=status)


@require_POST
@requires(Capability.EVENT_RECORD)
def strike(request, pk: int) -> HttpResponse:
    found = report_or_404(request, pk)
    form = StrikeForm(request.POST)
    if form.is_valid():
        try:
            actions.strike(
                report=found,
                because=form.cleaned_data["because"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, "Struck out; it stays to be read.")
            return redirect("protocols:symptom_report", pk)
    return report_page(request, found, form, status=422)
