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


class CountForm(forms.Form):
    """Half a capsule is not counted."""

    brought = forms.TypedChoiceField(
        label="Did he bring the bottle?",
        choices=[("yes", "Yes, counted"), ("no", "No, so nobody knows")],
        coerce=lambda answer: answer == "yes",
        widget=forms.RadioSelect,
    )
    returned = forms.IntegerField(label="Capsules brought back", min_value=0, required=False)
    lost = forms.IntegerField(
        label="Reported lost", min_value=0, required=False, initial=0, help_text="0 if none"
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("brought") and cleaned.get("returned") is None:
            self.add_error("returned", "Count the capsules that came back; 0 is a number too.")
        return cleaned

    @property
    def counted(self) -> int | None:
        """None when the bottle was not brought: never full adherence by default."""
        return self.cleaned_data["returned"] if self.cleaned_data["brought"] else None

    @property
    def missing(self) -> int:
        return self.cleaned_data["lost"] or 0
