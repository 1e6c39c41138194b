"""Which file is it, and from which laboratory."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from clinic.models import Account
from labs.models import Laboratory

MOST_MB = 20


class UploadForm(forms.Form):
    laboratory = forms.ModelChoiceField(
        Laboratory.objects.none(),
        label="From which laboratory?",
        empty_label="Choose",
        error_messages={"required": "Say which laboratory measured it."},
    )
    file = forms.FileField(
        label="File",
        help_text="A table (CSV or .xlsx), HL7 messages or a FHIR bundle; it is told by what is "
        f"in it. At most {MOST_MB} MB and 100,000 rows.",
        max_length=200,
        error_messages={
            "required": "Choose a file.",
            "empty": "There is nothing in this file.",
            "max_length": "The name of this file is too long.",
        },
    )

    def __init__(self, *args: Any, user: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["laboratory"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- written above
        field.queryset = Laboratory.objects.visible_to(user).select_related("site").order_by("name")

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        size = file.size or 0
        if size > MOST_MB * 1_000_000:
            raise forms.ValidationError(
                f"This file has {size / 1_000_000:.0f} MB; at most {MOST_MB} are read. "
                "Send it in several files."
            )
        return file
