"""The house's icons, read once from static/img/icons.svg."""

import re
from pathlib import Path
from typing import Final

SPRITE: Final = Path(__file__).resolve().parents[2] / "static" / "img" / "icons.svg"
STROKES: Final[dict[str, str]] = dict(
    re.findall(r'<symbol id="([\w-]+)"[^>]*>(.*?)</symbol>', SPRITE.read_text(encoding="utf-8"))
)
OTHER_NAMES: Final[dict[str, str]] = {
    "calendar": "cal",
    "close": "x",
    "critical": "stop",
    "good": "ok",
    "laboratory": "lab",
    "messages": "msg",
    "outcomes": "out",
    "patients": "people",
    "protocols": "proto",
    "reminders": "bell",
    "results": "bars",
    "settings": "cog",
    "warning": "warn",
}


def strokes(name: str) -> str:
    """What is drawn for this name; a name nobody drew is a KeyError that says so."""
    found = STROKES.get(OTHER_NAMES.get(name, name))
    if found is None:
        raise KeyError(f"No icon is called “{name}”. There are: {', '.join(sorted(STROKES))}.")
    return found
