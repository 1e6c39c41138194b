"""The shells and components keep the house's rules."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.template.loader import render_to_string

HOUSE = Path(__file__).resolve().parents[3]
TEMPLATES = HOUSE / "templates"
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))
OURS = [
    TEMPLATES / "base.html",
    TEMPLATES / "portal" / "base.html",
    TEMPLATES / "clinic" / "door.html",
    *sorted((TEMPLATES / "errors").glob("*.html")),
    *COMPONENTS,
]
ERRORS = ["400", "403", "404", "409", "422", "500", "csrf"]


def named(path):
    return str(path.relative_to(TEMPLATES))


@pytest.mark.parametrize("component", COMPONENTS, ids=named)
def test_a_component_is_short_and_says_what_it_takes(component):
    lines = component.read_text(encoding="utf-8").splitlines()

    assert len(lines) <= 40
    assert lines[0].startswith(("{# ", "{% comment %}"))


@pytest.mark.parametrize("template", OURS, ids=named)
def test_a_template_has_no_inline_style_or_script(template):
    text = template.read_text(encoding="utf-8")

    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:|<script>", text) == []


@pytest.mark.parametrize("template", OURS, ids=named)
def test_a_template_asks_nobody_else_for_anything(template):
    assert re.findall(r'(?:src|href)="https?:', template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("template", OURS, ids=named)
def test_a_template_names_only_files_that_exist(template):
    files = re.findall(r'{% static "([^"]+)" %}', template.read_text(encoding="utf-8"))
    made = {"vendor/bootstrap.min.css", "vendor/htmx.min.js"}

    assert [f for f in files if f not in made and not (HOUSE / "static" / f).is_file()] == []


@pytest.mark.parametrize("name", ERRORS)
def test_a_page_of_trouble_needs_no_context_and_offers_a_way(name):
    page = BeautifulSoup(render_to_string(f"errors/{name}.html"), "html.parser")

    assert page.h1.text.strip()
    assert page.select_one("main a.btn")["href"] == "/"


def test_a_refusal_of_a_page_gives_its_reason():
    page = render_to_string("errors/422.html", {"reason": "The patient has left this protocol."})

    assert "The patient has left this protocol." in page


def test_the_script_stays_small():
    assert len((HOUSE / "static/js/app.js").read_text(encoding="utf-8").splitlines()) < 300
