"""One readable log: every line of every process, with its name, on the terminal and in one file."""

import contextlib
import os
import re
import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from config.embedded.trouble import Trouble, explain

US = "halfyear"
COLOURS = {US: "1", "web": "32", "worker": "36", "beat": "35", "hl7": "34", "postgres": "33"}
OTHER_COLOUR = "90"
# Lines that say only that all is well go to the file alone.
CHATTER = {
    "redis": re.compile(
        "oO0OoO|Redis version|Configuration loaded|Server initialized|overcommit|SIGTERM"
        "|User requested|Saving the final|DB saved|Removing the|ready to exit"
    ),
    "postgres": re.compile("^LOG: |the database system is (starting up|shutting down)"),
}
# Lines that say only that all is well go to the file alone.
CHATTER = {
    "redis": re.compile(
        "oO0OoO|Redis version|Configuration loaded|Server initialized|overcommit|SIGTERM"
        "|User requested|Saving the final|DB saved|Removing the|ready to exit"
    ),
    "postgres": re.compile("^LOG: |the database system is (starting up|shutting down)"),
}
KEEP_BYTES = 5_000_000
READ_BYTES = 65_536


class Log:
    """Reads what the processes write and prints it line by line; nothing here waits for long."""

    def __init__(self, file: Path, terminal: TextIO, started: float) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and file.stat().st_size > KEEP_BYTES:
            file.replace(file.with_suffix(".log.1"))
        self.path = file
        self.file = file.open("a", encoding="utf-8", buffering=1)
        self.terminal = terminal
        self.colour = terminal.isatty() and "NO_COLOR" not in os.environ
        self.started = started
        self.selector = selectors.DefaultSelector()
        self.told: set[str] = set()
        # What must end the run; after it only our own lines are shown, the rest goes to the file.
        self.fatal: Trouble | None = None

    def say(self, sentence: str) -> None:
        """A sentence of the supervisor's own, with the seconds since ./dev was typed."""
        self.line(US, f"{time.monotonic() - self.started:5.1f} s  {sentence}")

    def line(self, name: str, text: str) -> None:
        stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        try:
            self.file.write(f"{stamp} {name:<9}| {text}\n")
        except OSError as error:  # a full disk must not end what it cannot harm
            self._explain(str(error))
        if name != US and (self.fatal or _is_chatter(name, text)):
            return
        head = f"{name:<9}|"
        if self.colour:
            head = f"\x1b[{COLOURS.get(name, OTHER_COLOUR)}m{head}\x1b[0m"
        print(head, text, file=self.terminal, flush=True)
        if name != US:
            self._explain(text)

    @contextmanager
    def pipe(self, name: str) -> Iterator[int]:
        """The writing end for a process about to start; ours is closed when it has started."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        self.selector.register(reading, selectors.EVENT_READ, [name, b""])
        try:
            yield writing
        finally:
            os.close(writing)
            self.pump(0)

    def pump(self, timeout_s: float) -> None:
        """Print what has come, waiting at most this long for something to come."""
        if not self.selector.get_map():
            time.sleep(timeout_s)
            return
        for key, _ in self.selector.select(timeout_s):
            self._read(key)

    def close(self) -> None:
        """Print the last words of processes that have ended."""
        while self.selector.get_map():
            ready = self.selector.select(0)
            if not ready:
                break
            for key, _ in ready:
                self._read(key)
        with contextlib.suppress(OSError):  # the disk may be full
            self.file.close()

    def _read(self, key: selectors.SelectorKey) -> None:
        name, rest = key.data
        try:
            read = os.read(key.fd, READ_BYTES)
        except BlockingIOError:
            return
        if not read:
            self.selector.unregister(key.fd)
            os.close(key.fd)
        *lines, rest = (rest + read).split(b"\n")
        if len(rest) > READ_BYTES or (not read and rest):
            lines, rest = [*lines, rest], b""
        key.data[1] = rest
        for line in lines:
            if text := line.decode(errors="replace").rstrip():
                self.line(name, text)

    def trouble(self, trouble: Trouble) -> None:
        for line in str(trouble).splitlines():
            self.say(line)

    def _explain(self, text: str) -> None:
        trouble = explain(text)
        if trouble and trouble.fatal:
            self.fatal = self.fatal or trouble
        elif trouble and trouble.sentence not in self.told:
            self.told.add(trouble.sentence)
            self.trouble(trouble)


def _is_chatter(name: str, text: str) -> bool:
    return name in CHATTER and CHATTER[name].search(text) is not None
