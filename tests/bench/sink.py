"""A mail server that only writes down the Message-ID of each letter it takes."""

import asyncio
import re
import sys
from pathlib import Path

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class Sink:
    def __init__(self, kept: Path) -> None:
        self.kept = kept.open("a", buffering=1)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 bench\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                found = MESSAGE_ID.search(await reader.readuntil(b"\r\n.\r\n"))
                self.kept.write(f"{found[1].decode() if found else '?'}\n")
            writer.write(b"250 bench\r\n")
        writer.close()


async def serve(port: int, kept: Path) -> None:
    server = await asyncio.start_server(Sink(kept).talk, "127.0.0.1", port, limit=2**22)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
