"""A semen analysis as one row of a table: which fields a column can hold, and what it must say.

A sheet is filed whole or not at all: one answer that cannot be read refuses the row.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labs.rules.counting import CountError
from labs.rules.quantities import ZERO
from labs.rules.semen_reading import SheetError, read_sheet
from labs.rules.semen_sheet import FreshSperm, SemenSheet

PAIRS = ((1, ""), (2, "_2"), (3, "_3"))


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A field of the sheet that is no analyte; `kind` says how its cells are read."""

    label: str
    kind: str = "number"


SHEET_COLUMNS = {
    "received_at": SheetColumn("Received in the laboratory", "instant"),
    "analysis_started_at": SheetColumn("Analysis began", "instant"),
    "method": SheetColumn("Way of collection", "word"),
    "place": SheetColumn("Place of collection", "word"),
    "complete": SheetColumn("Completeness", "word"),
    "transport_temp_c": SheetColumn("Temperature in transport"),
    "appearance": SheetColumn("Appearance", "word"),
    "chamber": SheetColumn("Chamber", "word"),
    "dilution": SheetColumn("Dilution", "dilution"),
    "squares": SheetColumn("Area counted", "area"),
    "count_a": SheetColumn("Count A"),
    "count_b": SheetColumn("Count B"),
    "count_a_2": SheetColumn("Count A, second pair"),
    "count_b_2": SheetColumn("Count B, second pair"),
    "count_a_3": SheetColumn("Count A, third pair"),
    "count_b_3": SheetColumn("Count B, third pair"),
    "fresh_sperm_n": SheetColumn("Sperm seen in the fresh preparation"),
    "fresh_fields_examined": SheetColumn("Fields examined"),
    "fresh_sperm_per_hpf": SheetColumn("Sperm per field"),
    "pellet_done": SheetColumn("Pellet examined", "yes"),
    "pellet_g": SheetColumn("Pellet spun at (g)"),
    "pellet_min": SheetColumn("Pellet spun for (min)"),
    "pellet_volume_ul": SheetColumn("Pellet volume (µL)"),
    "pellet_fraction_examined": SheetColumn("Part of the pellet examined (0 to 1)"),
    "motility_n_assessed": SheetColumn("Assessed for motility"),
    "motility_temp_c": SheetColumn("Temperature of the motility count"),
    "vitality_method": SheetColumn("Vitality by", "word"),
    "morphology_n_assessed": SheetColumn("Assessed for morphology"),
    "stain": SheetColumn("Stain", "text"),
    "tzi": SheetColumn("Teratozoospermia index"),
    "erythrocytes_seen": SheetColumn("Red cells seen", "yes"),
    "dfi_method": SheetColumn("DNA fragmentation by", "word"),
    "technologist": SheetColumn("Technologist", "text"),
    "verified_by": SheetColumn("Verified by", "text"),
}
YES = frozenset({"yes", "y", "true", "1", "ja", "oui", "present", "seen", "positive", "done"})
NO = frozenset({"no", "n", "false", "0", "nein", "non", "absent", "none", "negative", "not done"})
AREA = re.compile(r"([0-9]{1,3})\s*(grids?|large squares|squares)?", re.IGNORECASE)


class AnswerUnclear(ValueError):  # noqa: N818 -- a sentence for whoever looks at the row
    """A cell does not answer what its column asks."""


def yes_or_no(text: str) -> bool:
    word = text.strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise AnswerUnclear(f"“{text}” is neither yes nor no.")


def answer(kind: str, text: str) -> str:
    """A cell as the sheet takes it."""
    match kind:
        case "word":
            return re.sub(r"[\s\-/]+", "_", text.strip().casefold())
        case "yes":
            return "true" if yes_or_no(text) else "false"
        case "dilution":
            return text.strip().removeprefix("1:").removeprefix("1/").strip()
        case "area":
            return area(text)
        case _:
            return text.strip()


def area(text: str) -> str:
    """Large squares counted: 5 squares are 5, one grid is 25."""
    match = AREA.fullmatch(text.strip())
    if match is None:
        raise AnswerUnclear(f"“{text}” is no area. Write it like “5 squares” or “2 grids”.")
    grids = (match[2] or "").casefold().startswith("grid")
    return str(int(match[1]) * 25) if grids else match[1]


def with_pairs(answers: Mapping[str, str]) -> dict[str, object]:
    """The answers with their counts in pairs; half a pair is refused."""
    sheet: dict[str, object] = {key: text for key, text in answers.items() if text}
    pairs = []
    for number, tail in PAIRS:
        pair = [str(sheet.pop(f"count_{letter}{tail}", "")) for letter in ("a", "b")]
        if not any(pair):
            continue
        if not all(text.isdecimal() for text in pair):
            raise AnswerUnclear(f"Pair {number} of the counts needs two whole numbers.")
        pairs.append((int(pair[0]), int(pair[1])))
    return sheet | {"count_pairs": tuple(pairs)} if pairs else sheet


def dishonest(answers: Mapping[str, object]) -> str:
    """Why a sheet with these answers would claim more than the row says; "" if it does not."""
    try:
        sheet = read_sheet(answers)
    except SheetError as why:
        field, sentence = why.problems[0]
        return f"{SHEET_COLUMNS[field].label if field in SHEET_COLUMNS else field}: {sentence}"
    return next(claims(sheet), "")


def claims(sheet: SemenSheet) -> Iterator[str]:
    found = sheet.concentration
    none_found = found is not None and found.value <= ZERO and not found.comparator
    if none_found and sheet.fresh_sperm_seen is None:
        yield (
            "A concentration of 0 does not say how it was looked for: the row must say whether "
            "the fresh preparation held sperm, and what the pellet showed."
        )
    counted = any(sum(pair) for pair in sheet.count_pairs)
    if sheet.count_pairs and not counted and sheet.fresh_sperm_seen is None:
        yield "Two counts of 0 do not say whether the fresh preparation held sperm."
    if sheet.fresh_sperm_seen is FreshSperm.NONE and sheet.pellet_done and not pellet_said(sheet):
        yield "A pellet was examined, but the row does not say what was found in it."
    if sheet.count_pairs and (sheet.dilution is None or sheet.squares is None):
        yield "Counts without dilution and area give no concentration."
    elif sheet.count_pairs:
        yield from disagreeing(sheet)


def pellet_said(sheet: SemenSheet) -> bool:
    return sheet.pellet_sperm_n is not None or sheet.pellet_sperm_seen is not None


def disagreeing(sheet: SemenSheet) -> Iterator[str]:
    try:
        result = sheet.count_or_refuse()
    except CountError as why:
        yield str(why)
        return
    wants_another = result is not None and result.concentration is None and counted_any(sheet)
    if wants_another and sheet.concentration is None:
        yield "The two counts differ too much for a result: a new pair is needed."


def counted_any(sheet: SemenSheet) -> bool:
    return any(a or b for a, b in sheet.count_pairs)
