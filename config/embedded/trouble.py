"""The one way this package says no: a sentence, and the command that mends it."""

import re

# What PDFs need from the system; ./dev installs the same packages.
PANGO_PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
PACKAGE_OF = {
    "libpango": PANGO_PACKAGES,
    "libharfbuzz": PANGO_PACKAGES,
    "libgobject": PANGO_PACKAGES,
    "libatomic": "libatomic1",
}


class Trouble(Exception):  # noqa: N818 -- our word
    """Something on this machine is in the way; the text is for the person at the terminal."""

    def __init__(self, sentence: str, mend: str = "", *, fatal: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.mend = mend
        # Nothing that runs can go on with it, so the whole run ends.
        self.fatal = fatal

    def __str__(self) -> str:
        return f"{self.sentence}\n  mend it with:  {self.mend}" if self.mend else self.sentence


def explain(line: str) -> Trouble | None:
    """What a line of a program's output means, when it is a complaint we know."""
    if "No space left on device" in line or "ENOSPC" in line:
        return Trouble("The disk is full.", "df -h . /tmp /var   # and free some", fatal=True)
    if "Disk quota exceeded" in line:
        return Trouble("Your share of the disk is used up.", "quota   # and free some", fatal=True)
    if "Read-only file system" in line:
        return Trouble("The disk can be read and not written.", "mount | grep 'ro[,)]'")
    if found := re.search(r"error while loading shared libraries: ([^:\s]+)", line):
        return missing(found[1])
    if found := re.search(r"cannot load library '([^']+)'", line):
        return missing(found[1])
    return None


def missing(library: str) -> Trouble:
    """The sentence for a shared library that is not there, with the package that brings it."""
    for start, packages in PACKAGE_OF.items():
        if library.startswith(start):
            return Trouble(
                f"The system library {library} is missing.", f"apt-get install {packages}"
            )
    return Trouble(
        f"The system library {library} is missing.", f"apt-cache search {library.partition('.')[0]}"
    )
