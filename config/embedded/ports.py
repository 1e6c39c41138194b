"""Choosing the ports: the usual one, or the next that is free, and saying so."""

import os
import socket
from dataclasses import dataclass

from config.embedded.trouble import Trouble

TRIES = 50


@dataclass(frozen=True, slots=True)
class Port:
    number: int
    usual: int

    @property
    def moved(self) -> bool:
        return self.number != self.usual


def choose(variable: str, usual: int, *, but_not: tuple[int, ...] = ()) -> Port:
    """The port a variable names, which must be free, or else the usual one or the next."""
    named = os.environ.get(variable)
    if named is None:
        return Port(next_free(usual, but_not=but_not), usual)
    if not named.isdecimal() or not 0 < int(named) < 65536:
        raise Trouble(f"{variable}={named} is not a port.", f"{variable}={usual} ./dev run")
    wanted = int(named)
    if not is_free(wanted):
        free = next_free(wanted + 1, but_not=but_not)
        raise Trouble(f"Port {wanted} is taken by another program.", f"{variable}={free} ./dev run")
    return Port(wanted, wanted)


def next_free(first: int, *, but_not: tuple[int, ...] = ()) -> int:
    for port in range(first, min(first + TRIES, 65536)):
        if port not in but_not and is_free(port):
            return port
    raise Trouble(f"No port from {first} on is free.", "ss -ltnp   # shows who holds them")


def is_free(port: int) -> bool:
    """Whether we could listen there now; a port below 1024 may not be ours to take."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
