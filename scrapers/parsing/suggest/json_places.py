"""Places in JSON: the documents of a page, the paths to its values, the lists that may be rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from scrapers.parsing.javascript import NotDataError, assignment_pattern
from scrapers.parsing.model import Document, Rows
from scrapers.parsing.page import Page
from scrapers.parsing.places import MISSING, json_getter
from scrapers.parsing.suggest.make import document, rows
from scrapers.parsing.values import MisfitError

_ASSIGNED = re.compile(
    r"""(?:^|[\s;{}()])((?:[A-Za-z_$][\w$]*)(?:\s*(?:\.\s*[A-Za-z_$][\w$]*|"""
    r"""\[\s*(?:"[^"\\\]]+"|'[^'\\\]]+')\s*\]))*)\s*=(?![=>])\s*(?=[\[{])""",
    re.MULTILINE,
)
_PUSHED = re.compile(
    r"""(?:^|[\s;{}()])((?:[A-Za-z_$][\w$]*)(?:\s*(?:\.\s*(?!push\b)[A-Za-z_$][\w$]*|"""
    r"""\[\s*(?:"[^"\\\]]+"|'[^'\\\]]+')\s*\]))*)\s*\.\s*push\s*\(\s*(?=[\[{])""",
    re.MULTILINE,
)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_MAX_DOCUMENTS = 40
_MAX_PATHS = 800
_MAX_KEYS = 80  # an object with more is data, not layout
_MAX_ITEMS = 60  # a list of values with more is data, not layout
_DEPTH = 6
_JSON_ELEMENTS = "//script[contains(@type, 'json')] | //pre | //textarea | //body"


def documents_of(page: Page) -> list[tuple[Document, Any]]:
    """Every object and list that stands in the page's scripts or elements as data."""
    found: dict[Document, Any] = {}
    for script in page.scripts:
        for way, pattern in (("assigned_to", _ASSIGNED), ("pushed_to", _PUSHED)):
            for match in pattern.finditer(script):
                if len(found) >= _MAX_DOCUMENTS:
                    break
                _note(page, document(**{way: re.sub(r"\s+", "", match.group(1))}), found)
    for element in page.root.xpath(_JSON_ELEMENTS):
        text = "".join(element.itertext()).strip().removeprefix("<!--").strip()
        if text[:1] in ("{", "["):
            _note(page, document(css=_element_css(element)), found)
    return list(found.items())


def _note(page: Page, document: Document, found: dict[Document, Any]) -> None:
    if document in found:
        return
    try:
        value = page.value(document)
    except NotDataError:
        return  # code and no data, or no JSON: nothing to look into
    if type(value) in (dict, list) and value:
        found[document] = value


def _element_css(element: Any) -> str:
    if element.tag in ("pre", "body", "textarea"):
        return str(element.tag)
    name = element.get("id")
    if name and re.fullmatch(r"[A-Za-z_][\w-]*", name):
        return f"script#{name}"
    for attribute, value in element.attrib.items():
        if attribute.startswith("data-") and re.fullmatch(r"[A-Za-z][\w-]*", value):
            return f"script[{attribute}='{value}']"
    return f"script[type='{element.get('type')}']"


def same_document(one: Document, other: Document) -> bool:
    """Whether two documents are the same data, though `a.b` is written `a["b"]` elsewhere."""
    for name in ("assigned_to", "pushed_to"):
        target, another = getattr(one, name), getattr(other, name)
        if target is not None and another is not None:
            return assignment_pattern(target)[1] == assignment_pattern(another)[1]
    return one == other


def joined(path: str, key: str) -> str:
    """A path with one key more."""
    text = key if _NAME.fullmatch(key) else json.dumps(key, ensure_ascii=False)
    return f"{path}.{text}" if path else text


def value_paths(values: Iterable[Any]) -> dict[str, None]:
    """Paths to all values within some rows, objects and lists of values included, in order."""
    paths: dict[str, None] = {}
    for value in values:
        for path, inner in _walk(value, "", 0):
            if len(paths) >= _MAX_PATHS:
                return paths
            if path and not _is_list_of_rows(inner):
                paths[path] = None
    return paths


def _walk(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    yield path, value
    if depth >= _DEPTH:
        return
    if type(value) is dict:
        if len(value) > _MAX_KEYS or all(key.isdigit() for key in value):
            return
        for key, inner in value.items():
            yield from _walk(inner, joined(path, key), depth + 1)
    elif type(value) is list and len(value) <= _MAX_ITEMS:
        if value and type(value[0]) is dict and len(value) > 2:
            return
        for index, inner in enumerate(value):
            if type(inner) is not list or depth < 2:
                yield from _walk(inner, f"{path}[{index}]", depth + 1)


def _is_list_of_rows(value: Any) -> bool:
    return type(value) is list and bool(value) and type(value[0]) in (dict, list)


def row_places(parents: Sequence[Any], js: str | None, *, of_values: bool = False) -> list[Rows]:
    """Places under some parents that may be rows: lists, objects by member, alike siblings.

    `of_values`: a row may be a plain value, such as a name in a list of names.
    """
    found: dict[tuple[str, bool], None] = {}
    for parent in parents:
        for path, value in _walk_rows(parent, "", 0):
            if type(value) is list and value and (type(value[0]) in (dict, list) or of_values):
                found[(path, False)] = None
            elif type(value) is dict and value:
                if path or js is not None:
                    found[(path, True)] = None
                if alike := _alike_members(value):
                    chosen = f"[{', '.join(alike)}]"
                    found[(f"{path}.{chosen}" if path else chosen, False)] = None
        if len(found) > 400:
            break
    return [
        rows(js=js, path=path or None, items=items or None)
        for path, items in found
        if path or js is not None
    ]


def _walk_rows(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    yield path, value
    if type(value) is dict and depth < _DEPTH and len(value) <= _MAX_KEYS:
        for key, inner in value.items():
            if type(inner) in (dict, list) and not key.isdigit():
                yield from _walk_rows(inner, joined(path, key), depth + 1)


def _alike_members(value: dict[str, Any]) -> list[str]:
    """Names of members that are objects of the same shape, such as home and away."""
    objects = {k: set(v) for k, v in value.items() if type(v) is dict and len(v) > 3}
    for name, keys in objects.items():
        alike = [k for k, other in objects.items() if len(keys & other) > 0.7 * len(keys | other)]
        if 2 <= len(alike) <= 4 and alike[0] == name:
            return [joined("", k) for k in alike]
    return []


def keys_of(value: Any) -> set[str]:
    """Names of keys anywhere within a value, keys that are data left out."""
    found: set[str] = set()
    _gather_keys(value, found, 0)
    return found


def _gather_keys(value: Any, found: set[str], depth: int) -> None:
    if depth > 8 or len(found) > 2000:
        return
    if type(value) is dict:
        for key, inner in value.items():
            if not key.isdigit():
                found.add(key)
            _gather_keys(inner, found, depth + 1)
    elif type(value) is list:
        for inner in value[:30]:
            _gather_keys(inner, found, depth + 1)


def at(value: Any, path: str | None) -> Any:
    """What stands at a path, or `MISSING`; no path is the value itself."""
    if path is None:
        return value
    try:
        return json_getter(path)(value)
    except MisfitError:
        return MISSING
