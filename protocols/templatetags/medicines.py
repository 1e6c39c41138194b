"""What a medicine on the list means, said where it is written down: `{% load medicines %}`."""

from typing import Any

from django import template

from patients.models import Patient
from patients.queries import History
from protocols.queries.medicine_notes import medicine_notes

register = template.Library()


@register.inclusion_tag("protocols/safety/_medicines.html", takes_context=True)
def medicine_warnings(
    context: template.Context, patient: Patient, history: History
) -> dict[str, Any]:
    """One notice for each medicine that does not go with the programme's, or needs care."""
    return {
        "notes": medicine_notes(patient, history.medicines),
        "request": context.get("request"),
    }
