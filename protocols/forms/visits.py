"""The sections of a visit as forms: they read what was typed; actions decide."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clinic.forms import DayInput
from protocols.actions.visits import IDENTIFIERS
from protocols.models import Signature
from protocols.queries.evidence import QUESTIONS
from protocols.queries.visit_checklist import Asked
from protocols.queries.visit_items import Tick
from protocols.queries.visit_sections import ANSWERS, Missing
from protocols.rules.vitals import Vitals

Choice = tuple[Any, Any]
WHOLE = {"inputmode": "numeric", "autocomplete": "off"}
DECIMAL = {"inputmode": "decimal", "autocomplete": "off"}
GRADE = "grade-"


def option(title: str, hint: str) -> SafeString:
    return format_html("{}<small>{}</small>", title, hint) if hint else format_html("{}", title)


def whole(label: str, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=0, widget=forms.TextInput(attrs=WHOLE), **more
    )


WORDS = {"autocomplete": "off"}


class OpenForm(forms.Form):
    """The day he comes; of a visit that was marked as missed, also how that is known."""

    on = forms.DateField(label="Came on", widget=DayInput())
    reason = forms.CharField(
        label="How do you know that he came?",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=WORDS),
    )

    why = forms.CharField(
        label="What he comes for",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=WORDS),
    )

    def clean(self) -> dict[str, Any]:
        """One reason, by whichever question the page has asked."""
        read = super().clean() or {}
        return {"on": read.get("on"), "reason": read.get("reason") or read.get("why", "")}


class DayForm(forms.Form):
    """The day he really came."""

    on = forms.DateField(label="He came on", widget=DayInput())
    reason = forms.CharField(
        label="How is the right day known?",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=WORDS),
    )


class TakeBackForm(forms.Form):
    """Nobody came."""

    reason = forms.CharField(
        label="Why was the check-in wrong?",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=WORDS),
    )


class UnscheduledForm(forms.Form):
    """A contact nobody planned."""

    on = forms.DateField(label="Came on", widget=DayInput())
    reason = forms.CharField(
        label="What he comes for", max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


class IdentityForm(forms.Form):
    identifiers = forms.MultipleChoiceField(
        label="Which two did he give?",
        choices=[(word, word.capitalize()) for word in IDENTIFIERS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Two identifiers, please."},
    )


class SinceForm(forms.Form):
    text = forms.CharField(
        label="In his words: illness, fever, new medicines, alcohol, surgery, plans",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    nothing = forms.BooleanField(label="Nothing new", required=False)

    @property
    def words(self) -> str:
        return self.cleaned_data["text"] or ("Nothing new." if self.cleaned_data["nothing"] else "")


class CapsulesForm(forms.Form):
    returned = whole("Came back today")
    handed_in = whole("Of these, kept here", initial=0)
    lost = whole("Lost", initial=0)
    not_brought = forms.BooleanField(label="He did not bring the bottle", required=False)

    def clean(self) -> dict[str, Any]:
        read = self.cleaned_data
        if not self.errors and read.get("returned") is None and not read.get("not_brought"):
            self.add_error("returned", "Count what came back, or say that it was not brought.")
        return read


class SideEffectsForm(forms.Form):
    """One choice of grade for each item; what is left open was not asked."""

    def __init__(self, *args: Any, asked: Sequence[Asked], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row in asked:
            name = f"{GRADE}{row.code}"
            self.fields[name] = forms.TypedChoiceField(
                label=row.title,
                required=False,
                coerce=int,
                empty_value=None,
                choices=radios(row) if row.first else selects(row),
                widget=forms.RadioSelect if row.first else forms.Select,
                initial=row.grade,
            )

    @property
    def grades(self) -> dict[str, int]:
        return {
            name.removeprefix(GRADE): grade
            for name, grade in self.cleaned_data.items()
            if name.startswith(GRADE) and grade is not None
        }

    def of(self, row: Asked) -> forms.BoundField:
        return self[f"{GRADE}{row.code}"]


def radios(row: Asked) -> list[Choice]:
    """The grades in their own words, beside each other."""
    none = "gone since" if row.line.startswith("since") else "not there"
    graded = [(grade, option(f"Grade {grade}", words)) for grade, words in row.choices]
    return [(0, option("None", none)), *graded]


def selects(row: Asked) -> list[Choice]:
    graded = [(grade, f"Grade {grade}: {words}") for grade, words in row.choices]
    return [("", "not asked"), (0, "none"), *graded]


class MoodForm(forms.Form):
    """The nine questions; question 9 is never left out."""

    difficulty = forms.TypedChoiceField(
        label="How difficult have these made work, home, or getting along with people?",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            (0, "Not difficult at all"), (1, "Somewhat"), (2, "Very"), (3, "Extremely"),
        ],
        widget=forms.RadioSelect,
    )  # fmt: skip
    words = forms.CharField(
        label="In his own words", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    wants_call = forms.BooleanField(label="He would like a call", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = {}
        for number, question in enumerate(QUESTIONS, start=1):
            asked[f"item_{number}"] = forms.TypedChoiceField(
                label=f"{number}. {question}",
                required=False,
                coerce=int,
                empty_value=None,
                choices=[(at, word.capitalize()) for at, word in enumerate(ANSWERS)],
                widget=forms.RadioSelect,
            )
        self.fields = asked | self.fields

    @property
    def answers(self) -> list[int | None]:
        return [self.cleaned_data[f"item_{n}"] for n in range(1, len(QUESTIONS) + 1)]

    @property
    def items(self) -> list[forms.BoundField]:
        return [self[f"item_{n}"] for n in range(1, len(QUESTIONS) + 1)]


class VitalsForm(forms.Form):
    weight_kg = forms.DecimalField(
        label="Weight", required=False, decimal_places=1, max_digits=5,
        widget=forms.TextInput(attrs=DECIMAL),
    )  # fmt: skip
    systolic_mmhg = whole("Upper pressure")
    diastolic_mmhg = whole("Lower pressure")
    pulse_per_min = whole("Pulse")

    @property
    def measured(self) -> Vitals:
        return Vitals(**self.cleaned_data)


class PlanForm(forms.Form):
    text = forms.CharField(
        label="Plan until the next visit, in a few lines",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    ticked = forms.MultipleChoiceField(
        label="Gone through with him", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, ticks: Sequence[Tick], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ticked"].choices = [  # type: ignore[attr-defined]
            (tick.code, tick.words) for tick in ticks
        ]


class PrescribeForm(forms.Form):
    days = forms.IntegerField(
        label="For how many days", min_value=1, max_value=30, widget=forms.TextInput(attrs=WHOLE)
    )


class AmendForm(forms.Form):
    because = forms.CharField(label="What is changed, and why", max_length=200)


def opening(words: str) -> str:
    """A sentence begins with a capital, but for iPLEDGE."""
    return words if words[1:2].isupper() else f"{words[:1].upper()}{words[1:]}"


class SignForm(forms.Form):
    """The password again, as what, and why anything is missing."""

    meaning = forms.ChoiceField(
        label="I sign",
        choices=[
            (Signature.Meaning.AUTHOR.value, option("As author", "I saw him and wrote this")),
            (Signature.Meaning.REVIEW.value, option("As reviewer", "I have read and agree")),
        ],
        widget=forms.RadioSelect,
        initial=Signature.Meaning.AUTHOR.value,
    )
    password = forms.CharField(
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Your password again, please: it is your signature."},
    )

    def __init__(self, *args: Any, missing: Sequence[Missing], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.missing = missing
        for row in missing:
            self.fields[f"why_{row.key}"] = forms.CharField(
                label=f"{opening(row.words)}: why not done?",
                required=False,
                max_length=200,
            )

    @property
    def reasons(self) -> dict[str, str]:
        return {row.key: self.cleaned_data[f"why_{row.key}"] for row in self.missing}

    @property
    def gaps(self) -> list[forms.BoundField]:
        return [self[f"why_{row.key}"] for row in self.missing]
