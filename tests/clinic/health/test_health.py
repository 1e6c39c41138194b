"""Whether everything is running: for a machine, and for a person."""

from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from clinic import tasks
from clinic.models import Message
from clinic.queries import health as waiting
from clinic.queries import heartbeat
from clinic.rules.health import Pulse, Queue, pulse
from tests.factories.clinic import AuditEventFactory, DrawingFactory, MessageFactory
from tests.pages import soup

NOW = datetime(2026, 3, 16, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("heard_at", "redis", "worker", "found"),
    [
        pytest.param(NOW, True, True, Pulse.BEATING, id="just now"),
        pytest.param(NOW - 2 * MINUTE, True, False, Pulse.BEATING, id="two minutes ago"),
        pytest.param(
            NOW - 2 * MINUTE - timedelta(seconds=1), True, True, Pulse.NO_BEAT, id="longer ago"
        ),
        pytest.param(None, True, True, Pulse.NO_BEAT, id="never, with a worker"),
        pytest.param(None, True, False, Pulse.NO_WORKER, id="never, without"),
        pytest.param(NOW - 3 * MINUTE, True, False, Pulse.NO_WORKER, id="both gone"),
        pytest.param(NOW, False, False, Pulse.NO_REDIS, id="no Redis"),
    ],
)
def test_pulse(heard_at, redis, worker, found):
    assert pulse(heard_at=heard_at, redis=redis, worker=worker, now=NOW) is found


def test_every_trouble_says_what_to_start():
    assert [p.name for p in Pulse if not p.advice] == ["BEATING"]
    assert all("Start" in p.advice for p in Pulse if p.advice)


@pytest.mark.parametrize(
    ("waited", "late"),
    [pytest.param(5 * MINUTE, False, id="as long"), pytest.param(6 * MINUTE, True, id="longer")],
)
def test_what_waits_longer_than_is_usual_is_late(waited, late):
    assert Queue("Letters", 1, NOW - waited, 5 * MINUTE).late(NOW) is late
    assert not Queue("Letters", 0, None, 5 * MINUTE).late(NOW)


@pytest.mark.django_db
def test_alive_is_open_to_a_machine_and_says_nothing_about_anybody(client):
    answer = client.get(reverse("clinic:alive"))

    assert (answer.status_code, answer.json()) == (200, {"alive": True})


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 3])
def test_everything_that_waits_is_counted_in_one_question(rows, django_assert_num_queries):
    MessageFactory.create_batch(rows, not_before=NOW - 7 * MINUTE)
    MessageFactory(not_before=NOW + MINUTE)
    DrawingFactory.create_batch(rows)

    with django_assert_num_queries(1):
        found = {queue.label: queue for queue in waiting.queues(NOW)}

    assert found["Messages to send now"] == Queue(
        "Messages to send now", rows, NOW - 7 * MINUTE, 5 * MINUTE
    )
    assert found["Graphs not drawn yet"].waiting == rows
    assert found["Visit reports not made yet"] == Queue(
        "Visit reports not made yet", 0, None, 5 * MINUTE
    )
    assert len(found) == 7


@pytest.mark.django_db
def test_a_message_that_failed_is_never_in_time():
    MessageFactory(state=Message.State.FAILED, created_at=NOW - timedelta(seconds=1))

    failed = next(q for q in waiting.queues(NOW) if q.label == "Messages that could not be sent")

    assert (failed.waiting, failed.late(NOW)) == (1, True)


@pytest.fixture
def page(client, administrator, sign_in):
    cache.clear()
    sign_in(client, administrator)

    def get():
        return client.get(reverse("clinic:health"))

    yield get
    cache.clear()


@pytest.mark.django_db
def test_the_page_says_plainly_that_no_worker_answers(page):
    answer = page()

    notice = soup(answer).select_one(".notice.critical")
    assert "No worker answers. Not heard since Redis was last started." in notice.text
    assert "Nothing is lost" in notice.text


@pytest.mark.django_db
def test_the_page_says_plainly_that_beat_is_silent(page, monkeypatch):
    monkeypatch.setattr(heartbeat, "worker_answers", lambda: True)

    assert "Beat is silent." in soup(page()).select_one(".notice.critical").text


@pytest.mark.django_db
def test_the_page_is_calm_once_the_worker_has_done_what_beat_asked(page):
    tasks.heartbeat()

    assert "Beat and worker are at work." in soup(page()).select_one(".notice.good").text


@pytest.mark.django_db
def test_the_page_counts_what_no_worker_has_taken(page):
    if not settings.QUEUE_URL.startswith("unix://"):
        pytest.skip("needs the throwaway servers of config.embedded")
    with redis.Redis.from_url(settings.QUEUE_URL) as client:
        client.delete(heartbeat.QUEUE)
        client.rpush(heartbeat.QUEUE, "a task", "another")
        assert heartbeat.queued() == 2
        client.delete(heartbeat.QUEUE)
    assert heartbeat.queued() == 0


@pytest.mark.django_db
def test_the_page_says_that_redis_does_not_answer(page, settings):
    settings.QUEUE_URL = "unix:///no/such/socket"

    assert "Redis does not answer." in soup(page()).select_one(".notice.critical").text


@pytest.mark.django_db
def test_the_page_costs_ten_questions_at_most(page, django_assert_max_num_queries):
    page()
    with django_assert_max_num_queries(5):
        page()


@pytest.mark.django_db
def test_the_nights_walk_along_the_trail_is_told(page, administrator):
    assert "Not walked yet" in page().text

    assert tasks.walk_trail() == ""
    assert "as it was written" in page().text

    row = AuditEventFactory(actor=administrator)
    assert tasks.walk_trail() == (
        f"Row {row.pk}: the program did not write this row, or not like this."
    )
    assert f"Row {row.pk}:" in page().text


def test_beat_asks_for_the_walk_every_night_and_for_a_sign_of_life_every_half_minute():
    beats = {entry["task"]: entry["schedule"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert beats["clinic.tasks.walk_trail"] == 24 * 3600
    assert beats["clinic.tasks.heartbeat"] == 30
