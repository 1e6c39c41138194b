"""What a clinician asks when somebody may harm himself, and what was done."""

from django import forms

YES_NO = [("no", "No"), ("yes", "Yes")]


def asked(label: str, help_text: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=YES_NO,
        widget=forms.RadioSelect,
        help_text=help_text,
        error_messages={"required": "Ask him, and say what he answered."},
    )


class AssessmentForm(forms.Form):
    plan = asked("Does he have a plan?", "Has he thought of how, where or when?")
    intent = asked("Does he intend to do it?", "Does he mean to act on it?")
    done = forms.CharField(
        label="What was done and agreed",
        max_length=2000,
        help_text="Who spoke with him and how, who is with him now, what comes next.",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Write down what was done and agreed."},
    )

    def said_yes(self, question: str) -> bool:
        return self.cleaned_data[question] == "yes"
