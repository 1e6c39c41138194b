"""Results in a patient's words: one collection as a sentence, what is usual, what is waited for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from labs.rules.plain_words import Contact, care_words, range_in_words, seen_words
from labs.rules.quantities import Quantity, significant
from labs.rules.ranges import Flag
from labs.rules.release import Waiting
from labs.rules.sperm_numbers import FEW_M_PER_ML, MILLION, floor_per_ml, grouped
from protocols.rules.portal_words import day, listed, number

GROUP_WORDS = {
    "lipids": "blood fats",
    "liver_muscle": "liver and muscle",
    "metabolic": "sugar and kidney",
    "hormones": "hormones",
    "blood": "blood count",
    "semen": "sample",
}
PHRASES = {
    Flag.NORMAL: "in the usual range",
    Flag.HIGH: "higher than usual",
    Flag.LOW: "lower than usual",
    Flag.INDETERMINATE: "cannot be told from this number alone",
}
WHO_SENTENCE = (
    "The usual range describes men whose partners conceived within a year. Its lower end is not a"
    " line between fertile and infertile men."
)


#: So many values are named in a sentence, those that matter most; the page names all.
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Found:
    """One value of a collection, as its sentence needs it."""

    name: str
    flag: Flag | None
    grade: int | None = None


def flag_phrase(flag: Flag | None) -> str:
    return PHRASES[flag] if flag else "no usual range given"


def usual_words(printed: str, unit: str) -> str:
    """Usual: < 150 mg/dL; a range with one side prints as one."""
    return range_in_words(f"{printed} {unit}".strip() if printed else "")


@dataclass(frozen=True, slots=True)
class Told:
    """A result in words: the answer, and what goes with it."""

    answer: str
    more: str = ""

    def __str__(self) -> str:
        return f"{self.answer} {self.more}".strip()


#: A sentence up to so many signs is an answer as it stands.
SHORT = 80


def told(sentence: str, *, whole: int = 0) -> Told:
    """A plain sentence, its first part first; up to `whole` signs it stays together."""
    if len(sentence) <= whole:
        return Told(sentence)
    answer, stop, more = sentence.partition(". ")
    return Told(f"{answer}{'.' if stop else ''}", more)


def collection_words(found: Sequence[Found], *, reviewed: bool, contact: Contact) -> Told:
    """What a blood test says; nothing out of range without a person to ask."""
    if not found:
        return Told("There is no value to read.", f"Questions are welcome: {contact.phone}.")
    off = sorted(
        (row for row in found if row.flag in (Flag.HIGH, Flag.LOW)), key=lambda r: -(r.grade or 0)
    )
    if off:
        care = care_words(off[0].grade, reviewed=reviewed, contact=contact)
        return Told(off_words(off, len(found)), f"{which_words(off, len(found))} {care}".strip())
    if all(row.flag is Flag.NORMAL for row in found):
        rest = f"All {number(len(found))} values are as usual." if len(found) > 1 else ""
        return Told("Good to read, nothing to change.", rest)
    return Told(
        "Nothing here is known to be outside the usual range.",
        "Not every value can be judged by itself. "
        f"{seen_words(reviewed=reviewed, contact=contact)}",
    )


def off_words(off: Sequence[Found], of: int) -> str:
    """Two of six values are not as usual."""
    if of == 1:
        return f"{PHRASES[off[0].flag or Flag.HIGH].capitalize()}."
    verb = "is" if len(off) == 1 else "are"
    return f"{number(len(off)).capitalize()} of {number(of)} values {verb} not as usual."


def which_words(off: Sequence[Found], of: int) -> str:
    """Triglycerides higher, HDL lower and six more."""
    if of == 1:
        return ""
    sides = {Flag.HIGH: "higher", Flag.LOW: "lower"}
    names = [f"{named(row.name)} {sides[row.flag or Flag.HIGH]}" for row in off[:MOST_NAMED]]
    if len(off) > MOST_NAMED:
        names.append(f"{number(len(off) - MOST_NAMED)} more")
    said = listed(names)
    return f"{said[:1].upper()}{said[1:]}."


def named(name: str) -> str:
    """A name inside a sentence: "total cholesterol"; "ALT" and "HDL cholesterol" as they are."""
    first = name.split(" ", maxsplit=1)[0]
    return name if first.isupper() or not first.isalpha() else f"{name[:1].lower()}{name[1:]}"


def taken_back_sentence(phone: str, *, moved: bool) -> str:
    """What became of a result he has read; of a result of somebody else no word more."""
    why = "it is not yours" if moved else "it was filed by mistake"
    return f"The clinic has taken this result back because {why}. Questions: {phone}."


def corrected_words(reason: str, was: str) -> str:
    """Both values and why, in plain words."""
    why = reason.strip().rstrip(".")
    if not was:
        return f"This value was corrected: {why}." if why else "This value was corrected."
    if not why:
        return f"This value was corrected; it was {was} before."
    return f"This value was corrected; it was {was} before. Why: {why}."


def sample_corrected_words(reason: str, before: str) -> str:
    """The same for a sample: the sentence that stood there before, and why it changed."""
    why = reason.strip().rstrip(".")
    said = f" It said before: “{before.strip()}”" if before.strip() else ""
    return f"This result was corrected.{said}{f' Why: {why}.' if why else ''}"


def waiting_sentence(
    waiting: Waiting,
    *,
    opens_on: date | None,
    ask_on: date,
    contact: Contact,
    again: bool = False,
) -> str:
    """Who looks at it, and by when he can read it himself; `again` when he had read it before."""
    if waiting is Waiting.TALK and opens_on is not None:
        return (
            f"A result is waiting. Your clinic will speak with you about it by {day(opens_on)}; on "
            f"that day it opens by itself. You can call us before: {contact.phone}."
        )
    if waiting is Waiting.LABORATORY or opens_on is None:
        doing = "correcting what you have read" if again else "still working on it"
        return (
            f"The laboratory is {doing}. If it is not here by {day(ask_on)}, ask us: "
            f"{contact.phone}."
        )
    if waiting is Waiting.CLINICIAN:
        return (
            f"You asked to see results after a clinician has. {contact.name} reads it by "
            f"{day(opens_on)}; on that day it opens by itself."
        )
    return f"You asked to wait a few days. It opens by itself on {day(opens_on)}."


@dataclass(frozen=True, slots=True)
class Seen:
    """One sample in numbers; what was not counted or not reported is None."""

    on: date
    found: int | None
    moving: int | None
    concentration: Quantity | None
    moving_pct: Decimal | None
    seen: bool | None
    motile: bool | None
    per_ml: Decimal | None
    limit_per_ml: Decimal | None
    valid: bool | None


def big_fact(sample: Seen) -> tuple[str, str]:
    """The number that stands large, and the words beside it."""
    if sample.seen is None:
        return "·", "not known yet"
    if sample.seen is False:
        return "None", "seen this time"  # a nought is what was searched, not what there is
    if sample.found is not None:
        moving = "" if sample.moving is None else f", {sample.moving or 'none'} moving"
        return str(sample.found), f"sperm seen{moving}"
    if sample.concentration is not None:
        much, unit = concentration_fact(sample.concentration)
        moving = (
            "" if sample.moving_pct is None else f", {sample.moving_pct.normalize():f} % moving"
        )
        return much, f"{unit}{moving}"
    return "Few", "sperm seen"


def response_words(status: str, *, by_samples: bool) -> str:
    """Where he stands over all his samples, said only where there is something to say."""
    match status:
        case "PROVISIONAL":
            return (
                "Moving sperm were found in your last sample that counts. Another sample, a week "
                "later or more, shows whether it stays so; your clinic plans it with you."
            )
        case "CONFIRMED" if by_samples:
            return (
                "Moving sperm were found more than once, a week or more apart. Your clinic talks "
                "with you about what this means and what comes next."
            )
        case "CONFIRMED":
            return (
                "Moving sperm of yours were kept, and your clinic judges them enough to go on "
                "with. It talks with you about what comes next."
            )
    return ""


def concentration_fact(found: Quantity) -> tuple[str, str]:
    """12 million per millilitre; 55 000; < 55 555 where too few were counted for a number."""
    if found.comparator is not None:
        return f"{found.comparator.printed} {floor_per_ml(found.value)}", "sperm per millilitre"
    if found.value < FEW_M_PER_ML:
        return grouped(significant(found.value * MILLION)), "sperm per millilitre"
    return f"{significant(found.value):f}", "million sperm per millilitre"


def none_words(sample: Seen) -> str:
    """A zero is what the method can see, not more."""
    if sample.seen is not False:
        return ""
    if sample.limit_per_ml is None:
        return "None were found. That is not proof that there are none."
    most = grouped(sample.limit_per_ml.quantize(Decimal(1)).max(Decimal(1)))
    return (
        "None were found. That is not proof that there are none: up to about "
        f"{most} per millilitre could be there without being seen."
    )


def before_words(earlier: Sequence[Seen]) -> str:
    """How the last samples were; one sample says little, so two are told."""
    told = []
    for sample in list(reversed(earlier))[:2]:
        on = f"{sample.on.day} {sample.on:%b}"
        if sample.seen is False:
            told.append(f"on {on} none")
        elif sample.found is not None:
            told.append(f"on {on} there were {sample.found}")
        elif sample.seen:
            told.append(f"on {on} there were some")
    if not told:
        return ""
    said = ", before that ".join(told)
    return (
        f"{said[:1].upper()}{said[1:]}. Small counts go up and down: one sample says little, two in"
        " a row say more."
    )
