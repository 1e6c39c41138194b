"""What is typed on Today: why a booking is cancelled, how a call ended."""

from django import forms
from django.core.validators import RegexValidator

from patients.models import ContactAttempt

LABEL = RegexValidator(r"\A[a-z]+\.[a-z]+:\d+\Z", "This does not name anything.")


class CancelForm(forms.Form):
    reason = forms.CharField(
        label="Why",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="He may read it: write what you would say to him.",
    )


class CalledForm(forms.Form):
    """One tap: the outcome; what it was about comes with the row."""

    outcome = forms.ChoiceField(choices=ContactAttempt.Outcome.choices)
    about = forms.CharField(required=False, max_length=80, validators=[LABEL])
