"""Prescribing, handing out, counting, and ordering a change of dose."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from clinic.forms import DayInput, SecondSignature
from protocols.actions.dosing import Bottle
from protocols.models import Formulation, StockLot

LONGEST_REASON = 300
WHOLE = {"inputmode": "numeric", "autocomplete": "off"}
#: What is typed stays when the page around it is drawn anew for another day.
STAYS = {"hx-preserve": True}
COUNTED = {
    "invalid": "Whole capsules only: a number such as 4.",
    "min_value": "Capsules are counted from 0 up.",
    "required": "Count what he brought; 0 if it is nothing.",
}


def reason_field(label: str, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PrescribeForm(forms.Form):
    """How many days; the dose is the one that is ordered, the kind the one he has had."""

    days = forms.IntegerField(label="Days", min_value=1, max_value=30, initial=30)
    formulation = forms.ChoiceField(
        label="Kind of capsule",
        required=False,
        choices=[("", "the kind he has had"), *Formulation.choices],
    )
    changed_because = forms.CharField(
        label="Why he changes the kind", required=False, max_length=300
    )


class CancelForm(forms.Form):
    reason = reason_field("Why it is cancelled")


class OrderForm(forms.Form):
    """An order that changes the dose, with its reason."""

    reason = reason_field("Reason, kept with the order")


class BottleForm(forms.Form):
    """What is handed over: the lot on the bottle, and what iPLEDGE gave for it."""

    lot = forms.ChoiceField(
        label="Lot on the bottle",
        error_messages={
            "required": "Choose the lot that is on the bottle.",
            "invalid_choice": "This lot cannot go out on this prescription: choose another.",
        },
    )
    rma = forms.CharField(
        label="iPLEDGE authorisation (RMA)",
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", **STAYS}),
        error_messages={"required": "Write down the number iPLEDGE gave for this bottle."},
    )
    substituted_because = forms.CharField(
        label="Why he gets another kind of capsule, and who agreed", required=False, max_length=300
    )

    def __init__(
        self, *args: Any, lots: Sequence[StockLot], formulation: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lots = {str(lot.pk): lot for lot in lots}
        self.fields["lot"].choices = [  # type: ignore[attr-defined]
            (key, lot_words(lot)) for key, lot in self.lots.items()
        ]
        same = [key for key, lot in self.lots.items() if lot.product.formulation == formulation]
        if not same:
            self.fields["lot"].choices.insert(0, ("", "choose…"))  # type: ignore[attr-defined]
        elif self.initial.get("lot") not in self.lots:
            self.initial["lot"] = same[0]
        if len(same) == len(self.lots):
            del self.fields["substituted_because"]

    def clean_lot(self) -> StockLot:
        return self.lots[self.cleaned_data["lot"]]

    def bottle_of(self, on: date) -> Bottle:
        return Bottle(
            on=on,
            rma=self.cleaned_data["rma"],
            lot=self.cleaned_data["lot"],
            substituted_because=self.cleaned_data.get("substituted_because", ""),
        )


def lot_words(lot: StockLot) -> str:
    """L77, standard: good until 31 Jan 2028, 180 on the shelf"""
    kind = lot.product.get_formulation_display().lower()
    until = f"{lot.expires_on.day} {lot.expires_on:%b %Y}"
    return f"{lot.number}, {kind}: good until {until}, {lot.on_shelf} on the shelf"


class DispenseForm(BottleForm):
    """The same with its day."""

    on = forms.DateField(label="Handed over on", widget=DayInput(**STAYS))

    @property
    def bottle(self) -> Bottle:
        return self.bottle_of(self.cleaned_data["on"])


class OverrideForm(DispenseForm, SecondSignature):
    """The same with a reason and the password of a second member."""

    override_reason = reason_field("Why he gets the capsules all the same")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("override_reason", "second_email", "second_password"):
            self.fields[name].widget.attrs.update(STAYS)


class RestForm(forms.Form):
    """What he brings without a visit, or says is lost."""

    returned = forms.IntegerField(
        label="Brought", min_value=0, widget=forms.TextInput(attrs=WHOLE), error_messages=COUNTED
    )
    handed_in = forms.IntegerField(
        label="Of these, kept here", min_value=0, required=False,
        widget=forms.TextInput(attrs=WHOLE), error_messages=COUNTED,
    )  # fmt: skip
    lost = forms.IntegerField(
        label="Lost", min_value=0, required=False, initial=0,
        widget=forms.TextInput(attrs=WHOLE), error_messages=COUNTED,
    )  # fmt: skip

    @property
    def told(self) -> dict[str, int]:
        """Whatever is brought without a visit stays here, unless it is said otherwise."""
        read = self.cleaned_data
        kept = read["handed_in"]
        return {
            "returned": read["returned"],
            "handed_in": read["returned"] if kept is None else kept,
            "lost": read["lost"] or 0,
        }
