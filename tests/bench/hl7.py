"""Results over HL7: stored and acknowledged, and then filed, by the real listener."""

import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from clinic import hl7
from labs.models import InboundMessage, Laboratory
from tests.bench import people, servers
from tests.bench.figures import Table, Work, at_once, timed
from tests.bench.scene import AT_ONCE, Scene
from tests.labs.hl7.messages import LIPIDS


def run(scene: Scene) -> None:
    scene.crowd.grow(scene.scale.people)
    table = Table(
        "HL7 results: six segments of values each", "lines", "messages", "p50 ms", "p95 ms",
        "acknowl./s", "filed/s", "failed",
    )  # fmt: skip
    command = [sys.executable, "manage.py", "hl7_listen", "--port", "0"]
    with servers.running(command, output=subprocess.PIPE) as listener:
        port = int(listener.stdout.readline().rpartition(":")[2].strip(" .\n"))
        sent = 0
        for lines in (1, AT_ONCE):
            messages = [message(scene, sent + n) for n in range(scene.scale.messages)]
            sent += len(messages)
            measure(table, port, lines, messages, sent)


def message(scene: Scene, n: int) -> bytes:
    """The lipid panel of somebody in the crowd, under a number of its own."""
    facility = Laboratory.objects.get(site=scene.site, andrology=False).facility
    man = people.person(n % scene.crowd.size, scene.site, scene.crowd.by)
    text = (
        LIPIDS.replace("REFLAB^33D0000000^CLIA", f"{facility}^33D0000000^CLIA")
        .replace("MSG000123", f"B{n}")
        .replace("P000123", man.record_number)
        .replace("Testman^Alan^B", f"{man.family_name}^{man.given_name}")
        .replace("19880417", f"{man.born_on:%Y%m%d}")
        .replace("L26-55012", f"B26-{n}")
        .replace("ORD7781^FERTPROG", "")
    )
    return hl7.framed(text.encode())


class Line:
    """One laboratory's connection, one message after another."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)

    def send(self, frame: bytes) -> Work:
        def piece() -> bool:
            self.socket.sendall(frame)
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                answer += self.socket.recv(65536)
            return b"\rMSA|AA|" in answer

        return piece


def measure(table: Table, port: int, lines: int, messages: Sequence[bytes], expected: int) -> None:
    opened = [Line(port) for _ in range(lines)]
    shares = [[line.send(m) for m in messages[n::lines]] for n, line in enumerate(opened)]
    begun = time.perf_counter()
    found = timed(shares[0]) if lines == 1 else at_once(shares)
    while filed() < expected and time.perf_counter() - begun < 240:
        time.sleep(0.05)
    seconds = time.perf_counter() - begun
    table.row(
        str(lines), len(messages), found.p50, found.p95, found.per_second,
        len(messages) / seconds, found.failed + expected - filed(),
    )  # fmt: skip
    for line in opened:
        line.socket.close()


def filed() -> int:
    return InboundMessage.objects.filter(state="filed", source="mllp").count()
