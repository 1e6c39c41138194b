"""What members type on a man's way into, through and out of the programme."""

from typing import Any

from django import forms

from clinic.forms import DayInput
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.rules.definition import Definition


class StepForm(forms.Form):
    """A step that asks nothing but the click."""

    def refuse(self, refusal: Refusal) -> None:
        """Put the sentence beside the field it is about, or above the form."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


class EligibilityForm(StepForm):
    decision = forms.ChoiceField(
        label="I have read the criteria above and sign that he",
        choices=[("yes", "is eligible"), ("no", "cannot take part")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="Reason",
        max_length=300,
        required=False,
        help_text="Needed when he cannot take part, and when his PHQ-9 total is at the limit.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    password = forms.CharField(
        label="Your password",
        help_text="It stands for your signature.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_password(self) -> str:
        if not self.account.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError("This is not your password.")
        return ""

    @property
    def eligible(self) -> bool:
        return self.cleaned_data["decision"] == "yes"


class CounsellingForm(StepForm):
    codes = forms.MultipleChoiceField(
        label="Gone through with him", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, definition: Definition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["codes"]
        field.choices = [(item.code, item.text) for item in definition.counselling]


class PreparationForm(StepForm):
    ipledge_id = forms.CharField(
        label="iPLEDGE number",
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    weight_kg = forms.DecimalField(
        label="Weight at the start",
        required=False,
        min_value=25,
        max_value=350,
        max_digits=5,
        decimal_places=1,
        help_text="For the cumulative dose per kilogram.",
    )


class FirstDoseForm(StepForm):
    on = forms.DateField(
        label="First capsule taken on",
        help_text="This becomes Day 1; every window is counted from it.",
        widget=DayInput(),
    )


class DatedForm(StepForm):
    on = forms.DateField(label="On", widget=DayInput())


class EndingForm(DatedForm):
    reason = forms.CharField(
        label="Reason", max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
