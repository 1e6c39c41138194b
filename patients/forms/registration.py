"""Registering a man and correcting what was entered."""

from typing import Any

from django import forms

from clinic.forms import DayInput
from patients.actions.registration import Details
from patients.models import Patient
from patients.rules.dates import birth_dates
from patients.rules.search import PHONE_SIGNS

#: Nobody's details belong in the next man's form: the browser must not offer them.
QUIET = {"autocomplete": "off", "spellcheck": "false"}
NAME = {**QUIET, "autocapitalize": "words"}
ZONES = (  # noqa: SIM905 -- a block of names reads better than a list
    "America/New_York America/Chicago America/Denver America/Phoenix America/Los_Angeles "
    "America/Anchorage Pacific/Honolulu America/Toronto America/Vancouver America/Mexico_City "
    "America/Sao_Paulo Europe/London Europe/Dublin Europe/Lisbon Europe/Berlin Europe/Madrid "
    "Europe/Paris Europe/Rome Europe/Zurich Europe/Athens Europe/Istanbul Africa/Lagos "
    "Africa/Johannesburg Asia/Dubai Asia/Kolkata Asia/Singapore Asia/Shanghai Asia/Tokyo "
    "Australia/Sydney Pacific/Auckland"
).split()


def zone_choices() -> list[tuple[str, str]]:
    words = [(zone, zone.replace("_", " ").replace("/", ": ")) for zone in ZONES]
    return [("", "The same as the clinic"), *sorted(words, key=lambda pair: pair[1])]


class DetailsForm(forms.Form):
    """Who he is and how to reach him."""

    given_name = forms.CharField(
        label="Given name", max_length=80, widget=forms.TextInput(attrs=NAME)
    )
    family_name = forms.CharField(
        label="Family name", max_length=80, widget=forms.TextInput(attrs=NAME)
    )
    preferred_name = forms.CharField(
        label="Likes to be called",
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs=NAME),
    )
    born_on = forms.DateField(
        label="Birth date",
        help_text="Ask him to say it; do not read it to him.",
        widget=DayInput(autocomplete="off", min="1900-01-01"),
        error_messages={"invalid": "Write it as 12 Mar 1990, or choose the day."},
    )
    sex = forms.ChoiceField(
        label="Sex in the record", choices=Patient.Sex.choices, initial=Patient.Sex.MALE
    )
    phone = forms.CharField(
        label="Telephone",
        max_length=30,
        required=False,
        help_text="With the country code when it is from abroad.",
        widget=forms.TextInput(attrs={**QUIET, "type": "tel", "inputmode": "tel"}),
    )
    email = forms.EmailField(
        label="E-mail",
        required=False,
        help_text="His own, not shared. The portal link goes here.",
        widget=forms.EmailInput(attrs=QUIET),
    )
    address = forms.CharField(
        label="Address", max_length=200, required=False, widget=forms.TextInput(attrs=QUIET)
    )
    time_zone = forms.ChoiceField(
        label="Time zone where he lives",
        choices=zone_choices,
        required=False,
        help_text="His reminders name the clinic’s time as well.",
    )
    preferred_times = forms.CharField(
        label="Good times to call",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={**QUIET, "placeholder": "after 17:00, not Fridays"}),
    )
    speak_to_him_only = forms.BooleanField(
        label="Speak to nobody but him; leave no message that says why",
        required=False,
        initial=True,
    )
    emergency_name = forms.CharField(
        label="Name", max_length=80, required=False, widget=forms.TextInput(attrs=NAME)
    )
    emergency_relation = forms.CharField(
        label="Who that is to him",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={**QUIET, "placeholder": "brother"}),
    )
    emergency_phone = forms.CharField(
        label="Telephone",
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={**QUIET, "type": "tel", "inputmode": "tel"}),
    )

    def details(self) -> Details:
        """What was typed, as the actions take it."""
        names = Details.__dataclass_fields__
        return Details(**{name: self.cleaned_data[name] for name in names if name in self.fields})


class RegistrationForm(DetailsForm):
    """A new man; the tick appears when somebody alike is registered already."""

    own_number = forms.CharField(
        label="Record number from an earlier system",
        max_length=20,
        required=False,
        help_text="Left empty, he gets the next number here.",
        widget=forms.TextInput(attrs=QUIET),
    )
    somebody_else = forms.BooleanField(
        label="None of these is him. Register him anyway, he is somebody else.", required=False
    )


class CorrectionForm(DetailsForm):
    """The same details once more, with the reason why they change."""

    deceased_on = forms.DateField(
        label="Died on", required=False, widget=DayInput(autocomplete="off")
    )
    reason = forms.CharField(
        label="Why is this corrected?",
        max_length=200,
        help_text="Stays in the record beside the change.",
        widget=forms.TextInput(attrs={"placeholder": "misheard at registration"}),
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, patient: Patient) -> None:
        details = Details.of(patient)
        initial = {name: getattr(details, name) for name in Details.__dataclass_fields__}
        super().__init__(data, initial={**initial, "seen": details.fingerprint})
        if patient.time_zone and patient.time_zone not in ZONES:
            zones = [*zone_choices(), (patient.time_zone, patient.time_zone.replace("_", " "))]
            self.fields["time_zone"] = forms.ChoiceField(
                label="Time zone where he lives", choices=zones, required=False
            )


def first_guess(text: str) -> dict[str, Any]:
    """What a search that found nobody already tells of the man to be registered."""
    days, rest = birth_dates(text.strip().lower())
    guess: dict[str, Any] = {"born_on": days[0]} if len(days) == 1 else {}
    if set(rest) <= PHONE_SIGNS:
        return guess | ({"phone": rest} if rest else {})
    words = [word.strip(",") for word in rest.split()]
    if not all(word.replace("-", "").replace("'", "").isalpha() for word in words):
        return guess
    *given, family = [word.title() for word in words]
    return guess | {"given_name": " ".join(given), "family_name": family}
