"""A visit that was missed and was not, a check-in on the wrong day, a check-in of nobody."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from protocols.actions import visits
from protocols.actions.attendance import correct_day, take_back
from protocols.actions.missed import mark_missed
from protocols.models import Deviation, Visit
from tests.factories.protocols import CapsuleCountFactory
from tests.protocols.men import NOW, TODAY

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
#: Month 3: target 6 August 2026; the last day it counts is the 20th.
TARGET = date(2026, 8, 6)
AFTER = NOW + 17 * DAY


@pytest.fixture
def missed(month_3):
    Visit.objects.exclude(pk=month_3.pk).delete()
    assert mark_missed(now=AFTER) == 1
    month_3.refresh_from_db()
    return month_3


def departures():
    return list(Deviation.objects.order_by("pk").values_list("code", "outcome"))


def test_a_missed_visit_opens_for_the_day_he_came_after_all(missed, coordinator):
    visits.open_visit(
        visit=missed, on=TARGET, by=coordinator, now=AFTER, reason="The nurse’s book has him."
    )

    missed.refresh_from_db()
    assert (missed.status, missed.attended_on, missed.timing) == ("in_progress", TARGET, "ON_TIME")
    assert departures() == [("VISIT_MISSED", "withdrawn")]
    opened = AuditEvent.objects.get(action="visit.opened")
    assert opened.reason == "The nurse’s book has him."


def test_a_missed_visit_he_came_to_late_is_late_and_not_missed(missed, coordinator):
    visits.open_visit(
        visit=missed, on=TARGET + 14 * DAY, by=coordinator, now=AFTER, reason="His own letter."
    )

    assert departures() == [("VISIT_MISSED", "withdrawn"), ("VISIT_LATE", "")]


def test_how_it_is_known_that_he_came_is_asked(missed, coordinator):
    with pytest.raises(Refusal, match="say how you know") as refused:
        visits.open_visit(visit=missed, on=TARGET, by=coordinator, now=AFTER, reason=" ")

    assert refused.value.field == "reason"
    assert departures() == [("VISIT_MISSED", "")]


def test_a_day_beyond_the_last_leaves_it_missed(missed, coordinator):
    with pytest.raises(Refusal, match="open an unscheduled visit"):
        visits.open_visit(
            visit=missed, on=TARGET + 15 * DAY, by=coordinator, now=AFTER, reason="He was here."
        )

    missed.refresh_from_db()
    assert (missed.status, departures()) == ("missed", [("VISIT_MISSED", "")])


@pytest.mark.parametrize(
    ("was", "on", "now_stands"),
    [
        pytest.param(8, 7, [("VISIT_LATE", "withdrawn")], id="in the window after all"),
        pytest.param(8, 9, [("VISIT_LATE", "")], id="later still"),
        pytest.param(
            8, -8, [("VISIT_LATE", "withdrawn"), ("VISIT_EARLY", "")], id="early and not late"
        ),
        pytest.param(7, 8, [("VISIT_LATE", "")], id="late after all"),
    ],
)
def test_the_right_day_is_judged_anew(month_3, coordinator, was, on, now_stands):
    opened = visits.open_visit(
        visit=month_3, on=TARGET + was * DAY, by=coordinator, now=NOW + 30 * DAY
    )

    correct_day(
        visit=opened, on=TARGET + on * DAY, reason="Typed wrong.", by=coordinator,
        now=NOW + 30 * DAY,
    )  # fmt: skip

    assert departures() == now_stands
    month_3.refresh_from_db()
    assert month_3.attended_on == TARGET + on * DAY


def test_the_sentence_and_the_evidence_follow_the_right_day(month_3, coordinator):
    later = {"by": coordinator, "now": NOW + 30 * DAY}
    opened = visits.open_visit(visit=month_3, on=TARGET + 8 * DAY, **later)
    correct_day(visit=opened, on=TARGET + 10 * DAY, reason="Typed wrong.", **later)

    found = Deviation.objects.get()
    assert found.sentence == "The visit was after its window. M3 was 10 days after its target."
    assert found.evidence == [
        ["Came", "16 Aug 2026"],
        ["Target", "6 Aug 2026"],
        ["Window", "30 Jul 2026 to 13 Aug 2026"],
    ]


def test_a_counted_bottle_keeps_the_day(opened, coordinator):
    CapsuleCountFactory(visit=opened, enrolment=opened.enrolment, counted_by=coordinator)

    with pytest.raises(Refusal, match="Capsules were counted"):
        correct_day(visit=opened, on=TODAY - DAY, reason="Wrong.", by=coordinator, now=NOW)


@pytest.mark.parametrize(
    ("on", "reason", "sentence"),
    [
        (TODAY, "Wrong.", "stands already"),
        (TODAY + DAY, "Wrong.", "not before"),
        (TODAY - DAY, " ", "how the right day is known"),
    ],
)
def test_a_wrong_correction_is_refused(opened, coordinator, on, reason, sentence):
    with pytest.raises(Refusal, match=sentence):
        correct_day(visit=opened, on=on, reason=reason, by=coordinator, now=NOW)


def test_a_check_in_of_nobody_is_taken_back_and_the_visit_is_awaited(month_3, coordinator):
    on = TARGET + 8 * DAY
    later = {"by": coordinator, "now": NOW + 30 * DAY}
    opened = visits.open_visit(visit=month_3, on=on, **later)

    back = take_back(visit=opened, reason="It was his brother.", **later)

    assert (back.status, back.attended_on, back.timing) == ("planned", None, "")
    assert departures() == [("VISIT_LATE", "withdrawn")]
    assert mark_missed(now=NOW + 30 * DAY) >= 1
    assert ("VISIT_MISSED", "") in departures()


def test_an_unscheduled_visit_of_nobody_is_none(month_3, coordinator):
    made = visits.open_unscheduled(
        enrolment=month_3.enrolment, on=TODAY, by=coordinator, now=NOW, reason="Headache"
    )

    assert take_back(visit=made, reason="Wrong man.", by=coordinator, now=NOW).status == "skipped"


def test_a_visit_with_something_written_is_not_taken_back(opened, coordinator):
    visits.note_since_last_time(visit=opened, text="Nothing new.", by=coordinator, now=NOW)

    with pytest.raises(Refusal, match="written in this visit already"):
        take_back(visit=opened, reason="Wrong man.", by=coordinator, now=NOW)


@pytest.mark.time_machine(NOW, tick=False)
def test_the_page_corrects_the_day_and_says_what_is_refused(client, opened, coordinator, sign_in):
    desk = sign_in(client, coordinator)
    url = reverse("protocols:correct_visit_day", args=[opened.pk])

    refused = desk.post(url, {"day-on": "2026-08-03", "day-reason": ""})
    assert (refused.status_code, "Say how the right day is known" in refused.text) == (422, True)

    desk.post(url, {"day-on": "2026-08-03", "day-reason": "The book."})
    opened.refresh_from_db()
    assert opened.attended_on == date(2026, 8, 3)

    back = desk.post(
        reverse("protocols:take_visit_back", args=[opened.pk]), {"back-reason": "Wrong man."}
    )
    opened.refresh_from_db()
    assert (back.status_code, opened.status) == (302, "planned")


@pytest.mark.time_machine(AFTER, tick=False)
def test_a_missed_visit_asks_on_its_page_how_you_know(client, missed, coordinator, sign_in):
    desk = sign_in(client, coordinator)

    page = desk.get(reverse("protocols:visit", args=[missed.pk]))
    assert "How do you know that he came?" in page.text

    url = reverse("protocols:open_visit", args=[missed.pk])
    refused = desk.post(url, {"on": "2026-08-06", "reason": ""})
    assert (refused.status_code, "say how you know that he came" in refused.text) == (422, True)
    desk.post(url, {"on": "2026-08-06", "reason": "The book."})
    missed.refresh_from_db()
    assert missed.attended_on == TARGET
