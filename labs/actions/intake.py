"""From reports to the record, whatever format they came in: judged first, then filed.

Filing a report twice changes nothing: a collection is known by patient, laboratory and specimen
(without one: the instant it was taken), a value by its analyte.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from django.db import models, transaction

from clinic import audit
from clinic.models import Site
from clinic.refusal import Refusal
from labs.actions import inbound
from labs.actions.inbound import Row
from labs.actions.intake_blood import file_blood
from labs.actions.intake_semen import file_semen, judge_semen
from labs.actions.results import refuse_collection
from labs.models import InboundMessage, Laboratory
from labs.queries.collections import (
    Collected,
    Key,
    belongs_to,
    candidates,
    key_of,
    known_numbers,
    people_of,
    standing_of,
)
from labs.queries.meanings import with_meanings
from labs.rules.judging import Fate, Verdict, fault, judge_blood, remember
from labs.rules.reported import Group, Person, Report
from patients.models import Patient

__all__ = ["candidates", "file_reports", "judge_reports", "matched"]

AT_ONCE = 500
SOURCES = {"hl7": "hl7", "fhir": "fhir"}
NAME_DIFFERS = "The record number is known, but name or birth date differ."
NOBODY = "Nobody here has this record number, name and birth date."
NO_TIME = "No time of collection."
OTHER_DAY = "This specimen stands on the record with another day of collection."
Progress = Callable[[int], None]


def matched(person: Person, site: Site) -> Patient | None:
    """The patient with this record number, family name and birth date; all three or nobody."""
    return people_of([person], site).get(person.key)


def judge_reports(
    *, message: InboundMessage, reports: Sequence[Report], laboratory: Laboratory, now: datetime
) -> list[Row]:
    """What filing would do to each row, without writing a result.

    A fixed number of queries for every 500 values; what one row would file is seen by the next.
    """
    overlay: dict[Key, Collected] = {}
    rows: list[Row] = []
    for several in in_batches(with_meanings(reports, laboratory)):
        whose, why = _people(several, laboratory, message)
        asked = [
            (whose[report.person.key], group)
            for report in several
            if report.person.key in whose
            for group in report.groups
        ]
        moved = belongs_to(asked, laboratory)
        asked = [(moved.get(key_of(*pair), pair[0]), pair[1]) for pair in asked]
        overlay = standing_of(asked, laboratory) | overlay
        for report in several:
            named = whose.get(report.person.key)
            for group in report.groups:
                patient = moved.get(key_of(named, group), named) if named else None
                verdicts = (
                    _unmatched(group, why[report.person.key])
                    if patient is None
                    else _judged(group, patient, laboratory, overlay, now=now)
                )
                rows += rows_of(report, group, verdicts, patient)
    return rows


def in_batches(reports: Sequence[Report]) -> Iterator[list[Report]]:
    """The reports, so many at a time that they hold about 500 values."""
    waiting: list[Report] = []
    values = 0
    for report in reports:
        waiting.append(report)
        values += sum(len(group.observations) for group in report.groups)
        if values >= AT_ONCE:
            yield waiting
            waiting, values = [], 0
    if waiting:
        yield waiting


def _people(
    reports: Sequence[Report], laboratory: Laboratory, message: InboundMessage
) -> tuple[dict[str, Patient], dict[str, str]]:
    """Whose each report is, and why it is nobody's where it is not."""
    persons = [report.person for report in reports]
    whose = people_of(persons, laboratory.site, decided=message.options.get("matched"))
    others = [person for person in persons if person.key not in whose]
    known = known_numbers(others, laboratory.site) if others else set()
    why = {person.key: NAME_DIFFERS if known & set(person.numbers) else NOBODY for person in others}
    return whose, why


def _unmatched(group: Group, why: str) -> list[Verdict]:
    """A code nobody knows is said first: mapping it does not wait for the patient."""
    return [fault(seen) or Verdict(seen, Fate.UNMATCHED, why) for seen in group.observations]


def _turned_away(group: Group, why: str) -> list[Verdict]:
    return [fault(seen) or Verdict(seen, Fate.IMPLAUSIBLE, why) for seen in group.observations]


def _judged(
    group: Group,
    patient: Patient,
    laboratory: Laboratory,
    overlay: dict[Key, Collected],
    *,
    now: datetime,
) -> list[Verdict]:
    standing = overlay.setdefault(key_of(patient, group), Collected())
    if wrong := why_not_this_collection(group, patient, laboratory, standing, now=now):
        return [
            fault(seen) or Verdict(seen, Fate.IMPLAUSIBLE, wrong) for seen in group.observations
        ]
    if group.is_semen:
        return judge_semen(group, standing.analysis, now=now).verdicts
    reported_at = standing.draw.reported_at if standing.draw else None
    verdicts = judge_blood(group, standing.values, reported_at=reported_at)
    for verdict in verdicts:
        if verdict.written:
            remember(verdict, standing.values)
    return verdicts


def why_not_this_collection(
    group: Group,
    patient: Patient,
    laboratory: Laboratory,
    standing: Collected,
    *,
    now: datetime,
) -> str:
    if group.collected_at is None:
        return NO_TIME
    try:
        refuse_collection(patient, laboratory, group.collected_at, now)
    except Refusal as refusal:
        return str(refusal)
    stood, day = standing.collected_at, patient.site.localdate(group.collected_at)
    return OTHER_DAY if stood and patient.site.localdate(stood) != day else ""


def file_reports(
    *,
    message: InboundMessage,
    reports: Sequence[Report],
    laboratory: Laboratory,
    patient: Patient | None = None,
    now: datetime,
    progress: Progress | None = None,
) -> list[Row]:
    """File every value that can be, in one transaction; the others stay as rows with why.

    `patient` is whom the one person of the message is that nobody surely is.
    """
    with transaction.atomic(savepoint=False):
        understood = with_meanings(reports, laboratory)
        whose, why = _people(understood, laboratory, message)
        if patient is not None:
            whose |= dict.fromkeys(why, patient)
        hold(whose.values())
        rows: list[Row] = []
        for report in understood:
            rows += _filed(message, report, whose.get(report.person.key), why, laboratory, now=now)
            if progress is not None:
                progress(len(rows))
        inbound.filed(message=message, rows=rows, now=now)
    return rows


def hold(patients: Iterable[Patient]) -> None:
    """Their records, held in one order: two files about the same people take turns."""
    pks = {patient.pk for patient in patients}
    list(
        Patient.objects.select_for_update(of=["self"])
        .filter(pk__in=pks)
        .order_by("pk")
        .values_list("pk")
    )


def _filed(
    message: InboundMessage,
    report: Report,
    patient: Patient | None,
    why: dict[str, str],
    laboratory: Laboratory,
    *,
    now: datetime,
) -> list[Row]:
    rows: list[Row] = []
    source = SOURCES.get(message.format, "file")
    for group in report.groups:
        if patient is None:
            rows += rows_of(report, group, _unmatched(group, why[report.person.key]), None)
            continue
        moved = belongs_to([(patient, group)], laboratory)
        whose = moved.get(key_of(patient, group), patient)
        verdicts, became = _file_group(group, whose, laboratory, source, now=now)
        rows += rows_of(report, group, verdicts, whose, became)
    return rows


def _file_group(
    group: Group, patient: Patient, laboratory: Laboratory, source: str, *, now: datetime
) -> tuple[list[Verdict], models.Model | None]:
    standing = standing_of([(patient, group)], laboratory)[key_of(patient, group)]
    if wrong := why_not_this_collection(group, patient, laboratory, standing, now=now):
        return _turned_away(group, wrong), None
    if group.is_semen:
        return file_semen(
            group=group, standing=standing.analysis, patient=patient, laboratory=laboratory,
            source=source, now=now,
        )  # fmt: skip
    return file_blood(
        group=group, standing=standing, patient=patient, laboratory=laboratory, source=source,
        now=now,
    )  # fmt: skip


def rows_of(
    report: Report,
    group: Group,
    verdicts: Sequence[Verdict],
    patient: Patient | None,
    became: models.Model | None = None,
) -> list[Row]:
    label = audit.label(became) if became is not None else ""
    return [
        Row(
            position=verdict.seen.position,
            state=verdict.fate.value,
            code=verdict.seen.code,
            system=verdict.seen.system,
            code_text=verdict.seen.code_text,
            value=verdict.seen.value,
            unit=verdict.seen.unit,
            explanation=verdict.why,
            became=label if verdict.written or verdict.fate is Fate.DUPLICATE else "",
            original=verdict.seen.original,
            person=str(report.person),
            person_key=report.person.key,
            patient_id=patient.pk if patient else None,
            collected_at=group.collected_at,
            specimen=group.specimen,
        )
        for verdict in verdicts
    ]
