"""Reading YAML so that everything in it can be found again by its line."""

import re
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass

import yaml

from protocols.rules.problems import Path

MERGE = "tag:yaml.org,2002:merge"
#: A whole programme has about fifty thousand characters and two thousand pieces; a text beyond
#: these is refused unread, because reading one without end keeps everybody else waiting.
LONGEST = 150_000
MOST_LINES = 10_000
#: Pieces with what aliases unfold into, and rows of one list or keys of one group.
MOST_PIECES = 20_000
MOST_ROWS = 500
DEEPEST = 40
#: Characters of one number.
LONGEST_NUMBER = 30
#: What nobody sees and a database may not keep; a text can smuggle it in as an escape, "\\0".
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
NOT_SEEN = "A character here cannot be seen: take it out."
TOO_MUCH = (
    f"It unfolds into more than {MOST_PIECES:,} pieces, where a whole programme has about 2,000: "
    "leave out what repeats itself."
)
TOO_DEEP = f"This stands more than {DEEPEST} levels deep; nothing in a programme does."


MISFIT = "A word after ! does not fit what follows: take it out."
NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
DAY = "tag:yaml.org,2002:timestamp"
DAY_SHAPED = re.compile(r"\d{4}-\d\d?-\d\d?")
#: What the reader of YAML complains of, and what is usually meant.
COMPLAINTS: Mapping[str, str] = {
    "mapping values are not allowed": "There is a colon too many: a text with a colon in it "
    "stands in quotes.",
    "could not find expected ':'": "A colon is missing. After a key comes a colon and a space.",
    "found character '\\t'": "A tab stands here. Lines are moved in with spaces, not with tabs.",
    "expected ',' or ']'": "A list is not ended. A list that begins with [ ends with ].",
    "expected ',' or '}'": "A group of keys is not ended. What begins with { ends with }; a text "
    "with a comma or a colon in it stands in quotes.",
    "expected <block end>": "A line is moved in too far, or not far enough. Rows of one list "
    "begin at the same column.",
    "could not determine a constructor": "Take the word after ! out.",
    "tag": "Take the word after ! out.",
    "expected URI": "Take the word after ! out.",
    "for merging": "After <<: comes * with the name of a group of keys.",
    "found another document": "A file holds one programme: take the line --- out.",
    "expected a single document": "A file holds one programme: take the line --- out.",
    "found undefined alias": "The name after * is given with & further up.",
    "found duplicate anchor": "A name after & is given once.",
    "found unexpected end of stream": "A text in quotes, a list or a group of keys is not ended.",
    "found unexpected document separator": "A text in quotes is not ended before the line ---.",
    "cannot start any token": "A text that begins with %, @ or ` stands in quotes.",
    "expected alphabetic or numeric character": "After & and * comes a name. A text that begins "
    "with one of them stands in quotes.",
    "unknown escape character": "A text with \\ in it stands in single quotes.",
    "unhashable": "A key is a single word.",
    "but found '<stream end>'": "Something that was begun is not ended.",
    "expected the node content": "A value is missing before this, or a comma is too many.",
}
UNKNOWN = (
    "Look at this line and the one above it: each key ends with a colon and a space, rows begin "
    "with a hyphen, and a text with special signs stands in quotes."
)


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
    #: The lines that have a comment.
    comments: Collection[int] = ()

    def line(self, way: Path) -> int | None:
        """The line of a piece, or of the nearest piece around it that is there."""
        for length in range(len(way), -1, -1):
            if way[:length] in self.lines:
                return self.lines[way[:length]]
        return None


class KeyTwice(yaml.constructor.ConstructorError):
    """A group of keys has one of them twice; the library would take the last."""


class OneKeyOnce(yaml.SafeLoader):
    """YAML that refuses a key written twice, and remembers where aliases and comments stand."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.aliases: dict[tuple[int, object], int] = {}
        self.comments: set[int] = set()
        self.keys_read = 0
        self.pieces = 0
        self.depth = 0
        self.text = stream

    def scan_to_next_token(self) -> None:
        self.noting_comments(super().scan_to_next_token)

    def scan_block_scalar_ignored_line(self, start_mark: yaml.Mark) -> None:
        self.noting_comments(
            lambda: super(OneKeyOnce, self).scan_block_scalar_ignored_line(start_mark)
        )

    def noting_comments(self, skip: Callable[[], None]) -> None:
        """What the reader skips here is blanks and comments: a # in it begins a comment."""
        begun, line = self.index, self.line + 1
        skip()
        if "#" in (skipped := self.text[begun : self.index]):
            rows = skipped.split("\n")
            self.comments |= {line + row for row, words in enumerate(rows) if "#" in words}

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        line = self.peek_event().start_mark.line + 1
        if self.check_event(yaml.AliasEvent):
            at = index if isinstance(index, int) else id(index)
            self.aliases[id(parent), at] = line
        self.pieces += 1
        self.depth += 1
        refuse_size(self, parent, line)
        node = super().compose_node(parent, index)  # type: ignore[arg-type]
        self.depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        """A value that cannot be is said at its line and in our words."""
        refuse_long_number(node)
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            if isinstance(error, Unreadable) or not isinstance(node, yaml.ScalarNode):
                raise
            raise impossible(node) from error

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise KeyTwice(
                    None,
                    None,
                    f"The key {key.value!r} is written twice. Keep one of the two.",
                    key.start_mark,
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def refuse_size(loader: OneKeyOnce, parent: yaml.Node | None, line: int) -> None:
    """Stop where a text becomes larger than any programme, before the rest of it is read."""
    if loader.pieces > MOST_PIECES:
        raise Unreadable(TOO_MUCH, line)
    if loader.depth > DEEPEST:
        raise Unreadable(TOO_DEEP, line)
    if parent is not None and len(parent.value) >= MOST_ROWS:
        what = "list" if isinstance(parent, yaml.SequenceNode) else "group of keys"
        raise Unreadable(
            f"This {what} goes on and on: one has at most {MOST_ROWS} rows.",
            parent.start_mark.line + 1,
        )


def refuse_long_number(node: yaml.Node) -> None:
    if node.tag in NUMBERS and len(node.value) > LONGEST_NUMBER:
        raise Unreadable(
            f"“{node.value[:12]}…” has {len(node.value):,} characters: a number here has at most "
            f"{LONGEST_NUMBER}, and a text of digits stands in quotes.",
            node.start_mark.line + 1,
        )


def impossible(node: yaml.ScalarNode) -> Unreadable:
    """A day that no calendar has, or a word after ! that does not fit."""
    said = node.value if len(node.value) <= 40 else f"{node.value[:39]}…"
    words = MISFIT
    if node.tag == DAY and DAY_SHAPED.match(node.value):
        words = (
            f"There is no day or time {said} in the calendar. Write one that there is; a text "
            "that only looks like one stands in quotes."
        )
    return Unreadable(words, node.start_mark.line + 1)


def read_yaml(text: str) -> Reading:
    """The content of a text with its lines, or where and why it cannot be read."""
    refuse_length(text)
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
        raise Unreadable(TOO_DEEP) from error
    except (ValueError, TypeError, LookupError, AttributeError) as error:  # the library trips
        raise error if isinstance(error, Unreadable) else Unreadable(MISFIT) from error
    finally:
        loader.dispose()
    return Reading(content, lines, frozenset(loader.comments))


def refuse_length(text: str) -> None:
    if len(text) > LONGEST:
        raise Unreadable(too_long(f"{len(text):,} characters", f"{LONGEST:,}"))
    lines = text.count("\n") + 1
    if lines > MOST_LINES:
        raise Unreadable(too_long(f"{lines:,} lines", f"{MOST_LINES:,}"))


def too_long(has: str, most: str) -> str:
    return f"This is too long: it has {has}, and a programme is read up to {most}."


def unreadable(error: yaml.YAMLError) -> Unreadable:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else None
    said = f"{getattr(error, 'problem', None) or error} {getattr(error, 'context', None) or ''}"
    words = next((words for sign, words in COMPLAINTS.items() if sign in said), "")
    if isinstance(error, KeyTwice):
        words = str(error.problem)
    return Unreadable(f"This is not readable. {words or UNKNOWN}", line)


def places(loader: OneKeyOnce, root: yaml.Node) -> Iterator[tuple[Path, int]]:
    """The way to every piece, and its line; a merged key counts where it is written."""
    waiting: list[tuple[Path, yaml.Node]] = [((), root)]
    yield (), 1
    pieces = 0
    while waiting:
        way, node = waiting.pop()
        pieces += 1
        if pieces > MOST_PIECES or len(way) > DEEPEST:
            raise Unreadable(TOO_MUCH)
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
        raise Unreadable(TOO_MUCH)
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
