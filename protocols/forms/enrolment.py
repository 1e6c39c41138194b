"""What members type on a man's way into, through and out of the programme."""

from collections.abc import Sequence
from typing import Any

from django import forms

from clinic.forms import DayInput
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.models import RulesetChoice, Version
from protocols.rules.definition import Definition


class StepForm(forms.Form):
    """A step that asks nothing but the click."""

    def refuse(self, refusal: Refusal) -> None:
        """Put the sentence beside the field it is about, or above the form."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


class ReferralForm(StepForm):
    """Which programme, where the site can choose; the one it has chosen comes first."""

    version = forms.TypedChoiceField(
        label="Programme", required=False, coerce=int, empty_value=None, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, offered: Sequence[Version], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["version"]
        field.choices = [(row.pk, str(row)) for row in offered]
        field.initial = offered[0].pk if offered else None
        self.is_a_choice = len(offered) > 1
        self.by_key = {row.pk: row for row in offered}

    @property
    def chosen(self) -> Version | None:
        return self.by_key.get(self.cleaned_data.get("version") or 0)


class EligibilityForm(StepForm):
    decision = forms.ChoiceField(
        label="I have read the criteria above and sign that he",
        choices=[("yes", "is eligible"), ("no", "cannot take part")],
        widget=forms.RadioSelect,
    )
    reason_code = forms.ChoiceField(
        label="What decides against him",
        required=False,
        help_text="Only when he cannot take part; it is kept with its value.",
    )
    reason = forms.CharField(
        label="Reason",
        max_length=300,
        required=False,
        help_text="Needed when he cannot take part, and when his PHQ-9 total is at the limit.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    password = forms.CharField(
        label="Your password",
        help_text="It stands for your signature.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(
        self, *args: Any, account: Account, against: Sequence[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        field: Any = self.fields["reason_code"]
        field.choices = [("", "–"), *against]

    def clean_password(self) -> str:
        if not self.account.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError("This is not your password.")
        return ""

    @property
    def eligible(self) -> bool:
        return self.cleaned_data["decision"] == "yes"


class CounsellingForm(StepForm):
    codes = forms.MultipleChoiceField(
        label="Gone through with him", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, definition: Definition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["codes"]
        field.choices = [(item.code, item.text) for item in definition.counselling]


class PreparationForm(StepForm):
    ipledge_id = forms.CharField(
        label="iPLEDGE number",
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    weight_kg = forms.DecimalField(
        label="Weight at the start",
        required=False,
        min_value=25,
        max_value=350,
        max_digits=5,
        decimal_places=1,
        help_text="For the cumulative dose per kilogram.",
    )


class FirstDoseForm(StepForm):
    on = forms.DateField(
        label="First capsule taken on",
        help_text="This becomes Day 1; every window is counted from it.",
        widget=DayInput(),
    )


class DatedForm(StepForm):
    on = forms.DateField(label="On", widget=DayInput())


class EndingForm(DatedForm):
    reason = forms.CharField(
        label="Reason", max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReturnForm(DatedForm):
    reason = forms.CharField(
        label="How he came back", max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class WithdrawalForm(EndingForm):
    """He stops; whether he is seen again is his choice as well."""

    no_follow_up = forms.BooleanField(
        label="He wants no follow-up visits",
        required=False,
        help_text="Leave it open if he agrees to be seen after 30 and 90 days.",
    )


class DeathForm(DatedForm):
    on = forms.DateField(label="He died on", widget=DayInput())
    reason = forms.CharField(
        label="How this became known", max_length=250, widget=forms.Textarea(attrs={"rows": 2})
    )


class CorrectionForm(StepForm):
    """What was wrong, and the second person who answers for it."""

    reason = forms.CharField(
        label="What was wrong", max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )
    password = forms.CharField(
        label="Your password",
        strip=False,
        help_text="It stands for your signature.",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    second_email = forms.EmailField(
        label="Second person’s e-mail",
        help_text="A clinician or an administrator of this site, and not you.",
    )
    second_password = forms.CharField(
        label="Second person’s password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class DayOneForm(CorrectionForm):
    """The day of the first capsule as it was."""

    on = forms.DateField(label="He took the first capsule on", widget=DayInput())

    field_order = ("on", "reason")


class AttestationForm(StepForm):
    on = forms.DateField(label="Confirmed in iPLEDGE on", widget=DayInput())


class RulesetForm(StepForm):
    """Which rules, from which day, and where that was confirmed."""

    ruleset = forms.ChoiceField(
        label="Rules", choices=RulesetChoice.Ruleset.choices, widget=forms.RadioSelect
    )
    effective_on = forms.DateField(label="From", widget=DayInput())
    reason = forms.CharField(
        label="Where this was confirmed",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
