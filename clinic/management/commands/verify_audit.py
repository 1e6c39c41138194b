"""Walk the audit chain and name the first row that is not what was written."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import audit
from clinic.models import AuditSeal


class Command(BaseCommand):
    help = "Checks every row of the audit trail; exits with 1 and names the first broken one."

    def handle(self, *args: Any, **options: Any) -> None:
        audit.seal(limit=1_000_000)
        broken = audit.first_break()
        if broken is not None:
            raise CommandError(f"Row {broken.event_id}: {broken.sentence}.")
        last = AuditSeal.objects.order_by("-pk").first()
        anchor = f" The chain ends in {last.chain_sha256}." if last else ""
        self.stdout.write(f"{AuditSeal.objects.count()} rows, all as they were written.{anchor}")
