"""A mail server on loopback: takes letters over real SMTP, or refuses as it is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from socket import create_server
from typing import Any

import pytest
from aiosmtpd.controller import Controller


@dataclass
class Post:
    """What it took, oldest first, and how it answers to an address or to a letter."""

    port: int = 0
    connections: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    to_address: dict[str, str] = field(default_factory=dict)
    to_letter: str = ""
    on_letter: Callable[[int], None] = lambda _: None

    async def handle_EHLO(  # noqa: N802 -- aiosmtpd calls it so
        self, _server: Any, session: Any, _envelope: Any, host: str, answers: list[str]
    ) -> list[str]:
        session.host_name = host
        self.connections += 1
        return answers

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd calls it so
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if refusal := self.to_address.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 -- aiosmtpd calls it so
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        if self.to_letter:
            return self.to_letter
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        self.on_letter(len(self.letters))
        return "250 Taken"

    @property
    def ids(self) -> list[str]:
        return [letter["Message-ID"] for letter in self.letters]


@contextmanager
def open_post() -> Iterator[Post]:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    post = Post(port=port)
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    """Where everything goes that leaves the house in this test."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = "127.0.0.1", False, False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    with open_post() as opened:
        settings.EMAIL_PORT = opened.port
        yield opened
