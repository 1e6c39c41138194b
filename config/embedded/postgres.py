"""A PostgreSQL cluster of our own: sockets only, never as root, three roles."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.embedded import binaries
from config.embedded.children import BARE, Child, Children, Identity, as_arguments, hand_over
from config.embedded.places import write_private
from config.embedded.trouble import Trouble, explain

SUPERUSER, OWNER, APPLICATION, DATABASE = "postgres", "halfyear_owner", "halfyear_app", "halfyear"
START_PATIENCE_S = 30.0
SETTINGS = (
    "max_connections=200",  # a hundred contenders for one slot, and room beside them
    "jit=off",
    "log_checkpoints=off",
    # An error goes to the program that made it; repeated here it would show a patient's row.
    "log_min_messages=fatal",
    "log_min_error_statement=panic",
    "log_line_prefix=",
)
THROWAWAY_SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)


@dataclass(frozen=True, slots=True)
class Postgres:
    programs: Path
    folder: Path
    sockets: Path
    identity: Identity | None
    throwaway: bool = False

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def unfinished(self) -> Path:
        """There from before the data are laid out until they are prepared for the first time."""
        return self.folder / "unfinished"

    def create(self) -> bool:
        """Lay out an empty cluster, whole or not at all; False when there is one already."""
        version = binaries.major_version(self.programs)
        if self.unfinished.exists():  # nobody has ever seen a page of it
            shutil.rmtree(self.data, ignore_errors=True)
        if (self.data / "PG_VERSION").exists():
            self._check_data(version)
            return False
        self.unfinished.touch()
        fresh = self.folder / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        passwords = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER, APPLICATION)}
        write_private(self._passwords_file, json.dumps(passwords))
        word = self.folder / "postgres.word"
        write_private(word, passwords[SUPERUSER])
        for path in (fresh, word):
            hand_over(path, self.identity)
        self._initdb(fresh, word, version)
        word.unlink()
        fresh.rename(self.data)
        return True

    def start(self, children: Children, *, output: Any) -> Child:
        """Start the server, wait until it answers, and see that its roles are there."""
        deadline = time.monotonic() + START_PATIENCE_S
        while True:
            child = children.start(
                "postgres",
                self._command(),
                env=BARE,
                stop=signal.SIGINT,
                patience_s=20.0,
                server=True,
                identity=self.identity,
                output=output,
            )
            if self._answers(child, deadline):
                break
            children.stop(child)
            # A server killed a moment ago may still hold its lock file: try again, never delete it.
            if time.monotonic() > deadline:
                raise Trouble("PostgreSQL did not start; the lines above and its log say why.")
            time.sleep(0.3)
        self._settle_roles()
        return child

    def url(self, role: str, database: str = DATABASE) -> str:
        """The address of the database for one role, through the socket."""
        word = quote(self._passwords()[role], safe="")
        return f"postgresql://{role}:{word}@/{database}?host={quote(str(self.sockets), safe='')}"

    @property
    def _passwords_file(self) -> Path:
        return self.folder / "postgres.json"

    def _passwords(self) -> dict[str, str]:
        words: dict[str, str] = json.loads(self._passwords_file.read_text())
        return words

    def _check_data(self, version: int) -> None:
        found = int((self.data / "PG_VERSION").read_text())
        anew = f"rm -r {self.folder}"
        if found != version:
            raise Trouble(
                f"The data in {self.data} were made by PostgreSQL {found}, and this is {version}; "
                f"to keep them name its programs in HALFYEAR_PG_BIN, else start anew.",
                anew,
            )
        wanted = self.identity.uid if self.identity else os.geteuid()
        if self.data.stat().st_uid != wanted:
            raise Trouble(
                f"{self.data} belongs to another user, so this run may not open it.", f"sudo {anew}"
            )
        if not self._passwords_file.exists():
            raise Trouble(
                f"{self._passwords_file} is missing, and without it the data cannot be opened.",
                anew,
            )

    def _initdb(self, fresh: Path, word: Path, version: int) -> None:
        locale = ["--locale-provider=builtin"] if version >= 17 else []
        done = subprocess.run(
            [
                self.programs / "initdb",
                f"--pgdata={fresh}",
                f"--username={SUPERUSER}",
                f"--pwfile={word}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                *locale,
                "--locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
            cwd="/",
            env=BARE,
            capture_output=True,
            text=True,
            check=False,
            **as_arguments(self.identity),
        )
        if done.returncode:
            raise why_initdb_failed(done.stderr, self.folder)

    def _command(self) -> list[str | Path]:
        settings = [
            *SETTINGS,
            "listen_addresses=",
            f"unix_socket_directories={self.sockets}",
            *(THROWAWAY_SETTINGS if self.throwaway else ()),
        ]
        options = [part for setting in settings for part in ("-c", setting)]
        return [self.programs / "postgres", "-D", self.data, *options]

    def _answers(self, child: Child, deadline: float) -> bool:
        while time.monotonic() < deadline and child.process.poll() is None:
            if (self.sockets / ".s.PGSQL.5432").exists():
                try:
                    self._connect("postgres").close()
                except psycopg.OperationalError:
                    pass  # starting up, or an older server's socket
                else:
                    return True
            time.sleep(0.02)
        return False

    def _connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.url(SUPERUSER, database), autocommit=True, connect_timeout=5)

    def _settle_roles(self) -> None:
        with self._connect("postgres") as connection:
            if connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone():
                return
            words = self._passwords()
            for role, rights in ((OWNER, "CREATEDB"), (APPLICATION, "")):
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(
                        sql.Identifier(role), sql.SQL(rights), sql.Literal(words[role])
                    )
                )
        # In template1, so that every database made from it, the tests' too, has these rights.
        with self._connect("template1") as connection:
            for rights, things in (
                ("SELECT, INSERT, UPDATE, DELETE", "TABLES"),
                ("USAGE, SELECT", "SEQUENCES"),
            ):
                connection.execute(
                    sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT {} ON {} TO {}").format(
                        sql.Identifier(OWNER),
                        sql.SQL(rights),
                        sql.SQL(things),
                        sql.Identifier(APPLICATION),
                    )
                )
        with self._connect("postgres") as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER)
                )
            )


def why_initdb_failed(complaint: str, folder: Path) -> Trouble:
    """Why the cluster could not be laid out, and what mends it."""
    if trouble := explain(complaint):
        return trouble
    last = complaint.strip().splitlines()[-1] if complaint.strip() else "it gave no reason"
    return Trouble(f"PostgreSQL could not lay out its data: {last}", f"ls -ld {folder}")
