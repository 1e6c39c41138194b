"""What was taken, for which orders; and why it cannot be used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from clinic.forms import MomentInput
from labs.models import Specimen
from labs.queries.orders import Asked


class CollectForm(forms.Form):
    """One container and the orders it is for."""

    collected_at = forms.DateTimeField(label="Collected", widget=MomentInput())

    def __init__(self, *args: Any, asked: Sequence[Asked], now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = {str(row.order.pk): row.order for row in asked}
        self.fields["orders"] = forms.MultipleChoiceField(
            label="For",
            choices=[(str(row.order.pk), row.title) for row in asked],
            widget=forms.CheckboxSelectMultiple,
            initial=[str(row.order.pk) for row in asked if not row.order.semen and not row.usable],
            help_text="One container may serve several orders; blood and semen are two.",
        )
        self.fields["collected_at"].initial = now

    def orders(self) -> list[Any]:
        return [self.asked[key] for key in self.cleaned_data["orders"]]


class RejectForm(forms.Form):
    """Why a container cannot be used."""

    rejection = forms.ChoiceField(
        label="What is wrong with it", choices=Specimen.Rejection.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(label="In your words", max_length=200, required=False)
