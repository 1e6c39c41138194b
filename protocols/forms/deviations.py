"""What a person says of a departure."""

from django import forms

from protocols.forms.enrolment import StepForm
from protocols.models import Deviation

LINES = {"rows": 2}


class ClassForm(StepForm):
    """Its class, its cause and what is done; closing asks for all three."""

    weight = forms.ChoiceField(
        label="Class", choices=Deviation.Weight.choices, widget=forms.RadioSelect
    )
    cause = forms.CharField(
        label="Why it happened",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs=LINES),
    )
    corrective_action = forms.CharField(
        label="What is done about it",
        max_length=300,
        required=False,
        help_text="What mends it, and what keeps it from happening again.",
        widget=forms.Textarea(attrs=LINES),
    )


class ReasonForm(StepForm):
    """Why it is none, or why it is looked at again."""

    reason = forms.CharField(
        label="Why",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
