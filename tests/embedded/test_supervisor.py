"""What the supervisor does with processes that end, with real and very short processes."""

import io
import time
from dataclasses import replace

import pytest

from config.embedded import supervisor
from config.embedded.children import Children
from config.embedded.log import Log
from config.embedded.processes import Addresses, Process, processes
from config.embedded.servers import Servers
from config.embedded.supervisor import RESTARTS, Supervisor
from config.embedded.trouble import Trouble
from tests.embedded.machine import all_end, watch

ENDS = Process("beat", ("sh", "-c", "echo started; exit 3"))


@pytest.fixture
def run(tmp_path):
    """A supervisor without servers; whatever it started is gone afterwards."""
    log = Log(tmp_path / "halfyear.log", io.StringIO(), time.monotonic())
    children = Children()
    children.idle = log.pump
    yield Supervisor(log, children)
    children.stop_all()
    log.close()
    children.dismiss_guardian()


def said(run: Supervisor, words: str) -> int:
    return run.log.terminal.getvalue().count(words)


def look_after_each_end(run: Supervisor) -> None:
    """Until nothing runs any more, or the supervisor gives up."""
    while run.children.running:
        handles = watch(child.process.pid for child in run.children.running)
        assert all_end(handles, within_s=10)
        run._look_after()


def start(run: Supervisor, process: Process) -> None:
    run.processes = {process.name: process}
    run._start(process)


def test_a_process_that_ends_is_started_again_and_then_left_alone(run):
    start(run, ENDS)

    look_after_each_end(run)
    run.log.pump(0)

    assert said(run, "beat     | started") == RESTARTS + 1
    assert said(run, "beat ended with exit code 3; starting it again.") == RESTARTS
    assert said(run, "again and again; the rest goes on without it.") == 1


def test_a_run_without_its_web_server_ends_with_a_sentence(run):
    start(run, replace(ENDS, essential=True))

    with pytest.raises(Trouble, match="beat ended with exit code 3 again and again"):
        look_after_each_end(run)


def test_a_run_without_its_database_ends_at_once(run):
    run.children.start("postgres", ["sh", "-c", "kill -9 $$"], env={}, server=True)

    with pytest.raises(Trouble, match="The server postgres was ended by SIGKILL"):
        look_after_each_end(run)


def test_a_failed_preparation_is_shown_and_leaves_no_mark(run, tmp_path, monkeypatch):
    (tmp_path / "manage.py").write_text("raise SystemExit('no such table')")
    monkeypatch.setattr(supervisor.places, "ROOT", tmp_path)
    mark = tmp_path / "prepared"

    with pytest.raises(Trouble, match="Preparing the database failed"):
        run._prepare_database(Servers("", "", "", mark))

    assert said(run, "prepare  | no such table") == 1
    assert not mark.exists()


def test_a_database_is_prepared_as_its_owner_and_only_when_something_changed(
    run, tmp_path, monkeypatch
):
    (tmp_path / "manage.py").write_text("import os; print('as', os.environ['DATABASE_URL'])")
    monkeypatch.setattr(supervisor.places, "ROOT", tmp_path)
    monkeypatch.setattr(supervisor.places, "SIGN_INS", tmp_path / "manage.py")
    servers = Servers("the-application", "the-owner", "", tmp_path / "prepared")

    (tmp_path / "unfinished").touch()

    run._prepare_database(servers)
    run._prepare_database(servers)

    assert said(run, "prepare  | as the-owner") == 1
    assert said(run, "The database is as it was prepared before.") == 1
    assert not (tmp_path / "unfinished").exists()


def test_only_the_mailbox_and_the_web_server_start_before_the_first_page():
    first = [p.name for p in processes(Addresses(1, 2, 3)) if not p.after_first_page]

    assert first == ["mail", "web"]


def test_the_run_has_every_process_the_programme_needs():
    names = [process.name for process in processes(Addresses(1, 2, 3))]

    assert names == ["mail", "web", "worker", "beat", "hl7"]


def test_what_others_are_told_leaves_out_what_they_have(monkeypatch):
    monkeypatch.setenv("HERE", "already")

    assert supervisor.differing({"HERE": "already", "NEW": "word"}) == {"NEW": "word"}


def test_only_a_command_of_the_owners_gets_the_owners_address():
    environment = {"DATABASE_URL": "application", "MIGRATION_DATABASE_URL": "owner"}

    assert supervisor.for_owner(environment, False)["DATABASE_URL"] == "application"
    assert supervisor.for_owner(environment, True)["DATABASE_URL"] == "owner"


def test_a_full_disk_ends_the_run_with_its_sentence(run):
    start(run, Process("beat", ("sh", "-c", "echo No space left on device; exit 1")))

    with pytest.raises(Trouble, match="The disk is full"):
        look_after_each_end(run)
