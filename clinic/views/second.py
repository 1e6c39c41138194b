"""Who the second member is: asked by his password, at the screen of the first."""

from typing import Any

from django.contrib.auth import authenticate
from django.forms import BaseForm
from django.http import HttpRequest

from clinic.models import Account
from clinic.refusal import Refusal


def second_member(request: HttpRequest, given: dict[str, Any]) -> Account:
    """The member whose password this is; a wrong one counts towards his lock-out."""
    found = authenticate(
        request, username=given["second_email"], email=given["second_email"],
        password=given["second_password"],
    )  # fmt: skip
    if not isinstance(found, Account):
        raise Refusal("This e-mail and password do not belong together.", field="second_password")
    return found


def with_second(request: HttpRequest, given: dict[str, Any]) -> dict[str, Any]:
    """The form's words for an action: the second member himself instead of his password."""
    if "second_password" not in given:
        return given
    rest = {key: word for key, word in given.items() if not key.startswith("second_")}
    return rest | {"second": second_member(request, given)}


def add_refusal(form: BaseForm, refusal: Refusal) -> None:
    """The sentence beside its field; what is said of the second member beside his e-mail."""
    field = "second_email" if refusal.field == "second" else refusal.field
    form.add_error(field if field in form.fields else None, str(refusal))
