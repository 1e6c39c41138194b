"""One run in a folder at a time, and how a second command finds the first."""

import fcntl
import json
import os
import time
from pathlib import Path
from typing import TextIO

from config.embedded.places import VAR, write_private
from config.embedded.trouble import Trouble

PATIENCE_S = 20.0  # what a killed run's guardian needs at most to clean up after it


def take(folder: Path = VAR) -> TextIO:
    """Hold the folder until this file is closed; a run killed a moment ago is waited for."""
    folder.mkdir(parents=True, exist_ok=True)
    path = _lock(folder)
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
    withdraw(folder)  # what a killed run published is true no more
    return file


def held(folder: Path = VAR) -> bool:
    """Whether a run holds the folder now."""
    try:
        with _lock(folder).open() as file:
            return not _try(file)
    except FileNotFoundError:
        return False


def publish(environment: dict[str, str], folder: Path = VAR) -> None:
    """Tell other commands of the same folder how to reach the running servers."""
    write_private(_environment(folder), json.dumps(environment))


def withdraw(folder: Path = VAR) -> None:
    _environment(folder).unlink(missing_ok=True)


def published(folder: Path = VAR) -> dict[str, str] | None:
    """How to reach the running servers, None when nothing runs here."""
    if not held(folder) or not _environment(folder).exists():
        return None
    environment: dict[str, str] = json.loads(_environment(folder).read_text())
    return environment


def _lock(folder: Path) -> Path:
    return folder / "halfyear.lock"


def _environment(folder: Path) -> Path:
    return folder / "environment.json"


def _try(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _holder(path: Path) -> int | None:
    text = path.read_text()
    return int(text) if text.isdecimal() else None


def _alive(pid: int) -> bool:
    """A zombie counts as dead: it holds nothing any more."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")
