"""Who is moved and why, what was agreed about a visit, which rule is tried."""

from decimal import Decimal
from typing import Any

from django import forms

ONE_LINE = {"autocomplete": "off"}


class MoveForm(forms.Form):
    """The ticked men, each with the version he was on when the page was drawn, and one reason."""

    reason = forms.CharField(
        label="Why they are moved",
        max_length=300,
        widget=forms.TextInput(attrs=ONE_LINE),
        help_text="It is kept with each man’s history of versions.",
        error_messages={"required": "Say why they are moved."},
    )
    men = forms.TypedMultipleChoiceField(coerce=int, error_messages={
        "required": "Tick at least one man.",
        "invalid_choice": "One of these men is not under way any more: look again.",
    })  # fmt: skip

    def __init__(self, *args: Any, men: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["men"].choices = [(pk, pk) for pk in men]  # type: ignore[attr-defined]

    @property
    def ticked(self) -> list[str]:
        """What was ticked, kept when the form comes back."""
        return self.data.getlist("men") if self.is_bound else []  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """One man moved or moved back; `seen` is the version the member looked at."""

    reason = forms.CharField(
        label="Why", max_length=300, widget=forms.TextInput(attrs=ONE_LINE),
        error_messages={"required": "Say why."},
    )  # fmt: skip
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


class PinForm(forms.Form):
    reason = forms.CharField(
        label="What was agreed", max_length=200, widget=forms.TextInput(attrs=ONE_LINE),
        help_text="These days then stay, whatever a new version says.",
        error_messages={"required": "Say what was agreed."},
    )  # fmt: skip


class TryForm(forms.Form):
    """A rule of a version, as it is or with another number."""

    rule = forms.ChoiceField(label="Rule")
    threshold = forms.DecimalField(
        label="Another limit", required=False, max_digits=12, decimal_places=4,
        min_value=Decimal(0), help_text="Leave empty to try the rule as it is written.",
        error_messages={"invalid": "Write a number, for example 400."},
    )  # fmt: skip

    def __init__(self, *args: Any, rules: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = rules  # type: ignore[attr-defined]
