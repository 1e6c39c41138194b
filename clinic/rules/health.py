"""Is the house at work: what the worker, beat and what waits say together, in one sentence."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

#: Beat asks every half minute; after two minutes somebody should look.
SILENT_AFTER = timedelta(minutes=2)


class Pulse(Enum):
    """How it stands; the value is what to say about it."""

    BEATING = "Beat and worker are at work."
    NO_REDIS = "Redis does not answer."
    NO_BEAT = "Beat is silent."
    NO_WORKER = "No worker answers."

    @property
    def advice(self) -> str:
        return ADVICE[self]


KEPT = "Nothing is lost: what is due waits in the database and goes on when they are back."
ADVICE = {
    Pulse.BEATING: "",
    Pulse.NO_REDIS: f"Start Redis; worker and beat find it again by themselves. {KEPT}",
    Pulse.NO_BEAT: f"A worker is there, and nobody tells it what is due. Start beat. {KEPT}",
    Pulse.NO_WORKER: f"Start a worker; if this stays, start beat too. {KEPT}",
}


def pulse(*, heard_at: datetime | None, redis: bool, worker: bool, now: datetime) -> Pulse:
    """`heard_at` is when a worker last did what beat asked; `worker` whether one answers now."""
    if not redis:
        return Pulse.NO_REDIS
    if heard_at is not None and now - heard_at <= SILENT_AFTER:
        return Pulse.BEATING
    return Pulse.NO_BEAT if worker else Pulse.NO_WORKER


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for one kind of work, and for how long the first of it has."""

    label: str
    waiting: int
    oldest: datetime | None
    patience: timedelta

    def late(self, now: datetime) -> bool:
        return self.oldest is not None and now - self.oldest > self.patience
