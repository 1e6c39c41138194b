"""Copies the two front-end files we did not write out of their pinned wheels into static/vendor."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

WANTED: Final = {
    "bootstrap.min.css": ("bootstrap", "css/bootstrap.min.css"),
    "htmx.min.js": ("django_htmx", "static/django_htmx/htmx-2.min.js"),
}
MAP_LINE: Final = re.compile(r"\n?(?:/\*|//)# sourceMappingURL=[^\n*]*(?:\*/)?")


class Command(BaseCommand):
    help = "Copies Bootstrap's stylesheet and htmx into static/vendor (git-ignored)."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        target = Path(settings.BASE_DIR) / "static" / "vendor"
        target.mkdir(parents=True, exist_ok=True)
        written = [name for name, origin in WANTED.items() if _copied(*origin, target / name)]
        self.stdout.write(f"static/vendor: {', '.join(written) or 'nothing new'}.")


def _copied(package: str, inside: str, to: Path) -> bool:
    """Write the file without its source map line, and only when it differs."""
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    source = Path(next(iter(folders or [""]))) / inside
    if not source.is_file():
        raise CommandError(f"{package} is not installed, or has no {inside}: run ./dev again.")
    text = MAP_LINE.sub("", source.read_text(encoding="utf-8"))
    if to.is_file() and to.read_text(encoding="utf-8") == text:
        return False
    to.write_text(text, encoding="utf-8")
    return True
