"""The real listener process: stored before acknowledged, nothing lost when it is killed."""

import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

import pytest
from django.db import connection

from clinic import hl7
from clinic.access import Role
from labs.actions.catalogue import load_catalogue
from labs.models import Draw, InboundMessage, Laboratory
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
        self.process.kill()
        self.process.wait(20)


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
