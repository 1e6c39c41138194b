"""Health checks of the containers: whether something answers. Run by its path; exit code 0 is yes.

answers.py page /alive/     the web server answers this path with 200
answers.py port 2575        something listens there
answers.py file 'PATH*' 600 a file of this name was written in the last so many seconds
"""

import os
import socket
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit


def page(path: str) -> bool:
    """As the proxy would ask: for our own host, and over https as far as Django can see."""
    host = urlsplit(os.environ["BASE_URL"]).netloc
    request = urllib.request.Request(
        f"http://127.0.0.1:8000{path}", headers={"Host": host, "X-Forwarded-Proto": "https"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 -- our own
            return bool(response.status == 200)
    except OSError:
        return False


def port(number: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(number)), timeout=5).close()
    except OSError:
        return False
    return True


def file(pattern: str, seconds: str) -> bool:
    oldest = time.time() - float(seconds)
    whole = Path(pattern)
    return any(found.stat().st_mtime > oldest for found in whole.parent.glob(whole.name))


CHECKS: dict[str, Callable[..., bool]] = {"page": page, "port": port, "file": file}

if __name__ == "__main__":
    sys.exit(0 if CHECKS[sys.argv[1]](*sys.argv[2:]) else 1)
