"""What js/app.js does, in a real browser under the strict policy, on a page of the shell."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template import engines
from django.test import RequestFactory
from playwright.sync_api import expect, sync_playwright

pytestmark = pytest.mark.browser
HOUSE = Path(__file__).resolve().parents[3]
ORIGIN = "http://halfyear.test"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"
)
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
PAGE = """
{% extends "base.html" %}
{% block title %}Sample{% endblock %}
{% block content %}
  <h1>Sample</h1>
  <input class="form-control" id="q" aria-label="Find">
  <ol class="queue" data-rows><li><a href="/one">One</a></li><li><a href="/two">Two</a></li></ol>
  <form method="post" action="/hold" data-confirm="Hold the dose?" data-yes="Hold it">
    <button>Hold</button></form>
  <form method="post" action="/out"></form>
  <form method="post" action="/save" id="save"><button>Save</button></form>
  <form method="post" action="/expired"><textarea name="words" aria-label="Words"></textarea>
    <input type="checkbox" name="sure" value="1" aria-label="Sure">
    <button>Send</button></form>
  <form data-guard id="guarded"><input id="typed" aria-label="Note"></form>
  <form data-autosave hx-post="/autosave" hx-trigger="autosave" hx-swap="none">
    <input type="checkbox" id="auto" aria-label="Auto"></form>
  <p data-saved></p>
  <a href="/drawer" hx-get="/drawer" hx-target="#drawer">Book</a>
  <button type="button" hx-get="/broken" id="broken">Break</button>
  <div id="part"><button type="button" hx-post="/refused" hx-target="#part">Try</button></div>
  <button type="button" data-theme="dark" aria-pressed="false">Dark</button>
{% endblock %}
"""
DOOR = """<!doctype html><html data-door><head><title>Sign in</title>
<script src="/static/js/app.js"></script></head>
<body><div id="live"></div><div id="toasts"></div>
<form method="post"><input name="login"></form></body>"""
ANSWERS = {
    "/expired": (200, DOOR),
    "/one": (200, "<title>One</title>"),
    "/autosave": (200, ""),
    "/broken": (500, "no"),
    "/drawer": (200, '<header><h2>Book M4</h2><a href="/" data-close>Close</a></header>'),
    "/refused": (
        422,
        '<input id="why" aria-label="Volume" aria-invalid="true" data-say="Refused.">',
    ),
}


@pytest.fixture(scope="module")
def browser():
    call_command("vendor_assets")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def posted():
    return []


@pytest.fixture
def page(browser, posted):
    request = RequestFactory().get("/")
    html = engines["django"].from_string(PAGE).render({"shell": None}, request)
    away = '<body data-who="7" data-idle="900" data-stay="/stay" data-leave="/out" '
    html = html.replace("<body ", away)

    def answer(route):
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/static/"):
            file = HOUSE / path.removeprefix("/")
            route.fulfill(
                body=file.read_bytes(),
                content_type=TYPES.get(file.suffix, "application/octet-stream"),
            )
            return
        if route.request.method == "POST":
            posted.append(path)
        status, body = ANSWERS.get(path, (200, html))
        headers = {"Content-Security-Policy": POLICY}
        route.fulfill(status=status, body=body, content_type="text/html", headers=headers)

    tab = browser.new_page()
    tab.route(re.compile(".*"), answer)
    said = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.clock.install()
    tab.goto(f"{ORIGIN}/")
    yield tab
    assert [
        line for line in said if "status of" not in line and "Response Status" not in line
    ] == []
    tab.close()


def test_a_slash_goes_to_the_search(page):
    page.keyboard.press("/")

    expect(page.locator("#q")).to_be_focused()


def test_a_question_mark_shows_the_keys_but_not_while_typing(page):
    page.locator("#typed").press("?")
    expect(page.locator("#keys")).not_to_be_visible()

    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_j_and_k_walk_the_rows_and_enter_opens_one(page):
    for key in "jjk":
        page.keyboard.press(key)
    expect(page.locator(".queue li").first).to_be_focused()

    page.keyboard.press("Enter")
    expect(page).to_have_title("One")


def test_a_form_that_asks_posts_only_after_yes(page, posted):
    page.get_by_role("button", name="Hold").click()
    page.get_by_role("button", name="No, go back").click()
    assert posted == []

    page.get_by_role("button", name="Hold").click()
    expect(page.locator("#confirm-text")).to_have_text("Hold the dose?")
    page.get_by_role("button", name="Hold it").click()
    page.wait_for_url("**/hold")
    assert posted == ["/hold"]


def test_a_form_is_posted_once_however_often_it_is_pressed(page, posted):
    page.evaluate("() => { const f = document.querySelector('#save');"
                  " f.addEventListener('submit', (e) => setTimeout(() => f.requestSubmit()));"
                  " f.requestSubmit(); }")  # fmt: skip
    page.wait_for_url("**/save")

    assert posted == ["/save"]


def test_leaving_typed_work_is_asked_about(page):
    page.locator("#typed").fill("half a sentence")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"{ORIGIN}/one")

    assert asked == ["beforeunload"]


def test_a_change_is_saved_by_itself_and_said(page, posted):
    page.locator("#auto").check()

    expect(page.locator("[data-saved]")).to_contain_text("Saved ")
    assert posted == ["/autosave"]


def test_dark_is_remembered(page):
    page.get_by_role("button", name="Dark").click()
    page.reload()

    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


def test_the_drawer_opens_with_what_comes_and_closes_by_its_cross(page):
    page.get_by_role("link", name="Book").click()
    expect(page.locator("#drawer h2")).to_have_text("Book M4")
    expect(page.locator("#drawer")).to_be_visible()

    page.get_by_role("link", name="Close").click()
    expect(page.locator("#drawer")).not_to_be_visible()


def test_a_refusal_is_put_in_place_said_and_focused(page):
    page.get_by_role("button", name="Try").click()

    expect(page.locator("#why")).to_be_focused()
    expect(page.locator("#live")).to_have_text("Refused.")


def test_a_failure_is_told_in_words(page):
    page.locator("#broken").click()

    expect(page.locator(".live--no")).to_contain_text("Nothing was saved")


def test_nobody_there_is_warned_and_then_signed_out(page, posted):
    page.clock.run_for(12 * 60_000)
    expect(page.locator("#idle")).not_to_be_visible()

    page.clock.run_for(75_000)
    expect(page.locator("#idle")).to_be_visible()

    page.clock.run_for(60_000)
    page.wait_for_url("**/out")
    assert posted == ["/out"]


def test_who_answers_the_warning_stays_signed_in(page, posted):
    page.clock.run_for(13 * 60_000 + 15_000)
    with page.expect_request("**/stay"):
        page.get_by_role("button", name="Stay signed in").click()
    page.clock.run_for(60_000)

    assert posted == []


def test_a_hand_in_another_tab_keeps_this_one_signed_in(page, posted):
    page.clock.run_for(13 * 60_000 + 15_000)
    expect(page.locator("#idle")).to_be_visible()

    page.evaluate("localStorage.setItem('touched', Date.now())")
    page.clock.run_for(60_000)

    expect(page.locator("#idle")).not_to_be_visible()
    assert posted == []


def send_after_the_session_ended(page):
    page.get_by_label("Words").fill("Please come fasting.")
    page.get_by_role("checkbox", name="Sure").check()
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_title("Sign in")


def test_what_was_typed_when_the_session_ended_is_back_after_signing_in(page):
    send_after_the_session_ended(page)

    page.goto(f"{ORIGIN}/")

    expect(page.get_by_label("Words")).to_have_value("Please come fasting.")
    expect(page.get_by_role("checkbox", name="Sure")).to_be_checked()
    assert page.evaluate("sessionStorage.getItem('typed')") is None


def test_what_was_typed_is_shown_to_nobody_else(page):
    send_after_the_session_ended(page)
    kept = page.evaluate("sessionStorage.getItem('typed')")
    page.evaluate(
        "kept => sessionStorage.setItem('typed', kept)", kept.replace('"who":"7"', '"who":"8"')
    )

    page.goto(f"{ORIGIN}/")

    expect(page.get_by_label("Words")).to_have_value("")
    assert page.evaluate("sessionStorage.getItem('typed')") is None


def test_what_was_sent_and_taken_is_not_kept(page):
    page.get_by_label("Words").fill("Please come fasting.")
    page.evaluate("document.querySelector('form[action=\"/expired\"]').action = '/taken'")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/taken")

    expect(page.get_by_label("Words")).to_have_value("")
    assert page.evaluate("sessionStorage.getItem('typed')") is None
