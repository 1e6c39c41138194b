"""What a decision asks of people: the tasks of its rules as duties, tests they name as orders."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from clinic import audit
from clinic.models import Account
from labs.actions.ordering import order
from labs.models import Draw, Order, Panel
from protocols.actions import duties
from protocols.models import Duty, Enrolment, Finding, Visit
from protocols.queries.findings import closed_days
from protocols.rules.deadlines import CLOSES, contact_by
from protocols.rules.duties import WATCHED
from protocols.rules.local_time import local_instant
from protocols.rules.vocabulary import Action

#: Done by ordering and booking the repeat, or asked at every visit anyway.
DONE_OTHERWISE = ("REPEAT_", "WEEKLY_")
#: Said in the letter to him; where none goes, somebody says it at his next visit.
SPOKEN = "ADVISE_"
#: For whoever draws blood: nobody's in particular. The rest is for the one who decided.
AT_THE_DESK = {
    "CK", "CREATININE", "FREEZE_SAMPLE", "HBA1C", "LIPASE", "LIVER_TESTS", "TRIGLYCERIDES",
    "URINALYSIS",
}  # fmt: skip
PANELS = {
    "CK": "muscle",
    "CREATININE": "bilirubin_creatinine",
    "HBA1C": "hba1c",
    "LIPASE": "lipase",
    "LIVER_TESTS": "liver",
    "TRIGLYCERIDES": "lipids",
}
MEASURED = {
    "CK": "ck", "CREATININE": "creatinine", "HBA1C": "hba1c", "LIPASE": "lipase",
    "LIVER_TESTS": "alt", "TRIGLYCERIDES": "triglycerides",
}  # fmt: skip
CALLS = {"PHONE_PATIENT", "EMERGENCY_DEPARTMENT", "EMERGENCY_PATHWAY", "SUICIDE_RISK_ASSESSMENT"}
TELL = "TELL_PATIENT"
TELLING = {
    Action.REDUCE.value: "Tell him: one capsule a day from tomorrow",
    Action.HOLD.value: "Tell him: no capsules from today",
    Action.STOP.value: "Tell him: no more capsules",
    "RESTART": "Tell him: one capsule a day from today",
    "RAISE": "Tell him: two capsules a day from tomorrow",
}
WEEK_HOURS, MONTH = 168, timedelta(days=30)


def ask_people(
    finding: Finding, action: str, *, written: bool, by: Account, now: datetime
) -> list[Duty]:
    """Every task of its reasons once, by the moment its reason gives; and that he is told.

    `written` says that a letter goes to him with the decision.
    """
    wanted = {
        code: due_at
        for code, due_at in tasks_of(finding, now)
        if not code.startswith(DONE_OTHERWISE) and not (written and code.startswith(SPOKEN))
    }
    if action in TELLING and not written and not CALLS & set(wanted):
        wanted[TELL] = first_of(finding.contact_by, now, finding)
    mine = duties.member_of(by, finding.enrolment.patient.site)
    about = audit.label(finding)
    done = Duty.objects.filter(about=about, code__in=WATCHED, outcome=Duty.Outcome.DONE)
    for code in done.values_list("code", flat=True):  # the rule asked, and it has been done
        wanted.pop(code, None)
    return [
        duties.require(
            enrolment=finding.enrolment,
            code=code,
            title=TELLING.get(action, "") if code == TELL else "",
            due_at=due_at,
            about=about,
            finding=finding,
            owner=None if code in AT_THE_DESK else mine,
            by=by,
            now=now,
        )
        for code, due_at in wanted.items()
    ]


def tasks_of(finding: Finding, now: datetime) -> Iterator[tuple[str, datetime]]:
    """The tasks, the soonest moment of each last, so that it is the one that counts."""
    rows = [
        (code, due_of(code, reason, finding, now))
        for reason in finding.reasons
        for code in reason.get("tasks", ())
    ]
    return iter(sorted(rows, key=lambda row: row[1], reverse=True))


def due_of(code: str, reason: Mapping[str, Any], finding: Finding, now: datetime) -> datetime:
    """Contact times count from the decision, for it is the decision that asks."""
    site = finding.enrolment.patient.site
    today = site.localdate(now)
    if code.startswith(SPOKEN):
        return local_instant(next_visit_on(finding, today), CLOSES, site.zone)
    hours = reason.get("contact_within_hours")
    days = reason.get("repeat_within_days")
    if hours is None and days is not None:
        return local_instant(today + timedelta(days=days), CLOSES, site.zone)
    due = contact_by(hours or WEEK_HOURS, now, site.zone, closed_days(site, today))
    return due or now


def next_visit_on(finding: Finding, today: date) -> date:
    coming = (
        Visit.objects.awaited()
        .filter(enrolment=finding.enrolment_id, target_on__gte=today)
        .order_by("target_on")
        .values_list("target_on", flat=True)
        .first()
    )
    return coming or today + MONTH


def first_of(due_at: datetime | None, now: datetime, finding: Finding) -> datetime:
    """The moment the rule gave, or this evening where it has passed or there is none."""
    site = finding.enrolment.patient.site
    evening = contact_by(8, now, site.zone) or now
    return due_at if due_at is not None and now < due_at < evening else evening


def order_named(asked: Collection[Duty], *, by: Account, now: datetime) -> list[Order]:
    """The panels that duties name, due when they are: a symptom has no analyte to repeat."""
    named = {PANELS[duty.code]: duty for duty in asked if duty.code in PANELS}
    known = Panel.objects.filter(key__in=named).values_list("key", flat=True)
    placed = []
    for key in sorted(known):
        duty = named[key]
        patient = duty.enrolment.patient
        about = audit.label(duty)
        if Order.objects.open().filter(patient=patient, panel__key=key, about=about).exists():
            continue
        placed.append(
            order(
                patient=patient,
                panel_key=key,
                due_on=patient.site.localdate(max(now, duty.due_at)),
                reason=duty.title,
                about=about,
                by=by,
                now=now,
            )
        )
    return placed


def tick_answered(enrolment: Enrolment, draw: Draw, analytes: Collection[str]) -> None:
    """What was to be measured has been: nobody needs to tick it off."""
    codes = [code for code, analyte in MEASURED.items() if analyte in analytes]
    waiting = (
        Duty.objects.select_for_update(of=("self",))
        .open()
        .filter(enrolment=enrolment, code__in=codes, raised_at__lte=draw.filed_at)
        .select_related("enrolment__patient")
    )
    site = enrolment.patient.site
    for duty in waiting:
        if site.localdate(draw.collected_at) >= site.localdate(duty.raised_at):
            duties.tick(
                duty,
                by=None,
                at=draw.filed_at,
                outcome=Duty.Outcome.NOT_NEEDED,
                note="The result is in.",
            )
