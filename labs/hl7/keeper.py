"""Group commit: frames of many lines are kept in one transaction, and answered after it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from clinic import hl7
from labs.hl7.filing import store_frames

log = logging.getLogger("halfyear.hl7")
MOST_TOGETHER, MOST_BYTES = 500, 16 * 1024 * 1024
NOT_STORED = "Not stored; send it again."


@dataclass(slots=True)
class Waiting:
    frame: bytes
    answer: asyncio.Future[bytes]


@dataclass(slots=True)
class Keeper:
    """Takes what has arrived while the last commit was under way, all of it, into the next."""

    stored: Callable[[], None]
    queue: asyncio.Queue[Waiting] = field(default_factory=asyncio.Queue)
    thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="keeper")
    )

    async def keep(self, frame: bytes) -> bytes:
        """The answer, once the frame is safe; AE asks the laboratory to send it again."""
        answer = asyncio.get_running_loop().create_future()
        await self.queue.put(Waiting(frame, answer))
        return await answer

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            several = self._together(await self.queue.get())
            frames = [one.frame for one in several]
            answers = await loop.run_in_executor(self.thread, kept, frames)
            for one, answer in zip(several, answers, strict=True):
                if not one.answer.done():
                    one.answer.set_result(answer)
            self.stored()

    def _together(self, first: Waiting) -> list[Waiting]:
        several, size = [first], len(first.frame)
        with suppress(asyncio.QueueEmpty):
            while len(several) < MOST_TOGETHER and size < MOST_BYTES:
                several.append(self.queue.get_nowait())
                size += len(several[-1].frame)
        return several


def kept(frames: Sequence[bytes]) -> list[bytes]:
    """The answer to each: together where that goes, else one by one, so that none spoils others."""
    try:
        close_old_connections()
        return store_frames(frames, source="mllp", now=timezone.now())
    except (OperationalError, InterfaceError):
        log.exception("%d messages could not be stored; asked for again", len(frames))
        return [not_stored(frame) for frame in frames]
    except (DatabaseError, ValueError):
        if len(frames) > 1:
            return [answer for frame in frames for answer in kept([frame])]
        log.exception("a message could not be stored; asked for again")
        return [not_stored(frames[0])]


def not_stored(frame: bytes) -> bytes:
    """AE, with the number of the message it is about where that can be read."""
    try:
        header = hl7.peek(frame)
    except hl7.Malformed:
        header = None
    return hl7.acknowledgement(header, "AE", now=timezone.now(), text=NOT_STORED)
