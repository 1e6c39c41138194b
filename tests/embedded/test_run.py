"""The whole of ./dev run, killed: nothing outlives it, the grandchildren included."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import pytest

from config.embedded import lock
from config.embedded.places import PUBLIC_PARENT, ROOT, digest
from config.embedded.ports import next_free
from tests.embedded.machine import all_end, alone, descendants, start_embedded, watch

pytestmark = pytest.mark.worker


@pytest.fixture
def run():
    """An empty clinic in a folder of its own, up to its first page."""
    var = Path(tempfile.mkdtemp(prefix="halfyear-run-"))
    var.chmod(0o755)
    port = next_free(18_000 + os.getpid() % 1000)
    process = start_embedded(
        "run", HALFYEAR_VAR=str(var), HALFYEAR_EMPTY="1", PORT=str(port), HL7_PORT=str(port + 1000)
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C stops everything" in line:
            break
    assert any("Ready: http://" in line for line in lines), "".join(lines)
    yield process, var, port
    process.kill()
    process.communicate()
    shutil.rmtree(var)
    shutil.rmtree(PUBLIC_PARENT / f"halfyear-{digest(var)}", ignore_errors=True)


def worker_answers(var: Path) -> bool:
    """Asked until it has started; each question waits for an answer by itself."""
    environment = alone() | (lock.published(var) or {})
    ask = [sys.executable, "-m", "celery", "-A", "config", "inspect", "ping", "--timeout", "3"]
    for _ in range(20):
        if not subprocess.run(
            ask, cwd=ROOT, env=environment, capture_output=True, check=False
        ).returncode:
            return True
    return False


def names_of(pids: list[int]) -> str:
    return " ".join(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in pids)


def test_nothing_outlives_a_killed_run(run):
    process, var, port = run
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
        assert page.status == 200
    assert worker_answers(var)
    family = descendants(process.pid)
    names = names_of(family)
    handles = watch(family)

    os.kill(process.pid, signal.SIGKILL)

    assert names.count("gunicorn") == 3  # the master and its two workers
    assert names.count("-A config worker ") == 3  # the same, of Celery
    assert all(name in names for name in ("redis-server", "postgres", " beat ", "hl7_listen"))
    assert all_end(handles, within_s=60)
    assert not lock.held(var)


def test_a_second_run_in_the_folder_says_who_runs(run):
    process, var, _ = run

    second = start_embedded("run", HALFYEAR_VAR=str(var))

    assert second.wait(30) == 1
    assert lock.held(var)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
