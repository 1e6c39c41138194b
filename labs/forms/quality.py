"""Control materials, what was counted in them, what was done: as they are typed."""

from datetime import datetime
from typing import Any

from django import forms

from clinic.forms import DayInput, MomentInput
from labs.models import ControlLot

NUMBER = {"inputmode": "decimal", "autocomplete": "off"}


def number(label: str, help_text: str = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, max_digits=8, decimal_places=3, help_text=help_text,
        widget=forms.TextInput(attrs=NUMBER),
        error_messages={"invalid": "Write a number like 35.2."},
    )  # fmt: skip


class LotForm(forms.Form):
    """A control material, as its insert has it."""

    name = forms.CharField(label="Lot", max_length=60, help_text="as it is printed on it")
    material = forms.ChoiceField(label="Material", choices=ControlLot.Material.choices)
    measure = forms.ChoiceField(label="What is counted", choices=ControlLot.Measure.choices)
    target = number("Target", "M/mL, or %")
    sd = number("Standard deviation", "of one reading, in the same unit")
    expires_on = forms.DateField(label="Expires", required=False, widget=DayInput())

    def given(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class ReadingForm(forms.Form):
    """What you have counted in a control."""

    lot = forms.ModelChoiceField(ControlLot.objects.none(), label="Control", empty_label="choose…")
    value = number("Counted", "in the unit of the control")
    read_at = forms.DateTimeField(label="When", widget=MomentInput())
    note = forms.CharField(label="Note", max_length=200, required=False)

    def __init__(self, *args: Any, lots: list[ControlLot], now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["lot"]
        field.queryset = ControlLot.objects.filter(pk__in=[lot.pk for lot in lots])
        said = [(lot.pk, f"{lot} ({lot.target.normalize():f} {lot.unit})") for lot in lots]
        field.widget.choices = [("", "choose…"), *said]
        if len(lots) == 1:
            field.initial = lots[0].pk
        self.fields["read_at"].initial = now


class ActionForm(forms.Form):
    """What was done about a technologist out of control."""

    words = forms.CharField(
        label="What was done",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="chamber checked, counted beside a colleague, trained again …",
    )
