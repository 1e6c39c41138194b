"""What an unknown code may mean: suggestions for a person, never a decision.

Words that the laboratory sends beside its code are compared with the names of what is measured
here; the unit the values came in and a LOINC of the catalogue among the words count as well.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from labs.rules.catalogue import Analyte, Catalogue
from labs.rules.codes import loinc_reasons
from labs.rules.units import normalised_unit

LEAST = 0.7
MOST = 3

#: Words laboratories write for what the catalogue calls otherwise, German ones among them.
SYNONYMS = {
    "total_cholesterol": "cholesterol chol cholesterin tc cholest",
    "ldl": "ldl ldl-c ldlc",
    "hdl": "hdl hdl-c hdlc",
    "triglycerides": "triglyceride triglyceride trig trigs tg triglyzeride neutralfett",
    "non_hdl": "non-hdl nonhdl non-hdl-c",
    "alt": "alt gpt sgpt alat alanine",
    "ast": "ast got sgot asat aspartate",
    "alp": "alp ap alkaline",
    "ggt": "ggt gamma-gt ygt gamma",
    "ck": "ck cpk creatine kreatinkinase",
    "bilirubin": "bilirubin bili tbil",
    "glucose": "glucose glu glukose sugar fbg",
    "creatinine": "creatinine creat crea krea kreatinin",
    "hba1c": "hba1c a1c glycated glycohemoglobin",
    "hemoglobin": "hemoglobin haemoglobin hb hgb hämoglobin",
    "wbc": "wbc leukocytes leucocytes leukozyten white",
    "anc": "anc neutrophils granulocytes neutrophil",
    "platelets": "platelets plt thrombocytes thrombozyten",
    "fsh": "fsh follitropin follicle",
    "lh": "lh lutropin luteinizing",
    "testosterone": "testosterone testo tt",
    "estradiol": "estradiol oestradiol e2 östradiol",
    "prolactin": "prolactin prl prolaktin",
    "inhibin_b": "inhibin inhibin-b",
    "volume_ml": "volume ejaculate ejakulatvolumen semvol",
    "concentration": "concentration spermatozoa count density spermienkonzentration",
    "total_sperm": "number gesamtzahl",
    "ph": "ph",
    "pr": "progressive",
    "np": "non-progressive nonprogressive",
    "im": "immotile immotility",
    "total_motility": "motility motile",
    "normal_pct": "morphology forms",
    "vitality_pct": "vitality viable live",
    "abstinence_days": "abstinence karenz",
    "leukocytes_pox": "peroxidase",
}

#: Words that name no analyte: where it was measured, and how.
EMPTY_WORDS = frozenset(
    ("in", "serum", "or", "plasma", "of", "by", "mass", "moles", "the", "level", "value", "blood",
     "calculated", "calc", "direct", "s", "p", "i", "enzymatic", "activity", "presence", "light",
     "microscopy", "auto")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An analyte it may be, and why it is offered."""

    analyte: Analyte
    why: str
    likeness: float


def suggestions(
    *, code: str, text: str, units: Iterable[str], catalogue: Catalogue
) -> list[Suggestion]:
    """At most three, the likeliest first; none where nothing is like it."""
    sent = {*words(text), *words(code)}
    scores = {analyte.key: named_by(analyte, sent) for analyte in catalogue.analytes}
    if not any(scores.values()):
        scores = {analyte.key: alike(analyte, text) for analyte in catalogue.analytes}
    found = [
        offered(analyte, scores[analyte.key], f"{code} {text}", units)
        for analyte in catalogue.analytes
        if unit_fits(analyte, units) is not False
    ]
    likely = [one for one in found if one.likeness > 0]
    return sorted(likely, key=lambda one: (-one.likeness, one.analyte.sort))[:MOST]


def offered(analyte: Analyte, score: float, said: str, units: Iterable[str]) -> Suggestion:
    if named := loinc_within(analyte, said):
        return Suggestion(analyte, f"{named} is its LOINC", 2.0)
    fits = bool(score) and bool(unit_fits(analyte, units))
    why = "its name is like it" + (", and the unit fits" if fits else "")
    return Suggestion(analyte, why, score + (0.1 if fits else 0.0))


def loinc_within(analyte: Analyte, text: str) -> str:
    """A LOINC of this analyte, with its check digit right, that stands in the words."""
    mine = {loinc.code for loinc in analyte.loinc}
    for code in re.findall(r"\b[0-9]{1,7}-[0-9]\b", text):
        if code in mine and not loinc_reasons(code):
            return str(code)
    return ""


def unit_fits(analyte: Analyte, units: Iterable[str]) -> bool | None:
    """True where a unit it came in is one of its own, False where none can be; None: unknown."""
    known = [unit for unit in map(normalised_unit, units) if unit]
    if not known:
        return None
    return any(analyte.accepts(unit) for unit in known)


def named_by(analyte: Analyte, sent: set[str]) -> float:
    """How much of what was sent this analyte explains, where one of its own words is in it."""
    own = set(SYNONYMS.get(analyte.key, "").split())
    if not own & sent:
        return 0.0
    explained = (own | {*words(analyte.name), *words(analyte.plain_name)}) & sent
    return 0.5 + 0.5 * len(explained) / len(sent)


def words(text: str) -> list[str]:
    split = re.split(r"[^a-z0-9äöüß-]+", text.casefold())
    return [word.strip("-") for word in split if word.strip("-") and word not in EMPTY_WORDS]


def alike(analyte: Analyte, text: str) -> float:
    """How like the words are to its name, letter by letter; 0 where they are hardly."""
    said = " ".join(words(text))
    names = [" ".join(words(name)) for name in (analyte.name, analyte.plain_name)]
    best = max(SequenceMatcher(None, said, name, autojunk=False).ratio() for name in names)
    return best if said and best >= LEAST else 0.0
