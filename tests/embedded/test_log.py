"""Every line of every process, with its name, on the terminal and in the file."""

import io
import os
import time

import pytest

from config.embedded.log import Log
from config.embedded.trouble import Trouble


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path / "log" / "halfyear.log", io.StringIO(), time.monotonic())


def shown(log: Log) -> list[str]:
    return log.terminal.getvalue().splitlines()


def test_each_line_carries_the_name_of_its_process(log):
    with log.pipe("web") as output:
        os.write(output, b"first\nsecond\n")
    log.pump(0)

    assert shown(log) == ["web      | first", "web      | second"]


def test_a_line_that_comes_in_pieces_is_printed_whole(log):
    with log.pipe("web") as output:
        os.write(output, b"half a ")
        log.pump(0)
        before = shown(log)
        os.write(output, b"line\n")

    assert (before, shown(log)) == ([], ["web      | half a line"])


def test_the_last_words_of_a_process_need_no_end_of_line(log):
    with log.pipe("worker") as output:
        os.write(output, b"farewell")
    log.close()

    assert shown(log) == ["worker   | farewell"]


def test_the_file_holds_the_same_lines_with_their_time(log):
    log.line("web", "first")

    assert log.path.read_text().endswith(" web      | first\n")


def test_what_only_says_that_all_is_well_goes_to_the_file_alone(log):
    log.line("postgres", "LOG:  database system is ready to accept connections")

    assert shown(log) == []
    assert "ready to accept" in log.path.read_text()


def test_a_full_disk_ends_the_run_and_quiets_the_rest(log):
    for _ in range(3):
        log.line("redis", "Write error saving DB on disk: No space left on device")

    assert log.fatal.sentence == "The disk is full."
    assert shown(log) == ["redis    | Write error saving DB on disk: No space left on device"]


def test_a_missing_library_is_named_once_and_the_rest_goes_on(log):
    for _ in range(3):
        log.line("worker", "OSError: cannot load library 'libpango-1.0-0': not found")

    assert log.fatal is None
    assert [line for line in shown(log) if "is missing" in line] == [shown(log)[1]]


def test_trouble_is_said_with_its_remedy(log):
    log.trouble(Trouble("It rains.", "umbrella"))

    assert [line.partition(" s  ")[2] for line in shown(log)] == [
        "It rains.",
        "  mend it with:  umbrella",
    ]


def test_a_log_that_has_grown_large_begins_anew(tmp_path):
    path = tmp_path / "halfyear.log"
    path.write_bytes(b"x" * 5_000_001)

    Log(path, io.StringIO(), time.monotonic()).line("web", "first")

    assert (tmp_path / "halfyear.log.1").stat().st_size == 5_000_001
    assert path.read_text().count("\n") == 1
