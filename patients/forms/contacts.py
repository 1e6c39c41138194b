"""Writing down a call."""

from django import forms
from django.core.validators import RegexValidator

from clinic.forms import MomentInput
from patients.models import ContactAttempt

LABEL = RegexValidator(r"\A[a-z]+\.[a-z]+:\d+\Z", "This does not name anything.")


class ContactForm(forms.Form):
    channel = forms.ChoiceField(label="How", choices=ContactAttempt.Channel.choices)
    outcome = forms.ChoiceField(label="How it ended", choices=ContactAttempt.Outcome.choices)
    at = forms.DateTimeField(label="When", widget=MomentInput())
    note = forms.CharField(
        label="Note",
        max_length=300,
        required=False,
        help_text="What was agreed; when to try again.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    about = forms.CharField(
        required=False, max_length=80, validators=[LABEL], widget=forms.HiddenInput
    )
