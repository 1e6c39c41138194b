"""Names as search and comparison see them."""

import unicodedata

# Letters that Unicode does not take apart into a plain letter and an accent.
UNDECOMPOSED = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
    | {"’": "'", "‘": "'", "`": "'", "´": "'", "‐": "-", "‑": "-", "–": "-"}
)


def folded(text: str) -> str:
    """`text` as search and sorting see it: no accents, lower case, single spaces.

    The database has no ICU collation, so the fold is kept in a column.
    """
    # The strays go first: an acute accent standing alone would decompose into a space.
    plain = unicodedata.normalize("NFKD", text.casefold().translate(UNDECOMPOSED))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def squeezed(text: str) -> str:
    """Letters and digits alone, so that O'Brien, OBrien and O Brien are one."""
    return "".join(c for c in folded(text) if c.isalnum())


def similar(one: str, other: str) -> bool:
    """The same name but for slips of the pen, or one half of a double name.

    A name of up to three letters must agree, up to seven may differ in one slip, a longer
    one in two; a slip is a letter too many, too few, wrong, or two exchanged.
    """
    a, b = squeezed(one), squeezed(other)
    if not a or not b:
        return False
    shorter = min(len(a), len(b))
    allowed = 0 if shorter <= 3 else 1 if shorter <= 7 else 2
    return slips(a, b) <= allowed or bool(_halves(one) & _halves(other))


def _halves(name: str) -> set[str]:
    """The parts of a double name that are long enough to mean anything."""
    return {part for part in folded(name).replace("-", " ").split() if len(part) > 3}


def slips(a: str, b: str) -> int:
    """Optimal string alignment: the fewest slips that turn `a` into `b`."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        row = [i]
        for j, other in enumerate(b, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
