"""A semen analysis as FHIR has it: a panel (54231-6) whose members are the answers of the sheet."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from clinic.fhir import LOINC, YES_NO, Resource, concept, instant, stamp
from clinic.models import Document
from labs.fhir.meaning import ANALYSIS
from labs.fhir.resources import (
    CATEGORY,
    SEMEN,
    STATUSES,
    analysis_id,
    code_of,
    dashed,
    moment,
    quantity,
    report_of,
    specimen_of,
)
from labs.models import SemenAnalysis
from labs.rules.catalogue import Analyte, Group, ValueKind, published_catalogue
from labs.rules.quantities import Quantity, QuantityError
from labs.rules.reported import SEMEN_PANEL
from patients.fhir import subject_of

PANEL = "Semen analysis fertility panel"
WHOLE = "1"
PART_OF_PELLET = ("SEM-PELLET-PART-N", "Spermatozoa counted in the examined part of the pellet")
#: Said again by other answers, or by the row; sent for neither.
UNSAID = frozenset({"pellet_done"})
YES, NO = ("Y", "Yes"), ("N", "No")


def analysis_resources(
    analysis: SemenAnalysis, *, base: str, plain: bool, documents: Iterable[Document] = ()
) -> list[Resource]:
    """The report, the specimen, the panel and its members; `plain` in the patient's words."""
    members = list(member_observations(analysis, base=base))
    report = report_of(
        analysis, concept(LOINC, SEMEN_PANEL, PANEL), analysis.status, base=base,
        documents=documents,
    )  # fmt: skip
    report["issued"] = moment(analysis, analysis.verified_at or analysis.entered_at)
    report["specimen"] = [{"reference": f"Specimen/{analysis_id(analysis)}"}]
    if analysis.status != SemenAnalysis.Status.ENTERED_IN_ERROR:
        said = analysis.plain_sentence if plain else analysis.sentence
        report["conclusion"] = "\n".join(filter(None, [said, report.get("conclusion", "")]))
    if members:
        report["result"] = [{"reference": f"Observation/{analysis_id(analysis)}"}]
    panel = panel_observation(analysis, [member["id"] for member in members])
    return [report, analysis_specimen(analysis, base=base), *([panel] if members else []), *members]


def panel_observation(analysis: SemenAnalysis, members: list[str]) -> Resource:
    found = around(analysis, concept(LOINC, SEMEN_PANEL, PANEL), analysis_id(analysis))
    found["method"] = {"text": f"WHO laboratory manual, {analysis.edition}"}
    return found | {"hasMember": [{"reference": f"Observation/{member}"} for member in members]}


def around(analysis: SemenAnalysis, code: Resource, key: str) -> Resource:
    return {
        "resourceType": "Observation",
        "id": key,
        "meta": {"lastUpdated": stamp(analysis.verified_at or analysis.entered_at)},
        "status": STATUSES[analysis.status],
        "category": [concept(CATEGORY, "laboratory")],
        "code": code,
        "subject": subject_of(analysis.patient),
        "effectiveDateTime": moment(analysis, analysis.collected_at),
        "issued": moment(analysis, analysis.verified_at or analysis.entered_at),
        "specimen": {"reference": f"Specimen/{analysis_id(analysis)}"},
    }


def member_observations(analysis: SemenAnalysis, *, base: str) -> Iterator[Resource]:
    """Every answer that has a code; those without one stay on the sheet."""
    if analysis.status == SemenAnalysis.Status.ENTERED_IN_ERROR:
        return
    for analyte in published_catalogue().analytes:
        answer = analysis.sheet.get(analyte.key)
        if analyte.group is not Group.SEMEN or answer is None or analyte.key in UNSAID:
            continue
        value = value_of(analyte, answer)
        if value:
            key = f"{analysis_id(analysis)}-{dashed(analyte.key)}"
            yield around(analysis, answer_code(analysis, analyte, base), key) | value


def answer_code(analysis: SemenAnalysis, analyte: Analyte, base: str) -> Resource:
    """A count in a part of the pellet is never sent as one in the whole of it."""
    if analyte.key == "pellet_sperm_n" and not whole_pellet(analysis):
        return concept(f"{base}/codes/semen", PART_OF_PELLET[0], text=PART_OF_PELLET[1])
    return code_of(analyte, base)


def whole_pellet(analysis: SemenAnalysis) -> bool:
    examined = analysis.sheet.get("pellet_fraction_examined")
    try:
        return examined is not None and Quantity.parse(str(examined)).value == 1
    except QuantityError:
        return False


def value_of(analyte: Analyte, answer: object) -> Resource:
    if analyte.key in ("fresh_sperm_seen", "pellet_sperm_seen"):
        seen = answer in (True, "seen", "true")
        return {"valueCodeableConcept": concept(YES_NO, *(YES if seen else NO))}
    if analyte.value is ValueKind.CODED:
        return {"valueCodeableConcept": {"text": str(answer)}}
    try:
        return {"valueQuantity": quantity(Quantity.parse(str(answer), analyte.unit))}
    except QuantityError:
        return {"valueString": str(answer)}


def analysis_specimen(analysis: SemenAnalysis, *, base: str) -> Resource:
    collection: Resource = {"collectedDateTime": moment(analysis, analysis.collected_at)}
    found = specimen_of(analysis, analysis_id(analysis), SEMEN, collection, base=base)
    if received := time_of(analysis, "received_at"):
        found["receivedTime"] = moment(analysis, received)
    if began := time_of(analysis, "analysis_started_at"):
        found["processing"] = [{"description": ANALYSIS, "timeDateTime": moment(analysis, began)}]
    return found


def time_of(analysis: SemenAnalysis, name: str) -> datetime | None:
    written = analysis.sheet.get(name)
    return instant(str(written), analysis.patient.site.zone) if written else None
