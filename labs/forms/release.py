"""Forms about who sees a result: holding one back, and moving one to the right record."""

from typing import Any

from django import forms

from clinic.forms import MomentInput, SecondSignature
from patients.models import Patient


class WithholdForm(SecondSignature):
    """Why one result is not shown to its man yet, until when; the second clinician may sign now."""

    harm = forms.CharField(
        label="Which harm to his life or body, and why you expect it of this man",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    ends_at = forms.DateTimeField(label="Until", widget=MomentInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("second_email", "second_password"):
            self.fields[name].required = False
        self.order_fields(["harm", "ends_at", "second_email", "second_password"])

    @property
    def signed_by_two(self) -> bool:
        given = self.cleaned_data
        return bool(given.get("second_email") or given.get("second_password"))


class AgreeForm(forms.Form):
    """The second clinician's own password is his agreement."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class LiftForm(forms.Form):
    because = forms.CharField(label="Why he may read it now", max_length=200)


class ManField(forms.ModelChoiceField):
    """A man told from another by number and birth date."""

    def label_from_instance(self, obj: Patient) -> str:
        born = f"{obj.born_on:%d %b %Y}"
        return f"{obj.family_name}, {obj.given_name}, {obj.record_number}, born {born}"


class MoveForm(forms.Form):
    """To whom, and how one knows."""

    patient = ManField(
        Patient.objects.none(),
        label="The man it belongs to",
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": "Find the man it belongs to, and choose him."},
    )
    reason = forms.CharField(
        label="How you know that it is his",
        max_length=200,
        help_text="Stands on both records; name neither man in it.",
    )

    def __init__(self, *args: Any, found: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["patient"].queryset = found  # type: ignore[attr-defined]
