"""Results over HL7: stored and acknowledged by the real listener, and filed by its filers."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from clinic import hl7
from labs.models import InboundMessage, Laboratory
from tests.bench import people, servers
from tests.bench.figures import Table, Work, at_once, timed
from tests.bench.scene import AT_ONCE, Scene
from tests.labs.hl7.messages import LIPIDS

MANY = 64
#: Beyond this a run is cut off, and what is not done counts as failed.
PATIENCE_S = 240


def run(scene: Scene) -> None:
    scene.crowd.grow(scene.scale.people)
    wave = Waves(scene)
    stored = Table(
        "HL7 results stored and acknowledged, each once", "lines", "messages", "p50 ms", "p95 ms",
        "acknowl./s", "a core/s", "failed",
    )  # fmt: skip
    with listening(filers=0) as (port, pid):
        for lines in (1, AT_ONCE, MANY):
            acknowledge(stored, port, pid, lines, wave.next(max(scene.scale.messages, 4 * lines)))
    filed = Table(
        "HL7 results filed, with audit, history and safety", "filers", "messages", "seconds",
        "filed/s", "failed",
    )  # fmt: skip
    waiting = InboundMessage.objects.waiting().count()
    with listening(filers=2):
        file_all(filed, waiting)
    both = Table(
        "HL7 results acknowledged while others are filed", "lines", "messages", "p50 ms", "p95 ms",
        "acknowl./s", "filed/s", "failed",
    )  # fmt: skip
    with listening(filers=2) as (port, _):
        end_to_end(both, port, AT_ONCE, wave.next(scene.scale.messages))


class listening:  # noqa: N801 -- read as a verb
    """The listener on a free port, as ./dev run starts it."""

    def __init__(self, *, filers: int) -> None:
        command = [sys.executable, "manage.py", "hl7_listen", "--port", "0"]
        self.context = servers.running([*command, "--filers", str(filers)], output=subprocess.PIPE)

    def __enter__(self) -> tuple[int, int]:
        process = self.context.__enter__()
        assert process.stdout is not None
        return int(process.stdout.readline().rpartition(":")[2].strip(" .\n")), process.pid

    def __exit__(self, *why: object) -> None:
        self.context.__exit__(None, None, None)


class Waves:
    """Messages nobody has sent before, about everybody in the crowd in turn."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.sent = scene, 0
        self.facility = Laboratory.objects.get(site=scene.site, andrology=False).facility

    def next(self, count: int) -> list[bytes]:
        begun, self.sent = self.sent, self.sent + count
        return [self.message(n) for n in range(begun, self.sent)]

    def message(self, n: int) -> bytes:
        """The lipid panel of somebody in the crowd, under a number of its own."""
        crowd = self.scene.crowd
        man = people.person(n % crowd.size, self.scene.site, crowd.by)
        text = (
            LIPIDS.replace("REFLAB^33D0000000^CLIA", f"{self.facility}^33D0000000^CLIA")
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


def cpu_seconds(pid: int) -> float:
    """What a process has used of the cores so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def acknowledge(table: Table, port: int, pid: int, lines: int, messages: Sequence[bytes]) -> None:
    """`a core/s`: what the listener's own time would come to on a core of its own."""
    before, used = InboundMessage.objects.count(), cpu_seconds(pid)
    found = sent_on(port, lines, messages)
    used = cpu_seconds(pid) - used
    missing = before + len(messages) - InboundMessage.objects.count()
    table.row(
        str(lines), len(messages), found.p50, found.p95, found.per_second,
        len(messages) / max(used, 0.01), found.failed + abs(missing),
    )  # fmt: skip


def sent_on(port: int, lines: int, messages: Sequence[bytes]):
    opened = [Line(port) for _ in range(lines)]
    shares = [[line.send(m) for m in messages[n::lines]] for n, line in enumerate(opened)]
    found = timed(shares[0]) if lines == 1 else at_once(shares)
    for line in opened:
        line.socket.close()
    return found


def file_all(table: Table, waiting: int) -> None:
    begun, before = time.perf_counter(), filed()
    seconds = until(lambda: filed() >= before + waiting, begun)
    done = filed() - before
    table.row("2", waiting, seconds, done / seconds, waiting - done)


def end_to_end(table: Table, port: int, lines: int, messages: Sequence[bytes]) -> None:
    begun, before = time.perf_counter(), filed()
    found = sent_on(port, lines, messages)
    seconds = until(lambda: filed() >= before + len(messages), begun)
    done = filed() - before
    table.row(
        str(lines), len(messages), found.p50, found.p95, found.per_second, done / seconds,
        found.failed + len(messages) - done,
    )  # fmt: skip


def until(true: Callable[[], bool], begun: float) -> float:
    while not true() and time.perf_counter() - begun < PATIENCE_S:
        time.sleep(0.05)
    return time.perf_counter() - begun


def filed() -> int:
    return InboundMessage.objects.filter(state="filed", source="mllp").count()
