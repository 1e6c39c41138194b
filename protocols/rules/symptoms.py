"""From the graded checklist of a visit to the symptoms the safety rule knows.

The checklist is graded in CTCAE words (domain reference §3.1, §3.3); the stop rules name symptoms
(§2.4). Which grade of which item is which symptom is a programme default.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """From this grade of a checklist item on, the symptom is there."""

    item: str
    from_grade: int
    symptom: str


MEANINGS = (
    Meaning("pseudotumor_cerebri", 1, "icp_headache"),
    Meaning("tinnitus", 1, "hearing"),
    Meaning("hearing_impaired", 1, "hearing"),
    Meaning("blurred_vision", 2, "vision"),
    Meaning("night_blindness", 3, "vision"),
    Meaning("abdominal_pain", 3, "abdominal_pain_severe"),
    Meaning("rectal_bleeding", 1, "rectal_bleeding"),
    Meaning("diarrhoea", 3, "severe_diarrhoea"),
    Meaning("rash", 3, "severe_rash"),
    Meaning("photosensitivity", 3, "severe_rash"),
    Meaning("muscle_weakness", 1, "muscle_weakness"),
    Meaning("suicidal_ideation", 1, "suicidal_thoughts"),
    Meaning("aggression", 1, "aggression"),
    Meaning("cheilitis", 1, "cheilitis"),
    Meaning("dry_skin", 1, "dry_skin"),
    Meaning("dry_eyes", 1, "dry_eyes"),
    Meaning("epistaxis", 1, "epistaxis"),
    Meaning("myalgia", 1, "myalgia"),
    Meaning("myalgia", 2, "muscle_pain"),
    Meaning("photosensitivity", 1, "photosensitivity"),
    Meaning("suicide_attempt", 1, "suicidal_thoughts"),  # these two are written down by hand
    Meaning("pancreatitis", 2, "abdominal_pain_severe"),
)


#: A severe headache is the pressure symptom with any of these beside it (§2.4).
PRESSURE = "icp_headache"
SEVERE_HEADACHE = Meaning("headache", 3, PRESSURE)
BESIDE_HEADACHE = ("nausea", "vomiting", "blurred_vision", "night_blindness")


def symptoms_of(grades: Mapping[str, int]) -> tuple[str, ...]:
    """The symptoms that are there, each once; a grade of 0 is "asked, and not there"."""
    found = [meaning.symptom for meaning in MEANINGS if is_there(meaning, grades)]
    if is_there(SEVERE_HEADACHE, grades) and any(grades.get(item, 0) for item in BESIDE_HEADACHE):
        found.insert(0, PRESSURE)
    return tuple(dict.fromkeys(found))


def is_there(meaning: Meaning, grades: Mapping[str, int]) -> bool:
    return grades.get(meaning.item, 0) >= meaning.from_grade
