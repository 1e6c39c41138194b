"""What is wrong with the text of a programme: where, why, and what would be right."""

from dataclasses import dataclass

#: The way to a piece of a document: names of keys and numbers of rows.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `line` is where it stands in the text, when there is one."""

    path: str
    message: str
    line: int | None = None
    way: Path = ()

    def __str__(self) -> str:
        where = f"line {self.line}, " if self.line else ""
        return f"{where}{self.path}: {self.message}" if self.path else f"{where}{self.message}"


class DefinitionError(ValueError):
    """The text is not a protocol; each problem names where it is. `more` were only counted."""

    def __init__(self, problems: tuple[Problem, ...], more: int = 0) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
        self.more = more


def spelled(way: Path) -> str:
    """visits[3].offset_days: a way as people write it."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in way)
    return "".join(steps).lstrip(".")
