"""People at their own browsers: they read labels and press buttons, and never type an address
that no page gave them, but the front door's.
"""

import re
from datetime import date, datetime

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import Watch, sign_in

PASSWORD = "correct horse battery"
#: What a click asks for: a page, or a part of one.
ASKED = {"document", "fetch", "xhr"}


class Person:
    """Somebody with a browser of his own; whatever it complains of is kept in `watch`."""

    def __init__(self, browser: Browser, origin: str, *, width: int = 1280) -> None:
        self.origin = origin
        self.context = browser.new_context(viewport={"width": width, "height": 900})
        self.context.set_default_timeout(15_000)
        self.watch = Watch(origin).over(self.context)
        self.page: Page = self.context.new_page()

    def signs_in(self, email: str, password: str = PASSWORD) -> "Person":
        sign_in(self.page, self.origin, email, password)
        return self

    def opens(self, name: str, *, within: str = "body", exact: bool = False) -> None:
        """Follow a link by its words."""
        self.follows(self.page.locator(within).get_by_role("link", name=name, exact=exact))

    def presses(self, name: str, *, within: str = "body") -> None:
        self.follows(self.page.locator(within).get_by_role("button", name=name))

    def follows(self, what: Locator) -> None:
        """Click, and wait until what it asked for has come and stands on the page."""
        with self.page.expect_request(lambda request: request.resource_type in ASKED) as asked:
            what.first.click()
        request = asked.value
        response = request.response()
        while request.redirected_to is not None:
            request = request.redirected_to
            response = request.response()
        if response is not None:
            response.finished()
        self.page.wait_for_load_state("load")
        expect(self.page.locator(".htmx-request, .htmx-swapping, [aria-busy]")).to_have_count(0)
        assert self.watch.wrong == []

    def unfolds(self, name: str, *, within: str = "body") -> None:
        self.page.locator(within).locator("summary", has_text=name).first.click()

    def types(self, *, within: str = "main", **words: object) -> None:
        """Fill fields by their names, as the keyboard would."""
        for name, word in words.items():
            asked = f":is([name='{name}'], [name$='-{name}']):visible"
            field = self.page.locator(f"{within} {asked}").first
            if field.evaluate("element => element.tagName") == "SELECT":
                field.select_option(label=str(word))
            else:
                field.fill(written(word))

    def ticks(self, label: str, *, within: str = "main") -> None:
        self.page.locator(within).get_by_label(label).first.check()

    def chooses(self, name: str, value: object, *, within: str = "main") -> None:
        """One radio of a group."""
        named = f":is([name='{name}'], [name$='-{name}'], [name$='_{name}'])"
        mark(self.page.locator(f"{within} {named}[value='{value}']").first)

    def answers_lowest(self, *, within: str) -> None:
        """The first answer of every question that is in view."""
        asked = set()
        for box in self.page.locator(f"{within} [type=radio]").all():
            name = box.get_attribute("name")
            if name not in asked and box.locator("xpath=ancestor::label").first.is_visible():
                asked.add(name)
                mark(box)

    def sees(self, *sentences: str | re.Pattern[str], within: str = "body") -> None:
        for sentence in sentences:
            expect(self.page.locator(within).get_by_text(sentence).first).to_be_visible()

    def at(self, selector: str) -> Locator:
        return self.page.locator(selector)


def mark(box: Locator) -> None:
    """With the keyboard: the box itself lies beneath its label."""
    if not box.is_checked():
        box.press("Space")
    expect(box).to_be_checked()


def written(word: object) -> str:
    """As the browser's own pickers want it."""
    if isinstance(word, datetime):
        return word.strftime("%Y-%m-%dT%H:%M")
    return word.isoformat() if isinstance(word, date) else str(word)
