"""The house rules that are counted, not just written."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter, SlugConverter, StringConverter
from django.urls.resolvers import RoutePattern

from clinic.access import Capability
from clinic.management.commands import access_table
from tests import factories
from tests.sources import FLOORS, ROOT, actions, calls, functions, python_files, written

#: Open on purpose: whoever holds a single-use link has no account yet, and a probe has none at all.
#: So is what the FHIR door says of itself.
OPEN_TO_ALL = {
    "clinic:open_link", "clinic:alive", "clinic:check",
    "fhir:metadata", "fhir:elsewhere", "fhir:elsewhere_one",
}  # fmt: skip


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
        markup = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
        if re.search(
            r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son\w+=", markup
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


def converters(patterns: list) -> Iterator[tuple[str, str, type]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if str(pattern.pattern) != "accounts/":
                yield from converters(pattern.url_patterns)
            continue
        for name, converter in pattern.pattern.converters.items():
            yield str(pattern.pattern), name, type(converter)


def test_an_address_carries_only_numbers_slugs_and_tokens():
    """Addresses stand in logs, histories and e-mails: nothing about a person may be in one."""
    telling = [
        address
        for address, name, kind in converters(get_resolver().url_patterns)
        if kind not in (IntConverter, SlugConverter) and (name, kind) != ("token", StringConverter)
    ]
    assert telling == []


def test_every_address_is_written_with_converters():
    """A regular expression could carry anything."""
    loose = [
        str(pattern.pattern)
        for pattern in flat(get_resolver().url_patterns)
        if not isinstance(pattern.pattern, RoutePattern)
    ]
    assert loose == []


def flat(patterns: list) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif str(pattern.pattern) != "accounts/":
            yield from flat(pattern.url_patterns)


def test_no_action_waits_for_redis():
    """The database knows what is due; whoever calls a task could lose it with the broker."""
    guilty = [
        f"{p.relative_to(ROOT)}:{line}"
        for p in python_files()
        for line, name, _ in calls(p)
        if name in ("delay", "apply_async", "send_task")
    ]
    assert guilty == []


def test_only_actions_write():
    """Beside them the trail and the outbox, which every action writes; the rest is listed.

    config/accounts.py keeps allauth's own table of addresses in order, from allauth's own hooks.
    """
    verbs = {
        "save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
        "delete",
    }  # fmt: skip
    kept = {"clinic/audit.py", "clinic/outbox.py", "clinic/models/staff.py", "clinic/tasks.py",
            "patients/models/patient.py", "protocols/reports/visit_report.py",
            "config/accounts.py", "clinic/tables/writing.py"}  # fmt: skip
    guilty = {
        str(p.relative_to(ROOT))
        for p in python_files()
        if not {"actions", "management", "embedded"} & set(p.parts)
        for _, name, call in calls(p)
        if name in verbs or (name == "update" and call.keywords)
    }
    assert guilty - kept == set()


def test_every_lock_says_what_it_locks():
    unnamed = [
        f"{p.relative_to(ROOT)}:{line}"
        for p in python_files()
        for line, name, call in calls(p)
        if name == "select_for_update" and not any(k.arg == "of" for k in call.keywords)
    ]
    assert unnamed == []


def test_every_action_promises_something_in_its_docstring():
    assert [name for name, node in actions() if not ast.get_docstring(node)] == []


def test_an_action_somebody_takes_is_called_by_keyword():
    """Reactions are handed what happened by place; whatever has a `by` is a person's."""
    by_place = [
        name
        for name, node in actions()
        if node.args.args and any(a.arg == "by" for a in [*node.args.args, *node.args.kwonlyargs])
    ]
    assert by_place == []


def test_no_signal_connects_anything():
    """What an upper floor does when a lower one reports is listed in config/reactions.py."""
    guilty = [
        f"{p.relative_to(ROOT)}:{node.lineno}"
        for p in python_files()
        for node in ast.walk(ast.parse(p.read_text()))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("django", "allauth", "axes", "celery"))
        and ("signals" in (node.module or "") or (node.module or "").endswith("dispatch"))
    ]
    assert guilty == []


def test_no_name_is_a_drawer():
    """A thing that is called Helper or Data has not been understood yet."""
    exempt = {"AccountManager", "PanelHelper"}  # Django's and crispy's own words for them
    drawers = [
        f"{p.relative_to(ROOT)}:{node.name}"
        for p in python_files()
        for node in ast.walk(ast.parse(p.read_text()))
        if isinstance(node, ast.ClassDef)
        and re.search(r"(Manager|Helper|Utils?|Data|Info|Mixin)$", node.name)
        and node.name not in exempt
    ]
    assert drawers == []


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
        "read_at", "analysis_started_at", "next_at", "called_at", "told_at", "news_at",
        "last_used_at", "frozen_at",
    }  # fmt: skip
    unpaired = []
    for model in ours():
        names = {f.name for f in model._meta.concrete_fields}
        for name in names:
            if (
                name.endswith("_at")
                and name not in by_machine
                and not {f"{name[:-3]}_by", "by"} & names
            ):
                unpaired.append(f"{model._meta.label}.{name}")
    assert unpaired == []


def test_days_and_instants_are_named_as_such():
    """A day ends in `_on`, an instant in `_at`; the limits of something say so instead."""
    limits = {"held_until", "lease_until", "not_before", "last_login", "contact_by", "repeat_by",
              "status_since", "valid_from"}  # fmt: skip
    misnamed = [
        f"{model._meta.label}.{field.name}"
        for model in ours()
        for field in model._meta.concrete_fields
        if isinstance(field, models.DateField)
        and field.name not in limits
        # A DateTimeField is a DateField, too.
        and field.name.rpartition("_")[2]
        != ("at" if isinstance(field, models.DateTimeField) else "on")
    ]
    assert misnamed == []


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
    outside = re.compile(r"\.\./shared|/work/|shared/(?:mock|style|domain)")
    guilty = [
        str(p.relative_to(ROOT))
        for p in written()
        if p != Path(__file__) and outside.search(p.read_text())
    ]
    assert guilty == []


def test_the_access_table_says_what_the_code_grants():
    """When this fails: ./dev manage access_table."""
    assert (ROOT / "docs/access.md").read_text() == access_table.table()


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
