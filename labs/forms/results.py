"""The fields in which a report is typed: one row for each analyte of a panel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms import BoundField

from clinic.forms import DayInput, MomentInput
from labs.models import Laboratory, Result
from labs.queries.ranges import fallback_ranges, whom
from labs.rules.catalogue import Analyte, published_catalogue
from labs.rules.range_choice import NOBODY, Whom
from labs.rules.ranges import FLAG_WORDS
from labs.rules.readings import Reading, ReadingError, Value, read
from labs.rules.units import printed_unit
from patients.models import Patient

FASTING = [("yes", "Yes"), ("no", "No"), ("", "Nobody said")]
SAID = {"yes": True, "no": False, "": None}
HOURS = {"inputmode": "decimal", "autocomplete": "off"}
COMPUTED = frozenset({"non_hdl", "ldl"})


def laboratory_field(rows: QuerySet[Laboratory]) -> forms.Field:
    """Which laboratory; where there is only one it is chosen already."""
    known = list(rows)
    only = known[0].pk if len(known) == 1 else None
    field = forms.ModelChoiceField(rows, label="Laboratory", initial=only, empty_label="choose…")
    # Drawn from the rows at hand: the field by itself would read them anew each time it is drawn.
    field.widget.choices = [("", "choose…"), *((row.pk, str(row)) for row in known)]
    return field


@dataclass(frozen=True, slots=True)
class Row:
    """One analyte on the page: its three fields, and what has been read so far."""

    analyte: Analyte
    value: BoundField
    unit: BoundField
    limits: BoundField
    reading: Reading | None
    fallback: str

    @property
    def computed(self) -> bool:
        return self.analyte.key in COMPUTED

    @property
    def words(self) -> str:
        flag = self.reading.flag if self.reading else None
        return FLAG_WORDS[flag] if flag else "no range"

    @property
    def grade(self) -> int | None:
        grading = self.reading.grading if self.reading else None
        return grading.grade if grading else None


class FastingForm(forms.Form):
    """Whether he was fasting, as somebody said it: never taken from silence."""

    fasting = forms.ChoiceField(
        label="Fasting", choices=FASTING, required=False, widget=forms.RadioSelect
    )
    fasting_hours = forms.DecimalField(
        label="Hours without food", required=False, min_value=0, max_value=72,
        widget=forms.TextInput(attrs=HOURS),
    )  # fmt: skip
    alcohol_hours = forms.DecimalField(
        label="Hours without alcohol", required=False, min_value=0, max_value=999,
        widget=forms.TextInput(attrs=HOURS),
    )  # fmt: skip

    def said(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "fasting": SAID[cleaned["fasting"]],
            "fasting_hours": cleaned["fasting_hours"],
            "alcohol_hours": cleaned["alcohol_hours"],
        }


class SayFastingForm(FastingForm):
    """The same question, asked after the report came: here silence is no answer."""

    fasting = forms.ChoiceField(
        label="Was he fasting?", choices=FASTING[:2], widget=forms.RadioSelect
    )


class ValuesForm(forms.Form):
    """The rows of some analytes; reading them finds every value that cannot be."""

    confirmed = forms.BooleanField(
        label="I have looked at the unusual values again; they are as reported.", required=False
    )

    def __init__(
        self,
        *args: Any,
        analytes: Sequence[str],
        laboratory: Laboratory | None = None,
        patient: Patient | None = None,
        collected_at: datetime | None = None,
        standing: Sequence[Result] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        catalogue = published_catalogue()
        self.analytes = [catalogue.analyte(key) for key in analytes]
        self.measured_by = laboratory
        self.whose, self.collected = patient, collected_at
        self.readings: dict[str, Reading] = {}
        self.fallbacks: dict[str, str] = {}
        known = {row.analyte.key: row for row in standing}
        for analyte in self.analytes:
            self.add_row(analyte, known.get(analyte.key))

    def add_row(self, analyte: Analyte, standing: Result | None) -> None:
        key, quiet = analyte.key, {"autocomplete": "off", "spellcheck": "false"}
        self.fields[f"value_{key}"] = forms.CharField(
            label=analyte.name, required=False, max_length=80,
            initial=standing.reported if standing else None,
            widget=forms.TextInput(
                attrs={**quiet, "size": 9, "aria-describedby": f"id_value_{key}-why"}
            ),
        )  # fmt: skip
        self.fields[f"unit_{key}"] = forms.ChoiceField(
            label=f"Unit of {analyte.name}", required=False,
            choices=[(unit, printed_unit(unit) or "no unit") for unit in analyte.units],
            initial=standing.unit if standing else analyte.unit,
        )  # fmt: skip
        self.fields[f"range_{key}"] = forms.CharField(
            label=f"Range of {analyte.name} on the report", required=False, max_length=40,
            initial=standing.range_text if standing else None,
            widget=forms.TextInput(attrs={**quiet, "size": 12}),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        laboratory = cleaned.get("laboratory") or self.measured_by
        values = self.values()
        wanted = {(value.analyte, value.unit) for value in values}
        wanted |= {(a.key, self.unit_of(a)) for a in self.analytes}
        limits = fallback_ranges(laboratory, wanted, self.whom(cleaned.get("collected_at")))
        self.fallbacks = {key: found.printed() for (key, _), found in limits.items() if found}
        for value in values:
            analyte = published_catalogue().analyte(value.analyte)
            try:
                self.readings[value.analyte] = read(
                    value, analyte=analyte, fallback=limits[value.analyte, value.unit]
                )
            except ReadingError as why:
                self.add_error(f"value_{value.analyte}", str(why))
        return cleaned

    def whom(self, collected_at: datetime | None) -> Whom:
        """Whose values these are, on the day they were collected."""
        at = collected_at or self.collected
        if self.whose is None or at is None:
            return NOBODY
        return whom(self.whose, self.whose.site.localdate(at))

    def unit_of(self, analyte: Analyte) -> str:
        return self.cleaned_data.get(f"unit_{analyte.key}") or analyte.unit

    def values(self) -> list[Value]:
        """What was typed, row by row; an empty row is no value."""
        cleaned = self.cleaned_data
        return [
            Value(
                analyte=analyte.key,
                reported=cleaned[f"value_{analyte.key}"],
                unit=self.unit_of(analyte),
                range_text=cleaned.get(f"range_{analyte.key}") or "",
            )
            for analyte in self.analytes
            if cleaned.get(f"value_{analyte.key}")
        ]

    def show_fallbacks(self) -> None:
        """Say on an empty page which range will be taken where the report brings none."""
        wanted = {(analyte.key, analyte.unit) for analyte in self.analytes}
        found = fallback_ranges(self.measured_by, wanted, self.whom(None))
        self.fallbacks = {key: limits.printed() for (key, _), limits in found.items() if limits}

    def rows(self) -> Iterator[Row]:
        for analyte in self.analytes:
            key = analyte.key
            yield Row(
                analyte,
                self[f"value_{key}"],
                self[f"unit_{key}"],
                self[f"range_{key}"],
                self.readings.get(key),
                self.fallbacks.get(key, ""),
            )

    @property
    def unusual(self) -> list[Reading]:
        return [reading for reading in self.readings.values() if reading.unusual]

    def field_of(self, name: str) -> str | None:
        """The field a refusal is about: an analyte's value, or one of the form's own."""
        if f"value_{name}" in self.fields:
            return f"value_{name}"
        return name if name in self.fields else None


class ReportForm(FastingForm, ValuesForm):
    """A whole report: where and when the blood was drawn, and what was found in it."""

    collected_at = forms.DateTimeField(label="Collected", widget=MomentInput())
    specimen = forms.CharField(label="Specimen number", max_length=80, required=False)
    note = forms.CharField(label="Remark", required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(
        self, *args: Any, patient: Patient, analytes: Sequence[str], now: datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, analytes=analytes, patient=patient, collected_at=now, **kwargs)
        laboratories = Laboratory.objects.filter(site=patient.site_id, andrology=False)
        self.fields["laboratory"] = laboratory_field(laboratories.order_by("name"))
        self.fields["collected_at"].initial = now


class CorrectionForm(ValuesForm):
    """The standing values, to be overtyped where they were wrong, and why."""

    reason = forms.CharField(
        label="Why is it corrected?",
        max_length=200,
        help_text="Kept with the old value, and the patient reads it: plain words, no names.",
    )


class ReasonForm(forms.Form):
    """Why something is struck out, sent back or cancelled."""

    reason = forms.CharField(label="Reason", max_length=200)


class ReviewForm(forms.Form):
    """What the clinician writes to the patient beside his results; nothing is fine too."""

    comment = forms.CharField(
        label="To the patient",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="He reads this beside the numbers. Plain words, no abbreviations.",
    )


class OrderForm(forms.Form):
    """What is asked for, by which day."""

    due_on = forms.DateField(label="Due", widget=DayInput())
    reason = forms.CharField(label="Why", max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        panels = [(panel.key, panel.name) for panel in published_catalogue().panels]
        self.fields["what"] = forms.MultipleChoiceField(
            label="What", choices=panels, widget=forms.CheckboxSelectMultiple
        )
