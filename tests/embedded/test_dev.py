"""./dev itself: its words, and what it says on a machine that lacks something."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("cat", "cksum", "date", "df", "awk", "dirname", "grep", "id", "mkdir", "tail", "sh")
WORDS = (
    *("run", "test", "demo", "pictures", "bench", "lint", "types", "format"),
    *("shell", "manage", "lock"),
)


def dev(*words: str, cwd: Path = ROOT, path: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [cwd / "dev", *words],
        env={"PATH": path or os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path):
    """A copy of what ./dev needs to begin, with no environment in it."""
    shutil.copy(ROOT / "dev", tmp_path / "dev")
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


@pytest.fixture
def machine(tmp_path):
    """A folder with the few programs every Debian has, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    return folder


def pretend(machine: Path, name: str, script: str) -> None:
    (machine / name).unlink(missing_ok=True)
    (machine / name).write_text(f"#!/bin/sh\n{script}\n")
    (machine / name).chmod(0o755)


def test_without_a_word_it_lists_its_words():
    done = dev()

    assert done.returncode == 0
    assert tuple(re.findall(r"^\./dev (\w+)", done.stdout, re.MULTILINE)) == WORDS


def test_a_word_it_does_not_know_is_refused():
    done = dev("jump")

    assert done.returncode == 1
    assert "./dev knows no word 'jump'." in done.stderr


def test_the_machine_calls_what_a_developer_calls():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()

    assert lines[-1] == "exec ./dev test"
    assert (ROOT / ".ci" / "run").stat().st_mode & stat.S_IXUSR


def test_a_machine_without_python_is_told_so(project, machine):
    done = dev("run", cwd=project, path=str(machine))

    assert done.returncode == 1
    assert "Halfyear needs Python 3.11 or newer" in done.stderr
    assert "apt-get install python3" in done.stderr


def test_missing_system_packages_are_named_to_who_cannot_install_them(project, machine):
    pretend(
        machine, "python3.11", 'case "$1" in -c) exit 0 ;; esac; echo "libpango-1.0-0 chromium"'
    )
    pretend(machine, "id", "echo 1000")

    done = dev("run", cwd=project, path=str(machine))

    assert done.returncode == 1
    assert "only root can install them: libpango-1.0-0 chromium" in done.stderr
    assert "sudo apt-get install --no-install-recommends libpango-1.0-0 chromium" in done.stderr


def test_a_failing_installation_shows_its_last_words_and_the_command(project, machine):
    pretend(machine, "python3.11", 'case "$1" in -c) exit 0 ;; esac; echo chromium')
    pretend(machine, "id", "echo 0")
    pretend(machine, "apt-get", "echo 'Could not resolve deb.debian.org'; exit 100")

    done = dev("test", cwd=project, path=str(machine))

    assert done.returncode == 1
    assert "Could not resolve deb.debian.org" in done.stderr
    assert "The package lists could not be fetched." in done.stderr
    assert "mend it with:  apt-get update && apt-get install" in done.stderr


def test_a_disk_that_fills_while_installing_is_named(project, machine):
    pretend(machine, "python3.11", 'case "$1" in -c) exit 0 ;; esac; echo chromium')
    pretend(machine, "id", "echo 0")
    pretend(machine, "apt-get", "echo 'write error: No space left on device'; exit 100")

    done = dev("test", cwd=project, path=str(machine))

    assert done.returncode == 1
    assert "The disk is full." in done.stderr
    assert "mend it with:  df -h" in done.stderr


@pytest.mark.parametrize(("free_mb", "goes_on"), [(1199, False), (1200, True)])
def test_nothing_is_begun_on_a_disk_that_could_not_hold_it(project, machine, free_mb, goes_on):
    pretend(machine, "python3.11", 'case "$1" in -c) exit 0 ;; -) exit 0 ;; esac; exit 1')
    pretend(machine, "df", f"echo head; echo fs 1 1 {free_mb} 1 /")

    done = dev("run", cwd=project, path=str(machine))

    assert (f"The disk has {free_mb} MB left here" not in done.stderr) is goes_on
    assert ("Making a Python environment" in done.stdout) is goes_on


@pytest.mark.parametrize("name", ["uv", "app", "embedded", "test"])
def test_a_lock_pins_each_package_by_hash_and_names_no_registry(name):
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()
    packages = re.findall(r"^[A-Za-z].*$", lock, re.MULTILINE)

    assert all("==" in package and package.endswith("\\") for package in packages)
    assert "://" not in lock


def test_the_lock_serves_debians_own_python_3_11_2():
    lock = (ROOT / "requirements" / "app.txt").read_text()

    assert re.search(r"^async-timeout==\S+ ; python_full_version < '3.11.3'", lock, re.MULTILINE)
