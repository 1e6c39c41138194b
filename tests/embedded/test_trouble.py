"""A complaint of the machine becomes a sentence with the command that mends it."""

import pytest

from config.embedded.trouble import Trouble, explain


@pytest.mark.parametrize(
    ("line", "sentence", "mend"),
    [
        pytest.param(
            'PANIC:  could not write to file "pg_wal/xlogtemp.9": No space left on device',
            "The disk is full.",
            "df -h",
            id="full disk",
        ),
        pytest.param(
            "OSError: [Errno 30] Read-only file system: 'var'",
            "The disk can be read and not written.",
            "mount",
            id="read-only disk",
        ),
        pytest.param(
            "postgres: error while loading shared libraries: libpango-1.0.so.0: cannot open",
            "The system library libpango-1.0.so.0 is missing.",
            "apt-get install libpango-1.0-0",
            id="loader names a library whose package we know",
        ),
        pytest.param(
            "OSError: cannot load library 'libodd.so.2': not found",
            "The system library libodd.so.2 is missing.",
            "apt-cache search libodd",
            id="a library whose package we do not know",
        ),
    ],
)
def test_a_known_complaint_is_a_sentence_and_a_command(line, sentence, mend):
    trouble = explain(line)

    assert trouble is not None
    assert trouble.sentence == sentence
    assert trouble.mend.startswith(mend)


def test_an_ordinary_line_is_no_trouble():
    assert explain("GET / 200") is None


def test_trouble_without_a_remedy_is_the_sentence_alone():
    assert str(Trouble("It is raining.")) == "It is raining."


def test_trouble_shows_its_remedy_on_a_line_of_its_own():
    assert str(Trouble("It rains.", "umbrella")) == "It rains.\n  mend it with:  umbrella"
