"""Which medicines on a list do not go with isotretinoin (domain reference §2.2)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from protocols.rules.tables import MedicineRule
from protocols.rules.vocabulary import Action, Effect

ORDER = (Effect.BLOCK, Effect.HOLD, Effect.CAUTION, Effect.INFO)


@dataclass(frozen=True, slots=True)
class Interaction:
    """One medicine of the list, what it does to the programme, and why."""

    medicine: str
    code: str
    effect: Effect
    action: Action
    prohibited: bool
    exclusion: str | None
    sentence: str

    @property
    def blocks_dispensing(self) -> bool:
        return self.effect in {Effect.BLOCK, Effect.HOLD}


def check(
    rules: Iterable[MedicineRule], medicines: Iterable[str], *, on_treatment: bool
) -> tuple[Interaction, ...]:
    """Every interaction of every medicine, the gravest first."""
    rules = tuple(rules)
    found = [
        interaction(rule, medicine, on_treatment)
        for medicine in medicines
        for rule in rules
        if names_pattern(rule.names).search(plain(medicine))
    ]
    return tuple(sorted(found, key=lambda row: ORDER.index(row.effect)))


def interaction(rule: MedicineRule, medicine: str, on_treatment: bool) -> Interaction:
    return Interaction(
        medicine=medicine,
        code=rule.code,
        effect=rule.on_treatment if on_treatment else rule.at_start,
        action=rule.action,
        prohibited=rule.prohibited,
        exclusion=rule.exclusion,
        sentence=f"{medicine.strip()}: {rule.sentence}",
    )


def plain(text: str) -> str:
    """As typed, without the differences of case, apostrophe, dot, hyphen and spacing."""
    return " ".join(
        re.sub(r"[.\s\u2010-\u2015-]+", " ", re.sub("[’`´']", "", text)).casefold().split()
    )


@cache
def names_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the names as whole words, so that tretinoin is not found inside isotretinoin."""
    words = "|".join(re.escape(plain(name)) for name in names)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)")
