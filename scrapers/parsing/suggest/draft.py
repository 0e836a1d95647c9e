"""The draft of a version: the pattern's text with what was found put in, comments and all."""

from __future__ import annotations

import copy
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from scrapers.parsing.model import Condition, Document, Place, Rows
from scrapers.parsing.notation import TransformStep
from scrapers.parsing.suggest.fingerprint import Layout
from scrapers.parsing.suggest.solve import FOUND, Finding, Solution

Location = tuple[str | int, ...]


def draft_text(text: str, version: str, today: date, solution: Solution, layout: Layout) -> str:
    """The text of a new version.

    Args:
        text: the pattern's text.
        version: name of the new version.
        today: day from which it holds.
        solution: what was found.
        layout: what tells the new layout from the old one.
    """
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    tree = yaml.load(renamed(text, version, today))
    for name, document in solution.documents.items():
        if solution.base.documents.get(name) != document:
            _put(tree, ("documents", name), _flow(_document(document)))
    for finding in solution.findings:
        if finding.status in FOUND and finding.proposals:
            _put_finding(tree, finding)
    _put_fingerprint(tree, solution, layout)
    for index, part, number, condition in layout.absent:
        _put(tree, ("absent", index, part, number), _flow(_condition(condition)))
    if layout.ready:
        _put(tree, ("fetch", "ready"), CommentedSeq(layout.ready))
    into = io.StringIO()
    yaml.dump(tree, into)
    return into.getvalue()


def renamed(text: str, version: str, today: date) -> str:
    """A selector file's text under another version and day."""
    plain = version if re.fullmatch(r"\d{4}-\d{2}|[a-z][\w.-]*", version) else f'"{version}"'
    text = re.sub(r"(?m)^version:.*$", f"version: {plain}", text, count=1)
    return re.sub(r"(?m)^effective_from:.*$", f"effective_from: {today.isoformat()}", text, count=1)


def _put_finding(tree: Any, finding: Finding) -> None:
    best = finding.proposals[0]
    *groups, last = finding.name.split(".")
    at: Location = ()
    for group in groups:
        at = (*at, "groups", group)
    if best.rows:
        _put(tree, (*at, "groups", last, "rows"), _sequence(map(_rows, best.rows)))
        return
    where = (*at, "fields", last)
    _put(tree, (*where, "from"), _sequence(map(_place, best.places)))
    if best.steps is not None:
        _put(tree, (*where, "transform"), _steps(best.steps))


def _put(tree: Any, at: Location, value: Any) -> None:
    """Set a value; a part that is also used elsewhere (an alias) is copied first."""
    used = _uses(tree)
    node = tree
    for key in at[:-1]:
        if isinstance(node, dict) and key not in node:
            node[key] = CommentedMap()
        _keep_inheritance(tree, node, key)
        child = node[key]
        if used[id(child)] > 1 or (isinstance(node, CommentedMap) and key in _merged_keys(node)):
            child = _own(child)
            node[key] = child
            used = _uses(tree)
        node = child
    if isinstance(node, CommentedMap) and not node and isinstance(value, CommentedMap):
        node.fa.set_block_style()
    _keep_inheritance(tree, node, at[-1])
    node[at[-1]] = value


def _keep_inheritance(tree: Any, source: Any, key: Any) -> None:
    """What merges a part in keeps the value it had from it: it is not the one that changes."""
    if not isinstance(source, CommentedMap) or source.anchor.value is None:
        return
    for node in _mappings(tree):
        sources = list(getattr(node, "merge", None) or ())
        if any(each is source for each in sources) and node.get(key) is source.get(key):
            old = source.get(key)
            node[key] = _own(old) if old is not None else _sequence(())


def _own(part: Any) -> Any:
    """A copy that is changed alone: no anchor in it is one of the copied part's."""
    made = copy.deepcopy(part)
    waiting = [made]
    while waiting:
        node = waiting.pop()
        if isinstance(node, CommentedMap | CommentedSeq):
            node.yaml_set_anchor(None)
            waiting.extend(node.values() if isinstance(node, CommentedMap) else node)
    return made


def _mappings(tree: Any) -> Iterator[CommentedMap]:
    seen: set[int] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, CommentedMap):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, CommentedSeq):
            waiting.extend(node)


def _uses(tree: Any) -> Counter[int]:
    """How often each part of the tree is used, by identity."""
    used: Counter[int] = Counter()

    def walk(node: Any) -> None:
        used[id(node)] += 1
        if used[id(node)] > 1:
            return
        if isinstance(node, CommentedMap):
            merged = _merged_keys(node)
            for key, child in node.items():
                # What is merged in shows through; it is no part of its own here.
                if isinstance(child, CommentedMap | CommentedSeq) and key not in merged:
                    walk(child)
        elif isinstance(node, CommentedSeq):
            for child in node:
                walk(child)

    walk(tree)
    return used


def _merged_keys(node: CommentedMap) -> set[Any]:
    """Keys of a mapping whose values are those of what is merged into it."""
    sources = list(getattr(node, "merge", None) or ())
    return {k for source in sources for k in source if node.get(k) is source.get(k)}


def _flow(values: dict[str, Any]) -> CommentedMap:
    made = CommentedMap(values)
    made.fa.set_flow_style()
    return made


def _sequence(items: Any) -> CommentedSeq:
    return CommentedSeq([_flow(item) for item in items])


def _put_fingerprint(tree: Any, solution: Solution, layout: Layout) -> None:
    """Change what changed of it; the rest keeps its place and its comments."""
    for part, wanted in layout.fingerprint.items():
        old: list[Condition] = getattr(solution.base.fingerprint, part)
        if wanted == old:
            continue
        written = tree["fingerprint"].setdefault(part, CommentedSeq())
        for index in reversed(range(len(old))):
            if old[index] not in wanted:
                del written[index]
        for condition in reversed([c for c in wanted if c not in old]):
            written.insert(0, _flow(_condition(condition)))
        if not written:
            del tree["fingerprint"][part]


def _condition(condition: Condition) -> dict[str, Any]:
    return condition.model_dump(exclude_defaults=True)


def _document(document: Document) -> dict[str, Any]:
    return document.model_dump(exclude_none=True)


def _rows(rows: Rows) -> dict[str, Any]:
    return rows.model_dump(exclude_defaults=True)


def _place(place: Place) -> dict[str, Any]:
    given = place.model_dump(exclude_defaults=True)
    if place.transform:
        given["transform"] = _steps(place.transform)
    return given


def _steps(steps: Any) -> CommentedSeq:
    written = CommentedSeq([_step(each) for each in steps])
    written.fa.set_flow_style()
    return written


def _step(step: TransformStep) -> Any:
    return step.name if step.argument is None else _flow({step.name: step.argument})
