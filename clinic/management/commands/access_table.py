"""Writes docs/access.md: which role may do what, as clinic/access.py says it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from clinic.access import Capability, Role, may

HEAD = """\
# Who may do what

Written by `./dev manage access_table` from `clinic/access.py`; a test proves that it is current.
Every page names one of these capabilities; who does not hold it is refused. A member holds what his
role at the site grants and sees only that site; a patient sees only himself.
"""
PATIENT = "patient"


def table() -> str:
    """The page as it must stand in the documents."""
    columns = [*Role, PATIENT]
    rows = [
        ["capability", *columns],
        ["---", *(":-:" for _ in columns)],
        *(
            [f"`{capability.name}`", *("yes" if _holds(who, capability) else "" for who in columns)]
            for capability in Capability
        ),
    ]
    return HEAD + "\n" + "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _holds(who: str, capability: Capability) -> bool:
    """Asks the very question that guards the pages, so that the table cannot say another thing."""
    kind = PATIENT if who == PATIENT else "staff"
    member = None if who == PATIENT else SimpleNamespace(role=who)
    return may(SimpleNamespace(is_authenticated=True, kind=kind, member=member), capability)


class Command(BaseCommand):
    help = "Writes docs/access.md, the table of roles and capabilities."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        page = Path(settings.BASE_DIR) / "docs" / "access.md"
        page.write_text(table(), encoding="utf-8")
        self.stdout.write(f"{page.relative_to(settings.BASE_DIR)} is written.")
