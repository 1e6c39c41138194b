"""The two files we did not write come from their wheels."""

from io import StringIO

import pytest
from django.core.management import call_command


@pytest.fixture
def house(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    return tmp_path / "static" / "vendor"


def copy():
    said = StringIO()
    call_command("vendor_assets", stdout=said)
    return said.getvalue().strip()


def test_they_are_copied_once(house):
    assert copy() == "static/vendor: bootstrap.min.css, htmx.min.js."
    assert copy() == "static/vendor: nothing new."
    assert sorted(file.name for file in house.iterdir()) == ["bootstrap.min.css", "htmx.min.js"]


def test_a_file_that_differs_is_put_right(house):
    copy()
    (house / "htmx.min.js").write_text("broken", encoding="utf-8")

    assert copy() == "static/vendor: htmx.min.js."


def test_they_point_to_no_source_map(house):
    copy()

    assert [file.name for file in house.iterdir() if "sourceMappingURL" in file.read_text()] == []
