"""One name after the other: each key, class, id and head that a selector file reads, renamed alone.

Where all keys have other names at once, one that must be there gives the change away and hides all
that may be missing. So each is renamed alone, only where the file reads it, and on all pages of the
subject. A page that is refused as it is read lands nothing; what is read with other rows goes the
whole way through the gate, and its wrong rows are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jmespath
from lxml import etree

from scrapers.errors import LayoutChanged, TouchlineError
from scrapers.parsing.model import Group, Place, Rows, SelectorField, SelectorFile
from scrapers.parsing.page import Page
from scrapers.parsing.versions import GivenVersions
from scrapers.targets import PageKind, Target
from scrapers.whoscored.read import read_page
from scrapers.whoscored.rows import RowSet
from tests.layouts.changes import hashed, snake
from tests.layouts.edit import documents_in, text_of, with_feed, written
from tests.layouts.subjects import html_of, subject
from tests.layouts.values import differing, values_of

Chain = tuple[str, ...]
_EACH = "*"  # each member of an object whose keys are data
_ELEMENTS = "elements"
_WORD = re.compile(r"[A-Za-z][\w-]*")
_QUOTED = re.compile(r"'([^']*)'")
SAME = "reads as before"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """A name that a selector file reads: the key at these steps of a document, or an element's."""

    document: str
    steps: Chain

    def __str__(self) -> str:
        return f"{self.document}: {'.'.join(self.steps)}"


@dataclass(slots=True)
class KeyCell:
    """What became of a name that alone is another.

    Attributes:
        kind: page kind.
        address: which name.
        fields: fields and groups that are read there.
        wrong: rows in the core tables that no unchanged night gives, and rows that are gone.
        told: the failure classes, or that it reads as before.
        unnamed: of the fields those that no failure named.
    """

    kind: str
    address: str
    fields: list[str] = field(default_factory=list)
    wrong: int = 0
    told: str = SAME
    unnamed: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Nothing wrong landed, and the failure, if there is one, names what is read there."""
        return not self.wrong and not self.unnamed

    def __str__(self) -> str:
        told = f"{self.told}, {self.wrong} wrong rows"
        return f"{self.kind} {self.address}: {told}" + (
            f", not named: {', '.join(self.unnamed)}" if self.unnamed else ""
        )


# --- keys of data ----------------------------------------------------------------------------


def addresses(selector: SelectorFile) -> dict[Address, list[str]]:
    """Every key that the file's paths go through, and the fields and groups that are read there."""
    found: dict[Address, dict[str, None]] = {}

    def note(document: str | None, before: Chain, items: bool, path: str | None, name: str) -> None:
        for chain in _chains(jmespath.compile(path).parsed) if path else [()]:
            inner = chain
            if items:
                # A row is {key: …, value: …}: the one is data, the other the member itself.
                inner = chain[1:] if chain[:1] == ("value",) else ()
            for end in range(1, len(inner) + 1):
                at = Address(document or "", (*before, *inner[:end]))
                found.setdefault(at, {})[name] = None

    def of_place(place: Place | Rows, document: str | None, before: Chain, items: bool,
                 name: str) -> None:  # fmt: skip
        if place.js is not None:
            note(place.js, (), False, place.path, name)
        elif place.path is not None and document is not None:
            note(document, before, items, place.path, name)

    def of_fields(
        fields: Mapping[str, SelectorField], prefix: str, document: str | None, before: Chain,
        items: bool,
    ) -> None:  # fmt: skip
        for name, each in fields.items():
            for place in each.places:
                of_place(place, document, before, items, prefix + name)

    def of_group(name: str, group: Group, document: str | None, before: Chain,
                 items: bool) -> None:  # fmt: skip
        for rows in group.rows:
            of_place(rows, document, before, items, name)
            own, start, of_items = (rows.js, (), False) if rows.js else (document, before, items)
            if own is None:
                continue
            for chain in _chains(jmespath.compile(rows.path).parsed) if rows.path else [()]:
                inner = chain[1:] if of_items and chain[:1] == ("value",) else chain
                at = (*start, *inner, *((_EACH,) if rows.items else ()))
                of_fields(group.fields, f"{name}.", own, at, rows.items)
                for short, deeper in group.groups.items():
                    of_group(f"{name}.{short}", deeper, own, at, rows.items)

    of_fields(selector.fields, "", None, (), False)
    for name, group in selector.groups.items():
        of_group(name, group, None, (), False)
    return {at: list(names) for at, names in sorted(found.items())}


def _chains(node: dict[str, Any]) -> list[Chain]:
    """The ways of keys that a JMESPath goes, each from where it begins."""
    children = [child for child in node.get("children", ()) if isinstance(child, dict)]
    match node["type"]:
        case "field":
            return [] if node["value"] == "null" else [(node["value"],)]
        case "current" | "identity":
            return [()]
        case "subexpression" | "pipe" | "projection" | "value_projection":
            return [(*a, *b) for a in _chains(children[0]) for b in _chains(children[1])]
        case "filter_projection":
            return [(*a, *b) for a in _chains(children[0]) for c in children[1:]
                    for b in _chains(c)]  # fmt: skip
        case "multi_select_list" if all(child["type"] == "field" for child in children):
            # The sides of a match: what has another name has it on both.
            return [("|".join(child["value"] for child in children),)]
        case "index_expression" | "flatten":
            return _chains(children[0])
        case _:
            return [chain for child in children for chain in _chains(child)]


def _renamed(value: Any, steps: Chain) -> Any:
    if isinstance(value, list):
        return [_renamed(item, steps) for item in value]
    if not isinstance(value, dict):
        return value
    names, rest = steps[0].split("|"), steps[1:]
    if names == [_EACH]:
        return {k: _renamed(v, rest) if rest else v for k, v in value.items()}
    if rest:
        return {k: _renamed(v, rest) if k in names else v for k, v in value.items()}
    return {snake(k) if k in names else k: v for k, v in value.items()}


class PageNames:
    """A page, made ready to have one name after the other changed."""

    def __init__(self, html: str, selector: SelectorFile) -> None:
        self._html = html
        self._selector = selector
        self._found = documents_in(html, selector)
        self._root = Page(html).root

    def without(self, at: Address) -> str | None:
        """The page with another name there; None: it has no such name."""
        if at.document == _ELEMENTS:
            return self._without_element_name(at.steps[0])
        html = self._html
        document = self._selector.documents[at.document]
        if document.xpath is not None or document.css is not None:
            html = with_feed(html, lambda value: _renamed(value, at.steps))
            return None if html == with_feed(self._html, lambda value: value) else html
        is_there = False
        for found in reversed(self._found):
            if found.name == at.document:
                new = _renamed(found.value, at.steps)
                if new != found.value:
                    is_there = True
                    html = html[: found.start] + written(new) + html[found.end :]
        return html if is_there else None

    # --- names of elements -------------------------------------------------------------------

    def element_names(self) -> list[Address]:
        """Classes, ids, data attributes and heads of tables that the file's CSS and XPath name."""
        words: set[str] = set()
        texts: set[str] = set()
        for text in _looked_for(self._selector):
            words |= set(_WORD.findall(text))
            texts |= set(_QUOTED.findall(text))
        there: set[str] = set()
        for element in self._root.iter("*"):
            named = {*(element.get("class") or "").split(), element.get("id") or ""}
            there |= named | {name for name in element.attrib if name.startswith("data-")}
        heads = {_text(head) for head in self._root.iter("th")} & texts
        return [Address(_ELEMENTS, (name,)) for name in sorted((words & there) | heads)]

    def _without_element_name(self, name: str) -> str | None:
        root = Page(self._html).root
        is_there = False
        for element in root.iter("*"):
            for attribute in ("class", "id"):
                words = (element.get(attribute) or "").split()
                if name in words:
                    new = [hashed(word) if word == name else word for word in words]
                    element.set(attribute, " ".join(new))
                    is_there = True
            if name.startswith("data-") and name in element.attrib:
                element.set(hashed(name), element.attrib.pop(name))
                is_there = True
            if element.tag == "th" and _text(element) == name:
                element.text = hashed(name)
                is_there = True
        return text_of(root) if is_there else None


def _text(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


def _looked_for(selector: SelectorFile) -> Iterator[str]:
    def of_fields(fields: Mapping[str, SelectorField]) -> Iterator[str]:
        for each in fields.values():
            for place in each.places:
                yield from filter(None, (place.css, place.xpath, place.attr))

    def of_groups(groups: Mapping[str, Group]) -> Iterator[str]:
        for group in groups.values():
            for rows in group.rows:
                yield from filter(None, (rows.css, rows.xpath))
            yield from of_fields(group.fields)
            yield from of_groups(group.groups)

    yield from of_fields(selector.fields)
    yield from of_groups(selector.groups)


# --- what is read then -----------------------------------------------------------------------


class KeyReadings:
    """The pages of a kind, read with one name after the other changed.

    Args:
        kind: the page kind.
        selector: the version in force.
    """

    def __init__(self, kind: PageKind, selector: SelectorFile) -> None:
        self.kind = kind
        self.targets = subject(kind).targets
        self._selector = selector
        self._versions = GivenVersions([selector])
        self._pages = {t: PageNames(html_of(t), selector) for t in self.targets}
        self._truth: dict[Target, RowSet] = {}
        for target in self.targets:
            self._truth[target] = self._rows(target, html_of(target))
        names = addresses(selector)
        for page in self._pages.values():
            names |= {at: [] for at in page.element_names() if at not in names}
        self.addresses: dict[Address, list[str]] = names

    def _rows(self, target: Target, html: str) -> RowSet:
        return read_page(html.encode(), target, "", self._versions).rows

    def read(self, at: Address) -> tuple[KeyCell, dict[Target, str]] | None:
        """The cell as far as reading tells; pages that are read with other rows, for the gate.

        None: no page has the name.
        """
        cell = KeyCell(self.kind.value, str(at), self.addresses[at])
        other: dict[Target, str] = {}
        classes: set[str] = set()
        failed: set[str] = set()
        is_there = False
        for target, page in self._pages.items():
            html = page.without(at)
            if html is None:
                continue
            is_there = True
            try:
                rows = self._rows(target, html)
            except LayoutChanged as error:
                classes.add(error.failure_class)
                failed |= set(error.facts["fields"])
            except TouchlineError as error:
                classes.add(error.failure_class)
            else:
                if rows != self._truth[target]:
                    other[target] = html
        if not is_there:
            return None
        if classes:
            cell.told = ", ".join(sorted(classes))
            cell.unnamed = [
                name
                for name in cell.fields
                if not is_said(name, failed) and self._is_changed(name, at)
            ]
        return cell, other

    def _is_changed(self, name: str, at: Address) -> bool:
        """Whether a field comes out otherwise; it may read a name only for a case in a hundred."""
        for target, page in self._pages.items():
            html = page.without(at)
            if html is not None:
                truth = values_of(Page(html_of(target)), self._selector)
                if name in differing(truth, values_of(Page(html), self._selector)):
                    return True
        return False


def is_said(name: str, failed: set[str]) -> bool:
    """Whether a failure names a field or group: itself, a group above it, or one within it."""
    return any(
        name == said or name.startswith(f"{said}.") or said.startswith(f"{name}.")
        for said in failed
    )
