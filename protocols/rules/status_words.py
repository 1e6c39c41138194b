"""What each status means to whoever works with him: where he stands and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.rules.status import Event
from protocols.rules.vocabulary import Status


@dataclass(frozen=True, slots=True)
class Page:
    """The note at the head of his enrolment."""

    kind: str
    title: str
    text: str
    #: What to do with a man found unfit where the table of the programme knows no failure.
    unfit: str = ""


PAGES: Mapping[Status, Page] = {
    Status.REFERRED: Page(
        "info",
        "Referred, not yet examined",
        "Screening begins when he has agreed to it. Nothing is booked or measured before.",
    ),
    Status.SCREENING: Page(
        "info",
        "Being screened",
        "When every criterion is known, a clinician signs that he is eligible or cannot take part.",
    ),
    Status.ELIGIBLE: Page(
        "info",
        "Eligible, not yet consented",
        "What was signed counts for 56 days. After that he goes back to screening by himself.",
        unfit="Found unfit after all? Take no consent: when what was signed no longer counts he is "
        "back in screening, and a clinician signs there that he cannot take part.",
    ),
    Status.CONSENTED: Page(
        "info",
        "Consented, not yet started",
        "The start gate says what is missing. The first capsule makes Day 1 and every window.",
        unfit="Found unfit after all? Record no first capsule, tell him why, and when he takes his "
        "consent to the treatment back record that with its reason: it ends the enrolment, and "
        "when he is fit a new referral begins a new screening.",
    ),
    Status.ACTIVE: Page(
        "good",
        "On treatment",
        "The dose is changed, held or stopped with the doses. Holds do not move the visits.",
    ),
    Status.ON_HOLD: Page(
        "warning",
        "On hold: he takes no capsules",
        "His visits keep their days and dose reminders rest. After more than 28 days in a row the "
        "treatment ends by itself.",
    ),
    Status.COMPLETED_TREATMENT: Page(
        "good",
        "Treatment completed, being followed up",
        "The enrolment closes when the second follow-up is signed or its window has passed.",
    ),
    Status.DISCONTINUED: Page(
        "warning",
        "Stopped for safety, being followed up",
        "Both follow-up visits stay, and blood is taken until it is normal. The enrolment closes "
        "after the second.",
    ),
    Status.WITHDRAWN_TREATMENT: Page(
        "info",
        "Stopped at his wish",
        "Follow-up goes on as far as he agreed to it. The enrolment closes after the second.",
    ),
    Status.LOST_TO_FOLLOW_UP: Page(
        "warning",
        "Lost to follow-up",
        "If he comes back he has again the status he had. Otherwise the enrolment closes when the "
        "second follow-up would have been over.",
    ),
    Status.SCREEN_FAILED: Page(
        "info",
        "He cannot take part",
        "The criteria stay as they were signed. A new referral begins a new screening.",
    ),
    Status.WITHDRAWN_CONSENT: Page(
        "info",
        "He has withdrawn his consent",
        "Nothing new is written about him in the programme. What is on file is kept.",
    ),
    Status.CLOSED: Page(
        "info",
        "The enrolment is closed",
        "The record stays readable. Another course is another enrolment.",
    ),
    Status.DECEASED: Page(
        "info",
        "He has died",
        "Bookings and messages have ended, and nothing is sent to him any more.",
    ),
}

#: What happened, as the list of his steps says it.
EVENTS: Mapping[str, str] = {
    Event.REFER: "Referred to the programme",
    Event.START_SCREENING: "Screening began",
    Event.FAIL: "Found not eligible",
    Event.PASS_GATE_ELIGIBLE: "Found eligible",
    Event.ELIGIBILITY_EXPIRES: "Eligibility no longer counts",
    Event.SIGN_CONSENT: "Agreed to the treatment",
    Event.FIRST_DOSE_RECORDED: "First capsule",
    Event.HOLD_ORDER: "Treatment held",
    Event.RESTART_ORDER: "Treatment restarted",
    Event.STOP: "Treatment stopped for safety",
    Event.PATIENT_WITHDRAWS_TREATMENT: "He stopped of his own wish",
    Event.WITHDRAWS_CONSENT: "He withdrew his consent",
    Event.GATE_COMPLETE: "Treatment completed",
    Event.FU2_DONE: "Closed after the second follow-up",
    Event.WINDOW_CLOSED: "Closed when the second follow-up was over",
    Event.LTFU_RULE: "Lost to follow-up",
    Event.PATIENT_RETURNS: "He came back",
    Event.DEATH: "He died",
    Event.CORRECT_ERROR: "Put right by two people",
}
