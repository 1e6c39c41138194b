"""Who may do what: every capability, every role, and the one question views ask.

Source of the table: domain reference §7.6. `docs/access.md` is generated from here.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum, auto
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase


class Capability(StrEnum):
    """One thing a person may be allowed to do; the name is NOUN_VERB."""

    ACCOUNT_OWN = auto()  # one's own sign-in, for everybody who is signed in
    TODAY_READ = auto()
    PATIENT_READ = auto()
    PATIENT_WRITE = auto()
    CONSENT_RECORD = auto()
    PORTAL_INVITE = auto()
    CALENDAR_READ = auto()
    BOOKING_WRITE = auto()
    CONTACT_RECORD = auto()
    ENROLMENT_WRITE = auto()
    ELIGIBILITY_SIGN = auto()
    VISIT_RECORD = auto()
    VISIT_SIGN = auto()
    DOSE_PRESCRIBE = auto()
    DOSE_DISPENSE = auto()
    FINDING_READ = auto()
    FINDING_DECIDE = auto()
    EVENT_RECORD = auto()
    RESULT_READ = auto()
    RESULT_ENTER = auto()
    RESULT_VERIFY = auto()
    RESULT_REVIEW = auto()
    SEMEN_ENTER = auto()
    SEMEN_VERIFY = auto()
    RESULT_WITHHOLD = auto()  # from the patient himself, against harm, two together
    RESULT_MOVE = auto()  # to the record it belongs to
    INBOUND_MATCH = auto()
    CATALOGUE_WRITE = auto()
    STORAGE_READ = auto()
    STORAGE_RECORD = auto()
    REMINDER_READ = auto()
    MESSAGE_ANSWER = auto()
    OUTCOME_READ = auto()
    PROTOCOL_READ = auto()
    PROTOCOL_WRITE = auto()
    PROTOCOL_SIGN = auto()
    DEVIATION_RECORD = auto()
    ENROLMENT_CORRECT = auto()
    STOCK_RECORD = auto()
    ON_CALL_MANAGE = auto()
    DOCUMENT_READ = auto()
    AUDIT_READ = auto()
    AUDIT_REASON_READ = auto()  # why something was done to a patient, which may be clinical
    MEMBER_MANAGE = auto()
    PORTAL_OWN = auto()  # the patient's own pages


class Role(StrEnum):
    """What a member is at a site."""

    COORDINATOR = auto()
    NURSE = auto()
    CLINICIAN = auto()
    TECHNOLOGIST = auto()
    VERIFIER = auto()
    PHARMACIST = auto()
    EMBRYOLOGIST = auto()
    AUDITOR = auto()
    ADMINISTRATOR = auto()


C = Capability
_DESK = frozenset(
    {
        C.TODAY_READ, C.PATIENT_READ, C.PATIENT_WRITE, C.CONSENT_RECORD, C.PORTAL_INVITE,
        C.CALENDAR_READ, C.BOOKING_WRITE, C.CONTACT_RECORD, C.ENROLMENT_WRITE, C.VISIT_RECORD,
        C.DOSE_DISPENSE, C.FINDING_READ, C.EVENT_RECORD, C.RESULT_READ, C.RESULT_ENTER,
        C.INBOUND_MATCH, C.REMINDER_READ, C.MESSAGE_ANSWER, C.OUTCOME_READ, C.PROTOCOL_READ,
        C.DOCUMENT_READ, C.DEVIATION_RECORD, C.STOCK_RECORD, C.ON_CALL_MANAGE, C.STORAGE_READ,
    }
)  # fmt: skip
_LABORATORY = frozenset(
    {
        C.PATIENT_READ, C.CALENDAR_READ, C.RESULT_READ, C.INBOUND_MATCH, C.PROTOCOL_READ,
        C.STORAGE_READ,
    }
)  # fmt: skip

GRANTS: Mapping[Role, frozenset[Capability]] = {
    Role.COORDINATOR: _DESK,
    Role.NURSE: _DESK,
    Role.CLINICIAN: (_DESK - {C.RESULT_ENTER, C.DOSE_DISPENSE, C.STOCK_RECORD})
    | {
        C.ELIGIBILITY_SIGN,
        C.VISIT_SIGN,
        C.DOSE_PRESCRIBE,
        C.FINDING_DECIDE,
        C.RESULT_REVIEW,
        C.RESULT_WITHHOLD,
        C.RESULT_MOVE,
        C.PROTOCOL_WRITE,
        C.PROTOCOL_SIGN,
        C.ENROLMENT_CORRECT,
    },
    Role.TECHNOLOGIST: _LABORATORY | {C.RESULT_ENTER, C.SEMEN_ENTER, C.STORAGE_RECORD},
    Role.VERIFIER: _LABORATORY
    | {C.RESULT_VERIFY, C.SEMEN_VERIFY, C.RESULT_MOVE, C.CATALOGUE_WRITE},
    Role.PHARMACIST: frozenset(
        {
            C.PATIENT_READ,
            C.CALENDAR_READ,
            C.DOSE_DISPENSE,
            C.RESULT_READ,
            C.PROTOCOL_READ,
            C.STOCK_RECORD,
        }
    ),
    Role.EMBRYOLOGIST: _LABORATORY | {C.STORAGE_RECORD},
    Role.AUDITOR: frozenset({C.AUDIT_READ, C.AUDIT_REASON_READ, C.PROTOCOL_READ, C.OUTCOME_READ}),
    Role.ADMINISTRATOR: frozenset(
        {
            C.MEMBER_MANAGE,
            C.AUDIT_READ,
            C.PROTOCOL_READ,
            C.PROTOCOL_WRITE,
            C.CATALOGUE_WRITE,
            C.ENROLMENT_CORRECT,
            C.ON_CALL_MANAGE,
        }
    ),
}


#: What each lets its holder do, for people who give roles.
IN_WORDS: Mapping[Capability, str] = {
    C.ACCOUNT_OWN: "look after his own sign-in",
    C.TODAY_READ: "see the day and the work queue",
    C.PATIENT_READ: "open patients' records",
    C.PATIENT_WRITE: "register patients and correct their details",
    C.CONSENT_RECORD: "record consent",
    C.PORTAL_INVITE: "open and close a patient's portal",
    C.CALENDAR_READ: "see the calendar",
    C.BOOKING_WRITE: "book, move and cancel",
    C.CONTACT_RECORD: "note calls",
    C.ENROLMENT_WRITE: "enrol and end enrolments",
    C.ELIGIBILITY_SIGN: "sign that a patient is eligible",
    C.VISIT_RECORD: "check patients in and record visits",
    C.VISIT_SIGN: "sign visits",
    C.DOSE_PRESCRIBE: "prescribe and change the dose",
    C.DOSE_DISPENSE: "dispense capsules and count what comes back",
    C.FINDING_READ: "see safety findings",
    C.FINDING_DECIDE: "decide on safety findings",
    C.EVENT_RECORD: "record side effects",
    C.RESULT_READ: "see results",
    C.RESULT_ENTER: "enter results",
    C.RESULT_VERIFY: "verify and correct results",
    C.RESULT_REVIEW: "review results",
    C.SEMEN_ENTER: "enter semen analyses",
    C.SEMEN_VERIFY: "verify semen analyses",
    C.RESULT_WITHHOLD: "hold a result back from its patient against harm, two together",
    C.RESULT_MOVE: "move a result to the record it belongs to",
    C.CATALOGUE_WRITE: "keep reference ranges and what laboratories' codes mean",
    C.STORAGE_READ: "see what is stored for a patient",
    C.STORAGE_RECORD: "store, move, thaw and discard samples",
    C.INBOUND_MATCH: "match what laboratories send",
    C.REMINDER_READ: "see reminders and send them again",
    C.MESSAGE_ANSWER: "answer patients' messages",
    C.OUTCOME_READ: "see the outcomes of the programme",
    C.PROTOCOL_READ: "read the protocols",
    C.PROTOCOL_WRITE: "draft changes to the protocols",
    C.PROTOCOL_SIGN: "sign off a protocol's values, publish and retire it",
    C.DEVIATION_RECORD: "classify and close deviations",
    C.ENROLMENT_CORRECT: "correct a wrong end of an enrolment, two together",
    C.STOCK_RECORD: "keep the stock of capsules",
    C.ON_CALL_MANAGE: "say who is on call",
    C.DOCUMENT_READ: "open reports",
    C.AUDIT_READ: "read who did and opened what",
    C.AUDIT_REASON_READ: "read there why something was done to a patient",
    C.MEMBER_MANAGE: "invite members, give and end roles",
    C.PORTAL_OWN: "use his own portal",
}


def may(user: Any, capability: Capability) -> bool:
    """True when this account holds the capability, at the site it is working at now.

    A patient holds his own portal and nothing else; a member what his role grants.
    """
    if not user.is_authenticated:
        return False
    if capability is Capability.ACCOUNT_OWN:
        return True
    if user.kind != "staff":
        return capability is Capability.PORTAL_OWN and user.kind == "patient"
    member = user.member
    return member is not None and capability in GRANTS[Role(member.role)]


View = Callable[..., HttpResponseBase]


def requires(capability: Capability) -> Callable[[View], View]:
    """Guard a view, and mark it so that the tests can prove no view is unguarded."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(request.user, capability):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.capability = capability  # type: ignore[attr-defined]
        return guarded

    return decorate
