"""What may stand in a message to a patient: nothing clinical (domain reference §9.4)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

SMS_CHARACTERS = 160
ALLOWED = re.compile(r"(?<!\w)you\s+have\s+a\s+new\s+result(?=\s*(?:[.!\n]|$|https?://))")
"""The one sentence about a result. It ends there: what it was never follows it."""

FORBIDDEN = {
    "a diagnosis": (
        r"diagnos\w*",
        r"\w*fertil\w*",
        r"azoo\w*",
        r"cryptozoo\w*",
        r"oligo\w*",
        r"androlog\w*",
        r"reproduct\w*",
        r"acne",
        r"varicocel\w*",
        r"vasectom\w*",
        r"hypogonad\w*",
        r"klinefelter\w*",
    ),
    "sperm or semen": (
        r"\w*sperm\w*",
        r"semen",
        r"semin\w+",
        r"ejaculat\w*",
        r"ivf",
        r"icsi",
        r"m?tese",
    ),
    "a drug name": (
        r"\w*tretinoin\w*",
        r"retino\w*",
        r"(?:ro)?accutane",
        r"absorica",
        r"claravis",
        r"amnesteem",
        r"zenatane",
        r"myorisan",
        r"ipledge",
    ),
    "a dose": (
        r"dos(?:e|es|ed|ing|age|ages)",
        r"overdos\w*",
        r"capsules?",
        r"pills?",
        r"tablets?",
        r"\d*mgs?",
        r"milligrams?",
    ),
    "a test or its result": (
        r"results?",
        r"tests?",
        r"tested",
        r"testing",
        r"blood\w*",
        r"labs?",
        r"laborator\w+",
        r"biops\w+",
        r"triglycerid\w*",
        r"cholesterol",
        r"lipids?",
        r"liver",
        r"alt",
        r"ast",
        r"ck",
        r"fsh",
        r"lh",
        r"hdl",
        r"ldl",
        r"tg",
        r"glucose",
        r"hormon\w+",
        r"testosterone",
        r"[o]?estradiol",
        r"prolactin",
        r"inhibin",
        r"creatinine",
        r"creatine",
        r"bilirubin",
        r"h(?:a)?emoglobin",
        r"platelets?",
        r"neutrophils?",
        r"hba1c",
        r"cbc",
        r"urin(?:e|alysis)",
        r"motility",
        r"morpholog\w*",
    ),
    "a questionnaire on mood": (r"phq\w*", r"depress\w*", r"suicid\w*", r"self[- ]harm\w*"),
    "the partner": (
        r"partners?",
        r"spouses?",
        r"wife",
        r"wives",
        r"husbands?",
        r"girlfriends?",
        r"pregnan\w*",
    ),
    "a record number": (
        r"mrns?",
        r"record numbers?",
        r"patient numbers?",
        r"hf-\d{4,}",
        r"p\d{6,}",
    ),
    "a date of birth": (r"dob", r"dates? of birth", r"birthda(?:y|ys|te|tes)", r"born"),
}


LINK = re.compile(r"[a-z]+://[^\s/?#]+([^\s]*)")
TOKEN_LENGTH = 20
TELLING = re.compile(rf"[?#&=]|[0-9]{{3,}}|[\w-]{{{TOKEN_LENGTH},}}")
"""What makes of the rest of a link more than a way to the sign-in page."""


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class MessageCheck:
    accepted: bool
    reasons: tuple[str, ...]


def check(
    channel: Channel,
    *,
    body: str,
    subject: str = "",
    sender: str = "",
    private_words: Iterable[str] = (),
) -> MessageCheck:
    """Refuse clinical words anywhere in it, the patient's own identifiers, and a long SMS."""
    reasons = [
        reason
        for place, text in (("subject", subject), ("text", body), ("sender", sender))
        for reason in faults(place, text, tuple(private_words))
    ]
    if channel is Channel.SMS and len(body) > SMS_CHARACTERS:
        reasons.append(f"An SMS has at most {SMS_CHARACTERS} characters; this has {len(body)}.")
    return MessageCheck(accepted=not reasons, reasons=tuple(reasons))


def faults(place: str, text: str, private_words: tuple[str, ...]) -> Iterator[str]:
    words = collapsed(ALLOWED.sub(" ", visible(text)))
    for kind, pattern in PATTERNS.items():
        if found := pattern.search(words):
            yield f"The {place} names {kind}: “{found.group()}”."
    if any(TELLING.search(rest) for rest in LINK.findall(words)):
        yield f"The {place} has a link with a token or a record number; link to the sign-in page."
    for private in private_words:
        if private.strip() and whole_word(re.escape(plain(private))).search(words):
            yield f"The {place} names the patient."


def plain(text: str) -> str:
    """As a reader sees it, on one line."""
    return collapsed(visible(text))


def visible(text: str) -> str:
    """Look-alike forms folded, invisible characters gone, lower case."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in folded if unicodedata.category(sign) != "Cf").casefold()


def collapsed(text: str) -> str:
    return " ".join(text.split())


def whole_word(pattern: str) -> re.Pattern[str]:
    """A word of its own: an underscore or a hyphen ends a word, a letter does not."""
    return re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])")


PATTERNS = {kind: whole_word("|".join(words)) for kind, words in FORBIDDEN.items()}
