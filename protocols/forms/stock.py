"""Deliveries, counts and whatever else becomes of capsules in the dispensary."""

from collections.abc import Sequence
from typing import Any

from django import forms

from clinic.forms import DayInput, SecondSignature
from protocols.forms.dosing import reason_field
from protocols.models import Formulation, Product, StockMovement

WHOLE = {"inputmode": "numeric", "autocomplete": "off"}
NOT_WHOLE = "Whole capsules only: a number such as 60."


def capsules_field(label: str, *, least: int = 1) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        widget=forms.TextInput(attrs=WHOLE),
        error_messages={
            "invalid": NOT_WHOLE,
            "required": "Write down how many.",
            "min_value": "At least one capsule." if least else "Capsules are counted from 0 up.",
        },
    )


def place_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Where they are",
        choices=StockMovement.Place.choices,
        widget=forms.RadioSelect,
        initial=StockMovement.Place.SHELF,
        error_messages={"required": "Say whether they are on the shelf or in quarantine."},
    )


class ProductForm(forms.Form):
    """A capsule as it stands on the box."""

    name = forms.CharField(label="Name on the box", max_length=80)
    ndc = forms.CharField(label="Product code (NDC)", max_length=20)
    formulation = forms.ChoiceField(
        label="Kind of capsule", choices=Formulation.choices, initial=Formulation.STANDARD
    )
    strength_mg = forms.IntegerField(
        label="Strength", min_value=1, max_value=200, initial=20,
        widget=forms.TextInput(attrs=WHOLE),
    )  # fmt: skip


class ReceiveForm(forms.Form):
    """One lot of a delivery."""

    product = forms.ChoiceField(
        label="Product",
        error_messages={"required": "Choose the product.", "invalid_choice": "Choose the product."},
    )
    number = forms.CharField(
        label="Lot", max_length=40, error_messages={"required": "Write down the lot on the box."}
    )
    expires_on = forms.DateField(
        label="Good until",
        widget=DayInput(),
        error_messages={"required": "Write down the expiry on the box."},
    )
    capsules = capsules_field("Capsules")
    on = forms.DateField(label="Received on", widget=DayInput())

    def __init__(self, *args: Any, products: Sequence[Product], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.products = {str(row.pk): row for row in products}
        self.fields["product"].choices = [  # type: ignore[attr-defined]
            (key, f"{row.name}, {row.get_formulation_display().lower()}, NDC {row.ndc}")
            for key, row in self.products.items()
        ]

    def clean_product(self) -> Product:
        return self.products[self.cleaned_data["product"]]


class OutForm(forms.Form):
    """So many are gone, and why."""

    place = place_field()
    capsules = capsules_field("Capsules")
    reason = reason_field("What became of them, and why")


class DestroyForm(OutForm, SecondSignature):
    """The same before a second member."""


class CountForm(forms.Form):
    """What is there."""

    place = place_field()
    found = capsules_field("Counted", least=0)
    reason = reason_field("Where a difference comes from", required=False)


class ReasonForm(forms.Form):
    reason = reason_field("Why")


class ReasonOfTwoForm(ReasonForm, SecondSignature):
    """A correction that two people sign."""
