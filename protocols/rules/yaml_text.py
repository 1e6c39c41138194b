"""Reading YAML so that everything in it can be found again by its line."""

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

import yaml

from protocols.rules.problems import Path

MERGE = "tag:yaml.org,2002:merge"
#: A text whose aliases unfold into more pieces than this is not a programme.
MOST_PIECES = 60_000
DEEPEST = 40
#: What nobody sees and a database may not keep; a text can smuggle it in as an escape, "\\0".
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
NOT_SEEN = "A character here cannot be seen: take it out."


class Unreadable(ValueError):  # noqa: N818 -- read as a noun, like Refusal
    """The text is no YAML; `line` is where the reader stopped."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class Reading:
    """What the text says, and on which line each piece of it stands (the first line is 1)."""

    content: object
    lines: Mapping[Path, int]

    def line(self, way: Path) -> int | None:
        """The line of a piece, or of the nearest piece around it that is there."""
        for length in range(len(way), -1, -1):
            if way[:length] in self.lines:
                return self.lines[way[:length]]
        return None


class OneKeyOnce(yaml.SafeLoader):
    """YAML that refuses a key written twice, and remembers where an alias stands."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.aliases: dict[tuple[int, object], int] = {}
        self.keys_read = 0

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            at = index if isinstance(index, int) else id(index)
            self.aliases[id(parent), at] = self.peek_event().start_mark.line + 1
        return super().compose_node(parent, index)  # type: ignore[arg-type]

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} is written twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def read_yaml(text: str) -> Reading:
    """The content of a text with its lines, or where and why it cannot be read."""
    try:
        loader = OneKeyOnce(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable(NOT_SEEN, line) from error
    try:
        node = loader.get_single_node()
        lines = dict(places(loader, node)) if node is not None else {}
        content = loader.construct_document(node) if node is not None else None
    except yaml.YAMLError as error:
        raise unreadable(error) from error
    except RecursionError as error:
        raise Unreadable("It is nested too deep.") from error
    except ValueError as error:  # a date like 2026-02-31, which YAML reads as a day
        raise unreadable_value(error) from error
    except (TypeError, LookupError, AttributeError) as error:  # !!bool maybe: the library trips
        raise Unreadable("A word after ! does not fit what follows: take it out.") from error
    finally:
        loader.dispose()
    return Reading(content, lines)


def unreadable_value(error: ValueError) -> Unreadable:
    return error if isinstance(error, Unreadable) else Unreadable(f"A value cannot be: {error}.")


def unreadable(error: yaml.YAMLError) -> Unreadable:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else None
    said = getattr(error, "problem", None) or str(error)
    return Unreadable(f"This is not readable: {said}.{hint(said)}", line)


def hint(said: str) -> str:
    """What is usually meant when the reader complains so."""
    hints = {
        "written twice": " Keep one of the two.",
        "mapping values are not allowed": " A text with a colon in it stands in quotes.",
        "could not find expected ':'": " After a key comes a colon and a space.",
        "found character '\\t'": " Lines are moved in with spaces, not with tabs.",
        "expected ',' or ']'": " A list that begins with [ ends with ].",
        "expected ',' or '}'": " What begins with { ends with }; a text with a comma or a colon in "
        "it stands in quotes.",
        "expected <block end>": " Rows of one list begin at the same column.",
        "could not determine a constructor": " Take the word after ! out.",
        "found another document": " A file holds one programme: take the line --- out.",
        "found undefined alias": " The name after * is given with & further up.",
    }
    return next((words for sign, words in hints.items() if sign in said), "")


def places(loader: OneKeyOnce, root: yaml.Node) -> Iterator[tuple[Path, int]]:
    """The way to every piece, and its line; a merged key counts where it is written."""
    waiting: list[tuple[Path, yaml.Node]] = [((), root)]
    yield (), 1
    pieces = 0
    while waiting:
        way, node = waiting.pop()
        pieces += 1
        if pieces > MOST_PIECES or len(way) > DEEPEST:
            raise Unreadable("It repeats itself too often: aliases within aliases.")
        if isinstance(node, yaml.ScalarNode) and UNSEEN.search(node.value):
            raise Unreadable(NOT_SEEN, node.start_mark.line + 1)
        for step, line, child in children(loader, node):
            yield (*way, step), line
            waiting.append(((*way, step), child))


def children(loader: OneKeyOnce, node: yaml.Node) -> Iterator[tuple[str | int, int, yaml.Node]]:
    if isinstance(node, yaml.SequenceNode):
        for number, child in enumerate(node.value):
            line = loader.aliases.get((id(node), number), child.start_mark.line + 1)
            yield number, line, child
    elif isinstance(node, yaml.MappingNode):
        for key, child in entries(loader, node, 0).values():
            yield key.value, key.start_mark.line + 1, child


def entries(
    loader: OneKeyOnce, node: yaml.MappingNode, depth: int
) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """The keys of a mapping with those merged into it, its own before merged ones.

    Merges within merges are counted here, before the library unfolds them one by one.
    """
    loader.keys_read += len(node.value)
    if depth > DEEPEST or loader.keys_read > MOST_PIECES:
        raise Unreadable("It repeats itself too often: aliases within aliases.")
    merged: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key, child in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable("A key is a single word.", key.start_mark.line + 1)
        if UNSEEN.search(key.value):
            raise Unreadable(NOT_SEEN, key.start_mark.line + 1)
        if key.tag != MERGE:
            own[str(key.value)] = (key, child)
            continue
        given = child.value if isinstance(child, yaml.SequenceNode) else [child]
        for other in reversed(given):
            if isinstance(other, yaml.MappingNode):
                merged |= entries(loader, other, depth + 1)
    return merged | own
