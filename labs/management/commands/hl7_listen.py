"""Listen for laboratory results over MLLP: store each message, then answer, then file it.

A message is acknowledged only after its bytes are committed. Filing happens in processes beside
the listening; what a crash leaves unfiled, the next start and the worker's sweep pick up.
"""

import asyncio
import os
import signal
from contextlib import suppress
from typing import Any

import redis
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from clinic.queries.heartbeat import LINE_KEY
from labs.hl7.filers import Filers
from labs.hl7.keeper import Keeper
from labs.hl7.listener import READ_BYTES, Lines, connections_allowed

SAY_SECONDS = 30
BACKLOG = 1024


async def say_so() -> None:
    """Tell the health page that the line is open; when Redis is away it is not told, no more."""
    while True:
        with suppress(redis.RedisError, OSError):
            await sync_to_async(heard)()
        await asyncio.sleep(SAY_SECONDS)


def heard() -> None:
    cache.set(LINE_KEY, timezone.now().isoformat(), timeout=None)


class Command(BaseCommand):
    help = "Receives HL7 v2 results over MLLP."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=2575)
        parser.add_argument(
            "--filers",
            type=int,
            default=min(2, os.cpu_count() or 1),
            help="Processes that file what arrived; 0 leaves it to the worker.",
        )

    def handle(self, *args: Any, host: str, port: int, filers: int, **options: Any) -> None:
        beside = Filers(filers)
        try:
            asyncio.run(self._run(host, port, beside))
        finally:
            beside.close()

    async def _run(self, host: str, port: int, beside: Filers) -> None:
        keeper = Keeper(stored=beside.wake)
        lines = Lines(keeper.keep, most=connections_allowed())
        server = await asyncio.start_server(
            lines.serve, host, port, limit=READ_BYTES, backlog=BACKLOG
        )
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        bound = server.sockets[0].getsockname()[1]
        self.stdout.write(f"Listening for laboratory results on {host}:{bound}.")
        self.stdout.flush()
        keeping = asyncio.create_task(keeper.run())
        telling = asyncio.create_task(say_so())
        async with server:
            await asyncio.wait(
                [keeping, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED
            )
        if keeping.done():
            keeping.result()
        keeping.cancel()
        telling.cancel()
