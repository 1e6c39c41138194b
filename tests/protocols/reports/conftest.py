"""A signed month-3 visit to report on: the same people as the visit's own tests."""

from tests.protocols.visits.conftest import month_3, opened, written  # noqa: F401 -- fixtures
