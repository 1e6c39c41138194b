"""Enter a semen sheet, have a second person verify it, correct it, review it."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions.ordering import reopen, settle_semen_order
from labs.actions.quality import judge
from labs.actions.results import locked_patient, refuse_collection
from labs.actions.rows import next_key
from labs.actions.semen_columns import columns_of, earlier_sperm, read_or_refuse
from labs.actions.telling import comment_waits
from labs.models import Laboratory, SemenAnalysis
from patients.models import Patient

Status = SemenAnalysis.Status


@transaction.atomic
def enter(  # noqa: PLR0913 -- a sheet has a patient, a place, a time and a hand
    *,
    patient: Patient,
    laboratory: Laboratory | None,
    collected_at: datetime,
    sheet: Mapping[str, object],
    specimen: str = "",
    source: str = "form",
    by: Account | None,
    now: datetime,
    confirmed: bool = False,
) -> SemenAnalysis:
    """Keep a sheet as preliminary; one received final from a laboratory is final at once.

    What contradicts itself is refused at its field, what is unusual only without `confirmed`.
    """
    locked = locked_patient(patient)
    refuse_collection(locked, laboratory, collected_at, now)
    refuse_second_sheet(locked, specimen)
    received_final = source != "form" and str(sheet.get("status", "final")) != "preliminary"
    analysis = SemenAnalysis(
        patient=locked,
        laboratory=laboratory,
        specimen=specimen,
        collected_at=collected_at,
        source=source,
        status=Status.FINAL if received_final else Status.PRELIMINARY,
        entered_at=now,
        entered_by=by,
    )
    write_sheet(analysis, sheet, now=now, confirmed=confirmed)
    analysis.save()
    trail(analysis, "semen.entered", by, specimen=specimen, source=source)
    judge_author(analysis, now)
    if received_final:
        settled_final(analysis)
    return analysis


def locked_analysis(analysis: SemenAnalysis) -> SemenAnalysis:
    rows = SemenAnalysis.objects.select_for_update(of=["self"]).select_related("patient__site")
    return rows.get(pk=analysis.pk)


def refuse_second_sheet(patient: Patient, specimen: str) -> None:
    known = SemenAnalysis.objects.current().filter(patient=patient.pk, specimen=specimen)
    if specimen and known.exists():
        raise Refusal(
            f"Specimen {specimen} already has a sheet. Correct that one instead.", field="specimen"
        )


def write_sheet(
    analysis: SemenAnalysis, answers: Mapping[str, object], *, now: datetime, confirmed: bool
) -> None:
    """Put the answers and what the rules make of them on the row, not yet saved."""
    sheet, kept = read_or_refuse(
        answers, collected_at=analysis.collected_at, now=now, confirmed=confirmed
    )
    analysis.sheet = kept
    fill(analysis, columns_of(sheet, status=analysis.status, before=earlier_sperm(analysis)))


def fill(analysis: SemenAnalysis, columns: Mapping[str, object]) -> None:
    for name, value in columns.items():
        setattr(analysis, name, value)


def trail(
    analysis: SemenAnalysis, action: str, by: Account | None, *, reason: str = "", **detail: object
) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=analysis,
        person=analysis.patient,
        site=analysis.patient.site_id,
        reason=reason,
        **detail,
    )


def judge_author(analysis: SemenAnalysis, now: datetime) -> None:
    """The replicates of a typed sheet say something of who counted them, too."""
    if analysis.source == "form" and analysis.entered_by is not None:
        judge(site=analysis.patient.site, technologist=analysis.entered_by, now=now)


@transaction.atomic
def amend(
    *,
    analysis: SemenAnalysis,
    sheet: Mapping[str, object],
    by: Account,
    now: datetime,
    confirmed: bool = False,
) -> SemenAnalysis:
    """Write a preliminary sheet anew; whoever amends it answers for it and cannot verify it."""
    locked = locked_analysis(analysis)
    refuse_unless_preliminary(locked)
    write_sheet(locked, sheet, now=now, confirmed=confirmed)
    locked.entered_at, locked.entered_by = now, by
    locked.sent_back_at = locked.sent_back_by = None
    locked.sent_back_reason = ""
    locked.save()
    trail(locked, "semen.amended", by)
    judge_author(locked, now)
    return locked


def refuse_unless_preliminary(analysis: SemenAnalysis) -> None:
    if analysis.status == Status.ENTERED_IN_ERROR:
        raise Refusal("This sheet was struck out.")
    if analysis.status != Status.PRELIMINARY:
        raise Refusal("This sheet is final. Correct it instead, with a reason.")
    if analysis.superseded_by_id is not None:
        raise Refusal("A corrected sheet has taken its place.")


@transaction.atomic
def verify(*, analysis: SemenAnalysis, by: Account, now: datetime) -> SemenAnalysis:
    """A second person has read the sheet: it is final, and counts from now on."""
    locked = locked_analysis(analysis)
    refuse_unless_preliminary(locked)
    if locked.entered_by_id == by.pk:
        raise Refusal("You entered this sheet. A second person verifies it.")
    if locked.sent_back_at is not None:
        raise Refusal("This sheet was sent back and has not been amended since.")
    was = SemenAnalysis.objects.filter(superseded_by=locked).first()
    locked.status = Status.CORRECTED if was else Status.FINAL
    locked.verified_at, locked.verified_by = now, by
    sheet, _ = read_or_refuse(
        locked.sheet, collected_at=locked.collected_at, now=now, confirmed=True
    )
    fill(locked, columns_of(sheet, status=locked.status, before=earlier_sperm(locked)))
    locked.save()
    trail(locked, "semen.verified", by, corrected=was is not None)
    settled_final(locked, was=was)
    return locked


def settled_final(analysis: SemenAnalysis, was: SemenAnalysis | None = None) -> None:
    """The order it answers is answered, and the floors above are told."""
    order = settle_semen_order(analysis)
    if order is not None and analysis.order_id is None:
        analysis.order = order
        analysis.save(update_fields=["order"])
    if was is None:
        events.report("semen.final", analysis=analysis)
    else:
        events.report("semen.corrected", analysis=analysis, was=was)


@transaction.atomic
def send_back(*, analysis: SemenAnalysis, reason: str, by: Account, now: datetime) -> SemenAnalysis:
    """The second person finds something to look at again; the sheet waits for its amendment."""
    locked = locked_analysis(analysis)
    refuse_unless_preliminary(locked)
    if locked.entered_by_id == by.pk:
        raise Refusal("You entered this sheet; amend it yourself.")
    if not reason.strip():
        raise Refusal("Say what to look at again.", field="reason")
    locked.sent_back_at, locked.sent_back_by = now, by
    locked.sent_back_reason = reason.strip()
    locked.save(update_fields=["sent_back_at", "sent_back_by", "sent_back_reason"])
    trail(locked, "semen.sent_back", by, reason=reason)
    return locked


@transaction.atomic
def correct(
    *,
    analysis: SemenAnalysis,
    sheet: Mapping[str, object],
    reason: str,
    by: Account | None,
    now: datetime,
    confirmed: bool = False,
) -> SemenAnalysis:
    """Put a new sheet in the place of a final one, which stays to be read as superseded.

    A typed correction is preliminary until a second person verifies it, as any sheet is; one
    that a laboratory sent is final at once.
    """
    was = locked_analysis(analysis)
    refuse_correction(was, reason)
    received = was.source != "form"
    new = SemenAnalysis(
        pk=next_key(SemenAnalysis),
        patient=was.patient,
        laboratory=was.laboratory,
        order=was.order,
        specimen=was.specimen,
        collected_at=was.collected_at,
        source=was.source,
        status=Status.CORRECTED if received else Status.PRELIMINARY,
        entered_at=now,
        entered_by=by,
        correction_reason=reason.strip(),
    )
    write_sheet(new, sheet, now=now, confirmed=confirmed)
    was.superseded_by_id = new.pk
    # The key points ahead of itself until the insert below: it is checked at commit.
    was.save(update_fields=["superseded_by"])
    new.save(force_insert=True)
    trail(new, "semen.corrected", by, reason=reason, was=was.pk)
    judge_author(new, now)
    if received:
        settled_final(new, was=was)
    else:
        # The old one counts no more from now on; the new one from its verification on.
        events.report("semen.superseded", analysis=was)
    return new


def refuse_correction(was: SemenAnalysis, reason: str) -> None:
    if was.status == Status.ENTERED_IN_ERROR:
        raise Refusal("This sheet was struck out.")
    if was.superseded_by_id is not None:
        raise Refusal("A corrected sheet has already taken its place.")
    if was.status == Status.PRELIMINARY:
        raise Refusal("This sheet is not final yet. Amend it instead.")
    if not reason.strip():
        raise Refusal("Say why the sheet is corrected.", field="reason")


@transaction.atomic
def strike(
    *, analysis: SemenAnalysis, reason: str, by: Account | None, now: datetime
) -> SemenAnalysis:
    """Take a sheet that should not stand here out of every list; it stays readable, with why."""
    locked = locked_analysis(analysis)
    if locked.status == Status.ENTERED_IN_ERROR or locked.superseded_by_id is not None:
        raise Refusal("This sheet no longer stands.")
    if not reason.strip():
        raise Refusal("Say why it is struck out.", field="reason")
    counted = locked.status != Status.PRELIMINARY
    reopen(locked.order)
    locked.status, locked.correction_reason, locked.order = (
        Status.ENTERED_IN_ERROR, reason.strip(), None,
    )  # fmt: skip
    locked.save(update_fields=["status", "correction_reason", "order"])
    trail(locked, "semen.struck", by, reason=reason, at=now)
    judge_author(locked, now)
    if counted:
        events.report("semen.corrected", analysis=locked, was=locked)
    return locked


@transaction.atomic
def review(
    *, analysis: SemenAnalysis, comment: str = "", by: Account, now: datetime
) -> SemenAnalysis:
    """A clinician has seen it; what he writes stands beside it for the patient."""
    locked = locked_analysis(analysis)
    if locked.status not in {Status.FINAL, Status.CORRECTED} or locked.superseded_by_id:
        raise Refusal("Only a final sheet is reviewed.")
    if locked.reviewed_at is not None:
        raise Refusal("This sheet was already reviewed.")
    locked.reviewed_at, locked.reviewed_by, locked.comment = now, by, comment.strip()
    locked.save(update_fields=["reviewed_at", "reviewed_by", "comment"])
    trail(locked, "semen.reviewed", by, commented=bool(locked.comment))
    comment_waits(locked, now=now)
    return locked
