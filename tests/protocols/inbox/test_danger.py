"""One rule says what comes first."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from clinic.access import Role
from clinic.actions import reading
from protocols.actions import duties
from protocols.queries.inbox import BANDS, inbox
from protocols.rules import danger
from protocols.rules.danger import CRITICAL, NORMAL, RESULTS, Waits, band_of_result, order_key
from tests.conftest import make_member
from tests.protocols.men import NOW, blood, make_patient

AT = datetime(2026, 8, 4, 17, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)

#: Each row comes before the one below it, and by one thing alone.
ROWS = [
    Waits(danger.SELF_HARM, LATER),
    Waits(danger.STOP_HOLD, AT),
    Waits(danger.STOP_HOLD, LATER),
    Waits(CRITICAL, LATER, critical=True, grade=4),
    Waits(CRITICAL, LATER, critical=True, grade=0),
    Waits(CRITICAL, AT, grade=4),
    Waits(danger.FREEZE, AT),
    Waits(danger.DUTIES, AT),
    Waits(RESULTS, LATER, grade=3, off=True),
    Waits(RESULTS, LATER, grade=2, off=True),
    Waits(RESULTS, AT, grade=1, off=True),
    Waits(RESULTS, LATER, grade=1, off=True),
    Waits(RESULTS, AT, off=True),
    Waits(RESULTS, LATER, off=True),
    Waits(RESULTS, AT),
    Waits(danger.VISITS, AT),
    Waits(danger.LETTERS, AT),
    Waits(danger.EVENTS, AT),
    Waits(NORMAL, AT),
]


@pytest.mark.parametrize(("first", "second"), list(pairwise(ROWS)))
def test_the_more_dangerous_comes_first(first, second):
    assert order_key(first) < order_key(second)


@pytest.mark.parametrize(
    ("critical", "grade", "off", "band"),
    [
        (True, 4, True, CRITICAL),
        (True, None, False, CRITICAL),
        (False, 1, False, RESULTS),
        (False, 0, True, RESULTS),
        (False, None, True, RESULTS),
        (False, 0, False, NORMAL),
        (False, None, False, NORMAL),
    ],
)
def test_where_a_result_waits(critical, grade, off, band):
    assert band_of_result(critical=critical, grade=grade, off=off) == band


def test_the_bands_stand_in_the_order_of_the_rule():
    assert [band.key for band in BANDS] == [
        "self_harm", "stop_hold", "critical", "freeze", "duties", "results", "visits", "letters",
        "events", "normal",
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.time_machine(NOW, tick=False)
def test_the_list_is_in_that_order(site, clinician, coordinator, catalogue):
    men = [make_patient(site, coordinator, f"Vance {n}") for n in range(5)]
    blood(men[0], coordinator, lipase="40")  # no range: cannot be told
    blood(men[1], coordinator, triglycerides="310")  # grade 2
    blood(men[2], coordinator, glucose="430")  # critical
    blood(men[3], coordinator, triglycerides="160")  # grade 1
    blood(men[4], coordinator, alt="24")  # in range

    found = inbox(clinician, NOW)

    assert [(item.name, item.band) for item in found.items] == [
        ("Daniel Vance 2", CRITICAL),
        ("Daniel Vance 1", RESULTS),
        ("Daniel Vance 3", RESULTS),
        ("Daniel Vance 0", RESULTS),
    ]
    assert [item.name for item in found.normal] == ["Daniel Vance 4"]
    assert "430 mg/dL" in found.items[0].line
    assert "critical" in found.items[0].line


@pytest.mark.django_db
@pytest.mark.time_machine(NOW, tick=False)
def test_what_is_asked_of_her_stands_with_her_cover_too_while_she_is_away(
    treated, site, clinician, coordinator
):
    reyes = make_member(site, Role.CLINICIAN, "Dr Reyes")
    duties.require(
        enrolment=treated, code="LOOK_AGAIN", title="Look again", due_at=NOW, about="x:1",
        owner=clinician.member, by=None, now=NOW,
    )  # fmt: skip
    assert inbox(reyes, NOW).items == []

    today = site.localdate(NOW)
    reading.arrange_cover(
        member=clinician.member, cover=reyes.member, first_on=today, last_on=today, by=clinician,
        now=NOW,
    )  # fmt: skip

    assert [item.kind for item in inbox(reyes, NOW).items] == ["duty"]
    assert [item.kind for item in inbox(clinician, NOW).items] == ["duty"]
    assert inbox(reyes, NOW + timedelta(days=1)).items == []
