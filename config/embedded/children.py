"""The processes of one run: each in its own group, none able to outlive the supervisor."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
GUARDIAN = Path(__file__).with_name("guardian.py")
BARE = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a server runs as when we are root: PostgreSQL refuses root, and Redis needs no root."""

    uid: int
    gid: int

    @classmethod
    def for_servers(cls) -> Self | None:
        """`nobody` under root (initdb wants a name in passwd), and ourselves otherwise."""
        if os.geteuid() != 0:
            return None
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    def as_arguments(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def as_arguments(identity: Identity | None) -> dict[str, Any]:
    """What subprocess needs to run as this identity; nothing for ourselves."""
    return identity.as_arguments() if identity else {}


def hand_over(path: Path, identity: Identity | None) -> None:
    if identity:
        os.chown(path, identity.uid, identity.gid)


def dies_with_us(sig: signal.Signals) -> Callable[[], None]:
    """For preexec_fn: the kernel sends this signal to the child when we die, by whatever means."""
    parent = os.getpid()

    def prepare() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(sig))
        if os.getppid() != parent:  # we died before the kernel was told
            os._exit(1)

    return prepare


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    stop: signal.Signals
    patience_s: float
    # Servers are stopped last, when nothing needs them any more.
    server: bool


class Children:
    """Starts processes, and ends them in reverse order; a guardian does it if we cannot."""

    def __init__(self, *, holding: Sequence[int] = ()) -> None:
        self.running: list[Child] = []
        self.folders: list[Path] = []
        self.idle: Callable[[float], object] = time.sleep  # what to do while waiting
        listening, self.ears = os.pipe()
        self.guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", GUARDIAN],
            stdin=listening,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            pass_fds=list(holding),
        )
        os.close(listening)

    def will_throw_away(self, folder: Path) -> None:
        """Remove this folder at the end, however the end comes."""
        self.folders.append(folder)
        self.tell_guardian(f"folder {folder}")

    def tell_guardian(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # the kernel's signal still ends each leader
            os.write(self.ears, line.encode() + b"\n")

    def start(  # noqa: PLR0913 -- what a process is, by name
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        stop: signal.Signals = signal.SIGTERM,
        patience_s: float = 8.0,
        server: bool = False,
        identity: Identity | None = None,
        cwd: Path = Path("/"),
        output: Any = None,
    ) -> Child:
        """Start it in a process group of its own, so that Ctrl-C reaches the supervisor alone."""
        process = subprocess.Popen(
            command,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            process_group=0,
            preexec_fn=dies_with_us(stop),  # noqa: PLW1509 -- one thread, always
            **as_arguments(identity),
        )
        child = Child(name, process, stop, patience_s, server)
        self.running.append(child)
        self.tell_guardian(f"group {process.pid}")
        return child

    def forget(self, child: Child) -> None:
        """It has ended, and nobody shall signal a number that may be somebody else's by now."""
        child.process.wait()
        self.running.remove(child)
        _signal_group(child, signal.SIGKILL)
        self.tell_guardian(f"gone {child.process.pid}")

    def stop(self, *children: Child) -> None:
        """Ask them all to stop, wait, and insist; their own children go with them."""
        for child in children:
            if child.process.poll() is None:
                child.process.send_signal(child.stop)
        patience_s = max((child.patience_s for child in children), default=0.0)
        for sig, wait_s in ((signal.SIGQUIT, patience_s), (signal.SIGKILL, 2.0)):
            for child in self._still_running(children, wait_s):
                _signal_group(child, sig)
        for child in children:
            self.forget(child)

    def stop_all(self) -> None:
        """First whatever uses the servers, then the servers, then the folders they were in."""
        self.stop(*(child for child in self.running if not child.server))
        self.stop(*self.running)
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)

    def _still_running(self, children: Sequence[Child], wait_s: float) -> list[Child]:
        until = time.monotonic() + wait_s
        while left := [child for child in children if child.process.poll() is None]:
            if time.monotonic() > until:
                break
            self.idle(0.02)
        return left

    def dismiss_guardian(self) -> None:
        self.tell_guardian("bye")
        os.close(self.ears)
        self.guardian.wait(5)


def _signal_group(child: Child, sig: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, sig)
