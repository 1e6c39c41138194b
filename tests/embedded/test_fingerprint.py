"""The database is prepared again when, and only when, what it was prepared from has changed."""

import pytest

from config.embedded.fingerprint import fingerprint


@pytest.fixture
def project(tmp_path):
    for name, text in {
        "requirements/app.txt": "Django==5.2",
        "labs/migrations/0001_tables.py": "operations = []",
        "protocols/definitions/programme.yaml": "days: 180",
        "static/vendor/htmx.js": "htmx",
        "labs/views/inbox.py": "inbox",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "changed",
    [
        "requirements/app.txt",
        "labs/migrations/0001_tables.py",
        "labs/migrations/0002_more.py",
        "protocols/definitions/programme.yaml",
        "static/vendor/htmx.js",
    ],
)
def test_a_changed_source_changes_it(project, changed):
    before = fingerprint(project)

    (project / changed).write_text("changed")

    assert fingerprint(project) != before


def test_a_renamed_migration_changes_it(project):
    before = fingerprint(project)

    tables = project / "labs/migrations/0001_tables.py"
    tables.rename(tables.with_name("0001_first.py"))

    assert fingerprint(project) != before


def test_a_changed_page_leaves_it(project):
    before = fingerprint(project)

    (project / "labs/views/inbox.py").write_text("changed")

    assert fingerprint(project) == before
