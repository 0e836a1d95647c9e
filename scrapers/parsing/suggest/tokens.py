"""Rows as sets of the values in them: which list of a page holds the rows that are looked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from scrapers.parsing.extract import Row
from scrapers.parsing.places import is_element

Tokens = frozenset[str]

_LEAVES = 80  # of a row, at least; of few rows more, since they may be large
_ALL_LEAVES = 4_000
_FEW = 4
_SAMPLE = 200
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_BLANK: Tokens = frozenset()


def token(value: Any) -> str | None:
    """A scalar as it may be recognised; None for what says nothing (null, true, blank)."""
    if value is None or type(value) is bool or isinstance(value, datetime):
        return None
    if type(value) is float and value.is_integer():
        value = int(value)
    text = " ".join(str(value).split()).casefold()
    return text or None


def tokens_of(row: Any, of_rows: int = _SAMPLE) -> Tokens:
    """Tokens of a raw row: a JSON value, or an element with its texts and attributes.

    `of_rows` is how many rows are looked at: the fewer, the more of each is taken.
    """
    limit = max(_LEAVES, _ALL_LEAVES // max(of_rows, 1))
    if is_element(row):
        return frozenset(_of_element(row, 4 * limit))
    found: set[str] = set()
    _gather(row, found, 0, limit)
    return frozenset(found)


def tokens_of_all(rows: Sequence[Any]) -> list[Tokens]:
    """Tokens of each of some rows."""
    return [tokens_of(row, len(rows)) for row in rows]


def wanted_tokens(row: Row) -> Tokens:
    """Tokens of a row as it was read; those of groups within it only if it says little itself."""
    found: set[str] = set()
    within: list[Any] = []
    for value in row.values():
        if type(value) is list and value and type(value[0]) is dict:
            within.append(value)
        else:
            _gather(value, found, 0, _LEAVES)
    if len(found) < _FEW:
        _gather(within, found, 0, _LEAVES)
    return frozenset(found)


def _gather(value: Any, found: set[str], depth: int, limit: int) -> None:
    if len(found) >= limit or depth > 5:
        return
    if type(value) is dict:
        for key, inner in value.items():
            if key.isdigit():  # a key that is data: values by minute, names by id
                found.add(key)
            _gather(inner, found, depth + 1, limit)
    elif type(value) is list:
        for inner in value[:40]:
            _gather(inner, found, depth + 1, limit)
    elif (text := token(value)) is not None:
        found.add(text)


def _of_element(element: Any, limit: int) -> set[str]:
    found: set[str] = set()
    for each in element.iter():
        if not isinstance(each.tag, str) or each.tag in ("script", "style"):
            continue
        texts = [each.text, each.tail if each is not element else None, *each.attrib.values()]
        for text in texts:
            if text and len(text) < 300 and (plain := token(text)):
                found.add(plain)
                found.update(_NUMBER.findall(plain))
        if len(found) > limit:
            break
    return found


def evenly(rows: Sequence[Any], count: int = _SAMPLE) -> list[Any]:
    """So many of the rows, spread over all of them."""
    if len(rows) <= count:
        return list(rows)
    step = len(rows) / count
    return [rows[int(index * step)] for index in range(count)]


def likeness(wanted: Iterable[Tokens], found: Iterable[Tokens]) -> float:
    """How well rows that were found hold what is wanted, 0 to 1; all of it counts most."""
    want: set[str] = set().union(*wanted)
    have: set[str] = set().union(*found)
    if not want or not have:
        return 0.0
    common = len(want & have)
    return 0.75 * common / len(want) + 0.25 * common / len(have)


def align(wanted: Sequence[Row], found: Sequence[Any]) -> list[Row | None]:
    """For each row found, the row that is wanted there; None where none is."""
    want = [wanted_tokens(row) for row in wanted]
    have = tokens_of_all(found)
    if len(want) == len(have) and _agrees(want, have):
        return list(wanted)
    holders: dict[str, int] = {}
    for index, tokens in enumerate(have):
        for each in tokens:
            holders[each] = -1 if each in holders else index
    aligned: list[Row | None] = [None] * len(have)
    for row, tokens in zip(wanted, want, strict=True):
        votes = Counter(holders[each] for each in tokens if holders.get(each, -1) >= 0)
        for index, _ in votes.most_common():
            if aligned[index] is None:
                aligned[index] = row
                break
    return aligned


def _agrees(want: Sequence[Tokens], have: Sequence[Tokens]) -> bool:
    """Whether the two lists are in the same order."""
    pairs = [(w, h) for w, h in zip(want, have, strict=True) if w]
    if not pairs:
        return True
    straight = _shared(pairs)
    if straight > 0.6:
        return True
    turned = _shared([(w, pairs[-1 - i][1]) for i, (w, _) in enumerate(pairs)])
    anywhere = likeness(want, have)
    return straight >= turned and straight >= 0.8 * anywhere


def _shared(pairs: Sequence[tuple[Tokens, Tokens]]) -> float:
    return sum(len(w & h) / len(w) for w, h in pairs) / len(pairs)
