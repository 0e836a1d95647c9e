"""How much of what a selector file asks for a page states: rows and filled values by field.

An optional field whose place is gone from a page fails nothing: it is null, as on pages that
have nothing to say there. Only the share of filled values, page after page, tells the two apart.
"""

from __future__ import annotations

from typing import Any

from scrapers.parsing.extract import Extracted, Row
from scrapers.parsing.model import Group, SelectorField, SelectorFile
from scrapers.parsing.values import FieldType

# By whole field name, groups first: how often it was looked for, and how often it had a value.
Coverage = dict[str, tuple[int, int]]

# What says nothing though it is no null.
_EMPTY: dict[FieldType, Any] = {
    FieldType.TEXT: "",
    FieldType.INTEGER_LIST: [],
    FieldType.NUMBER_BY_INTEGER: {},
}


def coverage_of(selector: SelectorFile, extracted: Extracted) -> Coverage:
    """Counts for every field and group of the file.

    A field of the page counts 1 row; a field of a group counts the group's rows on the page; a
    group itself counts its parents, and as filled those that have at least one row.
    """
    counts: Coverage = {}
    _count(counts, "", selector.fields, [extracted.fields])
    for name, group in selector.groups.items():
        _count_group(counts, name, group, [extracted.groups[name]])
    return counts


def _count_group(counts: Coverage, name: str, group: Group, of_parents: list[list[Row]]) -> None:
    counts[name] = (len(of_parents), sum(map(bool, of_parents)))
    rows = [row for rows in of_parents for row in rows]
    _count(counts, f"{name}.", group.fields, rows)
    for inner, nested in group.groups.items():
        _count_group(counts, f"{name}.{inner}", nested, [row[inner] for row in rows])


def _count(
    counts: Coverage, prefix: str, fields: dict[str, SelectorField], rows: list[Row]
) -> None:
    for name, field in fields.items():
        values = [row[name] for row in rows]
        blank = values.count(None)
        if field.type in _EMPTY:
            blank += values.count(_EMPTY[field.type])
        counts[prefix + name] = (len(values), len(values) - blank)
