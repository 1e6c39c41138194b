"""Everything that is open to him, to take along: as FHIR for another clinic, or as a table.

What waits for its release is in neither; what the clinic took back after he had read it is in both,
without its value and saying so.
"""

from collections.abc import Iterator, Sequence

from clinic.fhir import Resource, bundle
from clinic.models import Document
from labs.fhir.resources import draw_resources
from labs.fhir.semen import analysis_resources
from labs.models import Draw, SemenAnalysis
from labs.queries.exports import (
    BloodCopy,
    SampleCopy,
    blood_copies,
    drawn,
    sample_copies,
    sampled,
    standing,
)
from labs.rules.catalogue import Group, ValueKind, published_catalogue
from labs.rules.units import printed_unit
from patients.fhir import patient_resource
from protocols.queries.portal_course import Course
from protocols.queries.portal_owner import BLOOD, SAMPLE, Owner
from protocols.queries.portal_results import contact_of, values_of

HEAD = (
    "Collected on", "At", "Test", "Value", "Unit", "Usual", "Against the usual", "State",
    "What it means", "Laboratory", "Questions to",
)  # fmt: skip
TAKEN_BACK = "taken back by the clinic"


def shown_keys(owner: Owner, kind: str) -> list[int]:
    """What he may read, and what he had read before it was taken back; nothing of another man."""
    return [
        row.pk
        for row in owner.collected
        if row.kind == kind
        and (row.open or (row.struck and row.opened_at is not None and not row.moved))
    ]


def bloods(owner: Owner) -> list[BloodCopy]:
    return blood_copies(drawn(owner.account).filter(pk__in=shown_keys(owner, BLOOD)))


def samples(owner: Owner) -> list[SampleCopy]:
    return sample_copies(sampled(owner.account).filter(pk__in=shown_keys(owner, SAMPLE)))


def own_bundle(owner: Owner, *, base: str) -> Resource:
    """One bundle that another system can read in: himself and every result that is open to him."""
    resources: list[Resource] = [patient_resource(owner.patient, base=base)]
    for copy in bloods(owner):
        resources += draw_resources(
            copy.draw, copy.results, base=base, documents=his(copy.documents)
        )
    for sample in samples(owner):
        resources += analysis_resources(
            sample.analysis, base=base, plain=True, documents=his(sample.documents)
        )
    return bundle("collection", resources, base=f"{base}/fhir", now=owner.now)


def his(documents: Sequence[Document]) -> list[Document]:
    return [document for document in documents if document.for_patient]


def own_table(course: Course) -> Iterator[tuple[str, ...]]:
    """One line for each value, with its sentence and whom to ask; the newest collection first."""
    yield HEAD
    owner = course.owner
    draws = drawn(owner.account).filter(pk__in=shown_keys(owner, BLOOD))
    sheets = sampled(owner.account).filter(pk__in=shown_keys(owner, SAMPLE))
    lines = [(draw.collected_at, blood_lines(draw, course)) for draw in draws]
    lines += [(sheet.collected_at, sample_lines(sheet, course)) for sheet in sheets]
    for _, several in sorted(lines, key=lambda line: line[0], reverse=True):
        yield from several


def blood_lines(draw: Draw, course: Course) -> list[tuple[str, ...]]:
    first, last = around(draw, course)
    if draw.status == Draw.Status.ENTERED_IN_ERROR:
        return [(*first, "Blood test", "", "", "", "", TAKEN_BACK, "", *last)]
    return [
        (
            *first,
            reading.name,
            reading.amount,
            reading.unit,
            reading.usual,
            reading.phrase,
            "corrected" if reading.corrected else str(reading.result.get_status_display()).lower(),
            str(reading.told),
            *last,
        )
        for reading in values_of(draw, standing(draw.results.all()), course)
    ]


def sample_lines(sheet: SemenAnalysis, course: Course) -> list[tuple[str, ...]]:
    """The sentence first; below it every number of the sheet."""
    first, last = around(sheet, course)
    if sheet.status == SemenAnalysis.Status.ENTERED_IN_ERROR:
        return [(*first, "Sample", "", "", "", "", TAKEN_BACK, "", *last)]
    state = str(sheet.get_status_display()).lower()
    lines: list[tuple[str, ...]] = [
        (*first, "Sample", "", "", "", "", state, sheet.plain_sentence, *last)
    ]
    for analyte in published_catalogue().analytes:
        answer = sheet.sheet.get(analyte.key)
        if (
            analyte.group is Group.SEMEN
            and analyte.value is ValueKind.NUMBER
            and answer is not None
        ):
            unit = printed_unit(analyte.unit)
            lines.append((*first, analyte.plain_name, str(answer), unit, "", "", state, "", *last))
    return lines


def around(row: Draw | SemenAnalysis, course: Course) -> tuple[tuple[str, str], tuple[str, str]]:
    """When it was collected, and who measured it and answers for it."""
    at = row.collected_at.astimezone(course.owner.site.zone)
    contact = contact_of(course)
    who = ", ".join(filter(None, [contact.name, contact.phone]))
    laboratory = row.laboratory.name if row.laboratory else ""
    return (f"{at:%Y-%m-%d}", f"{at:%H:%M}"), (laboratory, who)
