"""The words a definition (or the catalogue) has for things, and how a person calls them."""

from collections.abc import Iterator

from labs.rules.catalogue import published_catalogue
from protocols.rules.definition import Definition
from protocols.rules.tables import Band, Consequence

ANALYTES = (
    "total_cholesterol", "hdl", "ldl", "triglycerides", "non_hdl", "alt", "ast", "ck", "bilirubin",
    "glucose", "creatinine", "fsh", "lh", "testosterone", "estradiol", "prolactin", "inhibin_b",
    "hemoglobin", "wbc", "anc", "platelets", "lipase", "alp", "ggt", "amylase",
)  # fmt: skip


def words_of(kind: str, definition: Definition) -> tuple[str, ...]:
    """The words a definition (or the catalogue) has for one kind of thing."""
    match kind:
        case "visits":
            return tuple(visit.code for visit in definition.visits)
        case "symptoms":
            return tuple(symptom.code for symptom in definition.safety.symptoms)
        case "exclusions":
            rule = definition.eligibility
            codes = [*(row.code for row in rule.exclusions), *(row.exclusion for row in rule.labs)]
            return tuple(dict.fromkeys(codes))
        case "rules":
            return rule_ids(definition)
        case "tasks":
            named = (row.tasks for row in consequences(definition))
            return tuple(sorted({task for tasks in named for task in tasks} | {"DISCONTINUE"}))
        case "deviations":
            return tuple(rule.code for rule in definition.deviations)
        case _:
            return ANALYTES


def rule_ids(definition: Definition) -> tuple[str, ...]:
    """Every rule that may stand as a reason, those of no row included."""
    tables = {key for table in definition.safety.analytes for key in table.analytes}
    own = {row.rule for row in consequences(definition)} | {"SECOND_HOLD", "HOLD_TOO_LONG"}
    own |= {f"MEDICINE_{rule.code.upper()}" for rule in definition.medicines}
    own |= {f"{row.rule}_AGAIN" for row in consequences(definition) if repeats(row)}
    own |= {
        f"{key.upper()}_{word}" for key in tables for word in ("INDETERMINATE", "CANNOT_BE_JUDGED")
    }
    return tuple(sorted(own | {"BILIRUBIN_CANNOT_BE_JUDGED"}))


def repeats(row: Consequence) -> bool:
    return isinstance(row, Band) and row.repeat_until_at_most is not None


def consequences(definition: Definition) -> Iterator[Consequence]:
    safety, mood = definition.safety, definition.mood
    for table in safety.analytes:
        yield from (*table.bands, *table.not_fasting_bands)
    yield from (safety.hys_law, *safety.symptoms)
    yield from (*mood.bands, *mood.item_nine, mood.plan_or_intent, mood.rise, mood.invalid)


def names_of(kind: str, definition: Definition) -> dict[str, str]:
    """What a form writes beside the words; nothing where a word speaks for itself."""
    match kind:
        case "visits":
            return {visit.code: f"{visit.code}, {visit.title}" for visit in definition.visits}
        case "symptoms":
            return {symptom.code: symptom.title for symptom in definition.safety.symptoms}
        case "exclusions":
            rule = definition.eligibility
            labs = {
                row.exclusion: row.exclusion.replace("_", " ").capitalize() for row in rule.labs
            }
            return labs | {row.code: row.title for row in rule.exclusions}
        case "analytes":
            named = {analyte.key: analyte.name for analyte in published_catalogue().analytes}
            return {key: named.get(key, key) for key in ANALYTES}
        case _:
            return {}
