"""Values of pages that were not read before: nothing stands beside them, so a person looks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scrapers.parsing.compare import fields_of
from scrapers.parsing.difference import differences
from scrapers.parsing.extract import Extracted
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.values import shown

_EXAMPLES = 3
_LONGEST = 40


@dataclass(slots=True)
class NewValues:
    """A field's values on all pages that are newly read.

    Attributes:
        rows: how often it could have one: once a page, or a row of its group.
        filled: how often it has one.
        examples: some different ones, for a person.
    """

    rows: int = 0
    filled: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, value: Any) -> None:
        """Count a value."""
        self.rows += 1
        if value is None:
            return
        self.filled += 1
        if len(self.examples) < _EXAMPLES and (text := shown(value, _LONGEST)) not in self.examples:
            self.examples.append(text)

    def add(self, other: NewValues) -> None:
        """Count those of another page."""
        self.rows += other.rows
        self.filled += other.filled
        new = [text for text in other.examples if text not in self.examples]
        self.examples += new[: _EXAMPLES - len(self.examples)]


def note_values(extracted: Extracted, into: dict[str, NewValues]) -> None:
    """Count all values of a page."""
    _note_row("", extracted.fields, into)
    for name, rows in extracted.groups.items():
        for row in rows:
            _note_row(f"{name}.", row, into)


def _note_row(prefix: str, row: Mapping[str, Any], into: dict[str, NewValues]) -> None:
    for name, value in row.items():
        if type(value) is list and value and type(value[0]) is dict:
            for inner in value:
                _note_row(f"{prefix}{name}.", inner, into)
        else:
            into.setdefault(prefix + name, NewValues()).note(value)


def read_anew(tested: SelectorFile, held: Sequence[SelectorFile]) -> set[str]:
    """Fields that a version reads otherwise than the one in force that is most like it; all of
    them if there is none, or if the data that they stand in are others."""
    every = {name for name, _ in fields_of(tested)}
    found = min((set(_changed(each, tested)) for each in held), key=len, default=every)
    if any(name == "timezone" or name.startswith("documents.") for name in found):
        return every
    return {name for name in every if not found.isdisjoint(_within(name))}


def _within(name: str) -> list[str]:
    """A field's name, and those of all groups that it is in."""
    parts = name.split(".")
    return [".".join(parts[:size]) for size in range(1, len(parts) + 1)]


def _changed(old: SelectorFile, new: SelectorFile) -> Iterator[str]:
    told: Collection[str] = ("effective_from", "description", "fingerprint", "fetch")
    for each in differences(old, new):
        if each.name not in told and not each.name.startswith("absent."):
            yield each.name
