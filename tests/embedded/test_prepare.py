"""A database that an earlier layout made is not carried on in silence."""

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder

from config.management.commands.prepare import made_by_another_layout

pytestmark = pytest.mark.django_db


def applied(app: str, name: str) -> None:
    MigrationRecorder.Migration.objects.create(app=app, name=name)


def test_the_present_layout_is_carried_on():
    assert made_by_another_layout() is False


@pytest.mark.parametrize(
    ("app", "other"), [("clinic", True), ("labs", True), ("protocols", True), ("auth", False)]
)
def test_a_migration_of_ours_that_is_gone_tells_of_an_earlier_layout(app, other):
    applied(app, "0009_long_gone")

    assert made_by_another_layout() is other


def test_outside_the_demonstration_an_earlier_layout_is_refused(settings):
    settings.DEMONSTRATION = False
    applied("labs", "0009_long_gone")

    with pytest.raises(CommandError, match=r"^This database was laid out by an earlier version"):
        call_command("prepare", no_assets=True)
