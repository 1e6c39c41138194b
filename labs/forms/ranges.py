"""The fields of one range of a laboratory."""

from typing import Any

from django import forms

from clinic.forms import DayInput
from labs.models import ReferenceRange
from labs.rules.catalogue import GROUP_NAMES, Group, ValueKind, published_catalogue
from labs.rules.units import printed_unit


def measured_choices() -> list[tuple[str, Any]]:
    """Every analyte of the blood that is a number, by group."""
    catalogue = published_catalogue()
    return [
        (name, [(a.key, a.name) for a in catalogue.analytes if a.group is group])
        for group, name in GROUP_NAMES.items()
        if group is not Group.SEMEN
    ]


def unit_choices() -> list[tuple[str, str]]:
    """Every unit a blood value comes in; which of them fit an analyte the action says."""
    units: dict[str, str] = {}
    for analyte in published_catalogue().analytes:
        if analyte.group is not Group.SEMEN and analyte.value is ValueKind.NUMBER:
            units |= {unit: printed_unit(unit) for unit in analyte.units}
    return [("", "choose…"), *sorted(units.items(), key=lambda pair: pair[1].casefold())]


class RangeForm(forms.Form):
    """For whom, from which day and in whose words a value is in range."""

    analyte = forms.ChoiceField(label="Test", choices=measured_choices)
    unit = forms.ChoiceField(label="Unit", choices=unit_choices)
    text = forms.CharField(
        label="Range", max_length=40, help_text="As it is printed: 1.5-12.4, <150 or >=40."
    )
    sex = forms.ChoiceField(label="For", choices=ReferenceRange.Sex.choices, required=False)
    age_from = forms.IntegerField(
        label="From the age of",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    age_to = forms.IntegerField(
        label="To the age of", required=False, help_text="The last year included.",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    valid_from = forms.DateField(
        label="Holds from", widget=DayInput(),
        help_text="Blood collected before that day keeps the range it has.",
    )  # fmt: skip
    source = forms.CharField(
        label="Source", max_length=120,
        help_text="The laboratory's report, the kit and its lot, a paper.",
    )  # fmt: skip
