"""What the guardian does when the supervisor is dead: ask, insist, and clear up."""

import os
import signal
import subprocess
import sys

from config.embedded.children import GUARDIAN
from config.embedded.guardian import alive, clean_up, wait_for
from tests.embedded.machine import all_end, descendants, watch

STUBBORN = "trap '' TERM; sleep 600 & echo ready; wait"


def stubborn_family() -> subprocess.Popen[str]:
    """A process and its child that both ignore SIGTERM, in a group of their own."""
    family = subprocess.Popen(
        ["sh", "-c", STUBBORN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    family.stdout.readline()
    return family


def test_a_family_that_ignores_the_polite_signal_is_killed_whole(tmp_path):
    family = stubborn_family()
    handles = watch([family.pid, *descendants(family.pid)])

    clean_up({family.pid}, [str(tmp_path / "nothing")], patience_s=0)
    family.wait(10)

    assert len(handles) == 2
    assert all_end(handles, within_s=10)


def test_a_group_that_has_ended_is_not_waited_for():
    family = subprocess.Popen(["true"], process_group=0)
    family.wait(10)

    assert not alive(family.pid)
    assert wait_for({family.pid}, 60) == set()


def test_folders_of_a_killed_run_are_removed(tmp_path):
    left = tmp_path / "left"
    (left / "deep").mkdir(parents=True)

    tell_guardian(f"folder {left}\n")

    assert not left.exists()


def test_an_orderly_end_leaves_folders_to_the_supervisor(tmp_path):
    left = tmp_path / "left"
    left.mkdir()

    tell_guardian(f"folder {left}\nbye\n")

    assert left.exists()


def test_a_group_that_was_reported_gone_is_let_alone():
    other = stubborn_family()

    tell_guardian(f"group {other.pid}\ngone {other.pid}\n")

    assert other.poll() is None
    os.killpg(other.pid, signal.SIGKILL)
    other.communicate()


def tell_guardian(lines: str) -> None:
    subprocess.run(
        [sys.executable, "-I", "-S", GUARDIAN], input=lines, text=True, check=True, timeout=30
    )
