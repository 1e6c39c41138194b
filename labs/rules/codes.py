"""Is this code what it claims to be? LOINC, SNOMED CT and RxNorm (domain reference §6.1, §6.2)."""

import re
from dataclasses import dataclass

LOINC = re.compile(r"([1-9][0-9]{0,6})-([0-9])")
MILLIGRAMS = re.compile(r"([0-9]+)_?mg(?![a-z])")
SNOMED = re.compile(r"[1-9][0-9]{5,17}")
RXNORM = re.compile(r"[1-9][0-9]{0,7}")

VERHOEFF_PRODUCT = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
VERHOEFF_TURN = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip

MISUSED_LOINC = {
    "10589-0": ("spermatid", "It is spermatids, not the pH of semen."),
    "10591-6": ("spermatocyte", "It is primary spermatocytes, not viscosity."),
    "10610-4": ("tail", "It repeats tail defects; it is not progressive motility."),
    "12841-3": ("psa", "It is free over total PSA, not a sperm figure."),
    "72514-3": ("", "It is not a sperm count."),
}
"""Valid codes that are often used for something else: a word for what each is, the warning."""

DEPRECATED_LOINC = frozenset({"10571-8", "10572-6", "10581-7", "10586-6", "10595-7"})

ISOTRETINOIN_INGREDIENT = "6064"
ISOTRETINOIN_CAPSULES = {
    "197843": "10 mg",
    "197844": "20 mg",
    "1547561": "25 mg",
    "403930": "30 mg",
    "1547565": "35 mg",
    "197845": "40 mg",
}


@dataclass(frozen=True, slots=True)
class CodeVerdict:
    valid: bool
    reasons: tuple[str, ...]


def check_code(system: str, code: str, use: str | None = None) -> CodeVerdict:
    """May this code be used, for this? `use` says what it is meant to stand for."""
    match system:
        case "loinc":
            reasons = loinc_reasons(code, use)
        case "snomed":
            reasons = snomed_reasons(code)
        case "rxnorm":
            reasons = rxnorm_reasons(code, use)
        case _:
            reasons = (f"{system} is not a code system that is checked here.",)
    return CodeVerdict(valid=not reasons, reasons=reasons)


def loinc_reasons(code: str, use: str | None = None) -> tuple[str, ...]:
    match = LOINC.fullmatch(code)
    if match is None:
        return ("A LOINC code is up to seven digits, a hyphen and a check digit.",)
    if loinc_check_digit(match[1]) != int(match[2]):
        return ("The LOINC check digit is wrong.",)
    if code in DEPRECATED_LOINC:
        return ("The LOINC code is deprecated.",)
    really, why = MISUSED_LOINC.get(code, ("", ""))
    meant = bool(really) and really in plain(use)
    return (why,) if why and not meant else ()


def snomed_reasons(code: str) -> tuple[str, ...]:
    if SNOMED.fullmatch(code) is None:
        return ("A SNOMED CT code has 6 to 18 digits.",)
    return () if passes_verhoeff(code) else ("The SNOMED CT check digit is wrong.",)


def rxnorm_reasons(code: str, use: str | None = None) -> tuple[str, ...]:
    if RXNORM.fullmatch(code) is None:
        return ("An RxNorm code is a whole number.",)
    words = plain(use)
    if code == ISOTRETINOIN_INGREDIENT and words and not is_ingredient(words):
        return ("6064 is the ingredient isotretinoin, not a capsule; 20 mg is 197844.",)
    strength, asked = ISOTRETINOIN_CAPSULES.get(code), MILLIGRAMS.search(words)
    if strength and is_ingredient(words):
        return (f"{code} is the {strength} capsule, not the ingredient, which is 6064.",)
    if strength and asked and strength != f"{asked[1]} mg":
        return (f"{code} is the {strength} capsule.",)
    return ()


def is_ingredient(words: str) -> bool:
    """Is the substance meant, and not a capsule of it?"""
    return "ingredient" in words or words == "isotretinoin"


def plain(use: str | None) -> str:
    """As it is compared: "Primary spermatocytes" is primary_spermatocytes."""
    return re.sub(r"[^a-z0-9]+", "_", (use or "").casefold()).strip("_")


def loinc_check_digit(number: str) -> int:
    """Mod 10: every second digit from the right is doubled and its digits added."""
    total = 0
    for position, digit in enumerate(reversed(number)):
        doubled = int(digit) * (2 if position % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return -total % 10


def passes_verhoeff(code: str) -> bool:
    """The check of SNOMED CT: it catches every wrong digit and every swapped pair."""
    check = 0
    for position, digit in enumerate(reversed(code)):
        turned = VERHOEFF_TURN[position % 8][int(digit)]
        check = int(VERHOEFF_PRODUCT[check][int(turned)])
    return check == 0
