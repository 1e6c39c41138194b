"""What the documents say is there, is there."""

import re
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FLOORS = ("clinic", "patients", "labs", "protocols")


def our_models() -> set[str]:
    return {
        m._meta.label
        for m in apps.get_models()
        if m._meta.app_label in FLOORS and not hasattr(m, "pgh_tracked_model")
    }


def test_the_glossary_names_our_classes_and_no_others():
    named = set(re.findall(r"`(\w+\.[A-Z]\w+)`", (ROOT / "docs/glossary.md").read_text()))
    unnamed = our_models() - named
    assert named - our_models() == set()
    assert unnamed == {
        "patients.RecordCounter",  # counts record numbers; nobody speaks of it
        "protocols.PublishedDefault",  # which version a new enrolment gets
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text())
    assert [t for t in targets if not (page.parent / t).exists()] == []


def test_decisions_named_in_the_code_are_written():
    named = {
        number
        for floor in (*FLOORS, "config")
        for path in (ROOT / floor).rglob("*.py")
        for number in re.findall(r"decision (\d{4})", path.read_text())
    }
    written = [path.name[:4] for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert named <= set(written)
    assert written == [f"{n:04d}" for n in range(1, len(written) + 1)]
