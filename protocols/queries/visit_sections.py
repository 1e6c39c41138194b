"""The sections of a visit in the order they are done: what each says, and what it still lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from labs.rules.semen_class import CLASS_NAMES, SemenClass
from protocols.models import DoseSegment, Visit
from protocols.queries.dosing import adherence_of
from protocols.queries.visit_checklist import missing_grades, present
from protocols.queries.visit_items import ticks
from protocols.queries.workspace import Workspace
from protocols.rules.dosing import AdherenceClass
from protocols.rules.vocabulary import ItemKind, Status

ADHERENCE = {
    AdherenceClass.ADEQUATE: ("good", "adequate"),
    AdherenceClass.MINOR: ("warning", "low"),
    AdherenceClass.MAJOR: ("critical", "very low"),
    AdherenceClass.OVER_USE: ("critical", "more than given"),
    AdherenceClass.UNKNOWN: ("warning", "not known"),
}
ANSWERS = ("not at all", "several days", "more than half the days", "nearly every day")
PRESCRIBED = {Status.CONSENTED, Status.ACTIVE}


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing without which the visit is signed only with a reason."""

    key: str
    section: str
    words: str


@dataclass(slots=True)
class Section:
    """One step: `kind` and `icon` are its state, `line` its summary, `small` the index's."""

    key: str
    title: str
    number: int = 0
    kind: str = ""
    icon: str = "circle"
    word: str = ""
    line: str = ""
    small: str = ""
    done: bool = False
    asked: bool = True

    @property
    def template(self) -> str:
        return f"protocols/visits/_{self.key}.html"

    @property
    def has_form(self) -> bool:
        """Written down here, and not in the laboratory or on the page of the signature."""
        return self.key not in ("samples", "results", "sign")

    def is_done(self, line: str, small: str = "", word: str = "done") -> Section:
        self.done, self.kind, self.icon, self.word = True, "good", "ok", word
        self.line, self.small = line, small or line
        return self

    def lacks(self, word: str, line: str = "", kind: str = "warning") -> Section:
        self.kind, self.icon = kind, {"warning": "half", "info": "half"}.get(kind, "circle")
        self.word, self.line, self.small = word, line, word
        return self


def sections(work: Workspace) -> list[Section]:
    """Every step of this visit, numbered; capsules only where some were taken."""
    lacking = missing(work)
    made = [make(work) for make in STEPS if make is not capsules or work.takes_the_drug]
    made.append(sign(work, lacking))
    for number, section in enumerate(made, start=1):
        section.number = number
    return made


def missing(work: Workspace) -> list[Missing]:
    """What the definition asks for at this visit and is not there yet."""
    if work.visit.attended_on is None:
        return []
    return list(_missing(work))


def _missing(work: Workspace) -> Iterator[Missing]:
    visit, asked = work.visit, work.asked
    yield from _missing_opening(visit)
    if ItemKind.PILL_COUNT in asked and work.takes_the_drug and work.count is None:
        yield Missing("capsules", "capsules", "capsule count")
    if ItemKind.AE_CHECKLIST in asked:
        for row in missing_grades(work):
            yield Missing(f"grade:{row.code}", "side", f"{row.title.lower()} grade")
    if ItemKind.PHQ9 in asked and (work.mood is None or work.mood.total is None):
        yield Missing("mood", "mood", "mood questionnaire")
    if ItemKind.VITALS in asked:
        yield from _missing_vitals(visit)
    yield from _missing_samples(work)
    if unread(work):
        yield Missing("review", "results", f"{plural(unread(work), 'result')} to review")
    yield from _missing_plan(work)


def _missing_opening(visit: Visit) -> Iterator[Missing]:
    if visit.identity_checked_at is None:
        yield Missing("identity", "identity", "identity")
    if visit.since_last_time_at is None:
        yield Missing("since", "since", "since last time")


def unread(work: Workspace) -> int:
    """Collections and samples that no clinician has read yet."""
    draws = {row.draw for row in work.news if not row.reviewed}
    return len(draws) + sum(row.reviewed_at is None for row in work.new_samples)


def _missing_vitals(visit: Visit) -> Iterator[Missing]:
    if visit.weight_kg is None:
        yield Missing("weight", "vitals", "weight")
    if visit.systolic_mmhg is None or visit.diastolic_mmhg is None:
        yield Missing("pressure", "vitals", "blood pressure")


def _missing_samples(work: Workspace) -> Iterator[Missing]:
    for panel in work.panels:
        if not work.in_hand(panel):
            yield Missing(f"panel:{panel.key}", "samples", panel.title.lower())
    if ItemKind.SEMEN in work.asked and work.sample is None:
        state = " to verify" if work.waiting else ""
        yield Missing("semen", "samples", f"semen analysis{state}")


def _missing_plan(work: Workspace) -> Iterator[Missing]:
    findings, visit, asked = work.story.findings, work.visit, work.asked
    if findings:
        yield Missing("findings", "plan", f"{plural(len(findings), 'decision')}")
    if visit.plan_at is None:
        yield Missing("plan", "plan", "plan")
    if prescribes(work):
        bottle = work.bottle
        if ItemKind.PRESCRIPTION in asked and bottle is None:
            yield Missing("prescription", "plan", "prescription")
        if ItemKind.DISPENSE in asked and (bottle is None or bottle.on is None):
            yield Missing("dispense", "plan", "capsules handed out")
    told = set(visit.counselling)
    counselled = work.enrolment.counselled_on is not None
    for tick in ticks(work.definition, visit):
        is_told = tick.code.isupper() and counselled
        if tick.required and tick.code not in told and not is_told:
            yield Missing(f"tick:{tick.code}", "plan", tick.words[:1].lower() + tick.words[1:])


def prescribes(work: Workspace) -> bool:
    """He is to have capsules: not on hold, and the days of treatment are not over."""
    plan = work.story.doses.plan if work.story.doses else None
    if work.enrolment.status not in PRESCRIBED:
        return False
    if plan is not None and plan.kind == DoseSegment.Kind.HOLD:
        return False
    day = work.story.day(work.on)
    return day is None or day <= work.definition.dose.days


def identity(work: Workspace) -> Section:
    section, visit = Section("identity", "Identity"), work.visit
    at = visit.identity_checked_at
    if at is None:
        return section.lacks("to check", "two identifiers", kind="")
    by = visit.identity_checked_by
    words = " and ".join(visit.identifiers) or "two identifiers"
    return section.is_done(f"{words}, checked by {by}", f"two identifiers, {clock(work, at)}")


def since(work: Workspace) -> Section:
    section, visit = Section("since", "Since last time"), work.visit
    if visit.since_last_time_at is None:
        before = work.previous
        when = f"last here {short(before.attended_on)}" if before else "his first visit"
        return section.lacks("to ask", when, kind="")
    return section.is_done(cut(visit.since_last_time, 90), cut(visit.since_last_time, 28))


def capsules(work: Workspace) -> Section:
    section, count = Section("capsules", "Capsules back"), work.count
    section.asked = ItemKind.PILL_COUNT in work.asked
    if count is None:
        return section.lacks("to count", "the bottle he brought", kind="")
    found = adherence_of(work.definition.dose, count)
    kind, word = ADHERENCE[found.category]
    if found.percent is None:
        section.is_done("the bottle was not brought", "not brought", "not counted")
    else:
        percent = f"{found.percent:.0f} %"
        section.is_done(f"{count.taken} taken of {count.expected} ordered", percent,
                        f"{percent}, {word}")  # fmt: skip
    section.kind = kind
    section.icon = {"good": "ok", "warning": "warn", "critical": "stop"}[kind]
    return section


def side(work: Workspace) -> Section:
    section = Section("side", "Side effects", asked=ItemKind.AE_CHECKLIST in work.asked)
    lacking, there = missing_grades(work), present(work)
    words = ", ".join(f"{row.title.lower()} G{row.grade}" for row in there) or "none"
    if work.visit.side_effects_at is None:
        return section.lacks(
            "to ask", f"CTCAE {work.definition.rulesets.ctcae}, the grade’s own words", kind=""
        )
    if lacking and section.asked:
        many = f"{plural(len(lacking), 'grade')} missing"
        return section.lacks(many, f"so far: {words}")
    return section.is_done(words, cut(words, 28))


def mood(work: Workspace) -> Section:
    section = Section("mood", "Mood", asked=ItemKind.PHQ9 in work.asked)
    asked = work.mood
    if asked is None:
        return section.lacks("to ask", "nine questions about the last two weeks", kind="")
    nine = f"item 9 “{ANSWERS[asked.item9]}”"
    if asked.total is None:
        return section.lacks("not valid", f"too many answers are missing; {nine}")
    earlier = [row for row in work.story.moods if row.total is not None and row.pk != asked.pk
               and row.answered_at < asked.answered_at]  # fmt: skip
    was = f", was {earlier[-1].total}" if earlier else ""
    small = f"PHQ-9 {asked.total}, item 9 {'none' if not asked.item9 else asked.item9}"
    section.is_done(f"PHQ-9 {asked.total}, {asked.band}{was}; {nine}", small)
    if asked.item9:
        section.kind, section.icon, section.word = "critical", "stop", "self-harm answer"
    return section


def vitals(work: Workspace) -> Section:
    section, visit = Section("vitals", "Vitals", asked=ItemKind.VITALS in work.asked), work.visit
    parts = []
    if visit.weight_kg is not None:
        parts.append(f"{visit.weight_kg:.1f} kg")
    if visit.systolic_mmhg is not None and visit.diastolic_mmhg is not None:
        parts.append(f"{visit.systolic_mmhg}/{visit.diastolic_mmhg}")
    small = ", ".join(parts)
    if visit.pulse_per_min is not None:
        parts.append(f"pulse {visit.pulse_per_min}")
    lacking = list(_missing_vitals(visit))
    if lacking:
        word = f"{' and '.join(row.words for row in lacking)} missing" if parts else "to measure"
        return section.lacks(word, ", ".join(parts), kind="warning" if parts else "")
    return section.is_done(", ".join(parts), small)


def samples(work: Workspace) -> Section:
    asked = bool(work.panels) or ItemKind.SEMEN in work.asked
    section = Section("samples", "Samples today", asked=asked)
    lacking = list(_missing_samples(work))
    sheet = work.waiting[-1] if work.waiting else None
    if sheet is not None:
        who = f"entered by {sheet.entered_by}; a second person verifies"
        section.lacks("semen sheet open", who, kind="info")
        section.small = "semen: 1 to confirm"
        return section
    if lacking:
        words = ", ".join(row.words for row in lacking)
        return section.lacks(f"{plural(len(lacking), 'sample')} to come", words, kind="")
    if not asked:
        return section.lacks("none asked", "none is asked for at this visit", kind="")
    names = [panel.title.lower() for panel in work.panels]
    if ItemKind.SEMEN in work.asked and work.sample:
        names.append(f"semen: {CLASS_NAMES[SemenClass(work.sample.result_class)].lower()}")
    return section.is_done(", ".join(names), "all in hand")


def results(work: Workspace) -> Section:
    section = Section("results", "Results since last visit")
    total = len({row.draw for row in work.news}) + len(work.new_samples)
    if unread(work):
        return section.lacks(f"{unread(work)} to review", f"of {plural(total, 'result')}")
    if not total:
        waiting = work.orders
        line = f"{waiting[0].name} due {short(waiting[0].due_on)}" if waiting else "nothing yet"
        section.lacks("waiting" if waiting else "nothing new", line, kind="")
        section.icon, section.small = "clock", line
        return section
    return section.is_done(f"{plural(total, 'result')}, all reviewed", "all reviewed")


def plan(work: Workspace) -> Section:
    section, visit = Section("plan", "Plan"), work.visit
    lacking = list(_missing_plan(work))
    if work.story.findings and work.is_open:
        many = f"{plural(len(work.story.findings), 'decision')} open"
        return section.lacks(many, work.story.findings[0].headline)
    if visit.plan_at is None:
        return section.lacks("to write", "dose, next prescription, counselling", kind="")
    if lacking:
        words = ", ".join(row.words for row in lacking[:3])
        return section.lacks(f"{len(lacking)} missing", words)
    return section.is_done(cut(visit.plan, 90) or "no change", "written")


def sign(work: Workspace, lacking: list[Missing]) -> Section:
    section, standing = Section("sign", "Sign"), work.signature
    if standing is not None:
        at = standing.signed_at.astimezone(work.story.patient.site.zone)
        when = f"{short(at.date())}, {at:%H:%M}"
        return section.is_done(f"{standing.printed_name}, {when}", standing.printed_name, "signed")
    if lacking:
        words = ", ".join(row.words for row in lacking[:4])
        more = f" and {len(lacking) - 4} more" if len(lacking) > 4 else ""
        return section.lacks("not yet", f"still missing: {words}{more}", kind="")
    return section.lacks("ready", "nothing is missing", kind="info")


STEPS: tuple[Callable[[Workspace], Section], ...] = (
    identity, since, capsules, side, mood, vitals, samples, results, plan,
)  # fmt: skip


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def cut(text: str, longest: int) -> str:
    """The first line, as far as there is room."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def short(on: date | None) -> str:
    return f"{on.day} {on:%b}" if on else ""


def clock(work: Workspace, at: datetime) -> str:
    return f"{at.astimezone(work.story.patient.site.zone):%H:%M}"
