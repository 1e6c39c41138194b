"""How allauth opens our door: no sign-up, our sentences, our outgoing mail."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Accounts(DefaultAccountAdapter):
    """Accounts are opened by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def get_user_search_fields(self) -> list[str]:
        return ["email", "name"]

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Accounts have no user name; the e-mail address is the name."""
