"""Whether the database was already prepared by just these migrations, definitions and packages."""

import hashlib
from pathlib import Path

PATTERNS = (
    "requirements/app.txt",
    "static/vendor/**/*",
    "*/migrations/*.py",
    "*/management/commands/*.py",
    "*/definitions/**/*",
)


def fingerprint(root: Path) -> str:
    """One hash over the names and contents of everything `manage.py prepare` works from."""
    whole = hashlib.sha256()
    for path in sorted({path for pattern in PATTERNS for path in root.glob(pattern)}):
        whole.update(f"{path.relative_to(root)}\0".encode())
        if path.is_file():
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
