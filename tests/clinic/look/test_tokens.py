"""Colours that can be read, in both lights, and stylesheets that name only what exists."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[3] / "static"
SHEETS = sorted((STATIC / "css").glob("*.css"))
TOKENS = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
COLOUR = re.compile(r"--hy-([\w-]+): (#[0-9a-f]{6});")
LISTS = re.findall(r"color-scheme: (?:light|dark);\n(.*?)\n\s*\}", TOKENS, re.DOTALL)
LIGHT, DARK, DARK_BY_SYSTEM = (dict(COLOUR.findall(found)) for found in LISTS)

GROUNDS = ("paper", "surface")
TEXT_ON = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent") for ground in GROUNDS),
    *((status, ground) for status in ("critical", "warning", "good", "info")
      for ground in (f"{status}-bg", "surface", "accent-bg")),
    ("on-accent", "accent"), ("ink-2", "sunken"), ("ink-3", "accent-bg"), ("paper", "ink"),
    ("surface", "critical"), ("accent", "accent-bg"),
]  # fmt: skip


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("pair", TEXT_ON, ids=" on ".join)
def test_text_is_readable(theme, pair):
    ink, ground = pair

    assert contrast(theme[ink], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "surface", "raised"])
def test_the_edge_of_a_field_is_visible(theme, ground):
    assert contrast(theme["field"], theme[ground]) >= 3


def test_both_dark_lists_are_alike():
    assert DARK == DARK_BY_SYSTEM


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_stylesheet_uses_only_tokens_that_exist(sheet):
    used = set(re.findall(r"var\(--(hy-[\w-]+)\)", sheet.read_text(encoding="utf-8")))

    assert used - set(re.findall(r"--(hy-[\w-]+):", TOKENS)) == set()


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_stylesheet_fetches_only_files_of_ours(sheet):
    named = re.findall(r'url\("?([^")]+)"?\)', sheet.read_text(encoding="utf-8"))
    files = [name.removeprefix("asset:").removeprefix("../") for name in named]

    assert [name for name in files if not (STATIC / name).is_file()] == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_stylesheet_stays_of_a_size_one_can_read(sheet):
    assert len(sheet.read_text(encoding="utf-8").splitlines()) <= 600
