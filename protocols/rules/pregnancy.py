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

COUNSELLING = (
    "Semen carries traces of the drug, about a millionth of a 40 mg capsule.",
    "No contraception is required of men; a condom during the pregnancy is a possible precaution.",
    "Four reports after approval name defects as seen with the drug; two have other explanations.",
    "Her obstetrician should know of the treatment.",
)


def due_date(last_period_on: date) -> date:
    return last_period_on + timedelta(days=TERM_DAYS)


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
