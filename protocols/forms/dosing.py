"""Prescribing, handing out, counting, and ordering a change of dose."""

from typing import Any

from django import forms

from clinic.forms import DayInput

LONGEST_REASON = 300


def reason_field(label: str, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PrescribeForm(forms.Form):
    """How many days; the dose is the one that is ordered."""

    days = forms.IntegerField(label="Days", min_value=1, max_value=30, initial=30)


class CancelForm(forms.Form):
    reason = reason_field("Why it is cancelled")


class OrderForm(forms.Form):
    """An order that changes the dose, with its reason."""

    reason = reason_field("Reason, kept with the order")


class DispenseForm(forms.Form):
    """What is on the bottle; and who stands for going against the gate, where it says no."""

    on = forms.DateField(label="Handed over on", widget=DayInput())
    lot = forms.CharField(label="Lot", max_length=40)
    expires_on = forms.DateField(label="Expires on", widget=DayInput())

    @property
    def bottle(self) -> dict[str, Any]:
        return {key: self.cleaned_data[key] for key in ("on", "lot", "expires_on")}


class OverrideForm(DispenseForm):
    """The same with a reason and the password of a second member."""

    override_reason = reason_field("Why he gets the capsules all the same")
    second_email = forms.EmailField(label="Second member’s e-mail")
    second_password = forms.CharField(
        label="Second member’s password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
