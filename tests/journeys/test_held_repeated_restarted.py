"""A man held for triglycerides: repeated, restarted at half the dose, and after a fortnight whole.

The clock stands three weeks back and is moved on twice; the worker that watches over holds and
sends the letters is a real one, on the real clock.
"""

from contextlib import closing
from datetime import timedelta
from threading import Event
from typing import Final

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect

from clinic.access import Role
from clinic.models import Account
from patients.models import ConsentText, PortalAccount
from protocols.actions.visits_plan import lay_visits, skip_visits
from protocols.models import DoseSegment, Duty, Enrolment, Visit
from protocols.rules.vocabulary import Phase
from tests.factories.patients import ConsentFactory, PatientFactory
from tests.factories.protocols import DoseSegmentFactory, EnrolmentFactory
from tests.journeys.before_day_one import files_blood, finds_in_laboratory
from tests.journeys.conftest import MONTH, Clinic, house
from tests.journeys.people import PASSWORD, Person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True),
]
HE: Final = "Hartley, Owen"
DAY = timedelta(days=1)


def test_held_repeated_restarted(clinic: Clinic, time_machine):
    time_machine.shift(MONTH - 21 * DAY)
    man = eighty_days_in(clinic)
    # The browser's loop gives this thread a second connection: nobody else would close it.
    with closing(connection), house():
        seen = [*is_held_and_booked(clinic, man)]
        time_machine.shift(7 * DAY)
        seen += [*is_restarted_at_half(clinic)]
        time_machine.shift(14 * DAY)
        seen += [*is_back_at_the_whole(clinic)]
        taken = doses(man)
        warned = Duty.objects.open().filter(code="HOLD_ENDS").exists()
    assert taken == [("hold", 0, 7), ("reduced", 1, 15), ("full", 2, None)]
    assert not warned
    assert [person.watch.wrong for person in seen] == [[]] * len(seen)


def is_held_and_booked(clinic: Clinic, man: Enrolment) -> list[Person]:
    technologist, clinician = clinic.seat(Role.TECHNOLOGIST), clinic.seat(Role.CLINICIAN)
    desk, he = clinic.seat(Role.COORDINATOR), himself(clinic)
    brings_lipids(technologist, 900)
    is_held(clinician)
    reads_that_he_is_held(he)
    is_booked_for_the_repeat(desk)
    worker_warns_of_the_end(man, desk)
    return [technologist, clinician, desk, he]


def is_restarted_at_half(clinic: Clinic) -> list[Person]:
    technologist, clinician = clinic.seat(Role.TECHNOLOGIST), clinic.seat(Role.CLINICIAN)
    brings_lipids(technologist, 250)
    is_restarted(clinician)
    he = himself(clinic)
    takes_one_a_day(he)
    return [technologist, clinician, he]


def is_back_at_the_whole(clinic: Clinic) -> list[Person]:
    technologist, clinician = clinic.seat(Role.TECHNOLOGIST), clinic.seat(Role.CLINICIAN)
    brings_lipids(technologist, 280)
    goes_back_to_the_whole(clinician)
    return [technologist, clinician]


def himself(clinic: Clinic) -> Person:
    """On his telephone."""
    return Person(clinic.browser, clinic.origin, width=390).signs_in("owen@example.org")


def eighty_days_in(clinic: Clinic) -> Enrolment:
    """Two capsules a day since Day 1, a portal of his own, and letters allowed."""
    desk = clinic.staff[Role.COORDINATOR]
    day_one = clinic.site.localdate(timezone.now()) - 80 * DAY
    patient = PatientFactory(
        site=clinic.site,
        family_name="Hartley",
        given_name="Owen",
        email="owen@example.org",
        phone="+1 555 0161",
        registered_by=desk,
    )
    account = Account.objects.create_account(
        email=patient.email, name="Owen Hartley", kind=Account.Kind.PATIENT, password=PASSWORD,
        is_demonstration=True,
    )  # fmt: skip
    PortalAccount.objects.create(
        patient=patient, account=account, opened_at=timezone.now(), opened_by=desk
    )
    letters = ConsentText.objects.filter(kind=ConsentText.Kind.MESSAGES).latest("version")
    ConsentFactory(patient=patient, text=letters, given_on=day_one)
    man = EnrolmentFactory(
        patient=patient,
        first_dose_on=day_one,
        status_since=day_one,
        clinician=clinic.staff[Role.CLINICIAN].member,
        opened_by=desk,
    )
    DoseSegmentFactory(enrolment=man, ordered_by=desk)
    lay_visits(enrolment=man)
    skip_visits(enrolment=man, phases=[Phase.SCREENING])
    Visit.objects.filter(enrolment=man, code__in=["V1", "M1", "M2"]).update(status="skipped")
    return man


def doses(man: Enrolment) -> list[tuple[str, int, int | None]]:
    """After the first dose: its kind, the capsules a day, and for how many days."""
    rows = DoseSegment.objects.filter(enrolment=man).order_by("during")[1:]
    return [
        (
            row.kind,
            row.capsules_per_day,
            (row.during.upper - row.during.lower).days if row.during.upper else None,
        )
        for row in rows
    ]


def brings_lipids(technologist: Person, triglycerides: int) -> None:
    """Fasting since last night."""
    finds_in_laboratory(technologist, HE, "Blood")
    technologist.opens("Fasting lipids", within="nav.tabs")
    files_blood(technologist, {"total_cholesterol": 188, "hdl": 44, "triglycerides": triglycerides})


def finds_in_inbox(clinician: Person, line: str) -> None:
    """The item of his that says this, among what else waits about him."""
    clinician.opens("Inbox", within="nav.rail")
    clinician.opens("Owen Hartley", within=f"nav[aria-label='Open items'] li:has-text('{line}')")


def is_held(clinician: Person) -> None:
    """The most dangerous is first; what follows stands beside the choice, and he is written to."""
    finds_in_inbox(clinician, "900 mg/dL")
    clinician.sees("Triglycerides 900 mg/dL, fasting: hold", "Proposed: hold")
    clinician.chooses("choice", "accept", within="aside[aria-label='Decision']")
    clinician.unfolds("Write to him", within="aside[aria-label='Decision']")
    clinician.ticks("Send him this message", within="aside[aria-label='Decision']")
    clinician.presses("Decide and go on", within="aside[aria-label='Decision']")
    clinician.sees("Owen Hartley: hold.")


def reads_that_he_is_held(he: Person) -> None:
    he.opens("Home", within="nav.p-bar")
    he.sees("Your capsules are paused", "please take none")
    he.opens("Messages", within="nav.p-bar")
    he.sees("We want to pause your capsules")


def is_booked_for_the_repeat(desk: Person) -> None:
    """The row of the work queue leads to the drawer; the first time offered is taken."""
    desk.opens("Today", within="nav.rail")
    desk.sees("Owen Hartley, blood test again by")
    desk.opens("Book", within="li:has-text('blood test again')")
    desk.at(".slot").first.click()
    desk.sees("Held for you until")
    desk.presses("Confirm")
    desk.opens("Today", within="nav.rail")
    expect(desk.at("li:has-text('Hartley, blood test again')")).to_have_count(0)


def worker_warns_of_the_end(man: Enrolment, desk: Person) -> None:
    """On the worker's clock he has been on hold for 22 days: the last week has begun."""
    pause = Event()
    for _ in range(600):
        if Duty.objects.filter(enrolment=man, code="HOLD_ENDS").exists():
            break
        pause.wait(0.1)
    else:
        raise AssertionError("nobody was warned")
    desk.opens("Today", within="nav.rail")
    desk.sees("restart or stop by")


def is_restarted(clinician: Person) -> None:
    """Only by her order; the limits allow it."""
    finds_in_inbox(clinician, "he may restart")
    clinician.sees("Triglycerides 250 mg/dL: he may restart at 20 mg a day")
    clinician.chooses("choice", "accept", within="aside[aria-label='Decision']")
    clinician.types(reason="Low again; diet kept.", within="aside[aria-label='Decision']")
    clinician.presses("Decide and go on", within="aside[aria-label='Decision']")
    clinician.sees("restart at 20 mg a day.")


def takes_one_a_day(he: Person) -> None:
    he.opens("Home", within="nav.p-bar")
    expect(he.at("#now .doses--one")).to_be_visible()


def goes_back_to_the_whole(clinician: Person) -> None:
    finds_in_inbox(clinician, "he may go back")
    clinician.sees("Triglycerides 280 mg/dL: he may go back to 40 mg a day")
    clinician.chooses("choice", "accept", within="aside[aria-label='Decision']")
    clinician.types(reason="Within the limits a fortnight on.",
                    within="aside[aria-label='Decision']")  # fmt: skip
    clinician.presses("Decide and go on", within="aside[aria-label='Decision']")
    clinician.sees("back to 40 mg a day.")
