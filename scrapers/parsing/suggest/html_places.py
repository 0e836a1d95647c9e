"""Places in HTML: the elements that hold a value, selectors that find them, repeated elements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from scrapers.parsing.model import Place
from scrapers.parsing.places import elements_getter
from scrapers.parsing.values import MisfitError

_SKIPPED = ("script", "style", "head", "noscript", "template")
_LONGEST = 400  # of a text that may be, or hold, a value
_STABLE = re.compile(r"[A-Za-z][A-Za-z_-]*\d{0,2}(?:-[A-Za-z]+)*")
_WORD = re.compile(r"[A-Za-z][\w-]*")
_URL_PART = re.compile(r"/([A-Za-z][A-Za-z_-]*)/")
_LABEL = re.compile(r"[^\W\d][^\n]{0,38}")
_ANCESTORS = 8
_PER_ELEMENT = 60


def hits(row: Any, want: Any) -> Iterator[tuple[Any, str | None, str]]:
    """Elements within a row, with the attribute (None: the text), that may hold a value."""
    for element in row.iter():
        if not isinstance(element.tag, str) or element.tag in _SKIPPED:
            continue
        if any(parent.tag in _SKIPPED for parent in element.iterancestors("script", "head")):
            continue
        for name, value in element.attrib.items():
            if len(value) <= _LONGEST and name != "style" and may_hold(value, want):
                yield element, name, value
        text = _short_text(element)
        if text and may_hold(text, want):
            yield element, None, text


def _short_text(element: Any) -> str:
    parts: list[str] = []
    size = 0
    for part in element.itertext():
        size += len(part.strip())
        if size > _LONGEST:
            return ""
        parts.append(part)
    return "".join(parts) if size else ""


def may_hold(text: str, want: Any) -> bool:
    """Whether a value may be written in a text, in whichever way."""
    if type(want) is str:
        return " ".join(want.split()).casefold() in " ".join(text.split()).casefold()
    if isinstance(want, datetime):
        return any(char.isdigit() for char in text) and f"{want.day}" in text and len(text) > 7
    if type(want) in (int, float):
        digits = re.sub(r"\D", "", f"{want:.10g}").strip("0")
        return digits in re.sub(r"\D", "", text) if digits else "0" in text
    return False


def selectors_of(element: Any, row: Any, old: Sequence[Place], want: Any) -> list[dict[str, str]]:
    """Ways to find an element within a row, the most lasting first; each finds it first."""
    found: dict[tuple[str, str], None] = {}
    for kind, text in _ways(element, row, old, want):
        key = (kind, text)
        if key not in found and _finds(kind, text, row, element):
            found[key] = None
            if len(found) >= _PER_ELEMENT:
                break
    return [{kind: text} for kind, text in found]


def lasting(place: Place) -> float:
    """How likely a place is to outlast small changes, 0 to 1: names do, positions do not."""
    if place.css is None:
        if place.xpath is None or place.xpath == ".":
            return 1.0
        return 0.3 if "normalize-space" not in place.xpath else 0.6
    if ":nth-child" in place.css:
        return 0.2
    *anchors, last = re.split(r"\s*>\s*|\s+(?![^\[]*\])", place.css.strip())
    own = 0.7 if re.search(r"[#.\[]", last) else 0.3
    if last.startswith("#") or any(anchor.startswith("#") for anchor in anchors):
        return own + 0.3
    return own + (0.1 if anchors else 0.0)


def _finds(kind: str, text: str, row: Any, element: Any) -> bool:
    try:
        get = elements_getter(text if kind == "css" else None, text if kind == "xpath" else None)
        found = get(row)
    except (ValueError, MisfitError):
        return False
    return bool(found) and found[0] is element


def _ways(element: Any, row: Any, old: Sequence[Place], want: Any) -> Iterator[tuple[str, str]]:
    locals_ = [*_old_ends(old), *_local(element, want)]
    for text in locals_:
        yield "css", text
    anchors = list(_anchors(element, row))
    named = [anchor for anchor, _ in anchors if anchor.startswith("#")]
    for anchor, _ in anchors:
        for text in locals_:
            yield "css", f"{anchor} {text}"
            if named and not anchor.startswith("#"):
                yield "css", f"{named[0]} {anchor} {text}"
    for label in _labels(element):
        yield "xpath", f".//*[normalize-space()='{label}']/following-sibling::*[1]"
        yield "xpath", f".//*[normalize-space(text())='{label}']/following-sibling::*[1]"
    for anchor, ancestor in anchors:
        yield "css", f"{anchor} > {_steps_down(element, ancestor)}"
    if row is not element and row in element.iterancestors():
        yield "xpath", f"./{_positions(element, row)}"


def _old_ends(old: Sequence[Place]) -> Iterator[str]:
    """The old selectors, and their ends: what they said of the element itself."""
    for place in old:
        if place.css is None:
            continue
        yield place.css
        compounds = re.split(r"\s*>\s*|\s+(?![^\[]*\])", place.css.strip())
        for index in range(1, len(compounds)):
            yield " ".join(compounds[index:])
        if len(compounds) > 1:
            yield " ".join(compounds)


def _local(element: Any, want: Any) -> Iterator[str]:
    """What an element is by itself."""
    tag = element.tag
    name = element.get("id", "")
    if _STABLE.fullmatch(name):
        yield f"#{name}"
    classes = [c for c in (element.get("class") or "").split() if _STABLE.fullmatch(c)]
    for each in classes:
        yield f"{tag}.{each}"
        yield f".{each}"
    if len(classes) > 1:
        yield f"{tag}." + ".".join(classes)
    for attribute, value in element.attrib.items():
        if attribute in ("id", "class", "style"):
            continue
        if attribute in ("href", "src", "value", "action") and "/" in value:
            for part in _URL_PART.findall(value):
                yield f"{tag}[{attribute}*='/{part}/' i]"
            continue
        if _WORD.fullmatch(value) and value != want and len(value) < 30:
            yield f"{tag}[{attribute}='{value}']"
        if re.fullmatch(r"[A-Za-z][\w-]*", attribute):
            yield f"{tag}[{attribute}]"
    yield str(tag)


def _anchors(element: Any, row: Any) -> Iterator[tuple[str, Any]]:
    """Ancestors within the row that are known by name, the nearest first."""
    for distance, ancestor in enumerate(element.iterancestors()):
        if ancestor is row or distance >= _ANCESTORS or ancestor.tag in ("html", "body"):
            return
        name = ancestor.get("id", "")
        if _STABLE.fullmatch(name):
            yield f"#{name}", ancestor
        for each in (ancestor.get("class") or "").split()[:3]:
            if _STABLE.fullmatch(each):
                yield f"{ancestor.tag}.{each}", ancestor


def _labels(element: Any) -> Iterator[str]:
    """The text before an element that says what it is: 'Venue:'."""
    before = element.getprevious()
    if before is None or not isinstance(before.tag, str):
        return
    text = " ".join("".join(before.itertext()).split())
    if _LABEL.fullmatch(text) and "'" not in text:
        yield text


def _steps_down(element: Any, ancestor: Any) -> str:
    steps = []
    while element is not ancestor:
        place = 1 + sum(1 for _ in element.itersiblings(preceding=True) if isinstance(_.tag, str))
        steps.append(f"{element.tag}:nth-child({place})")
        element = element.getparent()
    return " > ".join(reversed(steps))


def _positions(element: Any, row: Any) -> str:
    steps = []
    while element is not row:
        place = 1 + sum(1 for _ in element.itersiblings(element.tag, preceding=True))
        steps.append(f"{element.tag}[{place}]")
        element = element.getparent()
    return "/".join(reversed(steps))


def repeated(root: Any, words: set[str]) -> Iterator[list[Any]]:
    """Sets of elements that may be rows: children of one tag, alone and with their like elsewhere.

    Args:
        words: texts that some rows hold; where none of them stands, nothing is looked for.
    """
    alike: dict[tuple[str, ...], list[Any]] = {}
    for parent in root.iter():
        if not isinstance(parent.tag, str) or parent.tag in _SKIPPED:
            continue
        children: dict[str, list[Any]] = {}
        for child in parent:
            if isinstance(child.tag, str) and child.tag not in _SKIPPED:
                children.setdefault(child.tag, []).append(child)
        if not children or not _holds_some(parent, words):
            continue
        for tag, rows in children.items():
            yield rows
            by_class: dict[str, list[Any]] = {}
            for row in rows:
                for each in (row.get("class") or "").split():
                    by_class.setdefault(each, []).append(row)
            for some in by_class.values():
                if len(some) < len(rows):
                    yield some
            alike.setdefault((*_signature(parent), tag), []).extend(rows)
    for rows in alike.values():
        if len({id(row.getparent()) for row in rows}) > 1:
            yield rows


def _holds_some(parent: Any, words: set[str]) -> bool:
    if not words:
        return True
    text = " ".join("".join(parent.itertext()).split()).casefold()
    if any(word in text for word in words):
        return True
    return any(
        word in value.casefold()
        for each in parent.iter()
        if isinstance(each.tag, str)
        for value in each.attrib.values()
        for word in words
    )


def _signature(element: Any) -> tuple[str, ...]:
    return tuple(
        f"{each.tag}.{(each.get('class') or '').split(' ')[0]}"
        for each in (element, *list(element.iterancestors())[:4])
    )


def row_selectors(rows: Sequence[Any], scope: Any, old: Sequence[str]) -> list[str]:
    """CSS that finds exactly these elements within a scope, the most lasting first."""
    found: dict[str, None] = {}
    for text in _row_ways(rows, scope, old):
        if text in found:
            continue
        try:
            got = elements_getter(text, None)(scope)
        except (ValueError, MisfitError):
            continue
        if len(got) == len(rows) and all(a is b for a, b in zip(got, rows, strict=True)):
            found[text] = None
            if len(found) >= 8:
                break
    return list(found)


def _row_ways(rows: Sequence[Any], scope: Any, old: Sequence[str]) -> Iterator[str]:
    yield from old
    first = rows[0]
    tag = first.tag
    shared = set.intersection(*(set((row.get("class") or "").split()) for row in rows))
    ends = [f"{tag}.{each}" for each in sorted(shared) if _STABLE.fullmatch(each)]
    names = set.intersection(*(set(row.attrib) for row in rows)) - {"class", "id", "style"}
    ends += [f"{tag}[{each}]" for each in sorted(names) if re.fullmatch(r"[A-Za-z][\w-]*", each)]
    anchors = list(_anchors(first, scope))
    for anchor, _ in anchors:
        if anchor.startswith("#"):
            yield from (f"{anchor} {end}" for end in ends)
    yield from ends
    for anchor, ancestor in anchors:
        is_parent = ancestor is first.getparent()
        for end in (*ends, tag):
            yield f"{anchor} > {end}" if is_parent else f"{anchor} {end}"
            yield f"{anchor} {end}"
    parent = first.getparent()
    for end in (*ends, tag):
        if parent is not None:
            yield f"{parent.tag} > {end}"
        yield end
    for anchor, ancestor in anchors:
        if parent is not None and parent is not ancestor:
            yield f"{anchor} > {_steps_down(parent, ancestor)} > {tag}"
