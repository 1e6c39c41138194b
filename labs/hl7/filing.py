"""From a stored message to results on a record; what cannot be filed stays where people see it.

Filing a message twice changes nothing: a collection is known by patient, laboratory and
specimen (OBR-3), a value by its analyte.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db import DataError, transaction

from clinic import audit, hl7
from clinic.refusal import Refusal
from labs.actions import inbound, semen
from labs.actions.inbound import Row
from labs.actions.results import Value, correct_draw, file_draw
from labs.hl7.meaning import STATUSES, Group, Observation, Person, Report, semen_sheet, understood
from labs.models import Draw, InboundMessage, Laboratory, SemenAnalysis, StagedRow
from labs.rules.readings import ReadingError, quantity_of
from patients.models import Patient
from patients.rules.names import folded

State = StagedRow.State
TOO_LONG = "Something in it is longer than a record can hold: nothing of it was filed."


def store_frame(raw: bytes, *, source: str, now: datetime) -> tuple[InboundMessage, bytes]:
    """Keep a frame as it came and say what to answer: AA once it is safe, AR if not ours."""
    try:
        parsed = hl7.parse(raw)
    except hl7.Malformed as why:
        message = inbound.store(
            raw=raw, source=source, sending="", control_id="", site=None, now=now, refused=str(why)
        )
        return message, hl7.acknowledgement(None, "AR", now=now, text=str(why))
    laboratory = laboratory_of(parsed)
    ours = parsed.kind == "ORU^R01"
    refused = "" if ours else not_about_results(parsed.kind)
    message = inbound.store(
        raw=raw,
        source=source,
        sending=parsed.sender,
        control_id=parsed.control_id,
        site=laboratory.site if laboratory else None,
        now=now,
        refused=refused,
    )
    return message, hl7.acknowledgement(parsed, "AA" if ours else "AR", now=now, text=refused)


def unknown_laboratory(facility: str) -> str:
    if not facility.strip():
        return "The message does not say which laboratory sends it (MSH-4 is empty)."
    return f"No laboratory here is known as {facility}."


def not_about_results(kind: str) -> str:
    named = kind.strip("^ ")
    what = f"This is a message of the type {named}" if named else "This message names no type"
    return f"{what}; only results (ORU^R01) are taken in."


def laboratory_of(parsed: hl7.Parsed) -> Laboratory | None:
    """The laboratory whose facility code sent it, if only one site knows it."""
    found = list(
        Laboratory.objects.filter(facility=parsed.facility).select_related("site")[:2]
        if parsed.facility
        else []
    )
    return found[0] if len(found) == 1 else None


def file_next(*, now: datetime, pk: int | None = None) -> InboundMessage | None:
    """Take one waiting message and file it, all of it or nothing; None when nothing waits."""
    message = inbound.take(pk=pk)
    if message is None:
        return None
    try:
        return file_message(message, now=now)
    except Refusal as refusal:
        inbound.set_aside(
            message=message, state=InboundMessage.State.REFUSED, explanation=str(refusal)
        )
        return message


def file_message(
    message: InboundMessage, *, now: datetime, patient: Patient | None = None
) -> InboundMessage:
    """File everything one message says; `patient` is whom a person matched it to."""
    try:
        with transaction.atomic():
            return _filed(message, patient, now=now)
    except DataError as why:
        raise Refusal(TOO_LONG) from why


def _filed(message: InboundMessage, patient: Patient | None, *, now: datetime) -> InboundMessage:
    try:
        parsed = hl7.parse(bytes(message.raw))
    except hl7.Malformed as why:
        raise Refusal(str(why)) from why
    laboratory = laboratory_of(parsed)
    if laboratory is None:
        return _aside(message, unknown_laboratory(parsed.facility))
    message.site = laboratory.site
    reports = understood(parsed, zone=ZoneInfo(laboratory.site.time_zone))
    if not reports or not any(report.groups for report in reports):
        raise Refusal("It names no patient, or no results.")
    rows: list[Row] = []
    for report in reports:
        whose = (
            patient if patient is not None and len(reports) == 1 else matched(report, laboratory)
        )
        if whose is None:
            return _aside(message, why_unmatched(report.person, laboratory))
        for group in report.groups:
            rows += file_group(group, whose, laboratory, now=now)
    return inbound.filed(message=message, rows=rows, now=now)


def _aside(message: InboundMessage, explanation: str) -> InboundMessage:
    inbound.set_aside(
        message=message, state=InboundMessage.State.UNMATCHED, explanation=explanation
    )
    return message


def matched(report: Report, laboratory: Laboratory) -> Patient | None:
    """The patient with this record number, family name and birth date; all three or nobody."""
    person = report.person
    if person.born_on is None:
        return None
    found = Patient.objects.filter(
        site=laboratory.site, record_number__in=person.numbers, born_on=person.born_on
    ).select_related("site")
    same = [p for p in found if folded(p.family_name) == folded(person.family_name)]
    return same[0] if len(same) == 1 else None


def candidates(person: Person, laboratory: Laboratory | None) -> list[Patient]:
    """Whom it might be, for the person who decides: same number, or same birth date and name."""
    if laboratory is None:
        return []
    here = Patient.objects.filter(site=laboratory.site)
    near = here.filter(record_number__in=person.numbers)
    if person.born_on is not None:
        near = near | here.filter(born_on=person.born_on)
    near = near | here.filter(sort_name__startswith=folded(person.family_name))
    return list(near.order_by("sort_name", "pk")[:8])


def why_unmatched(person: Person, laboratory: Laboratory) -> str:
    known = Patient.objects.filter(site=laboratory.site, record_number__in=person.numbers).exists()
    if known:
        return "The record number is known, but name or birth date differ."
    return "Nobody here has this record number, name and birth date."


def file_group(
    group: Group, patient: Patient, laboratory: Laboratory, *, now: datetime
) -> list[Row]:
    if group.collected_at is None:
        return [_row(o, State.IMPLAUSIBLE, "No time of collection.") for o in group.observations]
    if group.is_semen:
        return file_semen(group, patient, laboratory, now=now)
    return file_blood(group, patient, laboratory, now=now)


def file_blood(
    group: Group, patient: Patient, laboratory: Laboratory, *, now: datetime
) -> list[Row]:
    """File the values that are understood; each of the others keeps its own reason."""
    good, rows = readable(group)
    if not good:
        return rows
    values = [_value(o) for o in good]
    known = Draw.objects.filter(
        patient=patient, laboratory=laboratory, specimen=group.specimen
    ).exclude(status="entered_in_error")
    draw = known.first() if group.specimen else None
    if draw is None:
        draw = file_draw(
            patient=patient,
            laboratory=laboratory,
            collected_at=group.collected_at or now,
            values=values,
            specimen=group.specimen,
            source="hl7",
            reported_at=group.reported_at,
            note="\n".join(group.notes),
            by=None,
            now=now,
            confirmed=True,
        )
        return rows + [_row(o, State.NEW, became=audit.label(draw)) for o in good]
    return rows + _corrected(draw, good, values, now=now)


def _corrected(
    draw: Draw, good: Sequence[Observation], values: Sequence[Value], *, now: datetime
) -> list[Row]:
    before = _standing(draw)
    try:
        with transaction.atomic():
            correct_draw(
                draw=draw,
                values=values,
                reason="The laboratory sent a corrected report.",
                by=None,
                now=now,
                confirmed=True,
            )
    except Refusal:
        return [_row(o, State.DUPLICATE, became=audit.label(draw)) for o in good]
    after = _standing(draw)
    return [_row(o, _what_happened(_key(o), before, after), became=audit.label(draw)) for o in good]


def _standing(draw: Draw) -> dict[str, tuple[str, str]]:
    rows = draw.results.filter(superseded_by=None).select_related("analyte")
    return {row.analyte.key: (row.reported, row.status) for row in rows}


def _what_happened(
    key: str, before: dict[str, tuple[str, str]], after: dict[str, tuple[str, str]]
) -> str:
    if key not in before:
        return State.NEW
    return State.DUPLICATE if before[key] == after.get(key) else State.CORRECTION


def readable(group: Group) -> tuple[list[Observation], list[Row]]:
    """Observations that can be filed, and a row with its reason for each that cannot."""
    good: list[Observation] = []
    rows: list[Row] = []
    for seen in group.observations:
        state, reason = _fault(seen)
        if state:
            rows.append(_row(seen, state, reason))
        else:
            good.append(seen)
    return good, rows


def _fault(seen: Observation) -> tuple[str, str]:
    if seen.analyte is None:
        return State.UNKNOWN_CODE, "Nobody has said what this code means."
    if withdrawn := _withdrawn(seen):
        return State.IMPLAUSIBLE, withdrawn
    if seen.status == "cannot":
        return "", ""
    return _reading_fault(seen)


def _withdrawn(seen: Observation) -> str:
    """Why a value is none to file, when its status (OBX-11) says so or says what nobody knows."""
    if seen.status in ("D", "W"):
        return "The laboratory takes it back; strike it out by hand."
    known = seen.status in STATUSES.values()
    return "" if known else f"Nobody here knows what its status “{seen.status[:20]}” means."


def _reading_fault(seen: Observation) -> tuple[str, str]:
    assert seen.analyte is not None  # noqa: S101
    try:
        quantity = quantity_of(_value(seen), seen.analyte)
    except ReadingError as why:
        unit = "came with" in str(why)
        return (State.UNKNOWN_UNIT if unit else State.IMPLAUSIBLE), str(why)
    if not seen.analyte.is_possible(quantity):
        return State.IMPLAUSIBLE, f"{seen.value} {seen.unit} is not possible."
    return "", ""


def _value(seen: Observation) -> Value:
    return Value(_key(seen), seen.value, seen.unit, seen.range_text, seen.status)


def _key(seen: Observation) -> str:
    return seen.analyte.key if seen.analyte else ""


def file_semen(
    group: Group, patient: Patient, laboratory: Laboratory, *, now: datetime
) -> list[Row]:
    """File a semen analysis, or correct the one with this specimen number."""
    unmapped = [o for o in group.observations if o.analyte is None]
    rows = [_row(o, State.UNKNOWN_CODE, "Nobody has said what this code means.") for o in unmapped]
    standing_here = [o for o in group.observations if o.analyte is not None]
    rows += [_row(o, State.IMPLAUSIBLE, _withdrawn(o)) for o in standing_here if _withdrawn(o)]
    good = [o for o in standing_here if not _withdrawn(o)]
    if not good:
        return rows
    known = SemenAnalysis.objects.current().filter(patient=patient, specimen=group.specimen)
    standing = known.first() if group.specimen else None
    try:
        with transaction.atomic():
            analysis, state = _semen_row(standing, group, patient, laboratory, now=now)
    except Refusal as refusal:
        return rows + [_row(o, State.IMPLAUSIBLE, str(refusal)) for o in good]
    return rows + [_row(o, state, became=audit.label(analysis)) for o in good]


def _semen_row(
    standing: SemenAnalysis | None,
    group: Group,
    patient: Patient,
    laboratory: Laboratory,
    *,
    now: datetime,
) -> tuple[SemenAnalysis, str]:
    sheet = semen_sheet(group)
    if standing is None:
        analysis = semen.enter(
            patient=patient,
            laboratory=laboratory,
            collected_at=(group.collected_at or now).astimezone(UTC),
            sheet=sheet,
            specimen=group.specimen,
            source="hl7",
            by=None,
            now=now,
            confirmed=True,
        )
        return analysis, State.NEW
    if not any(o.status == "corrected" for o in group.observations):
        return standing, State.DUPLICATE
    corrected = semen.correct(
        analysis=standing,
        sheet=sheet,
        reason="The laboratory sent a corrected report.",
        by=None,
        now=now,
        confirmed=True,
    )
    return corrected, State.CORRECTION


def _row(seen: Observation, state: str, explanation: str = "", became: str = "") -> Row:
    return Row(
        position=seen.position,
        state=state,
        code=f"{seen.system} {seen.code}",
        code_text=seen.code_text,
        value=seen.value,
        unit=seen.unit,
        explanation=explanation,
        became=became,
    )
