"""A mail server that is really spoken to."""

from tests.smtp import post

__all__ = ["post"]
