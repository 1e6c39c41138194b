"""Results as FHIR has them: pure functions, rows in, resources out.

A value of blood keeps its address through corrections: it is the collection and what was measured,
so its status turns from final to corrected, and to entered-in-error when it was struck out.
"""

from collections.abc import Iterable, Sequence

from clinic.fhir import LOINC, SNOMED, UCUM, Resource, concept, stamp
from clinic.models import Document
from labs.models import Draw, Result, SemenAnalysis
from labs.rules.catalogue import Analyte, LoincKind, published_catalogue
from labs.rules.codes import passes_verhoeff
from labs.rules.quantities import Quantity, QuantityError
from labs.rules.ranges import Range, RangeError
from labs.rules.units import printed_unit
from patients.fhir import subject_of

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
SERVICE = "http://terminology.hl7.org/CodeSystem/v2-0074"
FASTING = "http://terminology.hl7.org/CodeSystem/v2-0916"
SEMEN, BLOOD = ("119347001", "Seminal fluid specimen"), ("119297000", "Blood specimen")
assert passes_verhoeff(SEMEN[0])  # noqa: S101
assert passes_verhoeff(BLOOD[0])  # noqa: S101
FLAGS = {"low": ("L", "Low"), "normal": ("N", "Normal"), "high": ("H", "High")}
#: What it is called there: a value that could not be had was cancelled, never left out.
STATUSES = {
    "preliminary": "preliminary",
    "final": "final",
    "corrected": "corrected",
    "cannot": "cancelled",
    "entered_in_error": "entered-in-error",
}
LIPIDS = ("24331-1", "Lipid panel")


def draw_id(draw: Draw | int) -> str:
    return f"d{draw if isinstance(draw, int) else draw.pk}"


def observation_id(result: Result) -> str:
    return f"{draw_id(result.draw_id)}-{dashed(result.analyte.key)}"


def dashed(key: str) -> str:
    return key.replace("_", "-")


# --- one value ----------------------------------------------------------------------------------


def observation(result: Result, *, base: str) -> Resource:
    """One value as it was reported, with the range it was read against."""
    analyte = published_catalogue().analyte(result.analyte.key)
    draw = result.draw
    found: Resource = {
        "resourceType": "Observation",
        "id": observation_id(result),
        "meta": {"lastUpdated": stamp(result.filed_at)},
        "status": STATUSES[result.status],
        "category": [concept(CATEGORY, "laboratory")],
        "code": code_of(analyte, base),
        "subject": subject_of(draw.patient),
        "effectiveDateTime": moment(draw, result.collected_at),
        "issued": moment(draw, draw.reported_at or result.filed_at),
        **value_of(result),
    }
    has_value = "valueQuantity" in found
    if has_value and (flag := FLAGS.get(result.flag)):
        found["interpretation"] = [concept(INTERPRETATION, *flag)]
    if has_value and (limits := range_of(result)):
        found["referenceRange"] = [limits]
    if has_value and result.formula:
        found["note"] = [{"text": f"Calculated here: {result.formula_words}."}]
    return found | {"specimen": {"reference": f"Specimen/{draw_id(result.draw_id)}"}}


def code_of(analyte: Analyte, base: str) -> Resource:
    """Its LOINC, the one that says least about the method; else our own code."""
    plain = [loinc for loinc in analyte.loinc if loinc.kind is LoincKind.MEASURED]
    for loinc in (plain or list(analyte.loinc))[:1]:
        return concept(LOINC, loinc.code, text=analyte.name)
    own = [each for each in published_catalogue().local_codes if each.analyte == analyte.key]
    code = own[0].code if own else dashed(analyte.key)
    return concept(f"{base}/codes/semen", code, text=analyte.name)


def value_of(result: Result) -> Resource:
    """Nothing where it was struck out: what should not stand cannot be read as a value."""
    if result.status == Result.Status.ENTERED_IN_ERROR:
        return {}
    if result.value is None:
        return {"dataAbsentReason": concept(ABSENT, "error", text=result.reported)}
    if result.formula:
        return {"valueQuantity": quantity(Quantity(result.value.normalize(), result.unit))}
    try:
        return {"valueQuantity": quantity(Quantity.parse(result.reported, result.unit))}
    except QuantityError:
        return {"valueString": result.reported}


def quantity(amount: Quantity) -> Resource:
    """To the last digit it came with; the comparator is never lost."""
    found: Resource = {"value": amount.value}
    if amount.comparator:
        found["comparator"] = amount.comparator.value
    if amount.unit:
        found |= {"unit": printed_unit(amount.unit) or amount.unit}
    return found | {"system": UCUM, "code": amount.unit or "1"}


def range_of(result: Result) -> Resource:
    """Both limits as numbers and the words as printed, which alone say whether they are open."""
    if not result.range_text:
        return {}
    found: Resource = {}
    try:
        limits = Range.parse(result.range_text)
    except RangeError:
        return {"text": result.range_text}
    for name, limit in (("low", limits.low), ("high", limits.high)):
        if limit is not None:
            found[name] = quantity(Quantity(limit, result.unit))
    return found | {"text": result.range_text}


def moment(of: Draw | SemenAnalysis, at: object) -> str:
    """On the clinic's clock, with its offset."""
    return stamp(at.astimezone(of.patient.site.zone))  # type: ignore[attr-defined]


# --- a collection of blood ------------------------------------------------------------------------


def draw_resources(
    draw: Draw, results: Sequence[Result], *, base: str, documents: Iterable[Document] = ()
) -> list[Resource]:
    """The report of one collection with its specimen and every value that stands in it."""
    return [
        draw_report(draw, results, base=base, documents=documents),
        draw_specimen(draw, base=base),
        *(observation(result, base=base) for result in results),
    ]


def draw_report(
    draw: Draw, results: Sequence[Result], *, base: str, documents: Iterable[Document] = ()
) -> Resource:
    groups = {result.analyte.group for result in results}
    code = concept(LOINC, *LIPIDS) if groups == {"lipids"} else {"text": "Blood test"}
    found = report_of(draw, code, draw.status, base=base, documents=documents)
    found["issued"] = moment(draw, draw.reported_at or draw.filed_at)
    found["specimen"] = [{"reference": f"Specimen/{draw_id(draw)}"}]
    if results:
        references = [{"reference": f"Observation/{observation_id(each)}"} for each in results]
        found["result"] = references
    return found


def report_of(
    row: Draw | SemenAnalysis,
    code: Resource,
    status: str,
    *,
    base: str,
    documents: Iterable[Document],
) -> Resource:
    found: Resource = {
        "resourceType": "DiagnosticReport",
        "id": draw_id(row) if isinstance(row, Draw) else analysis_id(row),
        "status": STATUSES[status],
        "category": [concept(SERVICE, "LAB", "Laboratory")],
        "code": code,
        "subject": subject_of(row.patient),
        "effectiveDateTime": moment(row, row.collected_at),
    }
    if row.laboratory is not None:
        found["performer"] = [{"display": row.laboratory.name}]
    struck = row.status == Draw.Status.ENTERED_IN_ERROR
    if row.reviewed_at is not None and row.comment and not struck:
        found["conclusion"] = row.comment
    if forms := [presented(document, base=base) for document in documents]:
        found["presentedForm"] = forms
    return found


def presented(document: Document, *, base: str) -> Resource:
    return {
        "contentType": "application/pdf",
        "url": f"{base}/documents/{document.pk}/",
        "title": document.title,
        "creation": stamp(document.created_at),
    }


def draw_specimen(draw: Draw, *, base: str) -> Resource:
    collection: Resource = {"collectedDateTime": moment(draw, draw.collected_at)}
    if draw.fasting is not None:
        code, words = ("F", "Fasting") if draw.fasting else ("NF", "Not fasting")
        collection["fastingStatusCodeableConcept"] = concept(FASTING, code, text=words)
    return specimen_of(draw, draw_id(draw), BLOOD, collection, base=base)


def specimen_of(
    row: Draw | SemenAnalysis,
    key: str,
    kind: tuple[str, str],
    collection: Resource,
    *,
    base: str,
) -> Resource:
    found: Resource = {"resourceType": "Specimen", "id": key}
    if row.specimen:
        laboratory = f"{base}/identifiers/laboratories/{row.laboratory_id or 0}/specimen"
        found["accessionIdentifier"] = {"system": laboratory, "value": row.specimen}
    return found | {
        "type": concept(SNOMED, *kind),
        "subject": subject_of(row.patient),
        "collection": collection,
    }


def analysis_id(analysis: SemenAnalysis) -> str:
    return f"s{analysis.pk}"
