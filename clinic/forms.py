"""How every form of ours is drawn, and the few widgets they share."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms


class PanelHelper(FormHelper):
    """How a form is drawn: the template owns <form>, the helper owns the rows."""

    form_tag = False
    disable_csrf = True

    def __init__(self, *rows: Any) -> None:
        super().__init__()
        self.layout = Layout(*rows)


class DayInput(forms.DateInput):
    """A calendar day, in the browser's own picker."""

    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """A day and a time on the clinic's clock, in the browser's own picker."""

    input_type = "datetime-local"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")


class SecondSignature(forms.Form):
    """The second of two who sign at the same screen: his password is his signature."""

    second_email = forms.EmailField(label="Second member’s e-mail")
    second_password = forms.CharField(
        label="Second member’s password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
