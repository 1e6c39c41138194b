"""A Redis of our own on a socket: the queue and the cache, never the record."""

import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded.children import BARE, Child, Children, Identity, hand_over
from config.embedded.trouble import Trouble

START_PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Redis:
    program: Path
    folder: Path
    sockets: Path
    identity: Identity | None
    throwaway: bool = False

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self, children: Children, *, output: Any) -> Child:
        """Start the server and wait until it answers."""
        data = self.folder / "redis"
        data.mkdir(mode=0o700, exist_ok=True)
        hand_over(data, self.identity)
        self.socket.unlink(missing_ok=True)
        child = children.start(
            "redis",
            self._command(data),
            env=BARE,
            server=True,
            identity=self.identity,
            output=output,
        )
        deadline = time.monotonic() + START_PATIENCE_S
        while child.process.poll() is None and time.monotonic() < deadline:
            if answers(self.socket):
                return child
            time.sleep(0.01)
        children.stop(child)
        raise Trouble("Redis did not start; the lines above and its log say why.", f"rm -r {data}")

    def _command(self, data: Path) -> list[str | Path]:
        keep = "" if self.throwaway else "60 1"
        return [
            self.program,
            *("--port", "0"),
            *("--unixsocket", str(self.socket)),
            *("--unixsocketperm", "700"),
            *("--dir", str(data)),
            *("--save", keep),
            *("--appendonly", "no"),
            *("--daemonize", "no"),
            *("--loglevel", "warning"),
        ]


def answers(path: Path) -> bool:
    """Whether a Redis behind this socket says PONG."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
