"""The house rules that are counted, not just written."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from clinic.access import Capability
from tests import factories

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("config", "clinic", "patients", "labs", "protocols")
#: Guarded by allauth and the sign-in middleware, or open on purpose.
OPEN_TO_ALL = {"accounts", "clinic:welcome", "clinic:alive"}


def python_files() -> list[Path]:
    return [
        path
        for floor in FLOORS
        for path in sorted((ROOT / floor).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_is_longer_than_four_hundred_lines():
    long = {
        str(p.relative_to(ROOT)): n
        for p in python_files()
        if (n := len(p.read_text().splitlines())) > 400
    }
    assert long == {}


def test_no_function_is_longer_than_fifty_lines():
    long = {
        f"{p.relative_to(ROOT)}:{name}": n
        for p in python_files()
        for name, n in functions(p)
        if n > 50
    }
    assert long == {}


def test_no_template_is_longer_than_a_hundred_and_fifty_lines():
    long = {
        str(p.relative_to(ROOT)): n
        for p in sorted((ROOT / "templates").rglob("*.html"))
        if (n := len(p.read_text().splitlines())) > 150
    }
    assert long == {}


def test_components_stay_under_forty_lines():
    long = {
        p.name: n
        for p in (ROOT / "templates/components").glob("*.html")
        if (n := len(p.read_text().splitlines())) >= 40
    }
    assert long == {}


def test_the_one_script_stays_under_three_hundred_lines():
    scripts = sorted((ROOT / "static/js").glob("*.js"))
    assert [s.name for s in scripts] == ["app.js"]
    assert len(scripts[0].read_text().splitlines()) < 300


def test_no_template_carries_an_inline_script_or_style():
    guilty = []
    for path in (ROOT / "templates").rglob("*.html"):
        if "mail" in path.parts or "pdf" in path.parts:
            continue
        text = path.read_text()
        if re.search(
            r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son\w+=", text
        ):
            guilty.append(str(path.relative_to(ROOT)))
    assert guilty == []


def test_a_lower_floor_names_no_upper_address():
    upper = {
        "clinic": "patients|labs|protocols|portal",
        "patients": "labs|protocols|portal",
        "labs": "protocols|portal",
    }
    guilty = []
    for floor, names in upper.items():
        for path in (ROOT / "templates" / floor).rglob("*.html"):
            if re.search(rf"""\{{% *url +["'](?:{names}):""", path.read_text()):
                guilty.append(str(path.relative_to(ROOT)))
    assert guilty == []


def views(patterns: list, prefix: str = "") -> Iterator[tuple[str, object]]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name}", pattern.callback
        elif isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else prefix
            if str(pattern.pattern) == "accounts/":
                continue
            yield from views(pattern.url_patterns, inner)


def test_every_view_names_the_capability_it_needs():
    unguarded = {
        name
        for name, view in views(get_resolver().url_patterns)
        if not isinstance(getattr(view, "capability", None), Capability)
    }
    assert unguarded <= OPEN_TO_ALL


def ours() -> list[type[models.Model]]:
    return [
        m
        for m in apps.get_models()
        if m._meta.app_label in FLOORS and not hasattr(m, "pgh_tracked_model")
    ]


def test_every_stamp_of_something_done_says_by_whom():
    """An `_at` that a person did has a `_by`; the exceptions are done by time or by a machine."""
    by_machine = {
        "expires_at", "drawn_at", "asked_at", "sent_at", "lease_until", "created_at", "planned_at",
        "due_at", "target_at", "received_at", "joined_at", "since_at", "set_at", "evidence_at",
        "collected_at", "reported_at", "used_at", "withdrawn_at", "revoked_at", "struck_at",
        "superseded_at", "taken_at", "tapped_at", "arrived_at", "held_until", "saved_at",
        "vitals_at", "side_effects_at", "plan_at", "since_last_time_at", "voided_at", "raised_at",
        "filed_at", "at", "cancelled_at", "written_at", "ordered_at", "published_at",
        "read_at", "analysis_started_at",
    }  # fmt: skip
    unpaired = []
    for model in ours():
        names = {f.name for f in model._meta.concrete_fields}
        for name in names:
            if name.endswith("_at") and name not in by_machine and f"{name[:-3]}_by" not in names:
                unpaired.append(f"{model._meta.label}.{name}")
    assert unpaired == []


def test_constraint_names_are_sentences_of_at_least_three_words():
    short = [c.name for m in ours() for c in m._meta.constraints if c.name.count("_") < 2]
    assert short == []


def test_every_model_has_one_factory():
    made = [f._meta.model for f in factories.every_factory()]
    assert sorted(m._meta.label for m in made) == sorted(m._meta.label for m in ours())


@pytest.mark.parametrize("folder", ["rules"])
def test_rules_ask_no_clock(folder):
    guilty = [
        str(p.relative_to(ROOT))
        for p in python_files()
        if folder in p.parts
        and re.search(r"\b(date\.today|datetime\.now|timezone\.now|time\.time)\(", p.read_text())
    ]
    assert guilty == []


def test_nothing_in_the_project_points_outside_it():
    guilty = [
        str(p.relative_to(ROOT))
        for p in [*python_files(), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
        if p.exists() and ("../shared" in p.read_text() or "/work/" in p.read_text())
    ]
    assert guilty == []


def test_every_component_is_used_and_every_include_exists():
    templates = {
        str(p.relative_to(ROOT / "templates")): p.read_text()
        for p in (ROOT / "templates").rglob("*.html")
    }
    code = "\n".join(p.read_text() for p in python_files())
    named = set(re.findall(r"""["']([\w/\-]+\.html)""", "\n".join(templates.values()) + code))
    components = {t for t in templates if t.startswith("components/")}
    assert components - named == set()
    assert {
        n
        for n in named
        if n.startswith(("components/", "protocols/", "labs/", "patients/", "clinic/", "portal/"))
        and n not in templates
    } == set()
