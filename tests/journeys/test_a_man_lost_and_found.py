"""A man who stops coming: missed by the worker, looked for rung by rung, lost, and found again.

The weeks before are written with given days; what is done today is done in a browser, and the
worker that marks visits as missed is a real one.
"""

from contextlib import closing
from datetime import datetime, time, timedelta
from threading import Event

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect

from clinic.access import Role
from clinic.models import Account, Document
from patients.actions.contacts import record_attempt
from patients.models import ContactAttempt, Patient
from protocols.actions import visits
from protocols.actions.visits_plan import lay_visits, skip_visits
from protocols.models import Deviation, Enrolment, Visit
from protocols.rules.vocabulary import Phase
from tests.factories.protocols import EnrolmentFactory
from tests.journeys.before_day_one import opens_his_record
from tests.journeys.conftest import MONTH, Clinic, house
from tests.journeys.people import Person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True),
]
HE = "Vance, Marcus"
DAY = timedelta(days=1)


def test_a_man_lost_and_found(clinic: Clinic, time_machine):
    time_machine.shift(MONTH)
    man = eighty_four_days_ago(clinic)
    # The browser's loop gives this thread a second connection: nobody else would close it.
    with closing(connection), house():
        until_missed(man)
        coordinator = clinic.seat(Role.COORDINATOR)
        is_not_lost_yet(coordinator)
        is_looked_for(coordinator)
        is_called_lost(coordinator)
        calls_back(coordinator)
        is_back(coordinator)
        comes_to_month_three(coordinator)
        closes_what_departed(coordinator)
        man.refresh_from_db()
    assert man.status == "ACTIVE"
    assert coordinator.watch.wrong == []


def eighty_four_days_ago(clinic: Clinic) -> Enrolment:
    """He took the first capsule in the clinic and was not seen again; one call rang out."""
    coordinator = clinic.staff[Role.COORDINATOR]
    today = clinic.site.localdate(timezone.now())
    day_one = today - 84 * DAY
    patient = Patient.objects.create(
        site=clinic.site,
        record_number="HF-0900",
        family_name="Vance",
        given_name="Marcus",
        born_on=datetime(1988, 5, 4).date(),
        phone="+1 555 0199",
        address="12 Alder Street, Springfield",
        registered_by=coordinator,
    )
    man = EnrolmentFactory(
        patient=patient, first_dose_on=day_one, status_since=day_one, opened_by=coordinator
    )
    lay_visits(enrolment=man)
    skip_visits(enrolment=man, phases=[Phase.SCREENING])
    start = Visit.objects.get(enrolment=man, code="V1")
    visits.open_visit(visit=start, on=day_one, by=coordinator, now=noon(clinic, -84))
    rang_out(man.patient, coordinator, noon(clinic, -20))
    return man


def noon(clinic: Clinic, days: int) -> datetime:
    on = clinic.site.localdate(timezone.now()) + days * DAY
    return datetime.combine(on, time(9), tzinfo=clinic.site.zone)


def rang_out(patient: Patient, by: Account, at: datetime) -> None:
    record_attempt(
        patient=patient,
        channel=ContactAttempt.Channel.PHONE,
        outcome=ContactAttempt.Outcome.NO_ANSWER,
        at=at,
        by=by,
        now=at,
    )


def until_missed(man: Enrolment) -> None:
    """The worker marks what nobody came to, by itself."""
    pause = Event()
    for _ in range(600):
        if Visit.objects.filter(enrolment=man, status="missed").count() == 2:
            return
        pause.wait(0.1)
    raise AssertionError("nothing was marked as missed")


def is_not_lost_yet(coordinator: Person) -> None:
    """Today names him; on his record every rung says how far it is."""
    coordinator.opens("Today", within="nav.rail")
    coordinator.sees("Marcus Vance, missed M1 and M2: reach him")
    opens_his_record(coordinator, HE)
    coordinator.sees("1 of 3", "84 of 60 days", "the last by phone")
    coordinator.watch.expected = {422}
    coordinator.presses("Call him lost", within="#reach")
    coordinator.sees("There are 1 of 3 attempts to reach him.")
    coordinator.watch.expected = set()


def is_looked_for(coordinator: Person) -> None:
    """A message, then the letter, which counts as an attempt the day it is printed."""
    opens_his_record(coordinator, HE)
    coordinator.opens("Another way", within="#reach")
    coordinator.types(channel="E-mail", outcome="Sent")
    coordinator.presses("Write it down")
    coordinator.opens("Today", within="nav.rail")
    coordinator.sees("Marcus Vance, missed M1 and M2: the letter is due")
    coordinator.presses("Print the letter", within="li:has-text('Vance')")
    coordinator.sees("may be called lost")
    letter = Document.objects.get(kind="reach_letter")
    assert bytes(letter.content[:5]) == b"%PDF-"


def is_called_lost(coordinator: Person) -> None:
    coordinator.opens("Call him lost", within="li:has-text('Vance')")
    coordinator.sees("every condition is met")
    coordinator.presses("Call him lost", within="#reach")
    coordinator.sees("Lost to follow-up")
    coordinator.opens("Today", within="nav.rail")
    expect(coordinator.at("li:has-text('Vance')")).to_have_count(0)


def calls_back(coordinator: Person) -> None:
    opens_his_record(coordinator, HE)
    coordinator.sees("Lost to follow-up", within="#reach")
    coordinator.opens("Calls", within="main")
    coordinator.types(channel="Telephone", outcome="Spoke with him")
    coordinator.presses("Write it down")
    coordinator.opens("Today", within="nav.rail")
    coordinator.sees("Marcus Vance was there again")


def is_back(coordinator: Person) -> None:
    coordinator.opens("He is back", within="li:has-text('Vance')")
    coordinator.types(reason="He was abroad, and rang.", within="#reach")
    coordinator.presses("He is back", within="#reach")
    coordinator.sees("On treatment since")


def comes_to_month_three(coordinator: Person) -> None:
    """His visits are awaited again: month 3 is open, and he is there."""
    opens_his_record(coordinator, HE)
    coordinator.opens("Visits", within="nav.tabs")
    coordinator.opens("M3", within="tr:has-text('M3')")
    coordinator.presses("Check in")
    coordinator.sees("on time")


def closes_what_departed(coordinator: Person) -> None:
    """Month 1 weighs more than month 2; each is closed with its cause and what was done."""
    for code, weight in (("M1", "major"), ("M2", "minor")):
        opens_his_record(coordinator, HE)
        coordinator.opens("Deviations", within="nav.tabs")
        coordinator.opens("Classify", within=f"tr:has-text('{code}')")
        coordinator.sees("Last day it counted")
        coordinator.chooses("weight", weight)
        coordinator.types(cause="He was abroad.", corrective_action="A second number is on file.")
        coordinator.presses("Close it")
        coordinator.sees("Closed")
    ended = Deviation.objects.filter(code="VISIT_MISSED").order_by("visit__target_on")
    assert list(ended.values_list("weight", "outcome")) == [
        ("major", "closed"),
        ("minor", "closed"),
    ]
