"""The keys of a semen sheet, as a person or a system gives them (domain reference §4.1)."""

from dataclasses import fields
from typing import Literal

from pydantic import ConfigDict, StrictBool
from pydantic.config import JsonDict

from labs.rules.counting import CONCENTRATION_UNIT
from labs.rules.quantities import Quantity
from labs.rules.semen_checks import Problem, check_sheet, errors_of
from labs.rules.semen_sheet import (
    Appearance,
    CollectionMethod,
    CollectionPlace,
    Completeness,
    Edition,
    FreshSperm,
    SemenSheet,
    Viscosity,
)
from protocols.rules.ask.fields import Given, Instant, Number, Reported, Whole, key
from protocols.rules.ask.rule import RefusedError

MILLIONS = "10⁶/mL"
SHEET = {field.name for field in fields(SemenSheet)}


GROUPS = {
    "Collection": (
        "collected_at", "received_at", "analysis_started_at", "abstinence_days", "complete",
        "method", "place", "transport_temp_c",
    ),
    "Sample": ("volume_ml", "ph", "viscosity", "appearance", "liquefaction_min"),
    "Number": ("fresh_sperm_seen", "concentration"),
    "Pellet": (
        "pellet_done", "pellet_g", "pellet_min", "pellet_volume_ul", "pellet_fraction_examined",
        "pellet_sperm_n", "pellet_motile_n",
    ),
    "Motility": ("pr", "pr_rapid", "pr_slow", "np", "im", "motility_n_assessed"),
    "Vitality and form": ("vitality_pct", "normal_pct", "morphology_n_assessed", "dfi_pct"),
    "Cells and antibodies": (
        "round_cells", "leukocytes_pox", "erythrocytes_seen", "mar_igg", "mar_iga", "immunobead",
    ),
    "Read by": ("edition",),
}  # fmt: skip
"""The parts of the sheet, as a form lays them out."""

EXTRA: JsonDict = {"groups": [[title, [*keys]] for title, keys in GROUPS.items()]}


class SemenGiven(Given):
    model_config = ConfigDict(json_schema_extra=EXTRA)

    collected_at: Instant | None = key("Collected at")
    received_at: Instant | None = key("Received at")
    analysis_started_at: Instant | None = key("Analysis started at", say="within 60 min")
    abstinence_days: Number | None = key("Abstinence", "days")
    complete: Completeness | None = key("Collection")
    method: CollectionMethod | None = key("Collected by")
    place: CollectionPlace | None = key("Collected where")
    transport_temp_c: Number | None = key("Transport", "°C")
    volume_ml: Number | None = key("Volume", "mL")
    ph: Number | None = key("pH")
    viscosity: Viscosity | None = key("Viscosity")
    appearance: Appearance | None = key("Appearance")
    liquefaction_min: Number | None = key("Liquefaction", "min")
    fresh_sperm_seen: FreshSperm | None = key("Sperm in the fresh preparation")
    concentration: Reported | None = key("Concentration", MILLIONS, "a number, or <0.056")
    pellet_done: StrictBool | None = key("Pellet examined")
    pellet_g: Number | None = key("Pellet speed", "g")
    pellet_min: Number | None = key("Pellet time", "min")
    pellet_volume_ul: Number | None = key("Pellet volume", "µL")
    pellet_fraction_examined: Number | None = key(
        "Part of the pellet examined", say="more than 0, up to 1"
    )
    pellet_sperm_n: Whole | None = key("Sperm in the pellet")
    pellet_motile_n: Whole | None = key("Motile in the pellet")
    pr: Number | None = key("Progressive", "%")
    pr_rapid: Number | None = key("Rapid progressive", "%")
    pr_slow: Number | None = key("Slow progressive", "%")
    np: Number | None = key("Non-progressive", "%")
    im: Number | None = key("Immotile", "%")
    motility_n_assessed: Whole | None = key("Assessed for motility")
    vitality_pct: Number | None = key("Vitality", "%")
    normal_pct: Number | None = key("Normal forms", "%")
    morphology_n_assessed: Whole | None = key("Assessed for morphology")
    round_cells: Reported | None = key("Round cells", MILLIONS)
    leukocytes_pox: Reported | None = key("Peroxidase-positive white cells", MILLIONS)
    erythrocytes_seen: StrictBool | None = key("Red cells seen")
    mar_igg: Number | None = key("MAR IgG", "%")
    mar_iga: Number | None = key("MAR IgA", "%")
    immunobead: Number | None = key("Immunobead", "%")
    dfi_pct: Number | None = key("DNA fragmentation", "%")
    edition: Literal["6th-2021", "5th-2010"] = key("WHO edition", default="6th-2021")


def sheet_of(given: SemenGiven) -> SemenSheet:
    """The sheet, once nothing on it is impossible or contradicts the rest."""
    values = {name: getattr(given, name) for name in type(given).model_fields if name in SHEET}
    values["edition"] = Edition(given.edition)
    for name in ("concentration", "round_cells", "leukocytes_pox"):
        if (found := values[name]) is not None:
            values[name] = Quantity(found.value, CONCENTRATION_UNIT, found.comparator)
    sheet = SemenSheet(**values)
    if errors := errors_of(check_sheet(sheet)):
        raise RefusedError(*(refusal(problem) for problem in errors))
    return sheet


def refusal(problem: Problem) -> tuple[str, str]:
    return problem.field, problem.sentence
