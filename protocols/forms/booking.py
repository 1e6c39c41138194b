"""What is typed when a visit is booked, moved or cancelled."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from clinic.models import Resource


class SlotForm(forms.Form):
    """One time of one resource, as the drawer posts it: "12@2026-09-04T15:30:00+00:00"."""

    slot = forms.CharField(
        max_length=60, error_messages={"required": "Choose one of the times first."}
    )
    reason = forms.CharField(
        label="Why he comes outside his window",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, resources: list[Resource], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resources = {str(resource.pk): resource for resource in resources}

    def clean_slot(self) -> tuple[Resource, datetime]:
        key, _, moment = self.cleaned_data["slot"].partition("@")
        try:
            at = parse_datetime(moment)
        except ValueError:
            at = None
        if key not in self.resources or at is None or timezone.is_naive(at):
            raise forms.ValidationError("That time is not one of ours. Choose again.")
        return self.resources[key], at


class CancelForm(forms.Form):
    """Why an appointment is taken back; the reason is kept."""

    reason = forms.CharField(
        label="Why is it cancelled?",
        max_length=200,
        error_messages={"required": "Say why it is cancelled."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
