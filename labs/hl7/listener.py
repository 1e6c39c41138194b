"""One TCP port for any number of laboratories: frames in, answers out, and what a line may cost.

Storing is not its business: it hands every frame to `keep` and passes on the answer.
"""

import asyncio
import logging
import resource
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from django.utils import timezone

from clinic import hl7

log = logging.getLogger("halfyear.hl7")
#: A line may be silent for so long; in the middle of a message not even nearly.
IDLE_SECONDS, PARTIAL_SECONDS = 600, 60
READ_BYTES = 65536
MOST_CONNECTIONS = 5000
#: For what has not come to its end yet, of all lines together; beyond it only small ones go on.
MOST_HELD_BYTES, SMALL_BYTES = 256 * 1024 * 1024, 256 * 1024
#: Files the process needs besides its lines.
OTHER_FILES = 64

Keep = Callable[[bytes], Awaitable[bytes]]


def connections_allowed() -> int:
    """As many as the system lets this process have open, at most MOST_CONNECTIONS."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    if soft < wanted:
        soft = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(MOST_CONNECTIONS, soft - OTHER_FILES)


@dataclass(slots=True)
class Lines:
    """Every open connection; a broken one harms no other."""

    keep: Keep
    most: int = MOST_CONNECTIONS
    open: int = 0
    held: int = field(default=0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read frames until the other side leaves."""
        if self.open >= self.most:
            writer.close()
            return
        self.open += 1
        line = Line(self, hl7.Framer(), writer)
        try:
            while data := await asyncio.wait_for(reader.read(READ_BYTES), line.patience):
                await line.take(data)
        except hl7.Malformed as why:
            await line.refuse(str(why))
        except (ConnectionError, TimeoutError) as why:
            log.info("connection ended: %s", type(why).__name__)
        finally:
            self.open -= 1
            line.forget()
            writer.close()


@dataclass(slots=True)
class Line:
    lines: Lines
    framer: hl7.Framer
    writer: asyncio.StreamWriter
    counted: int = 0

    @property
    def patience(self) -> float:
        return PARTIAL_SECONDS if self.framer.held else IDLE_SECONDS

    async def take(self, data: bytes) -> None:
        """Keep every frame this completes, those of one packet together; answer in their order."""
        waiting: list[asyncio.Future[bytes]] = []
        try:
            for frame in self.framer.feed(data):
                kept = asyncio.ensure_future(self.lines.keep(frame))
                waiting.append(kept)
            self.count()
        finally:
            for answer in waiting:
                self.writer.write(hl7.framed(await answer))
        if waiting:
            await self.writer.drain()

    def count(self) -> None:
        """What this line holds is counted with the others; too much at once ends the line."""
        self.lines.held += self.framer.held - self.counted
        self.counted = self.framer.held
        if self.lines.held > MOST_HELD_BYTES and self.counted > SMALL_BYTES:
            raise hl7.Malformed("Too much arrives at once; send this message again later.")

    def forget(self) -> None:
        self.lines.held -= self.counted
        self.counted = 0

    async def refuse(self, why: str) -> None:
        """Say why the line ends; nothing of what it held is kept, and its sender knows."""
        log.info("connection ended: %s", why)
        try:
            self.writer.write(
                hl7.framed(hl7.acknowledgement(None, "AR", now=timezone.now(), text=why))
            )
            await self.writer.drain()
        except ConnectionError:
            return
