"""Symptoms in his words, and what he is told when he names one (domain reference §2.4).

The rules decide what is proposed; this says it. Whoever answers the telephone reads the same
sentences that he reads in the portal.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from protocols.rules.tables import SafetyTable
from protocols.rules.vocabulary import Action

#: As he would say it himself; a symptom the clinic adds is asked by its own title.
ASKED: Mapping[str, str] = {
    "icp_headache": "A severe headache, with nausea, vomiting or a change in my sight",
    "hearing": "New ringing in my ears, or hearing less",
    "vision": "Seeing less, or much less at night",
    "abdominal_pain_severe": "Severe pain in the belly, with or without vomiting",
    "rectal_bleeding": "Bleeding from the bowel",
    "severe_diarrhoea": "Severe diarrhoea",
    "jaundice": "Yellow eyes or skin, or dark urine",
    "severe_rash": "Blisters, sores in the mouth, or a rash with fever",
    "muscle_weakness": "Weak muscles",
    "suicidal_thoughts": "Thoughts of harming myself or of not wanting to live",
    "psychosis": "Seeing or hearing what others do not",
    "aggression": "Anger in which I might hurt somebody",
    "cheilitis": "Chapped lips",
    "dry_skin": "Dry skin",
    "dry_eyes": "Dry eyes",
    "epistaxis": "Nosebleeds that stop by themselves",
    "myalgia": "Muscles that ache a little",
    "muscle_pain": "Muscles that hurt",
    "photosensitivity": "Skin that burns quickly in the sun",
}
#: Not to be waited for at home.
EMERGENCY = frozenset({"icp_headache", "abdominal_pain_severe", "severe_rash"})
#: A person stays with him, and the crisis line is named.
CRISIS = frozenset({"suicidal_thoughts", "psychosis", "aggression"})
ADVICE: Mapping[str, str] = {
    "cheilitis": "Put a plain balm on the lips many times a day.",
    "dry_skin": "Use a plain moisturiser after washing, and lukewarm water.",
    "dry_eyes": "Artificial tears help; leave contact lenses out for some days.",
    "epistaxis": "Keep the inside of the nose moist. If one does not stop in 20 minutes, call us.",
    "myalgia": "Go easy on hard exercise for a week. If it gets worse or you feel weak, call us.",
    "muscle_pain": "No hard exercise for a week. If you feel weak, or the urine is dark, call us.",
    "photosensitivity": "Cover up and use sun protection, on cloudy days too.",
}
STOP_FIRST = "Please take no more capsules until we have spoken with you."
GO_NOW = "Please do not wait at home: go to an emergency department now, or call an ambulance."
SAY_WHAT = "Tell them which capsules you take."
NOBODY_ALONE = "Please do not stay alone with this."


@dataclass(frozen=True, slots=True)
class Told:
    """What he hears: gravest first, and by when somebody speaks with him ("" for nobody)."""

    lines: tuple[str, ...]
    emergency: bool
    crisis: bool
    stop: bool
    called: str


def asked(table: SafetyTable) -> tuple[tuple[str, str], ...]:
    """Every symptom of the table, those that stop treatment first, as he may say it."""
    return tuple((rule.code, ASKED.get(rule.code, rule.title)) for rule in table.symptoms)


def grave(table: SafetyTable, codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(code for code in codes if stops(table, code))


def stops(table: SafetyTable, code: str) -> bool:
    rule = table.symptom(code)
    return rule is not None and rule.action.severity >= Action.HOLD.severity


def words_for(table: SafetyTable, codes: Collection[str], *, takes_it: bool, called: str) -> Told:
    """What is said to whoever tells of these; `called` is by when somebody speaks with him."""
    stop = bool(grave(table, codes))
    emergency, crisis = bool(EMERGENCY & set(codes)), bool(CRISIS & set(codes))
    lines = [
        *([GO_NOW, SAY_WHAT] if emergency else []),
        *([NOBODY_ALONE] if crisis else []),
        *([STOP_FIRST] if stop and takes_it else []),
        *(ADVICE[code] for code in codes if code in ADVICE and not stop),
    ]
    return Told(tuple(lines), emergency, crisis, stop, called)
