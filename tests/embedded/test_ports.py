"""The usual port, the next free one, or a sentence when the port was asked for by name."""

import socket
from collections.abc import Iterator

import pytest

from config.embedded.ports import Port, choose, is_free, next_free
from config.embedded.trouble import Trouble


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def free() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def test_a_listened_port_is_taken_and_another_is_free(taken, free):
    assert (is_free(taken), is_free(free)) == (False, True)


def test_the_usual_port_is_kept_when_it_is_free(free, monkeypatch):
    monkeypatch.delenv("PORT", raising=False)

    assert choose("PORT", free) == Port(free, free)
    assert not choose("PORT", free).moved


def test_the_next_free_port_is_taken_and_said_to_have_moved(taken, monkeypatch):
    monkeypatch.delenv("PORT", raising=False)

    port = choose("PORT", taken)

    assert port.number > taken
    assert port.moved


def test_a_port_promised_to_another_process_is_passed_over(free):
    assert next_free(free, but_not=(free,)) > free


def test_a_named_port_that_is_taken_is_refused_with_a_free_one(taken, monkeypatch):
    monkeypatch.setenv("PORT", str(taken))

    with pytest.raises(Trouble, match=f"Port {taken} is taken") as refused:
        choose("PORT", 8000)

    mend = refused.value.mend
    assert mend.startswith("PORT=")
    assert is_free(int(mend.removeprefix("PORT=").removesuffix(" ./dev run")))


@pytest.mark.parametrize("value", ["0", "65536", "web"])
def test_a_named_port_that_is_none_is_refused(value, monkeypatch):
    monkeypatch.setenv("PORT", value)

    with pytest.raises(Trouble, match=f"PORT={value} is not a port"):
        choose("PORT", 8000)


@pytest.mark.parametrize("value", ["1024", "65535"])
def test_the_last_ports_of_the_range_are_ports(value, monkeypatch):
    monkeypatch.setenv("PORT", value)

    assert choose("PORT", 8000).number == int(value)
