"""The demonstration on other days than one: what is told must be possible whenever it is told."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management.base import CommandError

from clinic.refusal import Refusal
from labs.actions.catalogue import load_catalogue
from patients.actions.consent import load_consent_texts
from protocols.management.commands import demo
from protocols.management.demonstration import cast
from protocols.management.demonstration.clinics import OPENING, morning_zones
from protocols.models import Enrolment, Visit
from tests.contention import database_url

HALF_AN_HOUR = timedelta(minutes=30)
DAYS = [
    pytest.param(datetime(2026, 7, 27, 6, 5, tzinfo=UTC), id="a Monday"),
    pytest.param(datetime(2026, 10, 25, 9, 40, tzinfo=UTC), id="the night the clocks go back"),
    pytest.param(datetime(2027, 1, 1, 21, 15, tzinfo=UTC), id="New Year"),
    pytest.param(datetime(2028, 2, 29, 17, 50, tzinfo=UTC), id="a leap day"),
]


@pytest.mark.parametrize("at", DAYS)
def test_some_clinic_has_its_morning_at_every_quarter_of_an_hour(at):
    for quarter in range(4 * 24):
        now = at + quarter * timedelta(minutes=15)
        wall = now.astimezone(ZoneInfo(morning_zones(now)[0][0]))
        since = timedelta(hours=wall.hour, minutes=wall.minute)

        assert abs(since - OPENING) <= HALF_AN_HOUR


@pytest.mark.django_db
@pytest.mark.parametrize("at", DAYS)
def test_a_man_held_and_a_man_followed_to_the_end_can_be_told(at):
    load_catalogue()
    load_consent_texts()
    with demo.quickly():
        first, second, _ = demo.open_clinics(at)
        demo.load_definitions(now=at)
        lives, _ = demo.everybody(first, second, at)
        told = [lives[0], lives[21]]
        demo.register(told)
        demo.fill_shelves([first], told, at)
        for life in told:
            demo.told(life)()

    men = Enrolment.objects.order_by("patient__family_name")
    today = first.site.localdate(at)
    assert [(man.status, (today - man.first_dose_on).days) for man in men] == [
        ("CLOSED", 275),
        ("ACTIVE", 88),
    ]
    assert not Visit.objects.filter(attended_on__gte=today).exists()


def test_the_cast_adds_up_before_anybody_is_told():
    thirty = cast.thirty(date(2026, 3, 29))

    responders = [man for man in thirty if man.first_motile_month]
    assert len(thirty) == 30
    assert sum(man.azoospermia for man in thirty) == 26
    assert sum(man.azoospermia and man.retrieval for man in thirty) == 24
    assert len(responders) == 11
    assert sum(man.first_motile_month <= 3 for man in responders) == 9
    assert sum(man.irritable for man in thirty) == 14
    assert sum(man.raised_lipids for man in thirty) == 5
    assert sum(man.rash for man in thirty) == 4


@pytest.mark.parametrize("first_day", [date(2026, 3, 29), date(2028, 2, 29)])
def test_nobody_is_outside_the_ages_of_the_programme(first_day):
    ages = [(first_day - man.born_on).days / 365.25 for man in cast.thirty(first_day)]

    assert min(ages) > 21
    assert max(ages) < 60


def test_a_refusal_says_whose_story_it_was(site):
    clinic = demo.Clinic(site=site)
    life = demo.thirty(clinic, datetime(2026, 3, 29, 14, tzinfo=UTC))[3]

    def refused() -> None:
        raise Refusal("He still has capsules.")

    with pytest.raises(CommandError, match="Ravi Chandra: He still has capsules"):
        demo.named(life, refused)()


#: A process of its own: one that was forked beside the threads of a test runner may never end.
TELL: Final = """
import django
django.setup()
from django.core.management.base import CommandError
from clinic.models import Account
from protocols.management.commands import demo
def refused():
    raise CommandError("He still has capsules.")
demo.tell_all([Account.objects.count, refused], 2)
"""


@pytest.mark.django_db(transaction=True)
def test_one_process_that_fails_fails_the_whole():
    told = subprocess.run(
        [sys.executable, "-c", TELL],
        env={**os.environ, "DATABASE_URL": database_url()},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 1
    assert "He still has capsules." in told.stderr
    assert "The demonstration could not be made" in told.stderr
