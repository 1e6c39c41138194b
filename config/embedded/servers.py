"""The two servers of a run, ours or the ones the environment names, and how to reach them."""

import os
from dataclasses import dataclass
from pathlib import Path

import psycopg

from config.embedded import places
from config.embedded.children import Children, Identity
from config.embedded.log import Log
from config.embedded.postgres import APPLICATION, OWNER, Postgres
from config.embedded.redis_server import Redis
from config.embedded.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Servers:
    """Addresses for the application, and for the owner who migrates."""

    database_url: str
    owner_url: str
    redis_url: str
    # Holds the fingerprint of the last preparation; None for a server that is not ours to remember.
    prepared_mark: Path | None

    def finish(self, fingerprint: str) -> None:
        """The preparation went through, so the data are kept from now on."""
        if self.prepared_mark:
            places.write_private(self.prepared_mark, fingerprint)
            self.prepared_mark.with_name("unfinished").unlink(missing_ok=True)

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "MIGRATION_DATABASE_URL": self.owner_url,
            "REDIS_URL": self.redis_url,
        }


def start(log: Log, children: Children) -> Servers:
    """Start what the environment does not name, and see that everything answers."""
    named_database, named_redis = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    if named_database and named_redis:
        _check_postgres(named_database, log)
        _check_redis(named_redis, log)
        owner = os.environ.get("MIGRATION_DATABASE_URL", named_database)
        return Servers(named_database, owner, named_redis, None)
    identity = Identity.for_servers()
    programs = places.public_programs(identity)
    folder = places.databases_folder(identity)
    places.check_space(folder)
    if folder.parent != places.STATE:
        log.say(f"The project lies where the servers cannot go, so their data are in {folder}.")
    sockets = places.sockets_folder(folder, identity)
    children.will_throw_away(sockets)
    if named_redis:
        _check_redis(named_redis, log)
    else:
        named_redis = _start_redis(Redis(programs.redis, folder, sockets, identity), log, children)
    if named_database:
        _check_postgres(named_database, log)
        owner = os.environ.get("MIGRATION_DATABASE_URL", named_database)
        return Servers(named_database, owner, named_redis, None)
    postgres = Postgres(programs.postgres, folder, sockets, identity)
    _start_postgres(postgres, log, children)
    return Servers(postgres.url(APPLICATION), postgres.url(OWNER), named_redis, folder / "prepared")


def _start_redis(server: Redis, log: Log, children: Children) -> str:
    log.say("Starting Redis.")
    with log.pipe("redis") as output:
        server.start(children, output=output)
    return server.url


def _start_postgres(server: Postgres, log: Log, children: Children) -> None:
    if server.create():
        log.say("Laid out a new PostgreSQL cluster.")
    log.say("Starting PostgreSQL.")
    with log.pipe("postgres") as output:
        server.start(children, output=output)


def _check_postgres(url: str, log: Log) -> None:
    log.say("Using the PostgreSQL that DATABASE_URL names.")
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise Trouble(
            f"The PostgreSQL that DATABASE_URL names does not let us in: {reason}",
            "unset DATABASE_URL   # to use the embedded one",
        ) from None


def _check_redis(url: str, log: Log) -> None:
    import redis  # noqa: PLC0415 -- slow import, and most runs have a Redis of their own

    log.say("Using the Redis that REDIS_URL names.")
    try:
        redis.Redis.from_url(url, socket_connect_timeout=5).ping()
    except (redis.RedisError, ValueError, OSError) as error:
        raise Trouble(
            f"The Redis that REDIS_URL names does not answer: {error}",
            "unset REDIS_URL   # to use the embedded one",
        ) from None
