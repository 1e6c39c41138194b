"""A mail server that delivers nothing: the last messages lie in a folder, for a developer to read.

Run by its path under `python -I -S`: the standard library is all it needs.
"""

import argparse
import asyncio
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

KEEP_MESSAGES = 200
LARGEST_BYTES = 10_000_000
NUMBERS = count(1)
# Addresses here are refused, so that a message that fails can be seen and tried.
BOUNCING = "@bounce.example"
REPLIES = {
    "HELO": "250 halfyear",
    "EHLO": f"250-halfyear\r\n250-8BITMIME\r\n250 SIZE {LARGEST_BYTES}",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "RSET": "250 OK",
    "NOOP": "250 OK",
    "DATA": "354 End with a full stop on its own line",
    "QUIT": "221 Good-bye",
}


class Conversation:
    """One client's SMTP session (RFC 5321, the commands every server must know)."""

    def __init__(self, keep: Callable[[list[str], bytes], str]) -> None:
        self.keep = keep
        self.recipients: list[str] = []
        self.sender = ""

    def answer(self, line: str) -> str:
        """The reply to one command; DATA's text is read by the caller after a 354."""
        verb, _, rest = line.strip().partition(" ")
        verb = verb.upper()
        if verb == "MAIL":
            self.sender, self.recipients = _address(rest), []
        elif verb == "RCPT" and _address(rest).endswith(BOUNCING):
            return "550 No such person here"
        elif verb == "RCPT":
            self.recipients.append(_address(rest))
        elif verb == "RSET":
            self.recipients = []
        elif verb == "DATA" and not self.recipients:
            return "503 RCPT first"
        return REPLIES.get(verb, "502 Not known here")

    def take(self, message: bytes) -> str:
        """Keep the message, or say that it is too large; another may follow."""
        recipients, self.recipients = self.recipients, []
        if len(message) > LARGEST_BYTES:
            return "552 Too large"
        return f"250 Kept as {self.keep(recipients, message)}"


class Mailbox:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, recipients: list[str], message: bytes) -> str:
        """Write the message whole or not at all, and drop the oldest beyond the last 200."""
        now = datetime.now(UTC)
        who = re.sub(r"[^\w.@+-]", "_", recipients[0])[:60]
        name = f"{now:%Y%m%dT%H%M%S}-{next(NUMBERS):04d}-{who}.eml"
        unfinished = self.folder / f".{name}"
        unfinished.write_bytes(message)
        unfinished.rename(self.folder / name)
        for old in sorted(self.folder.glob("*.eml"))[:-KEEP_MESSAGES]:
            old.unlink(missing_ok=True)
        print(f"for {', '.join(recipients)}: {name}", flush=True)
        return name

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = Conversation(self.keep)
        reply = "220 halfyear keeps mail and delivers none"
        try:
            while True:
                writer.write(f"{reply}\r\n".encode())
                await writer.drain()
                if reply.startswith("221"):
                    break
                if reply.startswith("354"):
                    reply = conversation.take(await _message(reader))
                    continue
                line = await reader.readline()
                if not line:
                    break
                reply = conversation.answer(line.decode(errors="replace"))
        except (ConnectionError, ValueError, OSError) as error:
            print(f"a session broke off: {error}", flush=True)
        finally:
            writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Everything up to the lone full stop, with doubled leading stops halved (RFC 5321 §4.5.2)."""
    lines: list[bytes] = []
    size = 0
    while (line := await reader.readline()) not in (b".\r\n", b".\n"):
        if not line:
            raise ConnectionError("the client left in the middle of a message")
        size += len(line)
        if size <= LARGEST_BYTES + 2:
            lines.append(line[1:] if line.startswith(b".") else line)
    return b"".join(lines) if size <= LARGEST_BYTES else b" " * (LARGEST_BYTES + 1)


def _address(words: str) -> str:
    found = re.search(r"<([^>]*)>", words)
    return found[1] if found else words.partition(":")[2].strip()


async def serve(port: int, folder: Path) -> None:
    server = await asyncio.start_server(Mailbox(folder).talk, "127.0.0.1", port)
    print(f"Mail is kept in {folder} and not delivered.", flush=True)
    async with server:
        await server.serve_forever()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    asyncio.run(serve(chosen.port, chosen.folder))


if __name__ == "__main__":
    main(sys.argv[1:])
