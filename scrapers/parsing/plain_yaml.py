"""YAML as plain data with the line of every key; no tags, no keys twice, no endless aliases."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Location = tuple[str | int, ...]

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_NODES = 100_000
_TAG = "tag:yaml.org,2002:"
_SCALARS = {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp")}


class YamlProblemError(ValueError):
    """The file is no plain YAML: the line, what is wrong, and the mend."""

    def __init__(self, line: int, what: str, mend: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what
        self.mend = mend


@dataclass(slots=True)
class Written:
    """A file's data, and the line of each key and item by its place.

    What `<<` merges in has the lines of where it is written.
    """

    value: Any = None
    lines: dict[Location, int] = field(default_factory=lambda: {(): 1})
    nodes: int = 0
    twice: list[YamlProblemError] | None = None


def read_yaml(
    path: Path, content: bytes | None = None, twice: list[YamlProblemError] | None = None
) -> Written:
    """The mapping that a file holds; `content` stands for what the file holds.

    What is given is shared with whoever reads the same text: it is not to be changed.

    Args:
        twice: takes up every key that is written again, and the first one holds; without it the
            first such key is raised.

    Raises:
        YamlProblemError: it can't be read, or is no plain YAML mapping.
    """
    try:
        content = path.read_bytes() if content is None else content
        if len(content) > MAX_BYTES:
            raise YamlProblemError(1, "is larger than 1 MB", "split it")
        given = content.decode()
    except (OSError, UnicodeDecodeError) as error:
        what = f"can't be read ({type(error).__name__})"
        raise YamlProblemError(1, what, "name a file of UTF-8 text that is there") from error
    return _known(given) if twice is None else _written(given, twice)


# A selector file takes a tenth of a second, and a command or worker comes back to the same text.
@lru_cache(maxsize=64)
def _known(given: str) -> Written:
    return _written(given, None)


def _written(given: str, twice: list[YamlProblemError] | None) -> Written:
    reader = YAML(typ="safe", pure=True)
    try:
        tree = reader.compose(given)
    except YAMLError as error:
        raise _unreadable(error) from error
    except RecursionError as error:
        raise YamlProblemError(1, "is nested too deep", "look for brackets left open") from error
    if not isinstance(tree, MappingNode):
        raise YamlProblemError(1, "is no mapping", "begin with page_kind; see docs/selectors.md")
    written = Written(twice=twice)
    written.value = _plain(tree, (), written, reader)
    return written


def _unreadable(error: YAMLError) -> YamlProblemError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark is not None else 1
    what = str(error.problem) if isinstance(error, MarkedYAMLError) else type(error).__name__
    return YamlProblemError(line, f"is no YAML: {what}", "look at indentation, quotes and brackets")


def _plain(node: Node, at: Location, written: Written, reader: YAML) -> Any:
    _count(node, len(at), written)
    if isinstance(node, MappingNode) and node.tag == f"{_TAG}map":
        members: dict[Any, Any] = {}
        for key, inner in _members(node, written, reader).items():
            written.lines[(*at, key)] = inner[0]
            members[key] = _plain(inner[1], (*at, key), written, reader)
        return members
    if isinstance(node, SequenceNode) and node.tag == f"{_TAG}seq":
        for index, item in enumerate(node.value):
            written.lines[(*at, index)] = item.start_mark.line + 1
        return [_plain(item, (*at, i), written, reader) for i, item in enumerate(node.value)]
    return _scalar(node, reader)


def _count(node: Node, depth: int, written: Written) -> None:
    """Aliases of aliases can make a small file endless, and so can merges of merges."""
    written.nodes += 1
    if depth > MAX_DEPTH or written.nodes > MAX_NODES:
        line = node.start_mark.line + 1
        raise YamlProblemError(line, "is nested without end", "write it out instead of *aliases")


def _members(
    node: MappingNode, written: Written, reader: YAML, depth: int = 0
) -> dict[Any, tuple[int, Node]]:
    """Members of a mapping with the line of each key; its own before those merged in."""
    _count(node, depth, written)
    own: dict[Any, tuple[int, Node]] = {}
    merged: dict[Any, tuple[int, Node]] = {}
    for key_node, value in node.value:
        line = key_node.start_mark.line + 1
        if key_node.tag == f"{_TAG}merge":
            for source in value.value if isinstance(value, SequenceNode) else [value]:
                if not isinstance(source, MappingNode) or source is node:
                    raise YamlProblemError(line, "<< merges no mapping", "name a mapping's alias")
                merged = {**_members(source, written, reader, depth + 1), **merged}
            continue
        key = _scalar(key_node, reader)
        if key in own:
            what = f"duplicate key {key_node.value!r}"
            again = YamlProblemError(line, what, "each key once: rename one or take it out")
            if written.twice is None:
                raise again
            written.twice.append(again)
        else:
            own[key] = (line, value)
    return {**merged, **own}


def _scalar(node: Node, reader: YAML) -> Any:
    line = node.start_mark.line + 1
    if not isinstance(node, ScalarNode) or node.tag not in _SCALARS:
        what = f"{str(node.tag).removeprefix(_TAG)!r} is no plain value"
        raise YamlProblemError(line, what, "write plain YAML without ! and ?")
    try:
        return reader.constructor.construct_object(node)
    except ValueError:  # a date such as 2022-13-01: as text, its field says what is wrong
        return node.value
