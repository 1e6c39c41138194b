"""What a signature freezes: everything the report says of a visit, as plain words and numbers.

JSON in and out, nothing that could change its meaning later; the page that asks for the signature
lists the same. The report (protocols.reports) only sets it in type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from clinic.templatetags import moments
from patients.rules.age import completed_years
from protocols.models import DoseSegment
from protocols.queries.banner import banner_of, month
from protocols.queries.dosing import adherence_of
from protocols.queries.ribbon import ribbon_of
from protocols.queries.visit_checklist import checklist
from protocols.queries.visit_content_labs import graphs, laboratory, response_words, semen_table
from protocols.queries.visit_content_said import changed, plan_lines, said
from protocols.queries.visit_items import ticks
from protocols.queries.visit_sections import ADHERENCE, short
from protocols.queries.workspace import Workspace
from protocols.rules.dosing import Adherence

PAPER_WIDE = 712
FORMAT = 1
Content = dict[str, Any]


def content_of(work: Workspace) -> Content:
    """The whole of it; what depends on the signature itself is added when it is put."""
    patient = work.story.patient
    site = patient.site
    return {
        "format": FORMAT,
        "paper": site.paper,
        "clinic": {
            "name": site.name,
            "address": site.address,
            "phone": site.phone,
            "zone": site.zone_word,
            "time_zone": site.time_zone,
        },
        "person": {
            "name": f"{patient.given_name} {patient.family_name}",
            "record_number": patient.record_number,
            "born": moments.plain_day(patient.born_on),
            "age": completed_years(patient.born_on, work.on),
            "initials": patient.initials,
        },
        "visit": visit_facts(work),
        "strip": strip(work),
        "said": list(said(work)),
        "ribbon": ribbon(work),
        "changed": changed(work),
        "events": list(events(work)),
        "plan": list(plan_lines(work)),
        "sections": sections_facts(work),
        "laboratory": laboratory(work),
        "semen": semen_table(work),
        "response": response_words(work),
        "graphs": graphs(work),
        "doses": list(doses(work)),
        "counts": list(counts(work)),
        "bottles": list(bottles(work)),
        "deviations": list(deviations(work)),
        "note": note(work),
        "shown": {
            "draws": sorted({row.draw for row in work.results}),
            "semen": sorted(row.pk for row in work.story.samples),
        },
    }


def visit_facts(work: Workspace) -> Content:
    visit = work.visit
    days = (
        (visit.attended_on - visit.target_on).days if visit.attended_on and visit.target_on else 0
    )
    side = "before" if days < 0 else "after"
    off = f"{abs(days)} day{'' if abs(days) == 1 else 's'} {side} its target" if days else ""
    return {
        "code": visit.code if visit.planned_id else "unscheduled",
        "title": visit.title,
        "on": moments.day(work.on),
        "iso": work.on.isoformat(),
        "day": work.story.day(work.on),
        "timing": visit.get_timing_display(),
        "off": off,
    }


def strip(work: Workspace) -> list[list[str]]:
    """The four facts under the name: where he stands, what he is, what he took, how well."""
    banner = banner_of(work.story, work.on)
    day = work.story.day(work.on)
    cycles = work.definition.dose.cycles
    programme = work.enrolment.get_status_display()
    if day is not None and day >= 1 and day <= work.definition.dose.days:
        programme = f"Month {month(day, cycles)} of {cycles}"
    found = [["Programme", programme, f"day {day}" if day and day >= 1 else ""]]
    category = banner.category
    since = f"since {short(category.since_on)}" if category and category.since_on else ""
    found.append(["Category", category.name if category else "not known yet", since])
    dose = banner.dose
    if dose is not None and dose.cumulative_mg:
        about = "about " if dose.estimated else ""
        per_kg = f", {dose.mg_per_kg:.1f} mg/kg" if dose.mg_per_kg is not None else ""
        found.append(["Taken so far", f"{about}{dose.cumulative_mg} mg{per_kg}", ""])
        percent = f"{dose.adherence_pct:.0f} %" if dose.adherence_pct is not None else "not counted"
        counted = f"{short(dose.period[0])}–{short(dose.period[1])}" if dose.period else ""
        found.append(["Adherence", percent, counted])
    return found


def ribbon(work: Workspace) -> Content | None:
    """The drawing, as placed: what was signed is what is drawn."""
    drawn = ribbon_of(work.story, work.on, PAPER_WIDE)
    if drawn is None:
        return None
    dots = [{**asdict(dot), "top": dot.top} for dot in drawn.dots]
    return {**asdict(drawn), "right": drawn.right, "dots": dots}


def events(work: Workspace) -> Iterator[Content]:
    """The side effects that ran since he was last here, with their grades (§7.7)."""
    since = work.news_from or date.min
    for event in work.story.events:
        if event.onset_on > work.on or (event.ended_on and event.ended_on < since):
            continue
        end = "ongoing" if event.ended_on is None else f"until {short(event.ended_on)}"
        words = [f"since {short(event.onset_on)}", end, event.get_relation_display().lower()]
        if event.drug_action != event.DrugAction.NONE:
            words.append(event.get_drug_action_display().lower())
        if event.outcome not in (event.Outcome.ONGOING, event.Outcome.RESOLVED):
            words.append(event.get_outcome_display().lower())
        if event.serious:
            words.append(f"serious: {event.get_seriousness_display().lower()}")
        if event.expected == event.Expected.UNEXPECTED:
            words.append("not named by the label")
        if event.worst_grade > event.grade:
            words.append(f"G{event.worst_grade} at worst")
        yield {
            "title": event.title,
            "grade": event.grade,
            "worst": event.worst_grade,
            "line": ", ".join(words),
        }


def sections_facts(work: Workspace) -> list[list[str]]:
    """What was asked and measured, section by section; of the mood only total and band (§7.7)."""
    visit = work.visit
    found = [["Identity", " and ".join(visit.identifiers) or "not checked"]]
    found.append(["Since last time", visit.since_last_time or "not asked"])
    asked = [row for row in checklist(work) if row.grade is not None]
    there = [f"{row.title} G{row.grade}" for row in asked if row.grade]
    absent = [row.title.lower() for row in asked if not row.grade]
    if asked:
        words = ", ".join(there) or "none"
        found.append(
            ["Side effects", f"{words}. Asked and not there: {', '.join(absent) or 'none'}."]
        )
    mood = work.mood
    if mood is not None:
        total = f"PHQ-9 {mood.total}, {mood.band}" if mood.total is not None else "not valid"
        found.append(["Mood", total])
    found += vitals(work)
    told = [tick.words for tick in ticks(work.definition, visit) if tick.code in visit.counselling]
    if told:
        found.append(["Gone through with him", " ".join(f"{words.rstrip('.')}." for words in told)])
    if visit.plan:
        found.append(["Plan", visit.plan])
    return found


def vitals(work: Workspace) -> list[list[str]]:
    visit = work.visit
    parts = [f"{visit.weight_kg:.1f} kg"] if visit.weight_kg is not None else []
    if visit.systolic_mmhg and visit.diastolic_mmhg:
        parts.append(f"{visit.systolic_mmhg}/{visit.diastolic_mmhg} mmHg")
    if visit.pulse_per_min:
        parts.append(f"pulse {visit.pulse_per_min} a minute")
    return [["Vitals", ", ".join(parts)]] if parts else []


def doses(work: Workspace) -> Iterator[Content]:
    for segment in work.story.doses.segments if work.story.doses else []:
        last = segment.during.upper
        held = segment.kind == DoseSegment.Kind.HOLD
        yield {
            "from": moments.plain_day(segment.during.lower),
            "to": moments.plain_day(last) if last else "",
            "dose": "on hold" if held else f"{segment.mg_per_day} mg a day",
            "reason": segment.reason,
        }


def counts(work: Workspace) -> Iterator[Content]:
    """Every count with its adherence: what went out, what came back (§7.3)."""
    dose = work.definition.dose
    for count in work.story.doses.counts if work.story.doses else []:
        if count.counted_on <= work.on:
            yield {
                "on": moments.short_day(count.counted_on),
                "since": moments.short_day(count.since_on),
                "carried_in": count.carried_in,
                "dispensed": count.dispensed,
                "returned": "not brought" if count.returned is None else str(count.returned),
                "kept": count.handed_in,
                "lost": count.lost,
                "expected": count.expected,
                "adherence": adherence_words(adherence_of(dose, count)),
            }


def adherence_words(found: Adherence) -> str:
    word = ADHERENCE[found.category][1]
    return word if found.percent is None else f"{found.percent:.0f} %, {word}"


def bottles(work: Workspace) -> Iterator[Content]:
    for row in work.bottles:
        rx = row.prescription
        yield {
            "number": rx.number,
            "written": moments.short_day(rx.written_on),
            "capsules": rx.capsules,
            "daily": rx.capsules_per_day,
            "given": moments.short_day(row.on) if row.on else "not yet",
            "lot": row.lot,
        }


def deviations(work: Workspace) -> Iterator[Content]:
    """What is open, and what belongs to this visit even if it has been closed since."""
    for row in work.story.deviations:
        if row.raised_on <= work.today and (not row.outcome or row.visit_id == work.visit.pk):
            said = [row.cause, row.corrective_action]
            yield {
                "on": moments.short_day(row.raised_on),
                "weight": row.weight,
                "sentence": row.sentence,
                "state": "closed" if row.outcome else "open",
                "said": " ".join(f"{words.rstrip('.')}." for words in said if words),
            }


def note(work: Workspace) -> str:
    rules = work.definition.rulesets
    return (
        f"Grades: CTCAE {rules.ctcae}. Actions: clinic rule set {work.definition.label}, not a "
        "published guideline. WHO’s lower reference limit does not divide fertile from infertile "
        "men. < means below what the method can see; · not measured."
    )


def spoken(at: datetime, work: Workspace) -> str:
    """4 Aug 2026, 15:20 Pacific."""
    site = work.story.patient.site
    local = at.astimezone(site.zone)
    return f"{moments.plain_day(local.date())}, {local:%H:%M} {site.zone_word}"
