"""The trail in a patient's words: who, by role, and what for."""

from collections.abc import Mapping
from typing import Any

ROLES = {
    "coordinator": "Coordinator",
    "nurse": "Nurse",
    "clinician": "Clinician",
    "technologist": "Laboratory",
    "verifier": "Laboratory, second person",
    "pharmacist": "Pharmacist",
    "embryologist": "Laboratory, storage",
    "auditor": "Auditor",
    "administrator": "Administrator",
    "patient": "You",
    "system": "The program",
}
#: What was looked at, by a part of the page's name; the first that fits.
PAGES = (
    ("semen", "looked at your samples"),
    ("inbox_", "looked at something that waited for a decision"),
    ("laboratory", "looked at your results"),
    ("labs:", "looked at your results"),
    ("documents", "looked at the list of your documents"),
    ("looked", "looked at who had opened your record"),
    ("visit", "looked at a visit of yours"),
    ("book", "looked for a time for your visit"),
    ("dos", "looked at your capsules"),
    ("mood", "looked at your answers about your mood"),
    ("side_effects", "looked at your side effects"),
    ("reminder", "looked at a reminder to you"),
    ("enrol", "looked at where you stand in the programme"),
    ("letters", "read your messages"),
    ("portal", "looked at your access to these pages"),
    ("history", "looked at your history"),
    ("consents", "looked at what you agreed to"),
)
#: What was done, by action or by the noun it begins with.
DEEDS = {
    "document.opened": "opened a report of yours",
    "document.made": "made a report of yours",
    "document.superseded": "replaced a report of yours",
    "draw.reviewed": "read your results",
    "semen.reviewed": "read the result of your sample",
    "letter.written": "wrote to you",
    "letter.read": "read your message",
    "patient.registered": "registered you",
    "patient.corrected": "corrected your details",
    "visit.opened": "checked you in",
    "visit.signed": "signed your visit",
    "portal.invited": "invited you to these pages",
    "message.matched": "matched a laboratory message with you",
    "booking.cancelled": "cancelled an appointment",
    "booking.moved": "moved an appointment",
    "draw": "filed or corrected a blood result",
    "semen": "entered or checked a sample",
    "result": "decided when you see a result",
    "booking": "made an appointment",
    "consent": "recorded what you agreed to",
    "enrolment": "updated where you stand in the programme",
    "eligibility": "decided whether the treatment fits you",
    "visit": "worked on your visits",
    "dose": "ordered or changed your capsules",
    "prescription": "wrote or cancelled a prescription",
    "capsules": "handed out or counted capsules",
    "finding": "looked at what a value means for you",
    "adverse_event": "recorded a side effect",
    "symptoms": "recorded how you feel",
    "mood": "recorded answers about your mood",
    "medicine": "updated your medicines",
    "contact": "noted a call with you",
    "order": "ordered or cancelled a test",
    "reminder": "sent a reminder",
    "message": "dealt with a message to or about you",
    "deviation": "noted a departure from the plan",
    "counselling": "recorded what was explained to you",
    "portal": "changed your access to these pages",
    "account.locked": "refused too many wrong passwords",
    "account.second_step_reset": "reset the second step of your sign-in",
    "account": "set up your sign-in",
}
OPENED = "looked at your record"
WORKED = "worked on your record"


def role_word(role: str) -> str:
    """Clinician, Nurse; a role nobody named is told as it is."""
    return ROLES.get(role, role.replace("_", " ").capitalize() or "The program")


def purpose(action: str, detail: Mapping[str, Any]) -> str:
    """Looked at your results; wrote to you. What nobody gave words to is still told."""
    if action == "record.viewed":
        page = str(detail.get("page", ""))
        return next((words for part, words in PAGES if part in page), OPENED)
    return DEEDS.get(action) or DEEDS.get(action.partition(".")[0], WORKED)
