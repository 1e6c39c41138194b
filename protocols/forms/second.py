"""The second member of two who sign together, in front of the same screen."""

from django import forms


class SecondSignature(forms.Form):
    """His e-mail and his password, which is his signature."""

    second_email = forms.EmailField(label="Second member’s e-mail")
    second_password = forms.CharField(
        label="Second member’s password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
