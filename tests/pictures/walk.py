"""One person's walk: from the front door along every link, one page of each name."""

import re
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import BrowserContext, Page

from tests.browser import Watch, chromium, overflow, place, sign_in

WIDTHS = {1280: 800, 390: 844}
#: Pages that are looked at in the dark as well.
DARK = {
    "protocols-today", "protocols-record", "protocols-inbox", "protocols-visit", "labs-semen",
    "protocols-calendar", "portal-home", "portal-results", "portal-sample", "account_login",
}  # fmt: skip
#: Not pages: what signs out, stays signed in, or is handed over as a file.
NO_PAGE = {"account_logout", "clinic:stay", "protocols:calendar_entry", "portal:entry"}
FILES = {"clinic:document", "portal:document"}
#: The man whose pages are shown first.
SHOWN_FIRST = "Rourke"
HIS = re.compile(r"/patients/\d+/$")
NO_PATIENTS = {"patient", "auditor", "administrator"}
LINKS = """() => [...document.querySelectorAll("a[href], [hx-get]")].map(
  (element) => element.getAttribute("href") || element.getAttribute("hx-get"))"""
AT_THE_DOOR = ("/accounts/login/", "/accounts/password/reset/", "/accounts/signup/", "/check/")


@dataclass(frozen=True, slots=True)
class Person:
    """A sign-in; without an address nobody signs in."""

    role: str
    email: str
    password: str


@dataclass
class Told:
    """What a walk found: which pages, and what was wrong on them."""

    role: str
    pages: dict[str, str] = field(default_factory=dict)
    pictures: int = 0
    wrong: list[str] = field(default_factory=list)


def walk(person: Person, origin: str, into: Path) -> Told:
    """Open every page this person can reach and save it, wide and narrow."""
    import django

    django.setup()
    told = Told(person.role)
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        watch = Watch(origin, told.wrong).over(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        if person.email:
            sign_in(page, origin, person.email, person.password)
        Walk(page, watch, told, into / person.role).along(starts(person, page, origin))
        context.close()
    return told


def starts(person: Person, page: Page, origin: str) -> list[str]:
    """The front door; for members then the pages of the man shown first."""
    if not person.email:
        return [f"{origin}{path}" for path in AT_THE_DOOR]
    home = page.url
    if person.role in NO_PATIENTS:
        return [home]
    page.goto(f"{origin}/patients/?q={SHOWN_FIRST}")
    return [home, *(urljoin(origin, link) for link in page.evaluate(LINKS) if HIS.match(link))]


class Walk:
    """Breadth first, each name once; links on the pages of the man shown first go before others."""

    def __init__(self, page: Page, watch: Watch, told: Told, into: Path) -> None:
        self.page, self.watch, self.told, self.into = page, watch, told, into
        self.origin = watch.origin
        self.waiting: deque[tuple[str, str]] = deque()  # address, and the page it stood on
        self.seen: set[str] = set()

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def along(self, starts: list[str]) -> None:
        self.waiting.extend((url, "the start") for url in starts)
        while self.waiting:
            url, source = self.waiting.popleft()
            name = self.name_of(url, source)
            if name is None or name in self.seen:
                continue
            self.seen.add(name)
            self.watch.context = f"from {source}"
            if name in FILES:
                self.fetch(url)
            elif name not in NO_PAGE:
                self.look(name, url)

    def name_of(self, url: str, source: str) -> str | None:
        """The name of an address of ours; None for one that is not a page."""
        from django.urls import Resolver404, resolve

        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" != self.origin or parts.path.startswith("/static/"):
            return None
        try:
            return resolve(parts.path).view_name
        except Resolver404:
            self.watch.note(f"a link to nowhere: {place(url)} on {source}")
            return None

    def look(self, name: str, url: str) -> None:
        """Open a page, and see where it leads; a page that sends on is looked at where it ends."""
        self.page.set_viewport_size({"width": 1280, "height": 800})
        response = self.page.goto(url, wait_until="load")
        landed, here = self.name_of(self.page.url, url), place(self.page.url)
        if landed != name and landed in self.told.pages:
            return
        if response is None or response.status >= 400 or landed is None:
            return  # the watch has it
        self.seen.add(landed)
        self.told.pages[landed] = here
        links = self.page.evaluate(LINKS)
        self.waiting.extend((urljoin(self.page.url, link), here) for link in links)
        self.save(landed.replace(":", "-"))

    def save(self, name: str) -> None:
        self.page.evaluate("document.fonts.ready")
        for width, height in WIDTHS.items():
            self.page.set_viewport_size({"width": width, "height": height})
            self.shoot(f"{width}/{name}")
            if too_wide := overflow(self.page):
                self.watch.note(f"overflow: {place(self.page.url)} is {too_wide}")
        if name in DARK:
            self.page.emulate_media(color_scheme="dark")
            for width, height in WIDTHS.items():
                self.page.set_viewport_size({"width": width, "height": height})
                self.shoot(f"{width}-dark/{name}")
            self.page.emulate_media(color_scheme="light")

    def shoot(self, name: str) -> None:
        self.page.screenshot(path=self.into / f"{name}.png", full_page=True)
        self.told.pictures += 1

    def fetch(self, url: str) -> None:
        """A report is a file: it must come, and be one."""
        response = self.context.request.get(url)
        if response.status != 200 or not response.body().startswith(b"%PDF"):
            self.watch.note(f"not a report: {place(url)} answered {response.status}")
