"""A visit that is counted from another one follows the day on which that one really was."""

from datetime import date, timedelta

import pytest

from protocols.actions.attendance import correct_day, take_back
from protocols.actions.definition import publish
from protocols.actions.visits import open_visit
from protocols.actions.visits_plan import lay_visits
from protocols.models import Visit
from protocols.rules.definition import document, restore, shipped
from protocols.templatetags.visits import not_laid
from tests.protocols.men import NOW, TODAY, on_treatment

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def man(site, clinician, catalogue):
    """His M4 is counted from the day he came for M3, one calendar month later."""
    content = document(shipped()) | {"key": "counted_from_visits"}
    row = next(row for row in content["visits"] if row["code"] == "M4")
    row |= {"anchor": "visit", "anchor_visit": "M3", "offset_days": None, "offset_months": 1}
    version = publish(definition=restore(content), now=NOW)
    enrolment = on_treatment(site, clinician, version=version)
    lay_visits(enrolment=enrolment)
    return enrolment


def visit(man, code):
    return Visit.objects.select_related("enrolment__patient__site").get(enrolment=man, code=code)


def m4(man):
    return Visit.objects.filter(enrolment=man, code="M4").values_list(
        "opens_on", "target_on", "closes_on"
    )


def test_it_lies_nowhere_before_and_the_plan_says_what_it_waits_for(man):
    assert list(m4(man)) == []
    laid = Visit.objects.filter(enrolment=man)
    assert ("M4", "Month 4", "M3 + 1 month") in not_laid(man, laid)
    assert man.version.planned_visits.get(code="M4").anchor_visit == "M3"


def test_it_is_laid_from_the_day_he_came(man, coordinator):
    open_visit(visit=visit(man, "M3"), on=TODAY, by=coordinator, now=NOW)

    due = date(2026, 9, 4)
    assert list(m4(man)) == [(due - 7 * DAY, due, due + 7 * DAY)]


def test_it_moves_when_the_day_was_another(man, coordinator):
    opened = open_visit(visit=visit(man, "M3"), on=TODAY, by=coordinator, now=NOW)
    correct_day(visit=opened, on=date(2026, 8, 1), reason="His card.", by=coordinator, now=NOW)

    assert [due for _, due, _ in m4(man)] == [date(2026, 9, 1)]


def test_it_lies_nowhere_again_when_nobody_came(man, coordinator):
    opened = open_visit(visit=visit(man, "M3"), on=TODAY, by=coordinator, now=NOW)
    take_back(visit=opened, reason="Another man.", by=coordinator, now=NOW)

    assert list(m4(man)) == []
