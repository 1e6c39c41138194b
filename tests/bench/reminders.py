"""Reminders: from the row that is due, through the outbox and a real worker, to a mail server."""

import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from django.db.models import Max
from django.utils import timezone

from clinic.models import Message
from clinic.tasks import deliver_outbox
from config.embedded.processes import AS_ROOT
from protocols.actions import reminders as actions
from protocols.models import Reminder
from tests.bench import people, servers
from tests.bench.figures import Table
from tests.bench.scene import Scene

KEY = "bench:"
SINK = Path(__file__).with_name("sink.py")


def run(scene: Scene) -> None:
    scene.crowd.grow(scene.scale.people)
    table = Table("Reminders", "step", "rows", "seconds", "per s", "lost", "doubled")
    wanted = scene.scale.reminders
    plan(wanted)
    now, begun = timezone.now(), time.perf_counter()
    queued = 0
    while batch := actions.queue_due(now=now):
        queued += batch
    seconds = time.perf_counter() - begun
    table.row("due rows put into the outbox", queued, seconds, queued / seconds)
    deliver(table, scene, wanted)


def plan(wanted: int) -> None:
    """So many that are due now, about enrolments on treatment."""
    now = timezone.now()
    Reminder.objects.bulk_create(
        Reminder(
            patient_id=people.FIRST_PK + n % people.ACTIVE,
            rule="REFILL_3D",
            about=f"protocols.enrolment:{people.FIRST_PK + n % people.ACTIVE}",
            target_at=now + timedelta(days=3),
            due_at=now,
            expires_at=now + timedelta(days=2),
            explanation="Bench.",
            dedupe_key=f"{KEY}{n}",
        )
        for n in range(wanted)
    )


def deliver(table: Table, scene: Scene, wanted: int) -> None:
    """Two worker processes, each asked once; the sink writes down every Message-ID."""
    port, kept = servers.free_port(), scene.folder / "received.txt"
    url = f"smtp://127.0.0.1:{port}"
    celery = [sys.executable, "-W", AS_ROOT, "-m", "celery", "--quiet", "-A", "config", "worker",
              "-c", "2", "--loglevel", "ERROR", "--without-gossip", "--without-mingle"]  # fmt: skip
    mine = Message.objects.filter(reminder__dedupe_key__startswith=KEY)
    with (
        servers.running([sys.executable, str(SINK), str(port), str(kept)]),
        servers.running(celery, EMAIL_URL=url),
    ):
        for _ in range(2):
            deliver_outbox.delay()
        while not (sent := mine.filter(state="sent").count()):
            time.sleep(0.02)
        begun, already = timezone.now(), sent
        while mine.filter(state="sent").count() < wanted and timezone.now() - begun < LONGEST:
            time.sleep(0.05)
        last = mine.aggregate(last=Max("sent_at"))["last"]
    seconds = (last - begun).total_seconds()
    received = Counter(kept.read_text().split())
    ids = set(mine.values_list("message_id", flat=True))
    table.row(
        "outbox to the mail server", wanted, seconds, (wanted - already) / seconds,
        len(ids - set(received)), sum(received[i] > 1 for i in ids),
    )  # fmt: skip


LONGEST = timedelta(minutes=4)
