"""Clean up after a supervisor that was killed: its process groups and its throw-away folders.

Run by its path under `python -I -S`, so nothing of ours is imported. It reads lines on its
standard input: `group <id>` and `gone <id>` as processes come and go, `folder <path>` for what
must not outlive the run, and `bye` before an orderly end. The end of input without a `bye`
means that the supervisor is dead.
"""

import contextlib
import os
import shutil
import signal
import sys
import time

PATIENCE_S = 8.0  # the kernel has asked each leader to stop already (PR_SET_PDEATHSIG)
STEP_S = 0.05


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def wait_for(groups: set[int], patience_s: float) -> set[int]:
    """The groups still alive after at most this long."""
    until = time.monotonic() + patience_s
    left = {group for group in groups if alive(group)}
    while left and time.monotonic() < until:
        time.sleep(STEP_S)
        left = {group for group in left if alive(group)}
    return left


def clean_up(groups: set[int], folders: list[str], patience_s: float = PATIENCE_S) -> None:
    left = wait_for(groups, patience_s)
    for sig in (signal.SIGTERM, signal.SIGKILL):
        for group in left:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, sig)
        left = wait_for(left, 2.0)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, signal.SIG_IGN)
    groups: set[int] = set()
    folders: list[str] = []
    for line in sys.stdin:
        word, _, value = line.rstrip("\n").partition(" ")
        if word == "bye":
            return
        if word == "group":
            groups.add(int(value))
        elif word == "gone":
            groups.discard(int(value))
        elif word == "folder":
            folders.append(value)
    clean_up(groups, folders)


if __name__ == "__main__":
    main()
