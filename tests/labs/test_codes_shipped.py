"""No trap and no wrong check digit stands in anything that is shipped."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from labs.rules.codes import (
    DEPRECATED_LOINC,
    MISUSED_LOINC,
    loinc_reasons,
    passes_verhoeff,
    rxnorm_reasons,
)

ROOT = Path(__file__).parents[2]
FLOORS = ("clinic", "patients", "labs", "protocols", "config")
LISTED = sorted(
    path for floor in FLOORS for path in (ROOT / floor).rglob("*.y*ml") if path.is_file()
)
SOURCES = sorted(
    path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")
    if path != ROOT / "labs/rules/codes.py"
)  # fmt: skip
LOINC = re.compile(r"[1-9][0-9]{2,5}-[0-9]")
QUOTED = re.compile(r"[\"']([1-9][0-9]{2,5}-[0-9])[\"']")
TRAPS = {
    "11068-0", "49573-4", "10589-0", "10591-6", "10610-4", "12841-3", "72514-3",
    "10571-8", "10572-6", "10581-7", "10586-6", "10595-7",
}  # fmt: skip
SNOMED_TRAPS = ("425442002", "281571000", "250726004", "250729006")


def scalars(part: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every value of a file under the name it stands under."""
    if isinstance(part, dict):
        for name, inner in part.items():
            yield from scalars(inner, str(name))
    elif isinstance(part, list):
        for inner in part:
            yield from scalars(inner, key)
    elif part is not None:
        yield key, str(part)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_are_files_to_look_at():
    assert {named(path) for path in LISTED} >= {
        "labs/definitions/analytes.yaml",
        "labs/definitions/panels.yaml",
        "protocols/definitions/isotretinoin_six_months.yaml",
    }


@pytest.mark.parametrize("path", LISTED, ids=named)
def test_every_code_in_a_file_of_ours_is_sound(path):
    for key, text in scalars(yaml.safe_load(path.read_text(encoding="utf-8"))):
        if LOINC.fullmatch(text):
            assert loinc_reasons(text) == (), (key, text)
        if "snomed" in key:
            assert passes_verhoeff(text), (key, text)
        if "rxnorm" in key:
            assert rxnorm_reasons(text) == (), (key, text)


def test_every_loinc_in_the_program_is_sound():
    found = {
        code: named(path)
        for path in SOURCES
        for code in QUOTED.findall(path.read_text(encoding="utf-8"))
    }

    assert {code: at for code, at in found.items() if loinc_reasons(code)} == {}


@pytest.mark.parametrize("code", sorted(TRAPS))
def test_a_trap_is_refused_as_a_code(code):
    assert loinc_reasons(code) != ()


def test_the_traps_are_known_by_name_or_fail_their_check_digit():
    named_traps = set(MISUSED_LOINC) | DEPRECATED_LOINC

    assert TRAPS - named_traps == {"11068-0", "49573-4"}


@pytest.mark.parametrize("code", SNOMED_TRAPS)
def test_a_snomed_trap_fails_its_check(code):
    assert not passes_verhoeff(code)
