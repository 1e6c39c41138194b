"""The limits of the semen sheet: what is impossible, what is unusual, and the WHO lower limits."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from decimal import Decimal

from labs.rules.quantities import Quantity
from labs.rules.semen_sheet import Edition

D = Decimal


@dataclass(frozen=True, slots=True)
class FieldLimits:
    """Outside the hard pair is refused; outside the soft one is kept with a comment."""

    name: str
    unit: str
    hard: tuple[Decimal | None, Decimal | None]
    soft: tuple[Decimal | None, Decimal | None] = (None, None)
    soft_top_is_out: bool = False

    def is_possible(self, value: Decimal) -> bool:
        low, high = self.hard
        return (low is None or value >= low) and (high is None or value <= high)

    def is_usual(self, value: Decimal) -> bool:
        low, high = self.soft
        under = high is None or value < high or (value == high and not self.soft_top_is_out)
        return under and (low is None or value >= low)


PERCENT = (D(0), D(100))
COUNTED = (D(0), D(100_000))
"""What a person counts one by one, far above any real count; a slip of the key lies beyond."""

FIELD_LIMITS = {
    "abstinence_days": FieldLimits("Abstinence", "d", (D(0), D(365)), (D(2), D(7))),
    "transport_temp_c": FieldLimits("Transport", "Cel", (D(-10), D(50)), (D(20), D(37))),
    "liquefaction_min": FieldLimits("Liquefaction", "min", (D(0), D(240)), (None, D(60))),
    "volume_ml": FieldLimits("Volume", "mL", (D(0), D(15)), (D("0.5"), D("7.0"))),
    "ph": FieldLimits("pH", "[pH]", (D(4), D(10)), (D("6.8"), D("8.5"))),
    "fresh_sperm_n": FieldLimits("Sperm seen fresh", "{#}", COUNTED),
    "fresh_sperm_per_hpf": FieldLimits("Sperm per field", "{#}/[HPF]", COUNTED),
    "fresh_fields_examined": FieldLimits("Fields examined", "{#}", COUNTED),
    "pellet_g": FieldLimits("Pellet speed", "", (D(100), D(5000)), (D(3000), D(3000))),
    "pellet_min": FieldLimits("Pellet time", "min", (D(1), D(60)), (D(15), D(15))),
    "pellet_volume_ul": FieldLimits("Pellet volume", "uL", COUNTED),
    "pellet_sperm_n": FieldLimits("Sperm in pellet", "{#}", COUNTED),
    "pellet_motile_n": FieldLimits("Motile in pellet", "{#}", COUNTED),
    "concentration": FieldLimits("Concentration", "10*6/mL", (D(0), D(1000)), (None, D(350))),
    "pr": FieldLimits("Progressive", "%", PERCENT),
    "pr_rapid": FieldLimits("Rapid progressive", "%", PERCENT),
    "pr_slow": FieldLimits("Slow progressive", "%", PERCENT),
    "np": FieldLimits("Non-progressive", "%", PERCENT),
    "im": FieldLimits("Immotile", "%", PERCENT),
    "progressive_a": FieldLimits("Progressive, replicate 1", "%", PERCENT),
    "progressive_b": FieldLimits("Progressive, replicate 2", "%", PERCENT),
    "motility_n_assessed": FieldLimits("Motility assessed", "{#}", (D(0), D(2000)), (D(200), None)),
    "vitality_pct": FieldLimits("Vitality", "%", PERCENT),
    "vitality_a": FieldLimits("Vitality, replicate 1", "%", PERCENT),
    "vitality_b": FieldLimits("Vitality, replicate 2", "%", PERCENT),
    "normal_pct": FieldLimits("Normal forms", "%", PERCENT, (None, D(30))),
    "normal_a": FieldLimits("Normal forms, replicate 1", "%", PERCENT),
    "normal_b": FieldLimits("Normal forms, replicate 2", "%", PERCENT),
    "head_defects_pct": FieldLimits("Head defects", "%", PERCENT),
    "midpiece_defects_pct": FieldLimits("Midpiece defects", "%", PERCENT),
    "tail_defects_pct": FieldLimits("Tail defects", "%", PERCENT),
    "residual_cytoplasm_pct": FieldLimits("Residual cytoplasm", "%", PERCENT),
    "morphology_n_assessed": FieldLimits("Morphology assessed", "{#}", COUNTED, (D(200), None)),
    "tzi": FieldLimits("Teratozoospermia index", "{index}", (D(1), D(4))),
    "round_cells": FieldLimits("Round cells", "10*6/mL", (D(0), D(200))),
    "leukocytes_pox": FieldLimits("White cells", "10*6/mL", (D(0), D(200)), (None, D(1))),
    "agglutination_grade": FieldLimits("Agglutination", "", (D(1), D(4))),
    "mar_igg": FieldLimits("MAR IgG", "%", PERCENT, (None, D(50)), True),
    "mar_iga": FieldLimits("MAR IgA", "%", PERCENT, (None, D(50)), True),
    "immunobead": FieldLimits("Immunobead", "%", PERCENT, (None, D(50)), True),
    "dfi_pct": FieldLimits("DNA fragmentation", "%", PERCENT, (None, D(30))),
    "zinc_umol": FieldLimits("Zinc", "umol", (D(0), None), (D("2.4"), None)),
    "fructose_umol": FieldLimits("Fructose", "umol", (D(0), None), (D(13), None)),
    "glucosidase_mu": FieldLimits("Neutral glucosidase", "mU", (D(0), None), (D(20), None)),
}
"""Hard and soft ranges by key (domain reference §4.1); the index of tail defects runs 1 to 4."""

COUNT_MOST = 5000
COUNT_ENOUGH = 200
TOTAL_SPERM_MOST_M = D(5000)
TOTAL_SPERM_USUAL_M = D(1500)
ANALYSIS_WITHIN_MIN = D(60)
RECEIVED_WITHIN_H = 24
ABSTINENCE_DAYS = (D(2), D(7))


@dataclass(frozen=True, slots=True)
class LowerLimits:
    """The fifth centiles of one edition: no line between fertile and infertile men."""

    edition_name: str
    total_sperm_m: Decimal
    concentration_m: Decimal
    progressive_pct: Decimal
    total_motility_pct: Decimal
    vitality_pct: Decimal
    normal_pct: Decimal
    volume_ml: Decimal


LOWER_LIMITS = {
    Edition.WHO_6: LowerLimits("WHO 6th ed.", D(39), D(16), D(30), D(42), D(54), D(4), D("1.4")),
    Edition.WHO_5: LowerLimits("WHO 5th ed.", D(39), D(15), D(32), D(40), D(58), D(4), D("1.5")),
}
"""Domain reference §4.2."""

HIGH_VOLUME_ML = D("6.9")
LOW_PH = D("7.2")
LEUKOCYTES_M = D(1)
ANTIBODY_PCT = D(50)
LIQUEFACTION_MIN = D(60)
"""Domain reference §4.6, rule 6; the same in both editions."""

SEVERITY_BELOW_M = (D("0.1"), D(5), D(10))
FEWEST_ASSESSED = 50
"""Domain reference §4.6: severity by concentration, and the fewest cells that classify."""

CENTILES = ("2.5th", "5th", "10th", "25th", "50th", "75th", "90th", "95th", "97.5th")
REFERENCE_MEN = {
    "volume_ml": "1.0 1.4 1.8 2.3 3.0 4.2 5.5 6.2 6.9",
    "concentration": "11 16 22 36 66 110 166 208 254",
    "total_sperm_m": "29 39 58 108 210 363 561 701 865",
    "total_motility_pct": "35 42 47 55 64 73 83 90 92",
    "progressive_pct": "24 30 36 45 55 63 71 77 81",
    "np": "1 1 2 4 8 15 26 32 38",
    "im": "15 20 23 30 37 45 53 58 65",
    "vitality_pct": "45 54 60 69 78 88 95 97 98",
    "normal_pct": "3 4 5 8 14 23 32 39 45",
}
"""WHO 6th ed. table 8.3: men whose partner conceived within a year (domain reference §4.2)."""

REFERENCE_CENTILES = {
    key: tuple(Decimal(number) for number in numbers.split())
    for key, numbers in REFERENCE_MEN.items()
}

NOT_A_LINE = (
    "The usual range describes men whose partners conceived within a year. "
    "Its lower end is not a line between fertile and infertile men."
)


def percentile(key: str, quantity: Quantity) -> str | None:
    """The bracket of table 8.3 a value falls in, without interpolation; a centile belongs upward.

    None where the table has no row, or a comparator leaves more than one bracket open.
    """
    centiles = REFERENCE_CENTILES.get(key)
    if centiles is None:
        return None
    low, high = quantity.span.low, quantity.span.high
    least = 0 if low is None else bisect_right(centiles, low.value)
    if high is None:
        most = len(centiles)
    else:
        most = (bisect_left if high.nudge < 0 else bisect_right)(centiles, high.value)
    return bracket_words(least) if least == most else None


def bracket_words(position: int) -> str:
    if position == 0:
        return f"below the {CENTILES[0]} percentile"
    if position == len(CENTILES):
        return f"at or above the {CENTILES[-1]} percentile"
    return f"between the {CENTILES[position - 1]} and {CENTILES[position]} percentile"
