"""The semen analysis sheet: every field of domain reference §4.1, and what can be read off it.

A field that is None is unknown, never assumed normal.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from labs.rules.counting import CountError, CountResult, counted
from labs.rules.quantities import ZERO, Quantity

PELLET_LEAST_G = 1000
PELLET_LEAST_MIN = 15
"""A pellet spun more gently or shorter cannot show that there is no sperm (domain §4.5)."""


class Edition(StrEnum):
    """The WHO manual whose limits hold for a sheet; two are never mixed on one report."""

    WHO_6 = "6th-2021"
    WHO_5 = "5th-2010"


class CollectionMethod(StrEnum):
    MASTURBATION = "masturbation"
    CONDOM = "non_toxic_condom"
    VIBRATION = "vibro_stimulation"
    ELECTROEJACULATION = "electroejaculation"
    OTHER = "other"


class CollectionPlace(StrEnum):
    LAB = "lab"
    HOME = "home"
    OTHER = "other"


class Completeness(StrEnum):
    COMPLETE = "complete"
    FIRST_FRACTION_LOST = "first_fraction_lost"
    LAST_LOST = "last_lost"
    SPILLED = "spilled"


class Viscosity(StrEnum):
    NORMAL = "normal"
    ABNORMAL = "abnormal"


class Appearance(StrEnum):
    CREAM_GREY = "cream_grey"
    CLEAR = "clear"
    YELLOW = "yellow"
    RED_BROWN = "red_brown"


class FreshSperm(StrEnum):
    """Whether any sperm was seen in the preparation before the centrifuge."""

    NONE = "none"
    SEEN = "seen"


class Amount(StrEnum):
    NONE = "none"
    SOME = "some"
    MANY = "many"


class Chamber(StrEnum):
    NEUBAUER_IMPROVED = "neubauer_improved"
    OTHER = "other"


class VitalityMethod(StrEnum):
    EOSIN_NIGROSIN = "eosin_nigrosin"
    HYPO_OSMOTIC = "hos"


class DnaMethod(StrEnum):
    SCSA = "scsa"
    TUNEL = "tunel"
    SCD = "scd"
    COMET = "comet"


class SheetStatus(StrEnum):
    PRELIMINARY = "preliminary"
    FINAL = "final"
    CORRECTED = "corrected"


class PelletFinding(StrEnum):
    """What the centrifuged pellet can be taken to show."""

    FOUND = "found"
    NONE = "none"
    NOT_EXAMINED = "not_examined"
    NOT_CONCLUSIVE = "not_conclusive"


@dataclass(frozen=True, slots=True)
class SemenSheet:
    collected_at: datetime | None = None
    received_at: datetime | None = None
    analysis_started_at: datetime | None = None
    abstinence_days: Decimal | None = None
    method: CollectionMethod | None = None
    place: CollectionPlace | None = None
    complete: Completeness | None = None
    transport_temp_c: Decimal | None = None
    fever_3mo: str = ""
    medications: str = ""

    liquefaction_min: Decimal | None = None
    viscosity: Viscosity | None = None
    appearance: Appearance | None = None
    volume_ml: Decimal | None = None
    ph: Decimal | None = None

    chamber: Chamber | None = None
    dilution: int | None = None
    squares: int | None = None
    count_pairs: tuple[tuple[int, int], ...] = ()
    fresh_sperm_seen: FreshSperm | None = None
    fresh_sperm_n: int | None = None
    fresh_sperm_per_hpf: Decimal | None = None
    fresh_fields_examined: int | None = None
    pellet_done: bool | None = None
    pellet_g: Decimal | None = None
    pellet_min: Decimal | None = None
    pellet_volume_ul: Decimal | None = None
    pellet_fraction_examined: Decimal | None = None
    pellet_sperm_seen: bool | None = None
    pellet_sperm_n: int | None = None
    pellet_motile_n: int | None = None
    concentration: Quantity | None = None

    pr: Decimal | None = None
    pr_rapid: Decimal | None = None
    pr_slow: Decimal | None = None
    np: Decimal | None = None
    im: Decimal | None = None
    progressive_a: Decimal | None = None
    progressive_b: Decimal | None = None
    motility_n_assessed: int | None = None
    motility_temp_c: Decimal | None = None
    vitality_pct: Decimal | None = None
    vitality_a: Decimal | None = None
    vitality_b: Decimal | None = None
    vitality_method: VitalityMethod | None = None
    normal_pct: Decimal | None = None
    normal_a: Decimal | None = None
    normal_b: Decimal | None = None
    head_defects_pct: Decimal | None = None
    midpiece_defects_pct: Decimal | None = None
    tail_defects_pct: Decimal | None = None
    residual_cytoplasm_pct: Decimal | None = None
    morphology_n_assessed: int | None = None
    stain: str = ""
    tzi: Decimal | None = None

    round_cells: Quantity | None = None
    leukocytes_pox: Quantity | None = None
    agglutination_grade: int | None = None
    agglutination_type: str = ""
    aggregation: Amount | None = None
    debris: Amount | None = None
    erythrocytes_seen: bool | None = None
    mar_igg: Decimal | None = None
    mar_iga: Decimal | None = None
    immunobead: Decimal | None = None
    dfi_pct: Decimal | None = None
    dfi_method: DnaMethod | None = None
    zinc_umol: Decimal | None = None
    fructose_umol: Decimal | None = None
    glucosidase_mu: Decimal | None = None

    technologist: str = ""
    verified_by: str = ""
    status: SheetStatus | None = None
    lab_id: str = ""
    method_version: str = ""
    edition: Edition = Edition.WHO_6

    @property
    def progressive_pct(self) -> Decimal | None:
        """PR, given as one figure or as rapid + slow (domain reference §4.3)."""
        if self.pr is not None:
            return self.pr
        if self.pr_rapid is None or self.pr_slow is None:
            return None
        return self.pr_rapid + self.pr_slow

    @property
    def total_motility_pct(self) -> Decimal | None:
        """PR + NP, or what the immotile leave of a hundred."""
        progressive = self.progressive_pct
        if progressive is not None and self.np is not None:
            return progressive + self.np
        return None if self.im is None else 100 - self.im

    @property
    def immotile_pct(self) -> Decimal | None:
        if self.im is not None:
            return self.im
        motile = self.total_motility_pct
        return None if motile is None else 100 - motile

    @property
    def minutes_to_analysis(self) -> Decimal | None:
        """From collection to the start of the analysis."""
        if self.collected_at is None or self.analysis_started_at is None:
            return None
        waited = self.analysis_started_at - self.collected_at
        return Decimal(str(waited.total_seconds())) / 60

    @property
    def chamber_count(self) -> CountResult | None:
        """What the counted pairs give; nothing while they are incomplete or impossible."""
        try:
            return self.count_or_refuse()
        except CountError:
            return None

    def count_or_refuse(self) -> CountResult | None:
        """What the counted pairs give, once dilution and area are written down."""
        if not self.count_pairs or self.dilution is None or self.squares is None:
            return None
        seen = None if self.fresh_sperm_seen is None else self.fresh_sperm_seen is FreshSperm.SEEN
        return counted(
            self.count_pairs, dilution=self.dilution, squares=self.squares, fresh_sperm_seen=seen
        )

    @property
    def reported_concentration(self) -> Quantity | None:
        """The concentration entered, else the one that follows from the counts."""
        if self.concentration is not None:
            return self.concentration
        return self.chamber_count.concentration if self.chamber_count else None

    @property
    def sperm_in_fresh(self) -> bool | None:
        """Was sperm seen before the centrifuge? A number counted there says yes by itself."""
        if self.fresh_sperm_seen is not None:
            return self.fresh_sperm_seen is FreshSperm.SEEN
        concentration = self.reported_concentration
        seen = bool(self.fresh_sperm_n) or (
            concentration is not None and concentration.span.surely_above(ZERO)
        )
        return True if seen else None

    @property
    def pellet(self) -> PelletFinding:
        """Sperm found count however gently it was spun; none found needs a proper pellet."""
        if self.pellet_sperm_n or self.pellet_sperm_seen:
            return PelletFinding.FOUND
        searched = self.pellet_sperm_n == 0 or self.pellet_sperm_seen is False
        if self.pellet_done is False or not searched:
            return PelletFinding.NOT_EXAMINED
        return PelletFinding.NONE if self.pellet_was_spun_enough else PelletFinding.NOT_CONCLUSIVE

    @property
    def pellet_was_spun_enough(self) -> bool:
        """At least 1000 g for 15 min; unknown is not enough (domain reference §4.5)."""
        return (
            self.pellet_g is not None
            and self.pellet_min is not None
            and self.pellet_g >= PELLET_LEAST_G
            and self.pellet_min >= PELLET_LEAST_MIN
        )

    @property
    def sperm_seen(self) -> bool | None:
        """At least one sperm anywhere, in the fresh preparation or the pellet."""
        if self.sperm_in_fresh or self.pellet is PelletFinding.FOUND:
            return True
        known = self.sperm_in_fresh is False and self.pellet is PelletFinding.NONE
        return False if known else None

    @property
    def motile_seen(self) -> bool | None:
        """At least one motile sperm anywhere; None while nobody has said."""
        motile = self.total_motility_pct
        progressive = self.progressive_pct or ZERO
        if self.pellet_motile_n or progressive > ZERO or (self.np or ZERO) > ZERO:
            return True
        if motile is not None and motile > ZERO:
            return True
        if self.sperm_seen is False:
            return False
        searched = self.pellet_motile_n == 0 or motile is not None
        return False if searched else None
