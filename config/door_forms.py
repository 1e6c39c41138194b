"""allauth's forms with the house's labels: its rules stay, its words and placeholders go."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.exceptions import ValidationError

LABELS = {
    "login": "E-mail",
    "email": "E-mail",
    "password": "Password",
    "oldpassword": "Present password",
    "password1": "New password",
    "password2": "The new password once more",
    "code": "Code",
}
EMPTY = {
    "login": "Type your e-mail address.",
    "email": "Type the e-mail address.",
    "code": "Type the code.",
}


class Ours(forms.Form):
    """Laid over one of allauth's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.help_text = ""
            field.widget.attrs.pop("placeholder", None)
            field.error_messages["required"] = EMPTY.get(name, "Type the password.")
            if name == "code":
                field.widget.attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code"}


class SignIn(Ours, account.LoginForm):
    """A refusal stands beside the password, whichever of the two was wrong."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"

    def clean(self) -> dict[str, Any]:
        try:
            super().clean()
        except ValidationError as refused:
            self.add_error("password", refused)
        return self.cleaned_data


class AddEmail(Ours, account.AddEmailForm):
    pass


class ChangePassword(Ours, account.ChangePasswordForm):
    pass


class SetPassword(Ours, account.SetPasswordForm):
    pass


class ResetPassword(Ours, account.ResetPasswordForm):
    pass


class ResetPasswordKey(Ours, account.ResetPasswordKeyForm):
    pass


class Reauthenticate(Ours, account.ReauthenticateForm):
    pass


class SecondStep(Ours, mfa.AuthenticateForm):
    pass


class SecondStepAgain(Ours, mfa.ReauthenticateForm):
    pass


class FirstCode(Ours, ActivateTOTPForm):
    pass
