"""Give the application's role what it needs, and not the right to rewrite the trail."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.models import Model
from psycopg import sql

from clinic.models import AuditEvent, AuditSeal
from labs.models import (
    ContainerMovement,
    ControlAction,
    NitrogenReading,
    TankCount,
    ThawTest,
)
from protocols.models import ResponseEvaluation, StockMovement


def append_only_tables() -> list[str]:
    """The trail, its chain, the ledgers of stock and storage, and every table of row history."""
    history = [m for m in apps.get_models() if hasattr(m, "pgh_tracked_model")]
    trail: list[type[Model]] = [
        AuditEvent, AuditSeal, ResponseEvaluation, StockMovement,
        ContainerMovement, ControlAction, NitrogenReading, TankCount, ThawTest, *history,
    ]  # fmt: skip
    return sorted(m._meta.db_table for m in trail)


class Command(BaseCommand):
    help = "Grants the application's database role its rights; run by the owner after migrate."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", nargs="?", default="halfyear_app")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if cursor.fetchone() is None:
                self.stdout.write(f"There is no role {role}: nothing granted.")
                return
            for statement in self._statements(role):
                cursor.execute(statement)
        self.stdout.write(f"{role} may read and write, and may not rewrite the trail.")

    def _statements(self, role: str) -> list[sql.Composed]:
        to = sql.Identifier(role)
        statements = [
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(to),
            sql.SQL(
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}"
            ).format(to),
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(to),
            sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}").format(to),
        ]
        statements.extend(
            sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(
                sql.Identifier(table), to
            )
            for table in append_only_tables()
        )
        return statements
