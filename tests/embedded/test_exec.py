"""The throw-away servers: real ones, for one command, with nothing left of them."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.embedded.machine import all_end, alone, descendants, start_embedded, watch

SHOW = "import json, os; print(json.dumps(dict(os.environ)), flush=True); input()"


@contextmanager
def started():
    """A throw-away pair of servers whose command waits for us, and that command's environment."""
    process = start_embedded("exec", "--", sys.executable, "-c", SHOW)
    yield process, json.loads(process.stdout.readline())
    process.stdin.close()
    process.wait(30)


@pytest.fixture
def running():
    with started() as process_and_environment:
        yield process_and_environment


@pytest.fixture(scope="module")
def environment():
    """For the tests that only look: one pair for all of them."""
    with started() as (_, environment):
        yield environment


def test_the_command_decides_the_exit_code():
    done = subprocess.run(
        [sys.executable, "-m", "config.embedded", "exec", "--", "sh", "-c", "exit 7"],
        env=alone(),
        check=False,
    )

    assert done.returncode == 7


def test_a_command_that_does_not_exist_is_a_sentence():
    done = subprocess.run(
        [sys.executable, "-m", "config.embedded", "exec", "--", "nosuchprogram"],
        env=alone(),
        check=False,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (1, "There is no program called nosuchprogram.\n")


def test_the_owner_makes_databases_and_is_no_superuser(environment):
    rights = "SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"

    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        assert connection.execute(rights).fetchone() == ("halfyear_owner", False, True)
    with psycopg.connect(environment["APPLICATION_DATABASE_URL"]) as connection:
        assert connection.execute(rights).fetchone() == ("halfyear_app", False, False)


def test_the_application_works_in_the_owners_tables_and_cannot_change_them(environment):
    with psycopg.connect(environment["DATABASE_URL"]) as owner:
        owner.execute("CREATE TABLE attended (id bigserial, note text)")

    with psycopg.connect(environment["APPLICATION_DATABASE_URL"]) as application:
        application.execute("INSERT INTO attended (note) VALUES ('came')")
        assert application.execute("SELECT id, note FROM attended").fetchall() == [(1, "came")]
        for forbidden in (
            "DROP TABLE attended",
            "TRUNCATE attended",
            "CREATE TABLE other (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), application.transaction():
                application.execute(forbidden)


def test_a_database_made_by_the_tests_gives_the_application_the_same_rights(environment):
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as owner:
        owner.execute("CREATE DATABASE test_halfyear")
    with psycopg.connect(environment["DATABASE_URL"], dbname="test_halfyear") as owner:
        owner.execute("CREATE TABLE visit (id int)")

    application = environment["APPLICATION_DATABASE_URL"]
    with psycopg.connect(application, dbname="test_halfyear") as connection:
        assert connection.execute("SELECT count(*) FROM visit").fetchone() == (0,)


def test_the_programmes_extensions_need_no_superuser(environment):
    with psycopg.connect(environment["DATABASE_URL"]) as owner:
        for extension in ("btree_gist", "pg_trgm", "unaccent"):
            owner.execute(f"CREATE EXTENSION {extension}")
        there = {row[0] for row in owner.execute("SELECT extname FROM pg_extension")}
    assert there == {"plpgsql", "btree_gist", "pg_trgm", "unaccent"}


def test_servers_that_the_environment_names_are_used(environment):
    named = {name: environment[name] for name in ("DATABASE_URL", "REDIS_URL")}

    second = start_embedded("exec", "--", sys.executable, "-c", SHOW, **named)
    told = json.loads(second.stdout.readline())
    second.communicate("\n")

    assert {name: told[name] for name in named} == named


def test_nothing_is_left_when_the_command_has_ended(running):
    process, environment = running
    handles = watch(descendants(process.pid))
    folder = Path(environment["STATE_DIR"]).parent

    process.communicate("\n")

    assert all_end(handles, within_s=10)
    assert not folder.exists()


@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_supervisor_is_ended_by(sig, running):
    process, environment = running
    family = descendants(process.pid)
    handles = watch(family)
    folder = Path(environment["STATE_DIR"]).parent

    os.kill(process.pid, sig)

    assert len(family) >= 4  # the guardian, both servers and the command, if not more
    assert all_end(handles, within_s=30)
    assert not folder.exists()
