"""Codes and numbers of a frozen container: its identifier, what suits it, what survives (§4.8)."""

import re
from decimal import ROUND_HALF_UP, Decimal

#: Damm's quasigroup of order 10: it finds every wrong digit and every two that changed places.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_CODE = re.compile(r"C(\d{2})(\d{5,9})(\d)", re.ASCII)
#: Below this number of sperm the exact number is written down.
COUNTED_BELOW = 100
#: Micro-straws suit samples thinner than this, per mL.
MICRO_STRAW_BELOW = 2_000_000
#: Carriers for single sperm.
SINGLE = frozenset({"cryopiece", "cryotop", "cell_sleeper"})
_TENTH = Decimal("0.1")


def check_digit(digits: str) -> str:
    """The digit that makes the row of Damm come out at nought."""
    at = 0
    for digit in digits:
        at = _DAMM[at][int(digit)]
    return str(at)


def cryo_id(year: int, number: int) -> str:
    """The identifier of a container, such as C26000427: year, number, check digit."""
    digits = f"{year % 100:02d}{number:05d}"
    return f"C{digits}{check_digit(digits)}"


def spoken(code: str) -> str:
    """The same as it is read aloud: C26-00042-7."""
    found = _CODE.fullmatch(code)
    return f"C{found[1]}-{found[2]}-{found[3]}" if found else code


def scanned(text: str) -> str:
    """What a scanner or a hand has typed, without what does not count."""
    return re.sub(r"[\s\-]+", "", text).upper()


def code_refusal(text: str) -> str:
    """Why this is not the code of a container, or ""."""
    found = _CODE.fullmatch(scanned(text))
    if found is None:
        return "A code is C and digits, such as C26-00042-7. Scan it again."
    if check_digit(found[1] + found[2]) != found[3]:
        return "The check digit does not fit: scan it again, or read it aloud digit by digit."
    return ""


def carrier_warning(kind: str, n_sperm: int | None, volume_ml: Decimal | None) -> str:
    """What speaks against this carrier for this sample, or ""."""
    if n_sperm is None:
        return ""
    if n_sperm < COUNTED_BELOW and kind not in SINGLE:
        return (
            f"Fewer than {COUNTED_BELOW} sperm are better kept on a carrier for single sperm: "
            "Cryopiece, Cryotop or Cell Sleeper."
        )
    dense = volume_ml and n_sperm / volume_ml >= MICRO_STRAW_BELOW
    if kind == "micro_straw" and dense:
        return "Micro-straws suit samples below 2 million per mL."
    return ""


def recovery_pct(found: int, frozen: int) -> Decimal | None:
    """Sperm found after the thaw, of those that were frozen; None where none were."""
    return _share(Decimal(found), Decimal(frozen))


def cryosurvival_pct(after_pct: Decimal, before_pct: Decimal) -> Decimal | None:
    """Motility after the thaw over motility before; None where nothing moved before."""
    return _share(after_pct, before_pct)


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    if whole <= 0:
        return None
    return (part / whole * 100).quantize(_TENTH, ROUND_HALF_UP)
