"""Everything a fresh database needs before the first page, in one process."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from clinic.models import Site
from labs.actions.catalogue import load_catalogue
from patients.actions.consent import load_consent_texts
from protocols.actions.definition import load_definitions

SIGN_INS = "sign-ins.txt"


class Command(BaseCommand):
    help = (
        "Migrates, copies front-end files, loads the definitions and, embedded, the demonstration."
    )

    # ./dev test runs the checks; here they would keep somebody waiting for his first page.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demonstration", action="store_true")
        # An image has its files already and is read-only.
        parser.add_argument("--no-assets", action="store_true")

    def handle(self, *args: Any, no_demonstration: bool, no_assets: bool, **options: Any) -> None:
        if not no_assets:
            self._step("front-end files", lambda: call_command("vendor_assets", verbosity=0))
        if made_by_another_layout():
            self._begin_anew()
        self._step("tables", lambda: call_command("migrate", verbosity=0, interactive=False))
        self._step("definitions", self._definitions)
        if settings.DEMONSTRATION and not no_demonstration and not Site.objects.exists():
            self._step("demonstration clinic", lambda: call_command("demo", verbosity=0))
        self._step("rights", lambda: call_command("grant_rights", stdout=io.StringIO()))

    def _begin_anew(self) -> None:
        """Nothing is released yet: when the tables are drawn anew, so is the demonstration."""
        if not settings.DEMONSTRATION:
            raise CommandError(
                "This database was laid out by an earlier version and cannot be carried on: "
                "give this one an empty database."
            )
        self.stdout.write("The demonstration was laid out by an earlier version: made anew.")
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")

    def _definitions(self) -> None:
        load_catalogue()
        load_consent_texts()
        load_definitions(now=timezone.now())

    def _step(self, name: str, work: Callable[[], object]) -> None:
        started = time.monotonic()
        self.stdout.write(f"{name} …")
        self.stdout.flush()
        work()
        self.stdout.write(f"{name}: ready after {time.monotonic() - started:.1f} s")
        self.stdout.flush()


def made_by_another_layout() -> bool:
    """Were migrations of ours applied to this database that are not here any more?"""
    loader = MigrationLoader(connection)
    ours = {"clinic", "patients", "labs", "protocols"}
    return any(
        app in ours and (app, name) not in loader.disk_migrations
        for app, name in loader.applied_migrations
    )


def sign_ins_file() -> Path:
    """Where the demonstration's sign-ins are written for the supervisor to print."""
    return settings.STATE_DIR / SIGN_INS
