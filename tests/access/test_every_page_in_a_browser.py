"""Every page in a real browser: nobody is shut out, and nothing is asked for from elsewhere."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.access.table import ROLES, Row
from tests.access.test_every_page_in_ten_queries import PAGES, WHO
from tests.access.walker import Walker
from tests.access.world import NOW, Things, World, world
from tests.browser import Watch, chromium, overflow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GRAVE = {"serious", "critical"}
COOKIE = "sessionid"
#: Handed over as files.
FILES = {
    "protocols:export_definition",
    "portal:entry",
    "protocols:calendar_entry",
    "clinic:document",
    "portal:document",
    "portal:results_fhir",
    "portal:results_table",
    "labs:inbound_raw",
    "labs:refused_rows",
    "labs:template",
    "labs:order_request",
    "labs:person_requests",
    "labs:visit_requests",
    "labs:requests",
    "labs:container_label",
    "labs:cane_label",
    "fhir:metadata",
    "fhir:patient",
    "fhir:observation",
    "fhir:observations",
    "fhir:report",
    "fhir:specimen",
}


Sessions = dict[str, str]


def sessions(the_world: World) -> Sessions:
    """Everybody signed in before there is a browser, whose loop would hold its own connection."""
    people = {name: the_world.here.staff[role] for name, role in ROLES.items()}
    people |= {name: who for name, who in the_world.outsiders.items() if who is not None}
    return {name: Walker(who).client.cookies[COOKIE].value for name, who in people.items()}


class Looker:
    """Whoever may open a page, each in a context of his own."""

    def __init__(self, browser: Browser, origin: str, let_in: Sessions) -> None:
        self.browser, self.origin, self.let_in = browser, origin, let_in
        self.wrong: list[str] = []
        self.pages: dict[str, Page] = {}

    def page_of(self, who: str) -> Page:
        if who not in self.pages:
            context = self.browser.new_context(
                viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
            )
            Watch(self.origin, self.wrong, context=who).over(context)
            if who in self.let_in:
                cookie = {"name": COOKIE, "value": self.let_in[who], "url": self.origin}
                context.add_cookies([cookie])
            self.pages[who] = context.new_page()
        return self.pages[who]

    def looks_at(self, row: Row, things: Things) -> None:
        who = next(name for name in WHO if row.codes[name] == "200")
        page = self.page_of(who)
        response = page.goto(f"{self.origin}{row.url(things)}")
        if "text/html" not in response.headers["content-type"] or not page.query_selector("main"):
            return
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            self.judge(row, page, f"{who}, {scheme}")
        page.set_viewport_size({"width": 390, "height": 844})
        if said := overflow(page):
            self.wrong.append(f"{row.name} as {who} at 390 px: {said}")
        page.set_viewport_size({"width": 1280, "height": 900})

    def judge(self, row: Row, page: Page, where: str) -> None:
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in GRAVE:
                first = violation["nodes"][0]["html"][:120]
                self.wrong.append(f"{row.name} ({where}): {violation['id']}: {first}")


def test_no_page_shuts_anybody_out_or_asks_elsewhere(live_server, time_machine, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright's loop runs in this thread
    time_machine.move_to(NOW, tick=False)
    the_world = world()
    let_in = sessions(the_world)
    with chromium() as browser:
        looker = Looker(browser, live_server.url, let_in)
        for row in PAGES:
            if row.name not in FILES:
                looker.looks_at(row, the_world.here.things)
    assert looker.wrong == [], "\n".join(looker.wrong)
