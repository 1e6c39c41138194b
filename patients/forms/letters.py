"""Writing to a patient, and closing or mending his portal."""

from django import forms

from patients.actions.letters import LONGEST


class LetterForm(forms.Form):
    body = forms.CharField(
        label="Your message",
        max_length=LONGEST,
        help_text="He reads it in the portal. His e-mail says only that a message waits.",
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "The message is empty."},
    )


class RevocationForm(forms.Form):
    reason = forms.CharField(
        label="Why is it closed?",
        max_length=200,
        help_text="He is signed out at once, and no link he has works any more.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class SecondStepForm(forms.Form):
    reason = forms.CharField(
        label="Why, and how do you know it is he?",
        max_length=200,
        help_text="“Phone lost; he came in person and told his birth date.” Kept in the trail.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
