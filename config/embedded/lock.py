"""One run in a folder at a time, and how a second command finds the first."""

import fcntl
import json
import os
import time
from pathlib import Path
from typing import TextIO

from config.embedded.places import STATE, VAR, write_private
from config.embedded.trouble import Trouble

LOCK = VAR / "halfyear.lock"
ENVIRONMENT = STATE / "environment.json"
PATIENCE_S = 20.0  # what a killed run's guardian needs at most to clean up after it


def take(path: Path = LOCK) -> TextIO:
    """Hold the folder until this file is closed; a run killed a moment ago is waited for."""
    path.parent.mkdir(exist_ok=True)
    file = path.open("a+")
    deadline = time.monotonic() + PATIENCE_S
    while not _try(file):
        holder = _holder(path)
        if holder and _alive(holder):
            raise Trouble(
                f"Halfyear runs in this folder already (process {holder}).",
                f"kill {holder}   # or press Ctrl-C in its terminal",
            )
        if time.monotonic() > deadline:
            raise Trouble("Something still holds this folder's lock.", f"fuser -v {path}")
        time.sleep(0.1)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def held(path: Path = LOCK) -> bool:
    """Whether a run holds the folder now."""
    try:
        with path.open() as file:
            return not _try(file)
    except FileNotFoundError:
        return False


def publish(environment: dict[str, str], path: Path = ENVIRONMENT) -> None:
    """Tell other commands of the same folder how to reach the running servers."""
    write_private(path, json.dumps(environment))


def withdraw(path: Path = ENVIRONMENT) -> None:
    path.unlink(missing_ok=True)


def published(path: Path = ENVIRONMENT, lock: Path = LOCK) -> dict[str, str] | None:
    """How to reach the running servers, None when nothing runs here."""
    if not held(lock) or not path.exists():
        return None
    environment: dict[str, str] = json.loads(path.read_text())
    return environment


def _try(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _holder(path: Path) -> int | None:
    text = path.read_text()
    return int(text) if text.isdigit() else None


def _alive(pid: int) -> bool:
    """A zombie counts as dead: it holds nothing any more."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")
