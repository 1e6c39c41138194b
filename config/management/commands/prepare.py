"""Everything a fresh database needs before the first page, in one process."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
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
        self._step("tables", lambda: call_command("migrate", verbosity=0, interactive=False))
        self._step("definitions", self._definitions)
        if settings.DEMONSTRATION and not no_demonstration and not Site.objects.exists():
            self._step("demonstration clinic", lambda: call_command("demo", verbosity=0))
        self._step("rights", lambda: call_command("grant_rights", stdout=io.StringIO()))

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


def sign_ins_file() -> Path:
    """Where the demonstration's sign-ins are written for the supervisor to print."""
    return settings.STATE_DIR / SIGN_INS
