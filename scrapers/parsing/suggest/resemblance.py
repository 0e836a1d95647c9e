"""Elements that resemble others: where no value is known, likeness alone may propose."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from scrapers.parsing.suggest.names import affinity

_ENOUGH = 0.5
_BEST = 6
_LONGEST = 300
_SKIPPED = ("script", "style", "head", "noscript", "template")


def shape(text: str) -> str:
    """How a text is written: runs of digits and of letters are all alike."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", " ".join(text.split())))[:40]


def resembling(row: Any, old: Any, old_row: Any) -> list[Any]:
    """Elements within a row that resemble an element of another page's row, the best first."""
    scored = []
    path = _path(old, old_row)
    for element in row.iter():
        if isinstance(element.tag, str) and element.tag not in _SKIPPED:
            score = _resemblance(element, old, path, row)
            if score >= _ENOUGH:
                scored.append((score, element))
    scored.sort(key=lambda pair: pair[0], reverse=True)
    return [element for _, element in scored[:_BEST]]


def _resemblance(element: Any, old: Any, old_path: list[str], row: Any) -> float:
    score = 0.2 if element.tag == old.tag else 0.0
    text, was = _text(element), _text(old)
    if text is not None and was is not None:
        score += 0.25 if text.strip() and shape(text) == shape(was) else 0.0
    names, old_names = set(element.attrib), set(old.attrib)
    score += 0.15 * (len(names & old_names) / len(names | old_names) if names | old_names else 1)
    said = " ".join(filter(None, (element.get("id"), element.get("class"))))
    was_said = " ".join(filter(None, (old.get("id"), old.get("class"))))
    score += 0.15 * (affinity(said, was_said) if said or was_said else 1)
    score += 0.15 * difflib.SequenceMatcher(None, _path(element, row), old_path).ratio()
    return score + (0.1 if _label(element) == _label(old) else 0.0)


def _text(element: Any) -> str | None:
    text = "".join(element.itertext())
    return text if len(text) <= _LONGEST else None


def _path(element: Any, row: Any) -> list[str]:
    path = [str(element.tag)]
    for ancestor in element.iterancestors():
        if ancestor is row:
            break
        path.append(str(ancestor.tag))
    return path


def _label(element: Any) -> str:
    before = element.getprevious()
    if before is None or not isinstance(before.tag, str):
        return ""
    return " ".join("".join(before.itertext()).split())[:40]


def rows_resemble(rows: Sequence[Any], old: Sequence[Any]) -> float:
    """How alike two sets of rows are, 0 to 1, by what stands in them and how."""
    if not rows or not old:
        return 0.0
    texts = _overlap(_shapes(rows), _shapes(old))
    tags = _overlap(_tags(rows), _tags(old))
    attributes = _overlap(_attributes(rows), _attributes(old))
    return 0.6 * texts + 0.2 * tags + 0.2 * attributes


def _overlap(one: Counter[str], other: Counter[str]) -> float:
    total = sum((one | other).values())
    return sum((one & other).values()) / total if total else 1.0


def _normal(counts: Counter[str], rows: int) -> Counter[str]:
    return Counter({key: round(100 * count / rows) for key, count in counts.items()})


def _shapes(rows: Sequence[Any]) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in rows:
        found.update(shape(text) for text in row.itertext() if text.strip())
    return _normal(found, len(rows))


def _tags(rows: Sequence[Any]) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in rows:
        found.update(each.tag for each in row.iter() if isinstance(each.tag, str))
    return _normal(found, len(rows))


def _attributes(rows: Sequence[Any]) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in rows:
        for each in row.iter():
            if isinstance(each.tag, str):
                found.update(f"{name} {shape(value)}" for name, value in each.attrib.items())
    return _normal(found, len(rows))


def values_alike(old: Sequence[Any], new: Sequence[Any]) -> float:
    """How alike two lots of values are, 0 to 1: the same words, written alike, or as large."""
    given = [value for value in new if value is not None]
    if not old or not given:
        return 0.0
    if all(type(value) in (int, float) for value in (*old, *given)):
        low, high = min(old), max(old)
        spread = max(high - low, 1)
        within = sum(low - spread <= value <= high + spread for value in given)
        return float(within / len(given))
    words = {str(value) for value in old}
    same = sum(str(value) in words for value in given) / len(given)
    shapes = {shape(str(value)) for value in old}
    return 0.6 * same + 0.4 * sum(shape(str(value)) in shapes for value in given) / len(given)
