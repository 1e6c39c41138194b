"""A PostgreSQL and a Redis for one command: made in a second, nothing left afterwards."""

import os
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

from config.embedded import session
from config.embedded.children import Children, Identity, hand_over
from config.embedded.places import public_programs
from config.embedded.postgres import APPLICATION, OWNER, Postgres
from config.embedded.redis_server import Redis
from config.embedded.trouble import Trouble


def run(command: Sequence[str]) -> int:
    """Run the command with the servers' addresses in its environment; its exit code."""
    if not command:
        raise Trouble("exec needs a command.", "python -m config.embedded exec -- python -m pytest")
    folder = Path(tempfile.mkdtemp(prefix="halfyear-"))
    children = Children()
    children.will_throw_away(folder)
    session.leave_on_signals()
    try:
        env = dict(os.environ) | _servers(folder, children)
        return session.call(command, env)
    except session.Leave as leave:
        return leave.code
    finally:
        session.ignore_signals()
        children.stop_all()
        children.dismiss_guardian()


def _servers(folder: Path, children: Children) -> dict[str, str]:
    identity = Identity.for_servers()
    folder.chmod(0o711)
    sockets, state = folder / "run", folder / "state"
    for path in (sockets, state):
        path.mkdir(mode=0o700)
    hand_over(sockets, identity)
    env = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "STATE_DIR": str(state),
        "DJANGO_SETTINGS_MODULE": _settings(os.environ.get("DJANGO_SETTINGS_MODULE", "")),
    }
    programs = public_programs(identity)
    log = folder / "servers.log"
    with log.open("ab") as output:
        try:
            if "REDIS_URL" not in os.environ:
                redis = Redis(programs.redis, folder, sockets, identity, throwaway=True)
                redis.start(children, output=output)
                env["REDIS_URL"] = redis.url
            if "DATABASE_URL" not in os.environ:
                postgres = Postgres(programs.postgres, folder, sockets, identity, throwaway=True)
                postgres.create()
                postgres.start(children, output=output)
                env["DATABASE_URL"] = env["MIGRATION_DATABASE_URL"] = postgres.url(OWNER)
                env["APPLICATION_DATABASE_URL"] = postgres.url(APPLICATION)
        except Trouble:
            print(log.read_text()[-2000:])
            raise
    return env


def _settings(named: str) -> str:
    """The caller's own, but not those that config.celery names merely by being imported."""
    return named if named not in ("", "config.settings.base") else "config.settings.test"
