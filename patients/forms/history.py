"""A man's history: one small form for each kind of entry, one for the questions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from clinic.forms import DayInput
from patients.actions.history import Answer
from patients.models import Condition, GeneticTest, RetrievalProcedure
from patients.rules.conditions import EXCLUSIONS, QUESTIONS, RISKS, Question

YES, NO = "yes", "no"


class RetrievalForm(forms.Form):
    kind = forms.ChoiceField(label="Operation", choices=RetrievalProcedure.Kind.choices)
    done_on = forms.DateField(
        label="Done on", help_text="If only the month is known, its first day.", widget=DayInput()
    )
    sperm_found = forms.NullBooleanField(
        label="Sperm found",
        widget=forms.Select(choices=[("unknown", "Not known"), ("true", "Yes"), ("false", "No")]),
    )
    histology = forms.ChoiceField(
        label="Histology",
        choices=RetrievalProcedure.Histology.choices,
        initial=RetrievalProcedure.Histology.NOT_DONE,
    )
    note = forms.CharField(
        label="Note",
        required=False,
        help_text="Where, which side, what was frozen.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class GeneticTestForm(forms.Form):
    kind = forms.ChoiceField(label="Test", choices=GeneticTest.Kind.choices)
    outcome = forms.ChoiceField(label="Outcome", choices=GeneticTest.Outcome.choices)
    reported_on = forms.DateField(label="Reported on", required=False, widget=DayInput())
    detail = forms.CharField(
        label="What was found",
        max_length=200,
        required=False,
        help_text="As the report has it: 46,XY; 47,XXY; AZFc deletion.",
    )


class MedicineForm(forms.Form):
    name = forms.CharField(
        label="Medicine or supplement",
        max_length=120,
        help_text="One a line; vitamin A, testosterone and antibiotics matter most.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    dose = forms.CharField(
        label="Dose",
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "100 mg twice daily", "autocomplete": "off"}),
    )
    started_on = forms.DateField(label="Since", required=False, widget=DayInput())
    ended_on = forms.DateField(
        label="Until", required=False, help_text="Empty while he takes it.", widget=DayInput()
    )


class EndMedicineForm(forms.Form):
    on = forms.DateField(label="Last day he took it", widget=DayInput())


class AllergyForm(forms.Form):
    substance = forms.CharField(
        label="Substance",
        max_length=120,
        help_text="Peanut, soy and parabens are in some capsules.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reaction = forms.CharField(
        label="What it did",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "rash", "autocomplete": "off"}),
    )
    severe = forms.BooleanField(label="It was severe", required=False)


class StrikeForm(forms.Form):
    reason = forms.CharField(
        label="Why is it wrong?",
        max_length=200,
        help_text="The entry stays readable, struck out, with this beside it.",
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One question as the page draws it."""

    question: Question
    answer: BoundField
    detail: BoundField


class ConditionsForm(forms.Form):
    """Every question with yes, no, or not asked yet."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, standing: Mapping[str, Condition]
    ) -> None:
        super().__init__(data)
        for key, question in QUESTIONS.items():
            self._ask(question, standing.get(key))

    def _ask(self, question: Question, given: Condition | None) -> None:
        choices = [(YES, "Yes"), (NO, "No")]
        # What was answered once is answered anew or struck out, not forgotten.
        if given is None:
            choices.append(("", "Not asked"))
        self.fields[question.key] = forms.ChoiceField(
            label=question.title,
            help_text=question.ask,
            choices=choices,
            required=False,
            widget=forms.RadioSelect,
            initial="" if given is None else YES if given.present else NO,
        )
        self.fields[f"{question.key}_detail"] = forms.CharField(
            label=f"{question.title}: more",
            max_length=200,
            required=False,
            initial=given.detail if given else "",
            widget=forms.TextInput(
                attrs={"autocomplete": "off", "placeholder": "since when, what"}
            ),
        )

    @property
    def exclusions(self) -> Iterator[Row]:
        return self._rows(EXCLUSIONS)

    @property
    def risks(self) -> Iterator[Row]:
        return self._rows(RISKS)

    def _rows(self, questions: tuple[Question, ...]) -> Iterator[Row]:
        for question in questions:
            yield Row(question, self[question.key], self[f"{question.key}_detail"])

    def answers(self) -> dict[str, Answer]:
        """What was answered yes or no; a question left open is not in it."""
        return {
            key: Answer(self.cleaned_data[key] == YES, self.cleaned_data[f"{key}_detail"])
            for key in QUESTIONS
            if self.cleaned_data[key]
        }
