"""What was told of symptoms, by whom, how and when."""

from collections.abc import Sequence
from typing import Any

from django import forms

from clinic.forms import MomentInput
from protocols.models import SymptomReport
from protocols.rules.tables import SafetyTable
from protocols.rules.told_words import asked, stops

GRAVE, MILD = "grave", "mild"
#: The portal is his own; what is told there he writes himself.
BY_STAFF = [row for row in SymptomReport.Channel.choices if row[0] != SymptomReport.Channel.PORTAL]


class SymptomsForm(forms.Form):
    """The list in two parts: what stops the treatment, and what is met with advice."""

    grave = forms.MultipleChoiceField(
        label="Any of these?", required=False, widget=forms.CheckboxSelectMultiple
    )
    mild = forms.MultipleChoiceField(
        label="Or of these?", required=False, widget=forms.CheckboxSelectMultiple
    )
    words = forms.CharField(
        label="In his words",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, table: SafetyTable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = self.worded(table)
        for name, wanted in ((GRAVE, True), (MILD, False)):
            self.fields[name].choices = [  # type: ignore[attr-defined]
                row for row in rows if stops(table, row[0]) is wanted
            ]

    def worded(self, table: SafetyTable) -> Sequence[tuple[str, str]]:
        return [(rule.code, rule.title) for rule in table.symptoms]

    @property
    def codes(self) -> list[str]:
        return [*self.cleaned_data[GRAVE], *self.cleaned_data[MILD]]


class ToldForm(SymptomsForm):
    """As a member writes it down."""

    channel = forms.ChoiceField(label="How", choices=BY_STAFF)
    told_by = forms.ChoiceField(label="Who told it", choices=SymptomReport.Teller.choices)
    told_at = forms.DateTimeField(label="When", widget=MomentInput())
    field_order = ["channel", "told_by", "told_at", GRAVE, MILD, "words"]


class OwnSymptomsForm(SymptomsForm):
    """As he ticks it himself, in plain words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = "Anything else, in your own words"

    def worded(self, table: SafetyTable) -> Sequence[tuple[str, str]]:
        return asked(table)


class StrikeForm(forms.Form):
    because = forms.CharField(label="Why it is struck out", max_length=300)
