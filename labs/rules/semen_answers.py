"""From the values a laboratory sent to the answers of a semen sheet (keys of reference §4.1)."""

from collections.abc import Mapping, Sequence

from labs.rules.catalogue import Analyte, ValueKind
from labs.rules.judging import value_of
from labs.rules.quantities import Quantity, QuantityError
from labs.rules.reported import CANNOT, PRELIMINARY, TAKEN_BACK, Group, Observation
from labs.rules.semen_reading import QUANTITY_FIELDS

REMARKS = frozenset(
    {"colour", "clarity", "morphology", "immature_germ_cells", "agglutinated_pct", "total_sperm"}
)
"""What the sheet has no field for: it is kept in the words beside the numbers."""

STANDS_FOR = {
    "total_motility": "im", "immunobead_igg": "immunobead", "immunobead_iga": "immunobead",
}  # fmt: skip
"""What laboratories send in place of a field of ours, and which."""

PRESENT = {"Y": "seen", "N": "none"}
YES_OR_NO = {"Y": "true", "N": "false"}


def answers_of(group: Group, good: Sequence[Observation]) -> dict[str, object]:
    """The answers these values give; None where a value is taken back or could not be had."""
    answers: dict[str, object] = {}
    remarks = []
    for seen in good:
        if seen.analyte is None:
            continue
        key = seen.analyte.key
        if key in REMARKS or seen.status == CANNOT:
            remarks.append(remark_of(seen))
        if seen.status in (CANNOT, TAKEN_BACK):
            answers |= dict.fromkeys([key, *seen.implies])
        elif key not in REMARKS:
            answers |= seen.implies | {key: answer(seen.analyte, seen)}
    times = {"received_at": group.received_at, "analysis_started_at": group.analysed_at}
    answers |= {name: at for name, at in times.items() if at is not None}
    if remarks:
        answers["remark"] = "\n".join(remarks)
    if is_preliminary(good):
        answers["status"] = PRELIMINARY
    return answers


def is_preliminary(good: Sequence[Observation]) -> bool:
    return bool(good) and all(seen.status == PRELIMINARY for seen in good)


def remark_of(seen: Observation) -> str:
    name = seen.analyte.name if seen.analyte else seen.code
    if seen.status == CANNOT:
        return f"{name} could not be measured."
    return f"{name}: {seen.value} {seen.unit}".strip()


def answer(analyte: Analyte, seen: Observation) -> str:
    """One answer in the unit and the words of the sheet."""
    if analyte.key == "fresh_sperm_seen":
        return PRESENT.get(seen.value.upper(), seen.value)
    if analyte.key == "pellet_sperm_seen":
        return YES_OR_NO.get(seen.value.upper(), seen.value)
    if analyte.value is ValueKind.CODED:
        return seen.value.strip().lower()
    value = value_of(seen)
    return str(analyte.converted(Quantity.parse(value.reported, value.unit), analyte.unit))


def why_no_answer(seen: Observation) -> str:
    """Why the sheet cannot take this value although it is a number in a known unit."""
    analyte = seen.analyte
    if analyte is None or seen.status in (CANNOT, TAKEN_BACK) or analyte.key in REMARKS:
        return ""
    if analyte.value is ValueKind.CODED or analyte.key in QUANTITY_FIELDS:
        return ""
    try:
        exact = Quantity.parse(seen.value).exact
    except QuantityError as why:
        return str(why)
    return "" if exact is not None else f"{analyte.name} is taken as a number, without < or >."


def merged(before: Mapping[str, object], new: Mapping[str, object]) -> dict[str, object]:
    """The answers that stood with the new ones in their place: a correction may name only some."""
    answers = dict(before)
    for key, value in new.items():
        if key in STANDS_FOR:
            answers.pop(STANDS_FOR[key], None)
        if key in ("received_at", "analysis_started_at"):
            answers.setdefault(key, value)
        elif key == "remark":
            answers[key] = joined(str(answers.get(key, "")), str(value))
        else:
            answers[key] = value
    return {key: value for key, value in answers.items() if value is not None}


def joined(before: str, more: str) -> str:
    """The remarks with the new lines that are not among them yet."""
    lines = before.splitlines()
    return "\n".join([*lines, *(line for line in more.splitlines() if line not in lines)])
