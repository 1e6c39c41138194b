"""Side effects by hand: what it is, how grave, from what, and how it goes on."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.safestring import SafeString

from clinic.forms import DayInput
from protocols.actions.event_review import Assessment
from protocols.forms.safety import option
from protocols.models import AdverseEvent
from protocols.rules.adverse_events import FATAL, OTHER, SEVERITY, shipped_clinical_grades

NOT_SERIOUS = ("", "Not serious")
GRADE_NEEDED = {"required": "Choose the grade."}


def day(label: str, *, required: bool = False, help_text: str = "") -> forms.DateField:
    return forms.DateField(label=label, required=required, help_text=help_text, widget=DayInput())


class EventReviewForm(forms.Form):
    """Grade in the grade's own words, cause, gravity, and what was done about the drug."""

    grade = forms.TypedChoiceField(
        label="Grade", coerce=int, widget=forms.RadioSelect, error_messages=GRADE_NEEDED
    )
    seriousness = forms.ChoiceField(
        label="Serious?", required=False, choices=[NOT_SERIOUS, *AdverseEvent.Seriousness.choices]
    )
    relation = forms.ChoiceField(
        label="Caused by the capsules?", choices=AdverseEvent.Relation.choices
    )
    expected = forms.ChoiceField(
        label="Expected?", required=False, choices=AdverseEvent.Expected.choices
    )
    drug_action = forms.ChoiceField(
        label="What was done about the dose", choices=AdverseEvent.DrugAction.choices
    )
    outcome = forms.ChoiceField(
        label="How it is", required=False, choices=AdverseEvent.Outcome.choices
    )
    ended_on = day("Ended on", help_text="Empty while it goes on.")
    note = forms.CharField(
        label="Note", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(
        self, *args: Any, event: AdverseEvent, known: Mapping[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grade"].choices = grades_of(event.term)  # type: ignore[attr-defined]
        self.initial = {**known, **self.initial}


class EventCorrectForm(EventReviewForm):
    """All that was said, once more, and why it was not so."""

    onset_on = day("Began on", required=True)
    reporter = forms.ChoiceField(label="Told by", choices=AdverseEvent.Reporter.choices)
    because = forms.CharField(label="Why it is corrected", max_length=300)
    field_order = ["because", "grade", "onset_on", "ended_on", "outcome"]

    @property
    def said(self) -> Assessment:
        given = {name: value for name, value in self.cleaned_data.items() if name != "because"}
        return Assessment(**given)


class NewEventForm(forms.Form):
    """A side effect told at any time."""

    term = forms.ChoiceField(label="What", error_messages={"required": "Choose what it is."})
    title = forms.CharField(label="In words, for “Other”", required=False, max_length=80)
    grade = forms.TypedChoiceField(
        label="Grade",
        coerce=int,
        widget=forms.RadioSelect,
        choices=[(grade, option(f"Grade {grade}", words)) for grade, words in SEVERITY],
        error_messages=GRADE_NEEDED,
    )
    onset_on = day("Began on", required=True)
    ended_on = day("Ended on", help_text="Empty while it goes on.")
    reporter = forms.ChoiceField(label="Told by", choices=AdverseEvent.Reporter.choices)
    seriousness = forms.ChoiceField(
        label="Serious?", required=False, choices=[NOT_SERIOUS, *AdverseEvent.Seriousness.choices]
    )
    relation = forms.ChoiceField(
        label="Caused by the capsules?",
        choices=AdverseEvent.Relation.choices,
        initial=AdverseEvent.Relation.POSSIBLE,
    )
    drug_action = forms.ChoiceField(
        label="What was done about the dose", choices=AdverseEvent.DrugAction.choices
    )
    outcome = forms.ChoiceField(
        label="How it is", required=False, choices=AdverseEvent.Outcome.choices
    )
    note = forms.CharField(
        label="Note", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = shipped_clinical_grades().choices()
        self.fields["term"].choices = [  # type: ignore[attr-defined]
            ("", "Choose"), *groups, (OTHER, "Other"),
        ]  # fmt: skip

    @property
    def said(self) -> Assessment:
        given = {k: v for k, v in self.cleaned_data.items() if k not in ("term", "title")}
        return Assessment(**given)


class FollowUpForm(forms.Form):
    """What is new about it."""

    on = day("On", required=True)
    grade = forms.TypedChoiceField(
        label="Grade now", coerce=int, widget=forms.RadioSelect, error_messages=GRADE_NEEDED
    )
    note = forms.CharField(
        label="What is new", required=False, max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, *args: Any, event: AdverseEvent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        graded = [row for row in grades_of(event.term) if row[0] < FATAL]
        self.fields["grade"].choices = [  # type: ignore[attr-defined]
            (0, option("Over", "not there any more")), *graded,
        ]  # fmt: skip


class StrikeForm(forms.Form):
    because = forms.CharField(label="Why it is struck out", max_length=300)


def grades_of(term: str) -> list[tuple[int, SafeString]]:
    """The grades its CTCAE term has, in their own words."""
    return [
        (grade, option(f"Grade {grade}", words))
        for grade, words in shipped_clinical_grades().grades_of(term)
    ]
