"""A mail server that is really spoken to."""

from collections.abc import Iterator

import pytest

from tests.smtp import Post, open_post


@pytest.fixture
def post(settings) -> Iterator[Post]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = "127.0.0.1", False, False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    with open_post() as opened:
        settings.EMAIL_PORT = opened.port
        yield opened
