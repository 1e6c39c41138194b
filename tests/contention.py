"""Many who book at once, in processes of their own: what the tests prove and the bench measures.

Each worker process serves a few contenders in threads, each with a connection of its own to the
database it is told; it says that it is ready, waits at one gate with the others, and then lets
its contenders loose on their share.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any
from urllib.parse import urlsplit, urlunsplit

PATIENCE_S = 60.0
Job = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one contender got: a booking's key, or the sentence and how many alternatives."""

    won: int | None = None
    sentence: str = ""
    alternatives: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Round:
    """All answers of one round, and how long it took from the gate to the last of them."""

    answers: tuple[Answer, ...]
    seconds: float

    @property
    def winners(self) -> list[int]:
        return [answer.won for answer in self.answers if answer.won is not None]

    @property
    def sentences(self) -> Counter[str]:
        return Counter(answer.sentence for answer in self.answers if answer.won is None)

    @property
    def per_second(self) -> float:
        return len(self.answers) / self.seconds

    def percentile_ms(self, share: float) -> float:
        taken = sorted(answer.seconds for answer in self.answers)
        return 1000 * taken[min(int(len(taken) * share), len(taken) - 1)]


class Crowd:
    """So many processes of so many contenders each, for round after round; a context manager."""

    def __init__(self, processes: int, each: int, database: str) -> None:
        context = get_context("spawn")
        self.pipes, self.processes = [], []
        for _ in range(processes):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, each, database), daemon=True)
            process.start()
            theirs.close()
            self.pipes.append(ours)
            self.processes.append(process)

    def __enter__(self) -> "Crowd":
        for pipe in self.pipes:
            assert self._heard(pipe) == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self.pipes:
            with suppress(OSError):
                pipe.send(None)
        for process in self.processes:
            process.join(10)
            if process.is_alive():
                process.kill()

    def round(self, jobs: Sequence[Job]) -> Round:
        """Deal the jobs out, open the gate for all at once, and gather every answer."""
        shares: list[list[Job]] = [list(jobs[n :: len(self.pipes)]) for n in range(len(self.pipes))]
        for pipe, share in zip(self.pipes, shares, strict=True):
            pipe.send(share)
        for pipe in self.pipes:
            assert self._heard(pipe) == "at the gate"
        begun = time.perf_counter()
        for pipe in self.pipes:
            pipe.send("go")
        answers = [answer for pipe in self.pipes for answer in self._heard(pipe)]
        return Round(tuple(answers), time.perf_counter() - begun)

    @staticmethod
    def _heard(pipe: Any) -> Any:
        if not pipe.poll(PATIENCE_S):
            raise TimeoutError("a contender did not answer")
        heard = pipe.recv()
        if isinstance(heard, str) and heard.startswith("Traceback"):
            raise RuntimeError(heard)
        return heard


def _work(pipe: Any, each: int, database: str) -> None:
    """The life of one process of contenders."""
    import traceback
    from concurrent.futures import ThreadPoolExecutor

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["DATABASE_URL"] = database
    try:
        import django

        django.setup()
        with ThreadPoolExecutor(each) as contenders:
            list(contenders.map(_connect, range(each)))
            pipe.send("ready")
            while (jobs := pipe.recv()) is not None:
                pipe.send("at the gate")
                pipe.recv()
                pipe.send(list(contenders.map(_one, jobs)))
    except EOFError:
        return
    except BaseException:  # the parent must hear of it, whatever it was
        pipe.send(traceback.format_exc())
        raise


def _connect(_: int) -> None:
    from django.db import connection

    connection.ensure_connection()


def _one(job: Job) -> Answer:
    from clinic.refusal import Refusal

    name, wish = job
    begun = time.perf_counter()
    try:
        won = VERBS[name](**wish)
    except Refusal as refusal:
        near = refusal.alternatives
        return Answer(
            sentence=str(refusal),
            alternatives=len(near) if isinstance(near, list) else 0,
            seconds=time.perf_counter() - begun,
        )
    return Answer(won=won, seconds=time.perf_counter() - begun)


def _book(**wish: Any) -> int:
    from clinic.actions.bookings import book
    from clinic.models import Resource

    resource = Resource.objects.select_related("site").get(pk=wish.pop("resource"))
    return book(resource=resource, by=None, **wish).pk


def _move(*, booking: int, resource: int, starts_at: datetime, now: datetime) -> int:
    from clinic.actions.bookings import move
    from clinic.models import Booking, Resource

    return move(
        booking=Booking.objects.get(pk=booking),
        resource=Resource.objects.select_related("site").get(pk=resource),
        starts_at=starts_at,
        by=None,
        now=now,
    ).pk


def _cancel(*, booking: int, now: datetime) -> int:
    from clinic.actions.bookings import cancel
    from clinic.models import Booking

    return cancel(booking=Booking.objects.get(pk=booking), reason="Raced.", by=None, now=now).pk


def _confirm(*, booking: int, now: datetime) -> int:
    from clinic.actions.bookings import confirm
    from clinic.models import Booking

    return confirm(booking=Booking.objects.get(pk=booking), by=None, now=now).pk


VERBS: dict[str, Callable[..., int]] = {
    "book": _book,
    "move": _move,
    "cancel": _cancel,
    "confirm": _confirm,
}


def one_slot(
    resource: int, starts_at: datetime, *, contenders: int, now: datetime, first: int = 1
) -> list[Job]:
    """So many different people, all wanting the same half hour."""
    return [
        ("book", {
            "resource": resource, "attendee": f"patients.patient:{first + n}",
            "starts_at": starts_at, "minutes": 30, "now": now,
        })
        for n in range(contenders)
    ]  # fmt: skip


def free_slots(
    resources: Sequence[int], starts: Sequence[datetime], *, wanted: int, now: datetime
) -> list[Job]:
    """So many different people, each wanting a quarter hour that nobody else wants."""
    jobs: list[Job] = []
    for resource in resources:
        for start in starts:
            jobs.append(("book", {
                "resource": resource, "attendee": f"patients.patient:{len(jobs) + 1}",
                "starts_at": start, "minutes": 15, "now": now,
            }))  # fmt: skip
            if len(jobs) == wanted:
                return jobs
    raise ValueError(f"there are only {len(jobs)} different slots")


def quarters(opens: datetime, closes: datetime) -> list[datetime]:
    """Every quarter hour from the opening on."""
    count = int((closes - opens).total_seconds()) // 900
    return [opens + timedelta(minutes=15) * n for n in range(count)]


def database_url() -> str:
    """The address of the database the tests work in, for a process that is not theirs."""
    from django.db import connection

    at = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(at._replace(path=f"/{connection.settings_dict['NAME']}"))
