"""Walk the audit chain and name the first row that is not what was written."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic import audit
from clinic.models import AuditSeal


class Command(BaseCommand):
    help = "Checks every row of the audit trail; exits with 1 and names the first broken one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            default="",
            metavar="NUMBER:HASH",
            help="an end of the chain that an earlier run printed: shows whether it was cut off",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        audit.seal(limit=1_000_000)
        broken = audit.first_break()
        if broken is not None:
            raise CommandError(f"Row {broken.event_id}: {broken.sentence}.")
        if options["anchor"] and not audit.holds(options["anchor"]):
            raise CommandError("The end of the trail was cut off: the anchor is not in it.")
        count = AuditSeal.objects.count()
        rows = f"{count} row{'' if count == 1 else 's'}"
        self.stdout.write(f"{rows}, all as they were written. {self._end()}".strip())

    def _end(self) -> str:
        end = audit.anchor()
        return f"Anchor to keep elsewhere: {end}" if end else ""
