"""The forms about a partner's pregnancy."""

from django import forms

from clinic.forms import DayInput
from protocols.models import PartnerPregnancy
from protocols.rules.pregnancy import COUNSELLING

AREA = forms.Textarea(attrs={"rows": 6})
LINES = {"rows": 2}


class DatesForm(forms.Form):
    """When it began and when the birth is due, as far as is known."""

    last_period_on = forms.DateField(
        label="First day of the last period", widget=DayInput(), required=False
    )
    due_on = forms.DateField(
        label="Due on",
        widget=DayInput(),
        required=False,
        help_text="Counted from the last period when left empty.",
    )


class PregnancyForm(DatesForm):
    told_on = forms.DateField(label="Told on", widget=DayInput())
    told_by = forms.ChoiceField(choices=PartnerPregnancy.ToldBy.choices, label="Told by")
    conceived = forms.ChoiceField(
        choices=PartnerPregnancy.Conceived.choices, label="Conceived", initial="unknown"
    )
    note = forms.CharField(
        label="Note", max_length=300, required=False, widget=forms.Textarea(attrs=LINES)
    )

    field_order = ("told_on", "told_by", "conceived", "last_period_on", "due_on", "note")


class CounselForm(forms.Form):
    on = forms.DateField(label="Counselled on", widget=DayInput())
    words = forms.CharField(
        label="What they were told",
        widget=AREA,
        initial="\n".join(COUNSELLING),
        help_text="Never that it is free of risk.",
    )


class FollowUpForm(forms.Form):
    on = forms.DateField(label="Called on", widget=DayInput())
    reached = forms.TypedChoiceField(
        choices=[("yes", "Reached"), ("no", "Nobody answered")],
        coerce=lambda said: said == "yes",
        label="Outcome of the call",
    )
    note = forms.CharField(
        label="What was heard", max_length=300, widget=forms.Textarea(attrs=LINES)
    )


class OutcomeForm(forms.Form):
    outcome = forms.ChoiceField(
        choices=[("", "Choose …"), *PartnerPregnancy.Outcome.choices], label="How it ended"
    )
    ended_on = forms.DateField(label="On", widget=DayInput(), required=False)
    note = forms.CharField(
        label="Note", max_length=300, required=False, widget=forms.Textarea(attrs=LINES)
    )
