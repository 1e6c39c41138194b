"""All questionnaires of one man about his mood, side by side and as a graph."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic import audit
from clinic.access import Capability, requires
from patients.models import Patient
from protocols.queries.banner import banner_of
from protocols.queries.evidence import mood_evidence
from protocols.queries.story import story_of


@require_safe
@requires(Capability.FINDING_READ)
def mood(request, pk: int) -> HttpResponse:
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("site"), pk=pk
    )
    story = story_of(patient)
    definition = story.definition
    told = mood_evidence(story.enrolment, definition) if story.enrolment and definition else None
    audit.viewed(request.user, patient, "protocols:mood")
    context = {
        "patient": patient,
        "banner": banner_of(story, timezone.localdate()),
        "mood": told,
        "nav": "patients",
        "tab": "side_effects",
    }
    return render(request, "protocols/mood/mood.html", context)
