"""What a clinician may send a man after a decision: plain words she can change before they go."""

from dataclasses import dataclass
from datetime import date, timedelta

from protocols.rules.vocabulary import Action

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """Whom it is to, what the days are, and whom to call."""

    name: str
    today: date
    repeat_by: date | None
    phone: str
    clinician: str


def suggested_letter(action: str, facts: LetterFacts) -> str:
    """The suggested message; "" where there is nothing to tell him in writing."""
    words: dict[str, str] = {
        Action.REDUCE: (
            f"One of your blood values is higher than we want it. From {spoken(facts.today + DAY)} "
            "please take one capsule a day, in the morning with a meal, and leave out the evening "
            "one."
        ),
        Action.HOLD: (
            "We want to pause your capsules. Please take no more from today and keep the rest "
            "of them. Your visits stay as they are."
        ),
        Action.STOP: (
            "We have decided to end the treatment with the capsules. Please take no more of them "
            "and bring what is left to your next visit."
        ),
        Action.REPEAT: "We would like to measure again first. Your dose stays as it is.",
        Action.REVIEW: "We have looked at your last values together. Your dose stays as it is.",
        "RESTART": (
            "Your blood values are good enough to go on. From today please take one capsule a day, "
            "in the morning with a meal, and not the evening one."
        ),
        "RAISE": (
            f"Your blood values have stayed good. From {spoken(facts.today + DAY)} please take two "
            "capsules a day again, one in the morning and one in the evening, each with a meal."
        ),
        Action.CONTINUE_ADVISE: "Please go on as you are; at the next visit we look at it again.",
    }
    middle = words.get(action)
    if middle is None:
        return ""
    again = ""
    if facts.repeat_by:
        again = f" Please come for a blood test by {spoken(facts.repeat_by)}, without breakfast."
    return (
        f"Dear {facts.name},\n\n{middle}{again}\n\n"
        f"If anything is unclear, call us: {facts.phone}.\n\n{facts.clinician}"
    )


def spoken(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
