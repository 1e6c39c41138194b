"""Nothing is lost and nothing is sent twice in silence, although workers and Redis are killed.

The whole way is real: beat ticks, workers plan, queue and send, letters arrive over SMTP. A
worker is killed while its letter is taken and before it hears so, which is the worst moment:
that letter, and no other, comes a second time, under the same Message-ID.
"""

import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from clinic.models import Message, Site
from clinic.rules.messages import Channel, check
from protocols.models import Reminder
from tests.conftest import make_site
from tests.factories.clinic import AccountFactory, MessageFactory
from tests.factories.protocols import AppointmentFactory
from tests.worker.house import House, open_house

MEN = 240
#: Of the letters that arrive, these never hear that they did: their sender dies.
KILLED_AT = (17, 80, 140, 199)
#: Here beat dies, and here Redis, which comes back empty.
BEAT_KILLED_AT, EMPTIED_AT = 50, 110

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def folder():
    """Short, because a socket's path must be."""
    with tempfile.TemporaryDirectory(prefix="hy-worker-") as path:
        yield Path(path)


@pytest.fixture
def noon() -> Site:
    """A clinic where it is the middle of the day, whenever this runs: nobody is told at night."""
    east = 12 - datetime.now(UTC).hour
    return make_site(time_zone=f"Etc/GMT{-east:+d}")


def book_everybody(site: Site) -> None:
    """So many men who come in two days: a minute ago each was to be reminded of it."""
    starts_at = timezone.now() + timedelta(days=2, minutes=-1)
    member = AccountFactory()
    for _ in range(MEN):
        AppointmentFactory(
            visit__enrolment__patient__site=site,
            visit__enrolment__patient__registered_by=member,
            visit__enrolment__opened_by=member,
            booking__booked_by=member,
            booking__booked_at=starts_at - timedelta(days=20),
            booking__starts_at=starts_at,
        )


def kill_sender(house: House, sender: str) -> None:
    house.kill(sender)


def kill_beat(house: House, _sender: str) -> None:
    house.kill("beat")


def empty_redis(house: House, _sender: str) -> None:
    """Killed without saving anything: it comes back with nothing in it."""
    house.kill("redis")


def everything_has_left() -> bool:
    return Message.objects.filter(state=Message.State.SENT).count() == MEN


def test_every_reminder_arrives_though_workers_beat_and_redis_are_killed(noon, folder):
    book_everybody(noon)

    with open_house(folder) as house:
        house.fates = {
            **dict.fromkeys(KILLED_AT, kill_sender),
            BEAT_KILLED_AT: kill_beat,
            EMPTIED_AT: empty_redis,
        }
        done = house.live_until(everything_has_left, within_s=150)
        assert done, house.log.read_text()[-4000:]

    arrived = Counter(house.ids)
    assert house.fates == {}
    assert set(arrived) == set(Message.objects.values_list("message_id", flat=True))
    assert arrived.total() - MEN == len(KILLED_AT)
    assert Reminder.objects.filter(state=Reminder.State.QUEUED).count() == MEN
    assert_each_man_has_his_own_and_nothing_is_told(house)


def test_beat_and_workers_that_lose_redis_find_it_again(site, folder):
    """Nobody but Redis is started anew, so what comes after it came through the empty one."""

    def all_sent() -> bool:
        return not Message.objects.exclude(state=Message.State.SENT).exists()

    MessageFactory(site=site)
    with open_house(folder) as house:
        assert house.live_until(all_sent, within_s=60), house.log.read_text()[-4000:]
        before = dict(house.running)
        house.kill("redis")
        assert house.bury(within_s=5) == "redis"
        house.start_redis()
        MessageFactory(site=site)
        assert house.live_until(all_sent, within_s=60), house.log.read_text()[-4000:]

        changed = {name for name, child in house.running.items() if child is not before[name]}
    assert (changed, len(house.ids)) == ({"redis"}, 2)


def assert_each_man_has_his_own_and_nothing_is_told(house: House) -> None:
    letters = [letter for post in house.posts.values() for letter in post.letters]
    pairs = {(letter["To"], letter["Message-ID"]) for letter in letters}
    assert len(pairs) == len({to for to, _ in pairs}) == MEN
    for letter in letters:
        text = letter.get_body(["plain"]).get_content()
        assert check(Channel.EMAIL, subject=letter["Subject"], body=text).reasons == ()
