"""Tools that change a page: its elements, the data in its scripts, the JSON of a feed.

What a change applies to is taken from the selector file in force: the elements its CSS and XPath
find, the keys its paths name. Nothing here knows a page kind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

import jmespath
from lxml import html as lxml_html

from scrapers.parsing.extract import rows_finder
from scrapers.parsing.javascript import (
    _value_at,
    assigned_value_starts,
    assignment_pattern,
    push_pattern,
)
from scrapers.parsing.model import Document, Group, SelectorField, SelectorFile
from scrapers.parsing.page import Page
from scrapers.parsing.places import MISSING, elements_getter, is_element

_SHOWN = re.compile(r"(<(?:pre|body)[^>]*>)(\s*\{.*\}\s*)(</(?:pre|body)>)", re.DOTALL)
Edit = Callable[[str, Any], Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A document's literal in a page: its text stands from `start` to `end`."""

    name: str
    start: int
    end: int
    value: Any


# --- data in scripts and feeds ---------------------------------------------------------------


def documents_in(html: str, selector: SelectorFile) -> list[Found]:
    """The documents of a selector file that stand in scripts, in page order."""
    found = []
    for name, document in selector.documents.items():
        for start in _starts(html, document):
            value, end = _value_at(html, start)
            found.append(Found(name, start, end, value))
    return sorted(found, key=lambda each: each.start)


def _starts(html: str, document: Document) -> list[int]:
    if document.assigned_to is not None:
        return assigned_value_starts(html, document.assigned_to)[-1:]
    if document.pushed_to is not None:
        _, pattern = push_pattern(document.pushed_to)
        return [match.end() for match in pattern.finditer(html)]
    return []


def written(value: Any) -> str:
    """JSON as a site writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def with_documents(html: str, selector: SelectorFile, edit: Edit) -> str:
    """The page with its data edited, in scripts and in a feed.

    Args:
        edit: gives a document's new value, by its name in the selector file and its value.
    """
    for found in reversed(documents_in(html, selector)):
        html = html[: found.start] + written(edit(found.name, found.value)) + html[found.end :]
    for name, document in selector.documents.items():
        if document.xpath is not None or document.css is not None:
            html = with_feed(html, lambda value, name=name: edit(name, value))
    return html


def with_feed(html: str, edit: Callable[[Any], Any]) -> str:
    """The page of a feed with its JSON edited."""
    shown = _SHOWN.search(html)
    assert shown, "no feed is shown on the page"
    value = edit(json.loads(unescape(shown.group(2))))
    text = escape(written(value), quote=False)
    return html[: shown.start(2)] + text + html[shown.end(2) :]


def feed_text(html: str) -> str:
    """The feed as it stands on the page, with its marks as entities."""
    shown = _SHOWN.search(html)
    assert shown, "no feed is shown on the page"
    return shown.group(2)


def renamed_targets(html: str, selector: SelectorFile, names: dict[str, str]) -> str:
    """The page with other names for what its scripts assign or push to.

    Args:
        names: the new name of each document.
    """
    for name, document in selector.documents.items():
        new = names.get(name)
        if new is None:
            continue
        if document.assigned_to is not None:
            _, pattern = assignment_pattern(document.assigned_to)
            html = pattern.sub(lambda _, new=new: f"{new} = ", html)
        elif document.pushed_to is not None:
            _, pattern = push_pattern(document.pushed_to)
            html = pattern.sub(lambda _, new=new: f"{new}.push(", html)
            html = html.replace(f"var {document.pushed_to} = []", f"var {new} = []")
    return html


def without_targets(html: str, selector: SelectorFile) -> tuple[str, dict[str, Any]]:
    """The page without the data in its scripts, and that data by document."""
    data: dict[str, Any] = {}
    pushed = {n for n, d in selector.documents.items() if d.pushed_to is not None}
    for found in reversed(documents_in(html, selector)):
        if found.name in pushed:
            data.setdefault(found.name, []).insert(0, found.value)
        else:
            data[found.name] = found.value
        begin = html.rindex("\n", 0, found.start) + 1
        end = found.end + len(re.match(r"\s*\)?\s*;?", html[found.end :]).group())  # type: ignore[union-attr]
        html = html[:begin] + html[end:]
    return html, data


# --- keys ------------------------------------------------------------------------------------


def path_names(path: str | None) -> list[str]:
    """The keys that a JMESPath names."""
    names: list[str] = []

    def walk(node: dict[str, Any]) -> None:
        if node["type"] == "field":
            names.append(node["value"])
        for child in node.get("children", ()):
            if isinstance(child, dict):
                walk(child)

    if path is not None:
        walk(jmespath.compile(path).parsed)
    return names


def addressed_keys(selector: SelectorFile) -> set[str]:
    """All keys of JSON that a selector file names, beside the key and value of its items."""
    keys: set[str] = set()

    def of_fields(fields: dict[str, SelectorField], items: bool) -> None:
        for each in fields.values():
            for place in each.places:
                names = path_names(place.path)
                keys.update(names[1:] if items else names)

    def of_group(group: Group) -> None:
        items = any(rows.items for rows in group.rows)
        for rows in group.rows:
            keys.update(path_names(rows.path))
        of_fields(group.fields, items)
        for inner in group.groups.values():
            for rows in inner.rows:
                names = path_names(rows.path)
                keys.update(names[1:] if items else names)
            of_fields(inner.fields, any(rows.items for rows in inner.rows))
            for deeper in inner.groups.values():
                of_group(deeper)

    of_fields(selector.fields, False)
    for group in selector.groups.values():
        of_group(group)
    return keys - {"value", "key"} | ({"value"} if "type" in keys else set())


def item_maps(selector: SelectorFile) -> set[str]:
    """Keys whose objects are lists of items by their own keys, which are data and no names."""
    found: set[str] = set()

    def of_group(group: Group) -> None:
        for rows in group.rows:
            if rows.items and rows.path is not None:
                found.update(path_names(rows.path)[-1:])
        for inner in group.groups.values():
            of_group(inner)

    for group in selector.groups.values():
        of_group(group)
    return found


def with_keys(value: Any, names: dict[str, str], data_keys: set[str], is_map: bool = False) -> Any:
    """A value with other names for its keys; the keys of `data_keys`' objects stay."""
    if isinstance(value, list):
        return [with_keys(item, names, data_keys) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        (key if is_map else names.get(key, key)): with_keys(
            item, names, data_keys, key in data_keys and not is_map
        )
        for key, item in value.items()
    }


# --- elements --------------------------------------------------------------------------------


def tree(html: str) -> Any:
    """The page's elements."""
    return Page(html).root


def text_of(root: Any) -> str:
    """The page of these elements."""
    text: str = lxml_html.tostring(root, encoding="unicode", doctype="<!DOCTYPE html>")
    return text


def addressed_elements(root: Any, page: Page, selector: SelectorFile) -> list[Any]:
    """Every element that the places of a selector file find, each once."""
    found: dict[Any, None] = {}

    def note(elements: list[Any]) -> None:
        found.update(dict.fromkeys(each for each in elements if is_element(each)))

    def of_fields(fields: dict[str, SelectorField], rows: list[Any]) -> None:
        for each in fields.values():
            for place in each.places:
                if place.css is None and place.xpath is None:
                    continue
                getter = elements_getter(place.css, place.xpath)
                for row in rows:
                    note(list(getter(row) or ())[:1])

    def of_groups(groups: dict[str, Group], parents: list[Any]) -> None:
        for group in groups.values():
            rows: list[Any] = []
            for place in group.rows:
                if place.css is None and place.xpath is None:
                    continue
                find = rows_finder(place, selector.documents)
                for parent in parents:
                    there = find(page, parent)
                    rows += [] if there is MISSING else there
                if rows:
                    break
            note(rows)
            of_fields(group.fields, rows)
            of_groups(group.groups, rows)

    of_fields(selector.fields, [root])
    of_groups(selector.groups, [root])
    found.pop(root, None)
    return list(found)


def has_elements(selector: SelectorFile) -> bool:
    """Whether a selector file finds anything by CSS or XPath in a page (a feed does not)."""
    return next(_element_places(selector), None) is not None


def _element_places(selector: SelectorFile) -> Iterator[object]:
    for each in selector.fields.values():
        yield from (p for p in each.places if p.css or p.xpath)

    def of_group(group: Group) -> Iterator[object]:
        yield from (rows for rows in group.rows if rows.css or rows.xpath)
        for inner in group.groups.values():
            yield from of_group(inner)

    for group in selector.groups.values():
        yield from of_group(group)


def around(element: Any, new: Any) -> None:
    """Put an element into a new one, which takes its place."""
    parent = element.getparent()
    new.tail, element.tail = element.tail, None
    parent.replace(element, new)
    new.append(element)


def around_content(element: Any, new: Any) -> None:
    """Put all that is in an element into a new one within it."""
    new.text, element.text = element.text, None
    for child in list(element):
        new.append(child)
    element.append(new)
