"""Somebody who knocks at an address, and is told something."""

from http.cookies import SimpleCookie

from django.http import HttpResponse
from django.test import Client

from clinic.models import Account
from tests.access.table import Row
from tests.access.world import Things, undone

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
DOOR = "/accounts/login/"
#: A form that says nothing that was asked for.
EMPTY = {"nothing": "at all"}


class Walker:
    """Signed in once; whatever a request does to the session or the rows is undone after it."""

    def __init__(self, account: Account | None) -> None:
        self.client = Client(raise_request_exception=False, headers={"user-agent": "Walker"})
        if account is not None:
            self.client.force_login(account, backend=BACKEND)
        self.cookies = self.client.cookies.output(header="", sep=";")

    def ask(self, row: Row, things: Things) -> HttpResponse:
        self.client.cookies = SimpleCookie(self.cookies)
        with undone():
            if row.method == "GET":
                return self.client.get(row.url(things))
            return self.client.post(row.url(things), EMPTY)

    def told(self, row: Row, things: Things) -> str:
        """The status code; "in" for being sent to the sign-in page."""
        response = self.ask(row, things)
        at_the_door = response.status_code == 302 and response["Location"].startswith(DOOR)
        return "in" if at_the_door else str(response.status_code)
