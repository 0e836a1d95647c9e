"""Selector files from YAML: checked to the last path, every problem with file, line and mend."""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from scrapers.errors import ConfigInvalid
from scrapers.parsing.model import (
    Condition,
    Conditions,
    Group,
    Place,
    Rows,
    SelectorField,
    SelectorFile,
)
from scrapers.parsing.plain_yaml import Location, YamlProblemError, read_yaml
from scrapers.parsing.values import RANGED

Demands = Callable[[SelectorFile], Iterable[tuple[Location, str, str]]]
_MISSING = "is missing"
_REFERENCE = "see docs/selectors.md"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in a selector file.

    Attributes:
        file: path of the file, as it was given.
        line: line, from 1.
        field: where in the file, e.g. `groups.events.fields.x.range`; empty: the whole file.
        what: what is wrong.
        mend: what to do.
    """

    file: str
    line: int
    field: str
    what: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"{self.file}:{self.line}: {where}{self.what}: {self.mend}"


def load(path: Path, demands: Demands | None = None, content: bytes | None = None) -> SelectorFile:
    """The selector file at `path`, held to `demands` too; `content` stands for what it holds.

    Raises:
        ConfigInvalid: it has problems; `facts["problems"]` lists them, one line each.
    """
    selector, problems = check(path, demands, content)
    if selector is None or problems:
        lines = [str(problem) for problem in problems]
        raise ConfigInvalid(
            "selector file refused:\n  " + "\n  ".join(lines), file=str(path), problems=lines
        )
    return selector


def check(
    path: Path, demands: Demands | None = None, content: bytes | None = None
) -> tuple[SelectorFile | None, list[Problem]]:
    """The selector file at `path` and all its problems; no file if it can't be made one.

    `content` stands for what the file holds: a text of the registry has no file of its own.
    """
    name = str(path)
    try:
        written = read_yaml(path, content)
    except YamlProblemError as error:
        return None, [Problem(name, error.line, "", error.what, error.mend)]
    lines = written.lines
    try:
        selector = SelectorFile.model_validate(written.value)
    except ValidationError as error:
        found = {_model_problem(name, lines, dict(item)) for item in error.errors()}
        return None, sorted(p for p in found if not _is_misspelt(p, found))
    problems = list(_sense(path, selector, lines))
    for at, what, mend in demands(selector) if demands else ():
        problems.append(Problem(name, _line(lines, at), ".".join(map(str, at)), what, mend))
    return selector, sorted(problems)


def remarks(path: Path, selector: SelectorFile, content: bytes | None = None) -> list[Problem]:
    """What is allowed and can hide a change of the layout: no problem, and to be known.

    `content` is as in `check`: what the selector file was made of.
    """
    lines = read_yaml(path, content).lines
    what = "may be missing on every page, and nobody is told"
    mend = "add present: true or min_filled, or a description that says when it is missing"
    return sorted(
        Problem(str(path), _line(lines, at), ".".join(map(str, at)), what, mend)
        for at, part, _ in _parts(selector)
        if isinstance(part, SelectorField)
        and not (part.required or part.present or part.min_filled or part.description)
    )


def _line(lines: dict[Location, int], at: Location) -> int:
    while at not in lines:
        at = at[:-1]
    return lines[at]


def _model_problem(name: str, lines: dict[Location, int], item: dict[str, Any]) -> Problem:
    at = tuple(part for part in item["loc"] if part != "[key]")
    context = item.get("ctx", {})
    where, line = ".".join(map(str, at)), _line(lines, at)
    kind = item["type"]
    if kind == "extra_forbidden":
        known = _keys_at(at[:-1])
        mend = _did_you_mean(str(at[-1]), known)
        return Problem(name, line, where, f"unknown key {str(at[-1])!r}", mend)
    if kind == "unknown_name":
        mend = _did_you_mean(context["given"], context["known"])
        return Problem(name, line, where, context["what"], mend)
    if kind == "missing":
        return Problem(name, line, where, _MISSING, f"add {at[-1]}; {_REFERENCE}")
    if kind in ("literal_error", "enum"):
        known = [part.strip("'") for part in context["expected"].replace(" or ", ", ").split(", ")]
        given = str(item.get("input"))
        mend = _did_you_mean(given, known)
        return Problem(name, line, where, f"unknown value {given!r}", mend)
    what = str(item["msg"])
    return Problem(name, line, where, what[:1].lower() + what[1:], context.get("mend", _REFERENCE))


def _is_misspelt(missing: Problem, found: set[Problem]) -> bool:
    """Whether a key is missing because it is there misspelt, which is told already."""
    above, _, key = missing.field.rpartition(".")
    return missing.what == _MISSING and any(
        other.field.rpartition(".")[0] == above and other.mend == _did_you_mean(key, [key])
        for other in found
    )


def _did_you_mean(given: str, known: list[str]) -> str:
    close = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
    listed = "one of " + ", ".join(known)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"write {listed}" if known else "there is none to name, add it first"


def _keys_at(at: Location) -> list[str]:
    """Keys that the format knows at a place in the file."""
    kind: Any = SelectorFile
    for part in at:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            by_key = {f.alias or n: f.annotation for n, f in kind.model_fields.items()}
            kind = by_key.get(str(part))
        else:
            kind = get_args(kind)[-1] if get_args(kind) else None
        while get_origin(kind) in (Union, types.UnionType, Annotated):
            kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [field.alias or name for name, field in kind.model_fields.items()]
    return []


def _sense(path: Path, selector: SelectorFile, lines: dict[Location, int]) -> Iterator[Problem]:
    """What each key by itself can't show: names that refer to nothing, checks that can't hold."""

    def problem(at: Location, what: str, mend: str) -> Problem:
        return Problem(str(path), _line(lines, at), ".".join(map(str, at)), what, mend)

    if path.stem != selector.version:
        what = f"is {selector.version!r} in a file named {path.name}"
        yield problem(("version",), what, f"write {path.stem!r} or rename the file")
    if path.parent.name != selector.page_kind.value:
        what = f"is {selector.page_kind.value} in the folder {path.parent.name}"
        yield problem(("page_kind",), what, f"move the file to {selector.page_kind.value}/")
    for at, part, in_json_row in _parts(selector):
        document = part.js if isinstance(part, Place | Condition | Rows) else None
        if document is not None and document not in selector.documents:
            mend = _did_you_mean(document, list(selector.documents))
            yield problem((*at, "js"), f"unknown document {document!r}", mend)
        if isinstance(part, Place | Rows):
            key = "css" if part.css is not None else "xpath" if part.xpath is not None else "path"
            if in_json_row and key != "path":
                mend = "use path: the rows are JSON"
                yield problem((*at, key), "can't be in a row of JSON", mend)
            elif not in_json_row and key == "path" and part.js is None:
                mend = "add js: <document>; only rows of JSON have a path of their own"
                yield problem((*at, key), "is a path in no document", mend)
        if isinstance(part, Group) and len({_is_json(rows) for rows in part.rows}) > 1:
            yield problem((*at, "rows"), "are JSON here and elements there", "make two groups")
        if isinstance(part, SelectorField):
            yield from (problem((*at, *inner), *rest) for inner, *rest in _field_sense(part, at))


def _field_sense(field: SelectorField, at: Location) -> Iterator[tuple[Location, str, str]]:
    if field.range is not None:
        if field.type not in RANGED:
            yield ("range",), f"is for numbers, the type is {field.type.value}", "take it out"
        elif field.range[0] > field.range[1]:
            yield ("range",), "begins above its end", "write [lowest, highest]"
    if field.min_filled and at[0] != "groups":
        yield ("min_filled",), "is for fields of rows", "use required: true"
    if field.required and field.present:
        yield ("present",), "says less than required", "add required: false, or take present out"


def _parts(selector: SelectorFile) -> Iterator[tuple[Location, Any, bool]]:
    """All parts with their place in the file, and whether they read rows of JSON."""
    rules: list[tuple[Location, Conditions]] = [(("fingerprint",), selector.fingerprint)]
    rules += [(("absent", index), rule) for index, rule in enumerate(selector.absent)]
    for at, rule in rules:
        for part in ("all", "any", "none"):
            for index, condition in enumerate(getattr(rule, part)):
                yield (*at, part, index), condition, False
    for name, field in selector.fields.items():
        yield from _field_parts(("fields", name), field, False)
    for name, group in selector.groups.items():
        yield from _group_parts(("groups", name), group, False)


def _field_parts(
    at: Location, field: SelectorField, in_json_row: bool
) -> Iterator[tuple[Location, Any, bool]]:
    yield at, field, in_json_row
    for index, place in enumerate(field.places):
        yield (*at, "from", index), place, in_json_row


def _is_json(rows: Rows) -> bool:
    return rows.css is None and rows.xpath is None


def _group_parts(
    at: Location, group: Group, in_json_row: bool
) -> Iterator[tuple[Location, Any, bool]]:
    yield at, group, in_json_row
    for index, rows in enumerate(group.rows):
        yield (*at, "rows", index), rows, in_json_row
    rows_are_json = _is_json(group.rows[0])
    for name, field in group.fields.items():
        yield from _field_parts((*at, "fields", name), field, rows_are_json)
    for name, inner in group.groups.items():
        yield from _group_parts((*at, "groups", name), inner, rows_are_json)
