"""The tasks a rule names, in the words of whoever is asked to do them."""

from collections.abc import Iterable, Mapping

TITLES: Mapping[str, str] = {
    "ADVISE_DIET_AND_ALCOHOL": "Advise him on diet and alcohol",
    "ADVISE_NO_STRENUOUS_EXERCISE": "Advise no strenuous exercise for 7 days",
    "CK": "Measure CK",
    "CREATININE": "Measure creatinine",
    "DISCONTINUE": "Decide whether treatment ends",
    "EMERGENCY_DEPARTMENT": "See that he is seen in an emergency department",
    "EMERGENCY_PATHWAY": "Follow the emergency pathway",
    "HBA1C": "Measure HbA1c",
    "HEPATOLOGY": "Refer him to hepatology",
    "IPLEDGE_CONFIRM": "Confirm his counselling in iPLEDGE",
    "LIPASE": "Measure lipase",
    "HOLD_ENDS": "Restart or stop: the hold ends",
    "LIVER_TESTS": "Measure the liver enzymes",
    "LOOK_AGAIN": "Look again: what was decided on has changed",
    "MENTAL_HEALTH_REFERRAL": "Refer him to mental health",
    "COUNSEL_PARTNER": "Counsel them: his partner is pregnant",
    "FOLLOW_PREGNANCY": "Ask how his partner's pregnancy goes",
    "MEDWATCH_REPORT": "Report to MedWatch, 1-800-FDA-1088",
    "FREEZE_SAMPLE": "Freeze what there is today",
    "PHONE_PATIENT": "Phone him",
    "REPEAT_PHQ9": "Ask him the nine questions again",
    "SAE_REPORT": "Report a serious adverse event",
    "SUICIDE_RISK_ASSESSMENT": "Assess the risk of suicide with him",
    "TELL_PATIENT": "Tell him what was decided",
    "TRIGLYCERIDES": "Measure triglycerides",
    "URGENT_OPHTHALMOLOGY_OR_NEUROLOGY": "Arrange ophthalmology or neurology",
    "URINALYSIS": "Test the urine",
}


ASSESSMENT = "SUICIDE_RISK_ASSESSMENT"
#: Asked for by the rule itself, at once, and paged again when nobody has done them in time.
WATCHED = {ASSESSMENT, "EMERGENCY_PATHWAY"}


def title_of(code: str) -> str:
    """What a person reads; a clinic's own code reads as its words."""
    return TITLES.get(code) or code.replace("_", " ").capitalize()


def unknown(codes: Iterable[str]) -> list[str]:
    """Codes that have no words of their own here."""
    return sorted(set(codes) - set(TITLES))
