"""Ticking off what was to be done."""

from django import forms

from protocols.models import Duty


class TickForm(forms.Form):
    outcome = forms.ChoiceField(
        label="How it ended",
        choices=Duty.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether it was done or is not needed."},
    )
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=300,
        help_text="What came of it; for “not needed”, why.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
