"""The real listener process: stored before acknowledged, nothing lost when it is killed."""

import contextlib
import os
import random
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from clinic import hl7
from clinic.access import Role
from labs.actions.catalogue import load_catalogue
from labs.models import Draw, InboundMessage, Laboratory, Result
from patients.models import Patient
from tests.conftest import make_member, make_site
from tests.labs.hl7.messages import LIPIDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]


class Running:
    """One `manage.py hl7_listen` on a free port, against the test database."""

    def __init__(self) -> None:
        name = connection.settings_dict["NAME"]
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "hl7_listen", "--port", "0"],
            env={
                **os.environ,
                "DATABASE_URL": url,
                "DJANGO_SETTINGS_MODULE": "config.settings.test",
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self.process.stdout.readline().rpartition(":")[2].strip(" .\n"))

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def kill(self) -> None:
        """Gone without a word; what it had in the database ends with it."""
        self.process.kill()
        self.process.wait(20)
        assert until(lambda: others() == 0), "a filer outlived the listener"


def others() -> int:
    """Connections to this database that are not ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


@pytest.fixture
def listener() -> Iterator[Running]:
    site = make_site()
    load_catalogue()
    Laboratory.objects.create(site=site, name="Reference laboratory", facility="REFLAB")
    coordinator = make_member(site, Role.COORDINATOR)
    Patient.objects.create(
        site=site, record_number="P000123", family_name="Testman", given_name="Alan",
        born_on=date(1988, 4, 17), registered_by=coordinator,
    )  # fmt: skip
    running = Running()
    yield running
    running.kill()


def answer(connection_: socket.socket) -> bytes:
    held = b""
    while not held.endswith(b"\x1c\r"):
        ready, _, _ = select.select([connection_], [], [], 20)
        assert ready, "no answer within twenty seconds"
        received = connection_.recv(65536)
        assert received, "the listener closed the connection without an answer"
        held += received
    return held


def until(true, seconds: float = 30) -> bool:
    """Wait for something another process does; the pause is only between two looks."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.1)):
        if true():
            return True
        pause.wait(0.1)
    return False


def test_a_message_is_stored_answered_and_filed(listener):
    with listener.connect() as line:
        line.sendall(b"noise" + hl7.framed(LIPIDS.encode()))
        assert b"\rMSA|AA|MSG000123|" in answer(line)
    assert InboundMessage.objects.count() == 1
    assert until(lambda: Draw.objects.count() == 1)


def test_everything_acknowledged_is_there_after_the_listener_is_killed(listener):
    acknowledged = []
    with listener.connect() as line:
        for n in range(20):
            line.sendall(hl7.framed(LIPIDS.replace("MSG000123", f"M{n}").encode()))
            assert b"\rMSA|AA|" in answer(line)
            acknowledged.append(f"M{n}")
        line.sendall(hl7.framed(LIPIDS.encode())[:700])
        listener.kill()

    assert sorted(InboundMessage.objects.values_list("control_id", flat=True)) == sorted(
        acknowledged
    )


def test_a_broken_line_harms_no_other(listener):
    with listener.connect() as broken, listener.connect() as line:
        broken.sendall(b"\x0bMSH|half a mess")
        broken.close()
        line.sendall(hl7.framed(LIPIDS.encode()))
        assert b"\rMSA|AA|MSG000123|" in answer(line)


def test_two_messages_in_one_packet_get_two_answers(listener):
    with listener.connect() as line:
        line.sendall(hl7.framed(b"rubbish") + hl7.framed(LIPIDS.encode()))
        both = b""
        while both.count(b"\x1c") < 2:
            both += answer(line)
    assert b"\rMSA|AR|" in both
    assert b"\rMSA|AA|MSG000123|" in both


def test_whatever_was_acknowledged_is_there_at_whatever_byte_the_listener_is_killed(listener):
    """Three lines send without a pause; the kill comes after a random number of bytes."""
    running, acknowledged, sent = listener, set(), 0
    for _ in range(KILLS):
        limit = random.randint(1, 40_000)
        lines = [running.connect() for _ in range(3)]
        heard: list[set[str]] = [set() for _ in lines]
        budget = Budget(limit, running)
        threads = [
            threading.Thread(target=send_until_killed, args=(line, told, sent + 1000 * n, budget))
            for n, (line, told) in enumerate(zip(lines, heard, strict=True))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        running.kill()
        sent += 3000
        acknowledged |= set().union(*heard)
        running = Running()
    running.kill()

    kept = list(InboundMessage.objects.values_list("control_id", flat=True))
    assert acknowledged
    assert acknowledged <= set(kept)
    assert len(kept) == len(set(kept))
    assert set(InboundMessage.objects.values_list("times_received", flat=True)) <= {1}


KILLS = 4


class Budget:
    """So many bytes are sent by all lines together; whoever sends the last one kills."""

    def __init__(self, limit: int, running: Running) -> None:
        self.left, self.running, self.lock = limit, running, threading.Lock()

    def spend(self, data: bytes) -> bytes:
        with self.lock:
            allowed = data[: max(self.left, 0)]
            self.left -= len(data)
            return allowed

    @property
    def over(self) -> bool:
        return self.left <= 0


def send_until_killed(line: socket.socket, told: set[str], begin: int, budget: Budget) -> None:
    """One message after another; every number whose AA came back is noted."""
    with contextlib.suppress(OSError, AssertionError):
        for n in range(begin, begin + 1000):
            frame = hl7.framed(LIPIDS.replace("MSG000123", f"K{n}").encode())
            line.sendall(budget.spend(frame))
            if budget.over:
                budget.running.process.kill()
            if b"\rMSA|AA|" in answer(line):
                told.add(f"K{n}")


def test_a_killed_filer_is_replaced_and_what_it_was_filing_is_filed(listener):
    (tender,) = children_of(listener.process.pid)
    assert until(lambda: len(children_of(tender)) == 2)
    filers = children_of(tender)
    for pid in filers:
        os.kill(pid, signal.SIGKILL)

    with listener.connect() as line:
        line.sendall(hl7.framed(LIPIDS.encode()))
        assert b"\rMSA|AA|MSG000123|" in answer(line)
    assert until(lambda: Draw.objects.count() == 1)
    assert not set(children_of(tender)) & set(filers)


def children_of(pid: int) -> list[int]:
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_listener_told_to_stop_takes_its_filers_with_it(listener):
    (tender,) = children_of(listener.process.pid)
    listener.process.terminate()

    assert listener.process.wait(20) == 0
    assert not Path(f"/proc/{tender}").exists()


def test_messages_about_one_man_are_filed_in_the_order_they_came(listener):
    """Twenty corrections in a row: the last one stands, and every one of them has stood."""
    with listener.connect() as line:
        for n in range(20):
            text = LIPIDS.replace("MSG000123", f"O{n}").replace("||310|", f"||{300 + n}|")
            line.sendall(hl7.framed(text.encode()))
            answer(line)
    assert until(lambda: InboundMessage.objects.filter(state="filed").count() == 20)

    rows = Result.objects.filter(analyte__key="triglycerides").order_by("pk")
    assert [row.reported for row in rows] == [str(300 + n) for n in range(20)]


def test_a_thousand_lines_at_once_do_not_exhaust_it(listener):
    before = rss_mb(listener.process.pid)
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(listener.connect()) for _ in range(LINES)]
        for line in lines:
            line.sendall(hl7.framed(LIPIDS.encode())[:700])
        with listener.connect() as other:
            other.sendall(hl7.framed(LIPIDS.encode()))
            assert b"\rMSA|AA|MSG000123|" in answer(other)
        used = rss_mb(listener.process.pid) - before
        for line in lines[:50]:
            line.sendall(hl7.framed(LIPIDS.encode())[700:])
        assert all(b"\rMSA|AA|" in answer(line) for line in lines[:50])
    assert used < 60

    assert InboundMessage.objects.get().times_received == 51


LINES = 900


def rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(x.split()[1] for x in status.splitlines() if x.startswith("VmRSS"))) / 1024


def test_a_message_beyond_ten_megabytes_is_refused_and_its_line_ends(listener):
    with listener.connect() as line:
        with contextlib.suppress(OSError):
            line.sendall(b"\x0b" + b"x" * (hl7.LIMIT_BYTES + 100_000))
        with contextlib.suppress(OSError):
            assert b"\rMSA|AR||A message longer than 10 MB is not taken.\r" in answer(line)
    assert InboundMessage.objects.count() == 0
