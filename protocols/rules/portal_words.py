"""What a patient reads on his own pages: plain, kind, and never without a person to ask."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from protocols.rules.vocabulary import Status

AFTERNOON_FROM, EVENING_FROM = 12, 18
NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight",
           9: "nine"}  # fmt: skip


def greeting(local: datetime, name: str) -> str:
    """By his own clock."""
    if local.hour < AFTERNOON_FROM:
        part = "morning"
    else:
        part = "afternoon" if local.hour < EVENING_FROM else "evening"
    return f"Good {part}, {name}"


def number(count: int) -> str:
    return NUMBERS.get(count, str(count))


def plural(count: int, noun: str) -> str:
    return f"{number(count)} {noun}" + ("" if count == 1 else "s")


def agenda(today: date, parts: Iterable[str]) -> str:
    """Sunday 2 August. One capsule left today, a visit on Tuesday, one new result."""
    said = ", ".join(part for part in parts if part)
    line = f"{today:%A} {today.day} {today:%B}."
    return f"{line} {said[:1].upper()}{said[1:]}." if said else f"{line} Nothing to do today."


def visit_words(on: date, at: str, today: date) -> str:
    """A visit today at 08:30; tomorrow; on Tuesday; on 14 August."""
    days = (on - today).days
    if days == 0:
        return f"a visit today at {at}"
    if days == 1:
        return f"a visit tomorrow at {at}"
    if 0 < days < 7:
        return f"a visit on {on:%A}"
    return f"your next visit on {on.day} {on:%B}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in place of the capsules; `stop` when none may be taken."""

    title: str
    text: str
    icon: str = "info"


@dataclass(frozen=True, slots=True)
class StandingFacts:
    since_on: date
    clinician: str
    phone: str
    donation_until: date | None
    today: date
    again_from: date | None = None


def standing(status: Status | None, facts: StandingFacts) -> Standing | None:
    """The words of every state but the one in which he takes capsules."""
    if status is Status.ACTIVE:
        return None
    title, icon, text = STANDINGS[status]
    said = text.format(
        since=day(facts.since_on),
        clinician=facts.clinician,
        phone=facts.phone,
        blood=f"{donation_words(facts)} {again_words(facts)}",
    )
    return Standing(title, " ".join(said.split()), icon)


NOT_BEGUN = "Your treatment has not begun"
FINISHED = "Your programme is finished"
#: Title, icon and text of each state; None is a man who is only registered.
STANDINGS: dict[Status | None, tuple[str, str, str]] = {
    None: ("Welcome", "info", """Your programme has not been opened yet; we will call you.
        Questions: {phone}."""),
    Status.REFERRED: (NOT_BEGUN, "info", """The first visit comes first. There is nothing to take
        yet."""),
    Status.SCREENING: (NOT_BEGUN, "info", """We are looking at your first tests. There is nothing
        to take yet; when all is known, {clinician} speaks with you."""),
    Status.ELIGIBLE: (NOT_BEGUN, "info", """Your first tests are complete. Next we talk it through
        and you decide. There is nothing to take yet."""),
    Status.CONSENTED: ("Almost there", "info", """At your next visit you get the first capsules and
        we start together. There is nothing to take before that."""),
    Status.ON_HOLD: ("Your capsules are paused", "hold", """Since {since}: please take none, and
        keep the rest of them. Your visits stay as they are. {clinician} tells you when and how to
        go on. Questions: {phone}."""),
    Status.COMPLETED_TREATMENT: ("You have finished your capsules", "ok", """Thank you for keeping
        at it. {blood} Questions: {clinician}, {phone}."""),
    Status.DISCONTINUED: ("The capsules have ended for you", "info", """Since {since}: please take
        no more of them and bring what is left to your next visit. We go on looking after you.
        {blood} Questions: {clinician}, {phone}."""),
    Status.WITHDRAWN_TREATMENT: ("You have stopped the capsules", "info", """Since {since}, as you
        wished. Please bring what is left to your next visit. {blood} Questions: {clinician},
        {phone}."""),
    Status.LOST_TO_FOLLOW_UP: ("We would like to hear from you", "phone", """We could not reach you
        lately. It is not too late: call {phone} or write to us here. Please take no capsules until
        we have spoken."""),
    Status.SCREEN_FAILED: ("This treatment is not the right one for you", "info", """{clinician}
        talks with you about what else can be done: {phone}. Your results stay here for you."""),
    Status.WITHDRAWN_CONSENT: ("You have left the programme", "info", """Since {since}, as you
        wished. We collect nothing new about you. What you could read here stays yours to read.
        Questions: {phone}."""),
    Status.CLOSED: (FINISHED, "ok", """Thank you for coming all this way. {blood} Your results and
        documents stay here. Questions: {phone}."""),
    Status.DECEASED: (FINISHED, "info", ""),
}  # fmt: skip


def new_words(since_on: date, phone: str) -> str:
    """The text of his consent has changed: what waits, and what does not."""
    return (
        f"The text of your consent to the treatment has new words since {day(since_on)}. We go "
        "through them with you at your next visit, and you decide. New capsules come after that; "
        f"nothing else changes. Questions: {phone}."
    )


def donation_words(facts: StandingFacts) -> str:
    if facts.donation_until is None or facts.donation_until < facts.today:
        return ""
    return f"Please do not give blood until {day(facts.donation_until)}."


def again_words(facts: StandingFacts) -> str:
    if facts.again_from is None or facts.again_from <= facts.today:
        return ""
    return f"Should you and we think of another course: not before {day(facts.again_from)}."


def day(on: date) -> str:
    return f"{on:%a} {on.day} {on:%b %Y}"


def listed(words: Iterable[str]) -> str:
    """a, b and c."""
    rows = list(words)
    return rows[0] if len(rows) == 1 else f"{', '.join(rows[:-1])} and {rows[-1]}" if rows else ""
