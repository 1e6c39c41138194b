"""What a patient types or taps, read; actions decide."""

from typing import Any

from django import forms

from patients.actions.letters import LONGEST
from patients.actions.portal import LONGEST_DELAY
from patients.models import PortalAccount
from protocols.forms.visits import MoodForm
from protocols.rules.diary import MOODS, SLOTS

#: What each of the nine is about, as he may say it.
HINTS = (
    "things you usually enjoy",
    "sad, without much hope",
    "hard to fall or stay asleep, or sleeping far too much",
    "even without having done much",
    "eating much less or much more than usual",
    "that you failed, or let yourself or others down",
    "on reading, work or a film",
    "so that others could have noticed",
    "",
)
ITEM_NINE = "item_9"


class TickForm(forms.Form):
    on = forms.DateField()
    slot = forms.ChoiceField(choices=[(slot, slot) for slot in SLOTS])
    taken = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])


class FeelingForm(forms.Form):
    mood = forms.TypedChoiceField(coerce=int, choices=list(MOODS.items()))


class OwnMoodForm(MoodForm):
    """The nine questions as he answers them himself; the last one is never left out."""

    def __init__(self, *args: Any, max_missing: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.max_missing = max_missing
        for number, hint in enumerate(HINTS, start=1):
            self.fields[f"item_{number}"].help_text = hint
        nine = self.fields[ITEM_NINE]
        nine.required = True
        nine.error_messages["required"] = "Question 9 must be answered."
        self.fields["words"].label = "Anything you would like to add"
        self.fields["wants_call"].label = "Please call me"

    def clean(self) -> dict[str, Any]:
        """Too few answers say nothing; but an answer that calls for help never waits for them."""
        given = super().clean() or self.cleaned_data
        missing = [name for name in self.fields if name.startswith("item_")
                   and given.get(name) is None]  # fmt: skip
        if given.get(ITEM_NINE) == 0 and len(missing) > self.max_missing:
            for name in missing:
                self.add_error(name, "Not answered yet.")
        return given


class OwnLetterForm(forms.Form):
    """His message to the clinic."""

    body = forms.CharField(
        label="Your message",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "The message is empty."},
    )


class ReleaseForm(forms.Form):
    """When he wishes to see his results."""

    release = forms.ChoiceField(
        label="When would you like to see your results?",
        widget=forms.RadioSelect,
        choices=[
            (PortalAccount.Release.IMMEDIATE, "As soon as the laboratory has finished"),
            (
                PortalAccount.Release.REVIEWED,
                f"After a clinician has read them, after {LONGEST_DELAY} days at the latest",
            ),
            (PortalAccount.Release.DELAYED, "Some days after the laboratory has finished"),
        ],
    )
    release_days = forms.IntegerField(
        label="How many days",
        required=False,
        help_text=f"1 to {LONGEST_DELAY}, for the last choice",
        widget=forms.NumberInput(attrs={"min": 1, "max": LONGEST_DELAY, "inputmode": "numeric"}),
    )
