"""The processes that are measured, started as ./dev run starts them."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from typing import IO

from tests.bench.visitor import await_answer


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def environment(**more: str) -> dict[str, str]:
    """Everything but the preparing works under the role that may not rewrite the trail."""
    return {
        **os.environ,
        "DATABASE_URL": os.environ.get("APPLICATION_DATABASE_URL", os.environ["DATABASE_URL"]),
        **more,
    }


@contextmanager
def running(
    command: Sequence[str | Path], *, output: IO[str] | int = subprocess.DEVNULL, **more: str
) -> Iterator[subprocess.Popen[str]]:
    """A process for as long as somebody needs it."""
    process = subprocess.Popen(command, env=environment(**more), stdout=output, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def web() -> Iterator[tuple[int, int]]:
    """gunicorn as in production: two workers of four threads; its port and process number."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--preload", "-w", "2", "--threads", "4"),
        *("--keep-alive", "30", "-b", f"127.0.0.1:{port}", "--log-level", "warning"),
        *("--no-control-socket", "config.wsgi"),
    ]
    with running(command, DATABASE_POOL="1") as process:
        await_answer(port)
        yield port, process.pid


def children_of(pid: int) -> list[int]:
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def pss_mb(pid: int) -> float:
    """What a process costs the machine: its own pages and its share of shared ones."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
