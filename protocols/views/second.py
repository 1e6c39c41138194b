"""Who the second member is: asked by his password, at the screen of the first."""

from typing import Any

from django.contrib.auth import authenticate
from django.forms import BaseForm

from clinic.models import Account
from clinic.refusal import Refusal


def second_member(request, given: dict[str, Any]) -> Account:
    """The member whose password this is; a wrong one counts towards his lock-out."""
    found = authenticate(
        request, username=given["second_email"], email=given["second_email"],
        password=given["second_password"],
    )  # fmt: skip
    if not isinstance(found, Account):
        raise Refusal("This e-mail and password do not belong together.", field="second_password")
    return found


def add_refusal(form: BaseForm, refusal: Refusal) -> None:
    """The sentence beside its field; what is said of the second member beside his e-mail."""
    field = "second_email" if refusal.field == "second" else refusal.field
    form.add_error(field if field in form.fields else None, str(refusal))
