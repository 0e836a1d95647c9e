"""Two readings of the same page, value by value: same, changed, gained, lost.

Rows of a group are compared by what names them: the field whose values are different in every
row of both readings and agree in most rows; without such a field by their place in the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from scrapers.parsing.extract import Extracted, Row
from scrapers.parsing.model import Group, SelectorField, SelectorFile
from scrapers.parsing.values import shown

_EXAMPLES = 3


@dataclass(slots=True)
class Counts:
    """How a field's values, or a group's rows, came out over all pages compared.

    Attributes:
        same: equal values; null beside null is not counted.
        changed: both have a value, and it is another one.
        gained: null or no row before, a value now.
        lost: a value before, null or no row now.
        examples: some of what is not the same, for a person.
    """

    same: int = 0
    changed: int = 0
    gained: int = 0
    lost: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, where: str, old: Any, new: Any) -> None:
        """Count a value of both readings."""
        if old is None and new is None:
            return
        if equal(old, new):
            self.same += 1
            return
        if old is None:
            self.gained += 1
        elif new is None:
            self.lost += 1
        else:
            self.changed += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(f"{where}{shown(old, 40)} → {shown(new, 40)}")


Compared = dict[str, Counts]


def equal(old: Any, new: Any) -> bool:
    """Whether two values are the same; 1 and 1.0 are, 1 and true are not."""
    return (type(old) is bool) == (type(new) is bool) and bool(old == new)


def compare(old: Extracted, new: Extracted, into: Compared, where: str = "") -> None:
    """Count all values of two readings of a page; `where` begins each example."""
    _compare_row("", where, old.fields, new.fields, into)
    for name in dict.fromkeys([*old.groups, *new.groups]):
        _compare_rows(name, where, old.groups.get(name, []), new.groups.get(name, []), into)


def fields_of(selector: SelectorFile) -> Iterator[tuple[str, SelectorField]]:
    """All fields of a file by their whole names, groups first: `teams.players.player_id`."""
    yield from selector.fields.items()
    for name, group in selector.groups.items():
        yield from fields_of_group(name, group)


def fields_of_group(name: str, group: Group) -> Iterator[tuple[str, SelectorField]]:
    """All fields of a group and the groups within it, by their whole names."""
    for short, each in group.fields.items():
        yield f"{name}.{short}", each
    for short, inner in group.groups.items():
        yield from fields_of_group(f"{name}.{short}", inner)


def _compare_row(prefix: str, where: str, old: Row, new: Row, into: Compared) -> None:
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if _is_rows(before) or _is_rows(after):
            _compare_rows(prefix + name, where, before or [], after or [], into)
        else:
            into.setdefault(prefix + name, Counts()).note(where, before, after)


def _is_rows(value: Any) -> bool:
    return type(value) is list and bool(value) and type(value[0]) is dict


def _compare_rows(name: str, where: str, old: list[Row], new: list[Row], into: Compared) -> None:
    key = row_key(old, new)
    rows = into.setdefault(name, Counts())
    for label, before, after in _paired(old, new, key):
        there = f"{where}{name}[{label}] "
        if before is None:
            rows.gained += 1
        elif after is None:
            rows.lost += 1
        else:
            rows.same += 1
        _compare_row(f"{name}.", there, before or {}, after or {}, into)


def row_key(old: list[Row], new: list[Row]) -> str | None:
    """The field that names the rows of both lists best; None: there is none."""
    best, most = None, 0
    for name in old[0] if old else ():
        before, after = _distinct(old, name), _distinct(new, name)
        if before is None or after is None:
            continue
        common = len(before & after)
        if common > most:
            best, most = name, common
    return best


def _distinct(rows: list[Row], name: str) -> set[Any] | None:
    values = [row.get(name) for row in rows]
    if any(type(value) not in (int, str) for value in values):
        return None
    found = set(values)
    return found if len(found) == len(values) else None


def _paired(
    old: list[Row], new: list[Row], key: str | None
) -> Iterable[tuple[Any, Row | None, Row | None]]:
    if key is None:
        for index in range(max(len(old), len(new))):
            yield (
                index,
                old[index] if index < len(old) else None,
                new[index] if index < len(new) else None,
            )
        return
    by_key = {row[key]: row for row in new}
    for row in old:
        yield row[key], row, by_key.pop(row[key], None)
    for value, row in by_key.items():
        yield value, None, row
