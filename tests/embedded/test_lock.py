"""One run in a folder, found by the commands beside it."""

import os

import pytest

from config.embedded import lock
from config.embedded.trouble import Trouble


def test_a_second_run_is_told_whom_to_stop(tmp_path):
    with lock.take(tmp_path), pytest.raises(Trouble, match="runs in this folder") as refused:
        lock.take(tmp_path)

    assert refused.value.mend.startswith(f"kill {os.getpid()} ")


def test_the_folder_is_free_again_when_the_run_has_ended(tmp_path):
    lock.take(tmp_path).close()

    assert not lock.held(tmp_path)


def test_an_empty_folder_is_held_by_nobody(tmp_path):
    assert not lock.held(tmp_path)
    assert lock.published(tmp_path) is None


def test_what_a_run_publishes_is_found_while_it_runs(tmp_path):
    with lock.take(tmp_path):
        lock.publish({"BASE_URL": "http://127.0.0.1:8000"}, tmp_path)

        assert lock.published(tmp_path) == {"BASE_URL": "http://127.0.0.1:8000"}
    assert lock.published(tmp_path) is None


def test_what_is_published_can_be_read_by_its_owner_alone(tmp_path):
    lock.publish({"SECRET_KEY": "x"}, tmp_path)

    assert (tmp_path / "environment.json").stat().st_mode & 0o777 == 0o600


def test_a_new_run_forgets_what_a_killed_one_published(tmp_path):
    lock.publish({"BASE_URL": "http://127.0.0.1:8001"}, tmp_path)

    with lock.take(tmp_path):
        assert lock.published(tmp_path) is None
