"""What the programme does with storage: the task is ticked, he is reminded, everybody reads it."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from clinic.access import Role
from labs.actions import storage
from labs.actions.storage import Frozen, Pair, Place
from labs.models import Container, StorageTerms
from labs.rules.storage import Spot
from protocols.actions import reminders, storage_reminders
from protocols.actions.decisions import decide
from protocols.actions.freezing import evaluate_semen
from protocols.models import Duty, Finding, Reminder
from protocols.queries.worklist import worklist
from tests.conftest import make_member
from tests.factories.labs import FEW_SEEN, SemenAnalysisFactory
from tests.factories.patients import PortalAccountFactory
from tests.factories.storage import ScreeningFactory, StorageTermsFactory, TankFactory
from tests.labs.storage.conftest import VIAL
from tests.protocols.men import DAY, NOW, TODAY

FROZEN = VIAL | {"frozen_at": NOW - timedelta(minutes=5)}


@pytest.fixture
def man(treated):
    man = treated.patient
    StorageTermsFactory(patient=man, expires_on=date(2031, 1, 4))
    ScreeningFactory(patient=man, tested_on=date(2026, 6, 1))
    return man


@pytest.fixture
def sheet(man):
    at = NOW - timedelta(hours=2)
    sheet = FEW_SEEN | {"analysis_started_at": (at + timedelta(minutes=20)).isoformat()}
    return SemenAnalysisFactory(patient=man, collected_at=at, sheet=sheet, verified_at=NOW)


@pytest.fixture
def pair(site):
    return Pair(
        by=make_member(site, Role.EMBRYOLOGIST), witness=make_member(site, Role.TECHNOLOGIST)
    )


@pytest.fixture
def freeze(man, site, pair):
    tank = TankFactory(site=site)

    def frozen(spot=1, **more):
        return storage.store(
            patient=man, frozen=Frozen(**(FROZEN | more)), pair=pair, now=NOW,
            place=Place(tank=tank, spot=Spot(1, 1, spot)),
        )  # fmt: skip

    return frozen


def test_storing_ticks_the_task_that_asked_for_it_with_the_code(sheet, freeze, clinician, pair):
    finding = evaluate_semen(sheet)
    decide(finding=finding, decision="accept", by=clinician, now=NOW)
    made = freeze(analysis=sheet)
    duty = Duty.objects.get(code="FREEZE_SAMPLE")
    assert (duty.outcome, duty.done_by, duty.note) == ("done", pair.by, f"Stored: {made}.")


def test_storing_closes_a_proposal_nobody_had_decided_yet(sheet, freeze):
    finding = evaluate_semen(sheet)
    freeze(analysis=sheet)
    finding.refresh_from_db()
    assert finding.state == Finding.State.SUPERSEDED


def test_what_is_stored_is_not_asked_to_be_frozen_again(sheet, freeze):
    freeze(analysis=sheet)
    assert evaluate_semen(sheet) is None


def test_storing_something_else_leaves_the_task(sheet, freeze):
    finding = evaluate_semen(sheet)
    freeze()
    finding.refresh_from_db()
    assert finding.state == Finding.State.OPEN


@pytest.mark.parametrize(
    ("days", "rules"),
    [
        (93, []),
        (92, ["STORAGE_RENEWAL_90"]),
        (85, ["STORAGE_RENEWAL_90"]),
        (83, []),
        (32, ["STORAGE_RENEWAL_30"]),
        (9, ["STORAGE_RENEWAL_7"]),
        (0, []),
    ],
)
def test_he_is_reminded_three_times_before_it_ends(man, freeze, days, rules):
    man.email = "dan@example.org"
    man.save()
    freeze()
    StorageTermsFactory(patient=man, expires_on=TODAY + days * DAY)
    storage_reminders.plan(now=NOW)
    assert [row.rule for row in Reminder.objects.filter(rule__startswith="STORAGE")] == rules
    assert storage_reminders.plan(now=NOW) == 0


def planned(man, freeze):
    man.email = "dan@example.org"
    man.save()
    freeze()
    StorageTermsFactory(patient=man, expires_on=TODAY + 90 * DAY)
    storage_reminders.plan(now=NOW)
    return Reminder.objects.get(rule="STORAGE_RENEWAL_90")


def test_the_reminder_says_nothing_of_what_it_is_about(man, freeze):
    planned(man, freeze)
    reminders.queue_due(now=NOW + timedelta(hours=1))
    row = Reminder.objects.get(rule="STORAGE_RENEWAL_90")
    assert (row.state, row.message.template) == ("queued", "please_sign_in")


def test_a_renewal_takes_the_reminder_back(man, freeze):
    planned(man, freeze)
    StorageTermsFactory(patient=man, expires_on=TODAY + 900 * DAY)
    reminders.queue_due(now=NOW + timedelta(hours=1))
    row = Reminder.objects.get(rule="STORAGE_RENEWAL_90")
    assert (row.state, row.state_reason) == ("cancelled", "He has renewed it.")


def test_who_has_nothing_stored_is_reminded_of_nothing(man):
    StorageTermsFactory(patient=man, expires_on=TODAY + 90 * DAY)
    assert storage_reminders.plan(now=NOW) == 0


@pytest.mark.parametrize(("days", "asked"), [(91, False), (90, True), (-1, True)])
def test_today_asks_for_him_when_his_agreement_ends(man, freeze, site, coordinator, days, asked):
    freeze()
    StorageTermsFactory(patient=man, expires_on=TODAY + days * DAY)
    rows = [row for row in worklist(coordinator, site, TODAY).rows if "stored" in row.acts]
    assert [row.person for row in rows] == ([man.pk] if asked else [])
    assert Container.objects.get().status == "stored"


def test_his_record_shows_what_is_stored(client, sign_in, clinician, man, freeze, time_machine):
    time_machine.move_to(NOW, tick=False)
    made = freeze()
    page = sign_in(client, clinician).get(reverse("protocols:record_semen", args=[man.pk]))
    assert made.spoken in page.content.decode()


def test_he_reads_in_his_portal_how_many_and_until_when(client, sign_in, man, freeze, time_machine):
    time_machine.move_to(NOW, tick=False)
    freeze()
    freeze(2)
    door = PortalAccountFactory(patient=man, account__email="dan@example.org")
    page = sign_in(client, door.account).get(reverse("portal:stored")).content.decode()
    assert "2 containers" in page
    assert "4 Jan 2031" in page
    for word in ("sperm", "semen", "fertility", "motile"):
        assert word not in page.lower()


def test_a_man_of_whom_nothing_is_stored_reads_so(client, sign_in, man, time_machine):
    time_machine.move_to(NOW, tick=False)
    door = PortalAccountFactory(patient=man, account__email="dan@example.org")
    page = sign_in(client, door.account).get(reverse("portal:stored"))
    assert "Nothing is stored" in page.content.decode()
    assert StorageTerms.objects.filter(patient=man).exists()
