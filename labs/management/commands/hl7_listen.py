"""Listen for laboratory results over MLLP: store each message, then answer, then file it.

A message is acknowledged only after its bytes are committed. Filing happens beside the
listening; what a crash leaves unfiled, the next start and the worker's sweep pick up.
"""

import asyncio
import logging
import signal
from contextlib import suppress
from typing import Any

import redis
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections
from django.utils import timezone

from clinic import hl7
from clinic.queries.heartbeat import LINE_KEY
from labs.hl7.filing import file_next, store_frame

log = logging.getLogger("halfyear.hl7")
IDLE_SECONDS = 600
RETRY_SECONDS = 5
SAY_SECONDS = 30
MOST_CONNECTIONS = 2000


class Listener:
    """One TCP port; any number of laboratories, each connection on its own."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read frames until the other side leaves; a broken connection harms no other."""
        if self.open >= MOST_CONNECTIONS:
            writer.close()
            return
        self.open += 1
        framer = hl7.Framer()
        try:
            while data := await asyncio.wait_for(reader.read(65536), IDLE_SECONDS):
                for frame in framer.feed(data):
                    writer.write(hl7.framed(await self.take(frame)))
                    await writer.drain()
        except (ConnectionError, TimeoutError, hl7.Malformed) as why:
            log.info("connection ended: %s", type(why).__name__)
        finally:
            self.open -= 1
            writer.close()

    async def take(self, frame: bytes) -> bytes:
        """Store, then answer: AE tells the laboratory to send again when storing failed."""
        try:
            _, answer = await sync_to_async(store, thread_sensitive=True)(frame)
        except OperationalError:
            log.exception("a message could not be stored; the sender is asked to send it again")
            return hl7.acknowledgement(None, "AE", now=timezone.now(), text="Not stored.")
        self.arrived.set()
        return answer

    async def file(self) -> None:
        """File what has been stored, one message after another."""
        while True:
            self.arrived.clear()
            try:
                while await sync_to_async(file_one, thread_sensitive=True)():
                    pass
            except OperationalError:
                log.exception("filing pauses: the database does not answer")
                await asyncio.sleep(RETRY_SECONDS)
                continue
            except Exception:  # one message must not take the line from all the others
                log.exception("a message could not be read; tried again, and then set aside")
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await self.arrived.wait()


async def say_so() -> None:
    """Tell the health page that the line is open; when Redis is away it is not told, no more."""
    while True:
        with suppress(redis.RedisError, OSError):
            await sync_to_async(heard)()
        await asyncio.sleep(SAY_SECONDS)


def heard() -> None:
    cache.set(LINE_KEY, timezone.now().isoformat(), timeout=None)


def store(frame: bytes) -> tuple[object, bytes]:
    close_old_connections()
    return store_frame(frame, source="mllp", now=timezone.now())


def file_one() -> bool:
    close_old_connections()
    return file_next(now=timezone.now()) is not None


class Command(BaseCommand):
    help = "Receives HL7 v2 results over MLLP."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=2575)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        asyncio.run(self._run(host, port))

    async def _run(self, host: str, port: int) -> None:
        listener = Listener()
        server = await asyncio.start_server(listener.serve, host, port, limit=2**20)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        bound = server.sockets[0].getsockname()[1]
        self.stdout.write(f"Listening for laboratory results on {host}:{bound}.")
        self.stdout.flush()
        filing = asyncio.create_task(listener.file())
        telling = asyncio.create_task(say_so())
        async with server:
            await asyncio.wait(
                [filing, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED
            )
        if filing.done():
            filing.result()
        filing.cancel()
        telling.cancel()
