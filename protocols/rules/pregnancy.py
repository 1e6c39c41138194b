"""When a partner's pregnancy is asked about next, and what stands in a counselling record.

Source: domain reference §2.6 (traces in semen; advice is recorded, never phrased as free of
risk). The rhythm of the calls is a programme default that the clinic signs off.
"""

from datetime import date, timedelta

#: Naegele: a pregnancy is counted as 280 days from the last period.
TERM_DAYS = 280
#: A call each trimester, and one four weeks after the day the birth was due.
EVERY_DAYS = 90
AFTER_BIRTH_DAYS = 28
#: Nobody reached: the next try.
AGAIN_DAYS = 7
#: Treatment counts as near for a pregnancy that began within this long after the last capsule.
NEAR_DAYS = 30

#: How long a pregnancy can have lasted, in days from the last period, when it ends like this:
#: first and last day. Before 20 weeks a loss is a miscarriage, from then on a stillbirth; no child
#: is born alive before 20 weeks, and no pregnancy is known of before 3.
LONGEST_DAYS = 308
LASTS = {
    "live_birth": (140, LONGEST_DAYS),
    "anomaly": (140, LONGEST_DAYS),
    "stillbirth": (140, LONGEST_DAYS),
    "miscarriage": (21, 139),
    "ectopic": (21, 167),
    "termination": (21, LONGEST_DAYS),
    "unknown": (0, LONGEST_DAYS),
}
NAMES = {
    "live_birth": "A live birth",
    "anomaly": "A live birth",
    "stillbirth": "A stillbirth",
    "miscarriage": "A miscarriage",
    "ectopic": "The end of an ectopic pregnancy",
    "termination": "A termination",
    "unknown": "The end of a pregnancy",
}

COUNSELLING = (
    "Semen carries traces of the drug, about a millionth of a 40 mg capsule.",
    "No contraception is required of men; a condom during the pregnancy is a possible precaution.",
    "Four reports after approval name defects as seen with the drug; two have other explanations.",
    "Her obstetrician should know of the treatment.",
)


def due_date(last_period_on: date) -> date:
    return last_period_on + timedelta(days=TERM_DAYS)


def age_in_days(ended_on: date, *, due_on: date) -> int:
    """How old the pregnancy was, in days from the last period as the due day tells it."""
    return (ended_on - due_on).days + TERM_DAYS


def weeks_words(days: int) -> str:
    """9 weeks; 9 weeks and 3 days."""
    weeks, rest = divmod(days, 7)
    told = f"{weeks} week{'s' if weeks != 1 else ''}"
    return f"{told} and {rest} day{'s' if rest != 1 else ''}" if rest else told


def implausible(outcome: str, *, ended_on: date, due_on: date | None) -> str:
    """Why it cannot have ended like this on that day, or ""; without a due day nothing is said."""
    if due_on is None:
        return ""
    age = age_in_days(ended_on, due_on=due_on)
    first, last = LASTS[outcome]
    if first <= age <= last:
        return ""
    if age < 0:
        return "By the day it was due it had not begun then: correct the day, or the dates first."
    if age > LONGEST_DAYS:
        bound = f"no pregnancy lasts more than {weeks_words(LONGEST_DAYS)}"
    elif age < first:
        bound = f"{NAMES[outcome].lower()} is not before {weeks_words(first)}"
    else:
        bound = f"{NAMES[outcome].lower()} is not later than {weeks_words(last)}{instead(outcome)}"
    return (
        f"The pregnancy was {weeks_words(age)} old on that day, and {bound}."
        " Choose another outcome or day, or correct its dates first."
    )


def instead(outcome: str) -> str:
    return "; from then on it is a stillbirth" if outcome == "miscarriage" else ""


def next_call(*, on: date, due_on: date | None, reached: bool) -> date:
    """When to ask next: each trimester until four weeks after the due day, sooner if nobody
    was reached."""
    if not reached:
        return on + timedelta(days=AGAIN_DAYS)
    regular = on + timedelta(days=EVERY_DAYS)
    if due_on is None:
        return regular
    last = due_on + timedelta(days=AFTER_BIRTH_DAYS)
    return min(regular, last) if on < last else on + timedelta(days=AFTER_BIRTH_DAYS)


def exposure_words(
    *, first_dose_on: date | None, last_dose_on: date | None, last_period_on: date | None
) -> str:
    """How the treatment lies to the beginning of the pregnancy, as far as is known."""
    if first_dose_on is None:
        return "He has not taken a capsule yet."
    if last_period_on is None:
        return "When it began is not known; count it as exposed until it is."
    began = last_period_on + timedelta(days=14)
    if began < first_dose_on:
        return "It began before his first capsule."
    if last_dose_on is None or began <= last_dose_on:
        return "It began while he was on treatment."
    days = (began - last_dose_on).days
    near = "within a month" if days <= NEAR_DAYS else "more than a month"
    unit = "day" if days == 1 else "days"
    return f"It began {days} {unit} after his last capsule, {near} after it."
