"""A browser as far as a server can tell: one connection kept open, cookies, a form's token."""

import re
import time
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.cookies import SimpleCookie
from urllib.parse import urlencode

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"|X-CSRFToken": "([^"]+)"')
PATIENCE_S = 60


class Visitor:
    """One person at one machine."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.cookies: dict[str, str] = {}
        self.token = ""
        self.page = ""
        self.location = ""

    def get(self, path: str) -> int:
        return self._ask("GET", path, None)

    def post(self, path: str, fields: dict[str, object]) -> int:
        """As a form would: with the token of the last page that carried one."""
        return self._ask("POST", path, urlencode({**fields, "csrfmiddlewaretoken": self.token}))

    def sign_in(self, email: str, password: str) -> "Visitor":
        """Through the door, and on to the first page, whose forms carry the new token."""
        self.open_door()
        status = self.give(email, password)
        if status != 302:
            raise RuntimeError(f"{email} could not sign in: {status}\n{self.page[:2000]}")
        self.follow()
        return self

    def open_door(self) -> None:
        self.cookies.clear()
        self.get("/accounts/login/")
        self.learn_token()

    def give(self, email: str, password: str) -> int:
        return self.post("/accounts/login/", {"login": email, "password": password})

    def follow(self) -> None:
        while self.location:
            self.get(self.location)
        self.learn_token()

    def learn_token(self) -> None:
        found = TOKEN.search(self.page)
        if found:
            self.token = found[1] or found[2]

    def _ask(self, method: str, path: str, body: str | None) -> int:
        response = self._answer(method, path, body)
        self.page = response.read().decode(errors="replace")
        self.location = response.getheader("Location") or ""
        for header in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        return response.status

    def _answer(self, method: str, path: str, body: str | None) -> HTTPResponse:
        headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self.connection.request(method, path, body, headers)
            return self.connection.getresponse()
        except (HTTPException, ConnectionError):
            # The server closes a connection nobody has used for a while.
            self.connection.close()
            self.connection.request(method, path, body, headers)
            return self.connection.getresponse()


def await_answer(port: int, seconds: float = 60) -> None:
    """Wait until the server answers at all."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            Visitor(port).get("/alive/")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the web server did not answer")
