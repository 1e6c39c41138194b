"""Looking at real processes: who descends from whom, and waiting for an end without polling."""

import os
import select
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

SERVERS = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "APPLICATION_DATABASE_URL", "REDIS_URL")


def alone() -> dict[str, str]:
    """Our environment without the servers the tests themselves run on."""
    return {name: value for name, value in os.environ.items() if name not in SERVERS}


def start_embedded(*words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "config.embedded", *words],
        env=alone() | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def descendants(pid: int) -> list[int]:
    """Every process below this one, the grandchildren too."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents.setdefault(int(stat.rpartition(") ")[2].split()[1]), []).append(int(entry.name))
    found, fresh = [], [pid]
    while fresh:
        fresh = [child for parent in fresh for child in parents.get(parent, [])]
        found += fresh
    return found


def watch(pids: Iterable[int]) -> list[int]:
    """A handle for each process, which stays its own even when its number is used again."""
    return [os.pidfd_open(pid) for pid in pids]


def all_end(handles: list[int], *, within_s: float) -> bool:
    """Whether every watched process has ended before so many seconds have passed."""
    ended = []
    for handle in handles:
        ready, _, _ = select.select([handle], [], [], within_s)
        ended.append(bool(ready))
        os.close(handle)
    return all(ended)
