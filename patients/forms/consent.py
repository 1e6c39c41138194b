"""Recording a consent and its withdrawal."""

from django import forms

from clinic.forms import DayInput
from patients.models import Consent

#: What a member can record; a consent signed in the portal records itself.
METHODS = [
    (value, label) for value, label in Consent.Method.choices if value != Consent.Method.PORTAL
]


class ConsentForm(forms.Form):
    given_on = forms.DateField(label="Agreed on", widget=DayInput())
    method = forms.ChoiceField(label="How", choices=METHODS, initial=Consent.Method.PAPER)
    witness = forms.CharField(
        label="Witness",
        max_length=120,
        required=False,
        help_text="Needed for a spoken consent.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    understood = forms.BooleanField(
        label="He has read exactly these words and had his questions answered",
        error_messages={"required": "Without this a consent is only a signature."},
    )


class WithdrawalForm(forms.Form):
    on = forms.DateField(
        label="Withdrawn on", help_text="From this day it does not count.", widget=DayInput()
    )
    reason = forms.CharField(
        label="His reason, if he gives one",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
