"""What runs beside the two servers, as data: the order, the commands, and what each may lack."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded.places import MAIL, STATE

# A warning for servers; here everything runs as the developer, who may be root.
AS_ROOT = "ignore:You're running the worker with superuser privileges"
MAILBOX = Path(__file__).with_name("mailbox.py")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The ports of one run; the databases have none."""

    web: int
    hl7: int
    mail: int


@dataclass(frozen=True, slots=True)
class Process:
    name: str
    command: tuple[str | Path, ...]
    env: dict[str, str] = field(default_factory=dict)
    # Started only when the first page has been answered: two cores start one thing at a time.
    after_first_page: bool = True
    # Without it there is nothing to look at, so the run ends when it cannot be kept up.
    essential: bool = False
    patience_s: float = 8.0


def processes(at: Addresses) -> tuple[Process, ...]:
    python = sys.executable
    celery = (python, "-W", AS_ROOT, "-m", "celery", "--quiet", "-A", "config")
    quiet = ("--loglevel", "WARNING")
    return (
        Process(
            "mail",
            (python, "-I", "-S", MAILBOX, "--port", str(at.mail), "--folder", MAIL),
            after_first_page=False,
        ),
        Process(
            "web",
            (
                *(python, "-m", "gunicorn", "--preload", "-w", "2", "--threads", "4"),
                *("-b", f"127.0.0.1:{at.web}", "--graceful-timeout", "5"),
                *("--log-level", "warning", "--no-control-socket", "config.wsgi"),
            ),
            env={"DATABASE_POOL": "1"},
            after_first_page=False,
            essential=True,
        ),
        Process(
            "worker",
            (*celery, "worker", "-c", "2", *quiet, "--without-gossip", "--without-mingle"),
            patience_s=12.0,
        ),
        Process(
            "beat",
            (*celery, "beat", *quiet, "--pidfile=", "-s", STATE / "beat-schedule"),
        ),
        Process("hl7", (python, "manage.py", "hl7_listen", "--port", str(at.hl7))),
    )
