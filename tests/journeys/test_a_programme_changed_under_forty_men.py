"""A programme changed under forty men: drafted, looked through, published, and some of them moved.

The weeks before are written with given days; the change itself is made in a browser by the
clinician, and what falls outside is settled by the coordinator from her queue. A real worker runs.
"""

import re
from contextlib import closing
from datetime import date, datetime, time, timedelta
from typing import Final

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect

from clinic.access import Role
from clinic.models import Resource
from protocols.actions import booking
from protocols.actions.pins import pin
from protocols.actions.visits import open_visit
from protocols.actions.visits_plan import lay_visits, skip_visits
from protocols.models import Enrolment, Version, VersionChange, Visit
from protocols.rules.definition import DEFAULT
from protocols.rules.vocabulary import Phase
from tests.factories.patients import PatientFactory
from tests.factories.protocols import EnrolmentFactory
from tests.journeys.conftest import MONTH, Clinic, house
from tests.journeys.people import PASSWORD, Person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True),
]
DAY = timedelta(days=1)
MEN: Final = 40
#: Before and after month 1: these have it behind them, the others have it before them.
AHEAD, BEHIND = 22 * DAY, 33 * DAY
PINNED, BOOKED = 3, 4
MOVED: Final = 5
Days = dict[tuple[int, str], tuple[date | None, date | None, date | None]]


def test_a_programme_changed_under_forty_men(clinic: Clinic, time_machine):
    time_machine.shift(MONTH)
    men = forty_men(clinic)
    before = days_of(men)
    # The browser's loop gives this thread a second connection: nobody else would close it.
    with closing(connection), house():
        clinician = clinic.seat(Role.CLINICIAN)
        drafts_the_change(clinician)
        reads_what_would_change(clinician)
        publishes(clinician)
        moves_the_first_men(clinician)
        changes_her_mind_about_one(clinician)
        coordinator = clinic.seat(Role.COORDINATOR)
        settles_the_booking_outside(coordinator)
        what_was_done_or_pinned_stayed(men, before)
    assert clinician.watch.wrong == coordinator.watch.wrong == []


def forty_men(clinic: Clinic) -> list[Enrolment]:
    """Half of them have month 1 before them; one of those is pinned, another booked on a wing."""
    today = clinic.site.localdate(timezone.now())
    men = [a_man(clinic, n, today - (AHEAD if n < MEN // 2 else BEHIND)) for n in range(MEN)]
    desk, now = clinic.staff[Role.COORDINATOR], timezone.now()
    month = Visit.objects.get(enrolment=men[PINNED], code="M1")
    pin(visit=month, reason="He travels with us on that day.", by=desk, now=now)
    wing = Visit.objects.get(enrolment=men[BOOKED], code="M1")
    booking.book_visit(
        visit=wing,
        resource=Resource.objects.get(name="Dr Okafor"),
        starts_at=datetime.combine(wing.closes_on, time(10), tzinfo=clinic.site.zone),
        minutes=30,
        task="clinician",
        by=desk,
        now=now,
    )
    return men


def a_man(clinic: Clinic, n: int, day_one: date) -> Enrolment:
    desk = clinic.staff[Role.COORDINATOR]
    man = EnrolmentFactory(
        patient=PatientFactory(
            site=clinic.site, given_name="Adam", family_name=f"Man{n:02}", registered_by=desk
        ),
        version=Version.objects.get(protocol__key=DEFAULT),
        first_dose_on=day_one,
        status_since=day_one,
        opened_by=desk,
    )
    lay_visits(enrolment=man)
    skip_visits(enrolment=man, phases=[Phase.SCREENING])
    done = ["V1"] if n < MEN // 2 else ["V1", "M1"]
    for visit in Visit.objects.filter(enrolment=man, code__in=done):
        at = datetime.combine(visit.target_on, time(9), tzinfo=clinic.site.zone)
        open_visit(visit=visit, on=visit.target_on, by=desk, now=at)
    return man


def days_of(men: list[Enrolment]) -> Days:
    rows = Visit.objects.filter(enrolment__in=men).exclude(code="UNS")
    return {
        (row.enrolment_id, row.code): (row.opens_on, row.target_on, row.closes_on) for row in rows
    }


def drafts_the_change(clinician: Person) -> None:
    """Month 1 has three days either side, month 2 is due a week later."""
    clinician.opens("Protocols", within="nav.rail")
    clinician.opens("six months", within="main")
    clinician.presses("Copy to a draft")
    clinician.opens("Visits", within="main")
    row = clinician.at("tbody tr").filter(has=clinician.page.locator("input[value='M1']"))
    for field in ("before_days", "after_days"):
        row.locator(f"[name$='-{field}']").fill("3")
    row = clinician.at("tbody tr").filter(has=clinician.page.locator("input[value='M2']"))
    row.locator("[name$='-offset_days']").fill("67")
    clinician.presses("Save", within=".sticky-foot")
    clinician.sees("Saved.")


def reads_what_would_change(clinician: Person) -> None:
    """In numbers and man by man; a draft moves nobody."""
    clinician.opens("Draft", within="p.back")
    clinician.opens("What if", within="main")
    clinician.sees("nobody is moved yet")
    tiles = clinician.at("#counts .tile")
    expect(tiles.nth(0)).to_have_text(re.compile(rf"^{MEN}\s*men under way"))
    # Month 1 of nineteen (one is pinned) and month 2 of all forty.
    expect(tiles.nth(2)).to_have_text(re.compile(rf"^{MEN // 2 - 1 + MEN}\s*visits would move"))
    expect(tiles.nth(3)).to_have_text(re.compile(r"^1\s*booking would be outside"))
    clinician.sees(re.compile("M1 keeps its day"), re.compile("M2 moves from"))
    expect(clinician.at("main input[name=men]")).to_have_count(0)


def publishes(clinician: Person) -> None:
    clinician.opens("draft", within="p.back")
    clinician.opens("See what changes and publish")
    clinician.types(password=PASSWORD)
    clinician.presses("Publish", within="form.card-h")
    clinician.sees("is published and never changes from now on")


def moves_the_first_men(clinician: Person) -> None:
    """Five are ticked; without a reason nothing happens, and the ticks are kept."""
    clinician.opens("What if", within="main")
    for box in clinician.at("input[name=men]").all()[:MOVED]:
        box.check()
    clinician.watch.expected = {422}
    clinician.presses("Move the ticked men")
    clinician.sees("Say why they are moved.")
    clinician.watch.expected = set()
    assert clinician.at("input[name=men]:checked").count() == MOVED
    clinician.types(reason="Month 1 came too late for the laboratory.")
    clinician.presses("Move the ticked men")
    clinician.sees(f"{MOVED} men moved to")
    expect(clinician.at("#counts .tile").nth(0)).to_have_text(
        re.compile(rf"^{MEN - MOVED}\s*men under way")
    )


def changes_her_mind_about_one(clinician: Person) -> None:
    """One more is moved from his own page, and moved back from his history."""
    clinician.follows(clinician.at("table tbody th a"))
    clinician.types(reason="He asked for it.")
    clinician.presses("Move him")
    clinician.sees("Versions he was on", "He asked for it.")
    clinician.unfolds("Move him back")
    clinician.types(reason="It was not he who asked.", within="details.panel")
    clinician.presses("Move him back", within="details.panel")
    clinician.sees("It was not he who asked.", "moved back")


def settles_the_booking_outside(coordinator: Person) -> None:
    """It stands on Today until she keeps the day: he was told that day."""
    coordinator.opens("Today", within="nav.rail")
    row = coordinator.at("ol.queue li").filter(has_text=f"Man{BOOKED:02}")
    outside = row.filter(has_text="outside its window")
    expect(outside).to_have_count(1)
    coordinator.follows(outside.get_by_role("link", name="Keep the day"))
    coordinator.types(reason="He was told that day, and it suits him.")
    coordinator.presses("Pin the visit")
    coordinator.sees("M1 stays where it is.")
    coordinator.opens("Today", within="nav.rail")
    expect(outside).to_have_count(0)


def what_was_done_or_pinned_stayed(men: list[Enrolment], before: Days) -> None:
    """Of five men moved, four have another month 1; every month 2 of theirs is a week later."""
    after = days_of(men)
    changed = {key for key in before if after[key] != before[key]}
    first = men[:MOVED]
    assert changed == {
        (man.pk, code)
        for n, man in enumerate(first)
        for code in (("M2",) if n == PINNED else ("M1", "M2"))
    }
    for man in first:
        was, becomes = before[man.pk, "M2"], after[man.pk, "M2"]
        assert [b - a for a, b in zip(was, becomes, strict=True)] == [7 * DAY] * 3
    assert VersionChange.objects.count() == MOVED + 2
    assert Enrolment.objects.filter(version__number=2).count() == MOVED
