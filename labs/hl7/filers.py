"""The processes that file what the listener has stored, beside it and side by side.

They are forked before the listener opens anything, so that they share its memory. A filer that
dies is replaced; all of them end when the listener does, because the pipe that wakes them closes.
"""

import logging
import os
import select
import signal
import sys
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone

from labs.actions.reading import file_lane

log = logging.getLogger("halfyear.hl7")
RETRY_SECONDS = 5.0
#: They look by themselves as well: files are put in line by the web, not by the listener.
LOOK_SECONDS = 2.0


class Filers:
    """The listener's end of the pipe, and the process that tends the filers."""

    def __init__(self, count: int) -> None:
        read, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._tender = os.fork() if count else 0
        if count and self._tender == 0:
            os.close(self._wake)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            leave(lambda: tend(read, count))
        os.close(read)

    def wake(self) -> None:
        """Something was stored. A full pipe has woken them already."""
        try:
            os.write(self._wake, b".")
        except (BlockingIOError, BrokenPipeError):
            return

    def close(self) -> None:
        """Let each finish the message it is filing."""
        os.close(self._wake)
        if self._tender:
            os.waitpid(self._tender, 0)


def leave(work: Callable[[], None]) -> None:
    """Do the work of a forked process and end it there, whatever happens."""
    code = 1
    try:
        work()
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def tend(read: int, count: int) -> None:
    """Keep so many filers alive; one that came to its end by itself ends them all."""
    alive: set[int] = set()
    while True:
        while len(alive) < count:
            pid = os.fork()
            if pid == 0:
                leave(lambda: file_until_closed(read))
            alive.add(pid)
        pid, status = os.wait()
        alive.discard(pid)
        if status == 0:
            break
        log.error("a process that files results ended with %s; another takes its place", status)
        time.sleep(1)
    while alive:
        alive.discard(os.wait()[0])


def file_until_closed(read: int) -> None:
    """File what waits, then sleep until woken; return when the listener is gone."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    pause = 0.0
    while not closed(read, pause):
        pause = filed_all()
    connection.close()


def closed(read: int, pause: float) -> bool:
    """Wait so long or until woken; has the listener gone?"""
    ready, _, _ = select.select([read], [], [], pause)
    return bool(ready) and not os.read(read, 4096)


def filed_all() -> float:
    """File one lane; how long to wait before the next look."""
    try:
        close_old_connections()
        return 0.0 if file_lane(now=timezone.now) else LOOK_SECONDS
    except (OperationalError, InterfaceError):
        log.exception("filing pauses: the database does not answer")
    except Exception:  # one message must not take the line from all the others
        log.exception("a message could not be read; tried again, and then set aside")
    connection.close()
    return RETRY_SECONDS
