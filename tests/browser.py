"""Drive a real Chromium, and write down whatever it was not happy with."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
#: Asked by Chromium itself and answered with nothing; no page of ours names it.
UNASKED = ("/favicon.ico",)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of the machine: $CHROMIUM, or the one on the path."""
    path = shutil.which(os.environ.get("CHROMIUM", "chromium")) or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Watch:
    """What went wrong on the pages of one context, each once, with the page it was on."""

    origin: str
    wrong: list[str] = field(default_factory=list)
    #: Said after every sentence: where the visitor is.
    context: str = ""
    #: Answers that the visitor is about to provoke: 422 for a form that is refused.
    expected: set[int] = field(default_factory=set)

    def over(self, context: BrowserContext) -> "Watch":
        context.on("console", self._said)
        context.on("weberror", lambda error: self.note(f"script error: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        context.on("request", self._asked)
        return self

    def note(self, sentence: str) -> None:
        sentence = f"{sentence} ({self.context})" if self.context else sentence
        if sentence not in self.wrong:
            self.wrong.append(sentence)

    def _said(self, message) -> None:
        if message.type not in {"error", "warning"}:
            return
        if message.text.startswith("Failed to load resource"):
            return  # told by _answered, with its address
        at = message.page.url if message.page else ""
        self.note(f"console {message.type} on {place(at)}: {message.text}")

    def _failed(self, request: Request) -> None:
        # A download or a click elsewhere takes a request back; that is no failure.
        if request.failure != "net::ERR_ABORTED":
            self.note(f"request failed: {place(request.url)}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.note(
                f"answered {response.status}: {response.request.method} {place(response.url)}"
            )

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:", "about:")):
            self.note(f"third party: {request.url}")


def place(url: str) -> str:
    """The path and the question of an address."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


OVERFLOW = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return "";
  const sticksOut = (element) => element.getBoundingClientRect().right > root.clientWidth + 1;
  const named = (element) => [element.localName, ...element.classList].join(".");
  const wide = [...document.querySelectorAll("body *")].filter(
    (element) => sticksOut(element) && ![...element.children].some(sticksOut));
  const names = wide.slice(0, 3).map((one) => `${named(one.parentElement)} ${named(one)}`);
  return `${root.scrollWidth} px wide in ${root.clientWidth}: ${names.join(", ")}`;
}"""


def overflow(page: Page) -> str:
    """How much wider than its window a page is, and because of what; "" when it fits."""
    return page.evaluate(OVERFLOW)


def sign_in(page: Page, origin: str, email: str, password: str) -> None:
    """Through the door, as a person does it."""
    page.goto(f"{origin}/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit], form button:has-text('Sign in')")
    page.wait_for_url(lambda url: "/accounts/login" not in url)
