"""Daniel Rourke at his month-3 visit, as far as each test needs it."""

from decimal import Decimal

import pytest

from clinic.models import Account
from protocols.actions import adverse_events, dosing, mood, signing, visits
from protocols.actions.visits_plan import lay_visits
from protocols.models import Enrolment, Signature, Visit
from protocols.queries.visit_sections import missing
from protocols.queries.workspace import Workspace
from protocols.rules.vitals import Vitals
from tests.protocols.men import NOW, TODAY


@pytest.fixture
def month_3(treated: Enrolment) -> Visit:
    """Planned, with its window around 6 August; today is the 4th."""
    lay_visits(enrolment=treated)
    return Visit.objects.select_related("enrolment__patient__site").get(
        enrolment=treated, code="M3"
    )


@pytest.fixture
def opened(month_3: Visit, coordinator: Account) -> Visit:
    return visits.open_visit(visit=month_3, on=TODAY, by=coordinator, now=NOW)


@pytest.fixture
def written(opened: Visit, coordinator: Account) -> Visit:
    """Everything at the desk is done; samples, plan and capsules are not."""
    done = {"visit": opened, "by": coordinator, "now": NOW}
    visits.check_identity(identifiers=["name", "birth date"], **done)
    visits.note_since_last_time(text="Nothing new.", **done)
    dosing.count_return(returned=4, lost=0, **done)
    grades = dict.fromkeys(
        ["cheilitis", "dry_skin", "rash", "irritability", "erectile_dysfunction",
         "libido_decreased"], 0,
    )  # fmt: skip
    adverse_events.record_symptoms(grades=grades | {"cheilitis": 1}, **done)
    mood.answer(enrolment=opened.enrolment, answers=[0] * 9, **done)
    visits.record_vitals(measured=Vitals(Decimal("83.4"), 124, 78, 66), **done)
    return Visit.objects.select_related("enrolment__patient__site").get(pk=opened.pk)


def workspace(visit: Visit) -> Workspace:
    return signing.workspace(Visit.objects.select_related("enrolment").get(pk=visit.pk), NOW)


def lacking(visit: Visit) -> list[str]:
    return [row.key for row in missing(workspace(visit))]


def signed(visit: Visit, by: Account, **more: object) -> Signature:
    """Signed with a reason for whatever is missing."""
    reasons = dict.fromkeys(lacking(visit), "not done today")
    return signing.put_signature(
        **{"visit": visit, "by": by, "meaning": "author", "now": NOW, "reasons": reasons} | more
    )
