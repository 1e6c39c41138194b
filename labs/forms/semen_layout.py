"""How the semen sheet is laid out: sections, labels, units and words, for form and print alike."""

from dataclasses import dataclass

from labs.rules.semen_limits import FIELD_LIMITS
from labs.rules.units import printed_unit


@dataclass(frozen=True, slots=True)
class Line:
    """One field of the sheet; `note` is its limit in words, `wide` takes two columns."""

    key: str
    label: str
    unit: str = ""
    note: str = ""
    wide: bool = False
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def suffix(self) -> str:
        if self.unit:
            return self.unit
        limits = FIELD_LIMITS.get(self.key)
        return printed_unit(limits.unit) if limits else ""

    def words(self, value: object) -> str:
        """The answer as a person reads it."""
        said = str(value).lower() if isinstance(value, bool) else str(value)
        if self.choices:
            return dict(self.choices).get(said, said)
        return f"{said} {self.suffix}".strip()


def words_of(*pairs: str) -> tuple[tuple[str, str], ...]:
    return tuple((pair.partition("|")[0], pair.partition("|")[2]) for pair in pairs)


YES_NO = words_of("true|yes", "false|no")
AMOUNTS = words_of("none|none", "some|some", "many|many")
GRIDS = tuple((str(25 * n), f"{n} grid{'s' if n > 1 else ''}") for n in range(1, 10))

COLLECTION = (
    Line("collected_at", "Collected", wide=True),
    Line("received_at", "Received"),
    Line("analysis_started_at", "Analysis began", note="within 60 min"),
    Line("abstinence_days", "Abstinence", note="2–7 days"),
    Line("complete", "Completeness", choices=words_of(
        "complete|complete", "first_fraction_lost|first fraction lost",
        "last_lost|last fraction lost", "spilled|spilled")),
    Line("method", "Way of collection", choices=words_of(
        "masturbation|masturbation", "non_toxic_condom|non-toxic condom",
        "vibro_stimulation|vibration", "electroejaculation|electroejaculation", "other|other")),
    Line("place", "Place", choices=words_of(
        "lab|at the clinic", "home|at home", "other|elsewhere")),
    Line("transport_temp_c", "Transport", note="20–37 °C"),
    Line("fever_3mo", "Fever in the last 3 months"),
    Line("medications", "Medicines", wide=True),
)  # fmt: skip
MACROSCOPY = (
    Line("volume_ml", "Volume"),
    Line("ph", "pH"),
    Line("liquefaction_min", "Liquefaction", note="≤ 60"),
    Line("viscosity", "Viscosity", choices=words_of("normal|normal", "abnormal|threads over 2 cm")),
    Line("appearance", "Appearance", choices=words_of(
        "cream_grey|cream-grey", "clear|clear", "yellow|yellow", "red_brown|red-brown")),
)  # fmt: skip
COUNT = (
    Line("fresh_sperm_seen", "Fresh preparation", choices=words_of(
        "none|none seen", "seen|sperm seen")),
    Line("fresh_fields_examined", "Fields examined", unit="at ×400"),
    Line("fresh_sperm_n", "Seen in these"),
    Line("fresh_sperm_per_hpf", "Per field"),
    Line("chamber", "Chamber", choices=words_of(
        "neubauer_improved|improved Neubauer", "other|other")),
    Line("dilution", "Dilution", choices=words_of(
        "2|1:2", "5|1:5", "10|1:10", "20|1:20", "50|1:50")),
    Line("squares", "Area counted", choices=(*words_of("5|5 squares", "10|10 squares"), *GRIDS)),
    Line("concentration", "Concentration"),
)  # fmt: skip
PAIRS = tuple(
    Line(f"count_{letter}{pair}", f"Count {letter.upper()}{'' if pair == 1 else f', pair {pair}'}")
    for pair in (1, 2, 3)
    for letter in ("a", "b")
)
PELLET = (
    Line("pellet_done", "Pellet", choices=words_of("true|examined", "false|not made")),
    Line("pellet_g", "Spun at", unit="g", note="at least 1000, best 3000"),
    Line("pellet_min", "For", note="at least 15"),
    Line("pellet_volume_ul", "Pellet volume"),
    Line("pellet_fraction_examined", "Part examined", unit="of pellet", note="1 is all of it"),
    Line("pellet_sperm_n", "Sperm in pellet"),
    Line("pellet_motile_n", "Motile in pellet"),
)
MOTILITY = (
    Line("pr_rapid", "Progressive, rapid"),
    Line("pr_slow", "Progressive, slow"),
    Line("progressive_a", "Progressive, replicate 1"),
    Line("progressive_b", "Progressive, replicate 2"),
    Line("pr", "Progressive in all"),
    Line("np", "Non-progressive"),
    Line("im", "Immotile", note="the classes make 100"),
    Line("motility_n_assessed", "Assessed", unit="sperm", note="≥ 200 in each replicate"),
    Line("motility_temp_c", "At", unit="°C", note="37"),
    Line("vitality_a", "Vitality, replicate 1"),
    Line("vitality_b", "Vitality, replicate 2"),
    Line("vitality_pct", "Vitality"),
    Line("vitality_method", "Vitality by", choices=words_of(
        "eosin_nigrosin|eosin-nigrosin", "hos|hypo-osmotic swelling")),
)  # fmt: skip
MORPHOLOGY = (
    Line("normal_a", "Normal forms, replicate 1"),
    Line("normal_b", "Normal forms, replicate 2"),
    Line("normal_pct", "Normal forms"),
    Line("morphology_n_assessed", "Assessed", unit="sperm", note="≥ 200"),
    Line("head_defects_pct", "Head defects"),
    Line("midpiece_defects_pct", "Midpiece defects"),
    Line("tail_defects_pct", "Tail defects"),
    Line("residual_cytoplasm_pct", "Excess residual cytoplasm"),
    Line("tzi", "Teratozoospermia index"),
    Line("stain", "Stain"),
)
CELLS = (
    Line("leukocytes_pox", "White cells", note="< 1.0"),
    Line("round_cells", "Round cells"),
    Line("erythrocytes_seen", "Red cells seen", choices=YES_NO),
    Line("agglutination_grade", "Agglutination, grade", choices=tuple((n, n) for n in "1234")),
    Line("agglutination_type", "Agglutination, type", choices=tuple((n, n) for n in "ABCDE")),
    Line("aggregation", "Aggregation", choices=AMOUNTS),
    Line("debris", "Debris", choices=AMOUNTS),
    Line("mar_igg", "MAR IgG", note="< 50"),
    Line("mar_iga", "MAR IgA", note="< 50"),
    Line("immunobead", "Immunobead", note="< 50"),
    Line("dfi_pct", "DNA fragmentation", note="≤ 30"),
    Line("dfi_method", "Fragmentation by", choices=words_of(
        "scsa|SCSA", "tunel|TUNEL", "scd|SCD", "comet|Comet")),
    Line("zinc_umol", "Zinc", note="≥ 2.4"),
    Line("fructose_umol", "Fructose", note="≥ 13"),
    Line("glucosidase_mu", "Neutral glucosidase", note="≥ 20"),
)  # fmt: skip
ABOUT = (
    Line("edition", "Limits of", choices=words_of("6th-2021|WHO 6th ed.", "5th-2010|WHO 5th ed.")),
    Line("lab_id", "Laboratory’s own number"),
    Line("method_version", "Method version"),
    Line("unusual_reason", "Why anything is unusual", wide=True),
    Line("remark", "Remark", wide=True),
)

#: Title, fields, and whether the section stands open: most men here need the first four only.
SECTIONS = (
    ("Collection", COLLECTION, True),
    ("Volume and look", MACROSCOPY, True),
    ("Count", (*COUNT, *PAIRS), True),
    ("Pellet", PELLET, True),
    ("Motility and vitality", MOTILITY, False),
    ("Morphology", MORPHOLOGY, False),
    ("Cells, antibodies and more", CELLS, False),
    ("About this sheet", ABOUT, True),
)
LINES = {line.key: line for _, lines, _ in SECTIONS for line in lines}
