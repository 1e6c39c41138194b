"""The local mail server: real SMTP in, one file for each message, nothing delivered."""

import smtplib
import socket
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from config.embedded.mailbox import KEEP_MESSAGES, LARGEST_BYTES, Conversation, Mailbox
from config.embedded.ports import next_free
from config.embedded.processes import MAILBOX


@pytest.fixture
def server(tmp_path):
    port = next_free(20_025)
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", MAILBOX, "--port", str(port), "--folder", tmp_path],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline().startswith("Mail is kept")
    yield port, process
    process.kill()
    process.communicate()


def letter(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": "clinic@example.org", "To": "a@example.org", **headers}.items():
        message[name] = value
    message.set_content("Your next appointment is on Tuesday — café.\n.\n..dots\n", cte="8bit")
    return message


def test_a_letter_sent_over_smtp_is_kept_as_it_was(server, tmp_path):
    port, process = server
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.send_message(letter(Subject="Next appointment"))

    [kept] = tmp_path.glob("*.eml")
    text = kept.read_bytes().replace(b"\r\n", b"\n")
    message = message_from_bytes(text, policy=policy.default)
    assert message["Subject"] == "Next appointment"
    assert message.get_content() == "Your next appointment is on Tuesday — café.\n.\n..dots\n"
    assert process.stdout.readline() == f"for a@example.org: {kept.name}\n"


def test_several_letters_go_through_one_session(server, tmp_path):
    port, _ = server
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        for _ in range(3):
            client.send_message(letter())

    assert len(list(tmp_path.glob("*.eml"))) == 3


def test_a_client_that_leaves_in_the_middle_leaves_no_letter(server, tmp_path):
    port, process = server
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"MAIL FROM:<x@y.z>\r\nRCPT TO:<a@b.c>\r\nDATA\r\nhalf a let")

    assert process.stdout.readline().startswith("a session broke off")
    assert list(tmp_path.iterdir()) == []


def test_a_letter_at_the_limit_is_kept_and_a_larger_one_refused(tmp_path):
    conversation = Conversation(Mailbox(tmp_path).keep)
    for size, answer in ((LARGEST_BYTES, "250"), (LARGEST_BYTES + 1, "552")):
        conversation.answer("RCPT TO:<a@b.c>")

        assert conversation.take(b"x" * size).startswith(answer)
    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_only_the_last_letters_are_kept(tmp_path):
    mailbox = Mailbox(tmp_path)
    first = mailbox.keep(["a@b.c"], b"first")
    names = [mailbox.keep(["a@b.c"], b"later") for _ in range(KEEP_MESSAGES)]

    assert sorted(path.name for path in tmp_path.glob("*.eml")) == sorted(names)
    assert first not in names


def test_an_address_cannot_choose_where_its_letter_lies(tmp_path):
    name = Mailbox(tmp_path).keep(["../../etc/cron.d/x"], b"letter")

    assert (tmp_path / name).read_bytes() == b"letter"
    assert "/" not in name


@pytest.mark.parametrize(
    ("command", "answer"),
    [("DATA", "503 RCPT first"), ("EXPN staff", "502 Not known here"), ("noop", "250 OK")],
)
def test_commands_out_of_place_are_answered(command, answer, tmp_path):
    assert Conversation(Mailbox(tmp_path).keep).answer(command) == answer
