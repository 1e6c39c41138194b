"""What every run has around it: the folder's lock, a log, the children, and a clean end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from config.embedded import lock, places
from config.embedded.children import Children, dies_with_us
from config.embedded.log import Log
from config.embedded.trouble import Trouble

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COMMAND_PATIENCE_S = 15.0


class Leave(BaseException):
    """We were asked to stop."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.code = 128 + signum


def hold(work: Callable[[Log, Children], int]) -> int:
    """Do the work as the only run of this folder, and end every process it started."""
    held = lock.take()
    places.check_space(places.VAR)
    log = Log(places.LOG, sys.stdout, started())
    children = Children(holding=[held.fileno()])
    children.idle = log.pump
    leave_on_signals()
    try:
        return work(log, children)
    except Leave:
        log.say("Stopping.")
        return 0
    except Trouble as trouble:
        log.pump(0.1)
        log.trouble(trouble)
        return 1
    finally:
        ignore_signals()
        lock.withdraw()
        children.stop_all()
        log.say("Stopped.")
        log.close()
        children.dismiss_guardian()


def call(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run it in our own process group, so that it keeps the terminal; its exit code."""
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=places.ROOT,
            preexec_fn=dies_with_us(signal.SIGTERM),  # noqa: PLW1509 -- one thread, always
        )
    except FileNotFoundError:
        raise Trouble(f"There is no program called {command[0]}.") from None
    try:
        return process.wait()
    except Leave:
        process.terminate()
        try:
            process.wait(COMMAND_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def leave_on_signals() -> None:
    """Handlers of our own for all three: a shell's background job comes with SIGINT ignored."""

    def leave(signum: int, _frame: FrameType | None) -> None:
        raise Leave(signum)

    for sig in SIGNALS:
        signal.signal(sig, leave)


def ignore_signals() -> None:
    """While we are stopping already."""
    for sig in SIGNALS:
        signal.signal(sig, signal.SIG_IGN)


def started() -> float:
    """When this process began, on the monotonic clock: ./dev becomes this process by exec."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(") ")[2].split()[19])
    since_boot_s = float(Path("/proc/uptime").read_text().split()[0])
    age_s = since_boot_s - ticks / os.sysconf("SC_CLK_TCK")
    return time.monotonic() - age_s
