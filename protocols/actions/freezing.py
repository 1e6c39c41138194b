"""Motile sperm are frozen the day they are seen; the first sperm found are confirmed (§7.1)."""

from datetime import date, datetime, time, timedelta

from django.db import transaction

from clinic import audit
from clinic.models import Account
from labs.actions.ordering import order
from labs.models import Container, Order, SemenAnalysis
from labs.queries.storage import frozen_already
from protocols.actions import duties
from protocols.actions.deviations import close_moot, draft
from protocols.actions.findings import (
    FREEZE,
    Evidence,
    Proposal,
    lock_live,
    overtake,
    settle,
)
from protocols.models import Duty, Enrolment, Finding
from protocols.queries.enrolment import definition_of
from protocols.rules.deadlines import closing
from protocols.rules.deviations import deviation, spoken
from protocols.rules.schedule import confirmation_window

INVALID = "SEMEN_INVALID"
SAMPLE = "FREEZE_SAMPLE"


@transaction.atomic
def evaluate_semen(analysis: SemenAnalysis, was: SemenAnalysis | None = None) -> Finding | None:
    """Motile sperm are frozen today; sperm seen for the first time are confirmed (§7.1)."""
    enrolment = lock_live(analysis.patient_id)
    if enrolment is None:
        return None
    at = analysis.verified_at or analysis.entered_at
    if was is not None and was.pk != analysis.pk:
        settle(
            enrolment=enrolment,
            kind=Finding.Kind.FREEZE,
            evidence=Evidence(audit.label(was), was.collected_at, at),
            proposal=None,
        )
    struck = analysis.status == SemenAnalysis.Status.ENTERED_IN_ERROR
    if analysis.sperm_seen and not struck:
        order_confirmation(enrolment, analysis, at)
    draft_departures(enrolment, analysis, was)
    motile = bool(analysis.motile_seen) and not struck and not frozen_already(analysis)
    return settle(
        enrolment=enrolment,
        kind=Finding.Kind.FREEZE,
        evidence=Evidence(
            audit.label(analysis),
            analysis.collected_at,
            at,
            {"motile": analysis.pellet_motile_n, "sperm": analysis.pellet_sperm_n},
        ),
        proposal=freeze_proposal(enrolment, analysis, at) if motile else None,
    )


@transaction.atomic
def stored(*, container: Container, by: Account, now: datetime) -> int:
    """What asked to freeze this sample is done: the tasks are ticked, the proposal is closed."""
    analysis = container.analysis
    if analysis is None:
        return 0
    sheets = SemenAnalysis.objects.filter(
        patient=analysis.patient_id, collected_at=analysis.collected_at
    )
    asking = Finding.objects.select_for_update(of=("self",)).filter(
        kind=Finding.Kind.FREEZE, evidence__in=[audit.label(sheet) for sheet in sheets]
    )
    findings = list(asking.select_related("enrolment__patient"))
    waiting = Duty.objects.open().filter(code=SAMPLE, finding__in=findings)
    for duty in waiting:
        duties.complete(duty=duty, by=by, now=now, note=f"Stored: {container}.")
    for finding in findings:
        if finding.state == Finding.State.OPEN:
            overtake(finding)
    return len(waiting)


def draft_departures(
    enrolment: Enrolment, analysis: SemenAnalysis, was: SemenAnalysis | None
) -> None:
    """A sample that was not given or looked at as asked departs from the plan (§7.5)."""
    on = enrolment.patient.site.localdate(analysis.collected_at)
    struck = analysis.status == SemenAnalysis.Status.ENTERED_IN_ERROR
    for code in [] if struck else analysis.deviations:
        found = deviation(
            definition_of(enrolment.version),
            code,
            f"Sample of {on.day} {on:%b}.",
            evidence=given_how(analysis, on),
        )
        draft(enrolment=enrolment, found=found, about=audit.label(analysis), on=on)
        if code == INVALID:
            order_repeat(enrolment, analysis)
    by = analysis.verified_by or analysis.entered_by
    if was is None or by is None or (was.pk == analysis.pk and not struck):
        return
    for code in was.deviations:
        close_moot(
            enrolment=enrolment,
            code=code,
            about=audit.label(was),
            note="The sheet was struck out." if struck else "The sheet was corrected.",
            by=by,
            now=analysis.verified_at or analysis.entered_at,
        )


def given_how(analysis: SemenAnalysis, on: date) -> tuple[tuple[str, str], ...]:
    """What the sheet says of the giving, as it was written there."""
    sheet = analysis.sheet
    known = (
        ("Collected", spoken(on)),
        ("Days of abstinence", sheet.get("abstinence_days")),
        ("Completeness", str(sheet.get("complete") or "").replace("_", " ")),
        ("Analysis begun", sheet.get("analysis_started_at")),
        ("Pellet", str(sheet.get("pellet_done") or "").replace("_", " ")),
    )
    return tuple((what, str(value)) for what, value in known if value not in (None, ""))


def order_repeat(enrolment: Enrolment, analysis: SemenAnalysis) -> None:
    """A sample that does not count is given again within the days of its rule, ordered once."""
    site = enrolment.patient.site
    at = analysis.verified_at or analysis.entered_at
    days = definition_of(enrolment.version).deviation(INVALID).repeat_within_days or 0
    due_on = site.localdate(analysis.collected_at) + timedelta(days=days)
    asked = Order.objects.filter(patient=enrolment.patient_id, semen=True)
    about = audit.label(analysis)
    if due_on < site.localdate(at) or asked.filter(about=about).exists() or asked.open().exists():
        return
    order(
        patient=enrolment.patient,
        semen=True,
        due_on=due_on,
        reason="The last sample cannot be used for the response.",
        about=about,
        by=None,
        now=at,
    )


def freeze_proposal(enrolment: Enrolment, analysis: SemenAnalysis, at: datetime) -> Proposal:
    zone = enrolment.patient.site.zone
    due = closing(at, zone)
    seen = f"{analysis.pellet_motile_n} motile" if analysis.pellet_motile_n else "Motile sperm"
    return Proposal(
        action=Finding.Action.FREEZE,
        urgency=FREEZE,
        headline=f"{seen}; freeze by {due.astimezone(zone):%H:%M}",
        reasons=[
            {
                "rule": "MOTILE_SPERM_SEEN",
                "action": Finding.Action.FREEZE.value,
                "grade": None,
                "analyte": None,
                "sentence": f"{analysis.sentence} Freeze what there is today.".strip(),
                "tasks": [SAMPLE],
            }
        ],
        contact_by=due,
    )


def order_confirmation(enrolment: Enrolment, analysis: SemenAnalysis, at: datetime) -> None:
    """The first sperm found after the start are confirmed by a second sample, ordered once."""
    site = enrolment.patient.site
    day = site.localdate(analysis.collected_at)
    if enrolment.first_dose_on is None or day < enrolment.first_dose_on:
        return
    day_one = datetime.combine(enrolment.first_dose_on, time(), tzinfo=site.zone)
    earlier = (
        SemenAnalysis.objects.final()
        .filter(
            patient=analysis.patient_id,
            sperm_seen=True,
            collected_at__gte=day_one,
            collected_at__lt=analysis.collected_at,
        )
        .exclude(pk=analysis.pk)
    )
    about = f"protocols.enrolment:{enrolment.pk}"
    ordered = Order.objects.filter(patient=analysis.patient_id, semen=True, about=about)
    window = confirmation_window(definition_of(enrolment.version), day)
    if earlier.exists() or ordered.exists() or window.closes_on < site.localdate(at):
        return
    order(
        patient=enrolment.patient,
        semen=True,
        due_on=window.closes_on,
        reason=f"Confirm the first sperm, from {window.opens_on.day} {window.opens_on:%b} on.",
        about=about,
        by=None,
        now=at,
    )
