"""A page and a selector file give typed values, or the names of all fields that failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from scrapers.errors import TargetAbsent
from scrapers.parsing.conditions import holds
from scrapers.parsing.failures import Failures
from scrapers.parsing.fields import Column, FieldReader, document_value, field_reader
from scrapers.parsing.javascript import NotDataError
from scrapers.parsing.model import Document, Group, Rows, SelectorFile
from scrapers.parsing.page import Page
from scrapers.parsing.places import MISSING, elements_getter, is_element, json_getter
from scrapers.parsing.values import MisfitError, shown

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a page says.

    Attributes:
        fields: the page's values by field name.
        groups: rows by group name; a row holds its values by field name, and the rows of the
            groups within it by their names.
    """

    fields: Row
    groups: dict[str, list[Row]]


def extract(page: Page, selector: SelectorFile) -> Extracted:
    """Read a page by a selector file.

    Raises:
        TargetAbsent: one of the file's `absent` rules holds.
        LayoutChanged: `facts["fields"]` names every field, group and document that failed.
    """
    for rule in selector.absent:
        if holds(rule, page, selector.documents):
            raise TargetAbsent(rule.says, selector=selector.name, url=page.url)
    failures = Failures()
    reader = page_reader(selector)
    root: Column = [page.root]
    columns = [f.read(page, root, failures) for f in reader.fields]
    fields = {f.name: column[0] for f, column in zip(reader.fields, columns, strict=True)}
    groups = {name: group.read(page, root, failures)[0] for name, group in reader.groups.items()}
    if failures.found:
        failures.found[:0] = unreadable(page, selector).found
        raise failures.error(selector.name, page.url)
    return Extracted(fields, groups)


def unreadable(page: Page, selector: SelectorFile) -> Failures:
    """Documents of the file that are on the page and can't be read."""
    failures = Failures()
    for name, document in selector.documents.items():
        try:
            page.value(document)
        except NotDataError as error:
            failures.add(f"documents.{name}", f"can't be read: {error}")
    return failures


@dataclass(slots=True)
class GroupReader:
    """A group, ready to be read from many parents at once.

    Attributes:
        name: its whole name, outer groups first.
        group: as the selector file has it.
        rows: finders of its rows under a parent, in order.
        fields: its fields.
        field_names: their short names.
        groups: the groups within, by short name.
    """

    name: str
    group: Group
    rows: list[Callable[[Page, Any], Any]]
    fields: list[FieldReader]
    field_names: list[str]
    groups: dict[str, GroupReader] = field(default_factory=dict)

    def read(self, page: Page, parents: Column, failures: Failures) -> list[list[Row]]:
        """Rows under each parent, in the parents' order."""
        found, ends = self.find(page, parents, failures)
        columns: list[Column] = [reader.read(page, found, failures) for reader in self.fields]
        names = list(self.field_names)
        for name, inner in self.groups.items():
            names.append(name)
            columns.append(inner.read(page, found, failures))
        rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        return [rows[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def find(self, page: Page, parents: Column, failures: Failures) -> tuple[Column, list[int]]:
        """What the rows under all parents are read from, and where each parent's end."""
        found: Column = []
        ends: list[int] = []
        missing: list[str] = []
        short: list[int] = []
        for parent in parents:
            rows, what = self._rows_of(page, parent)
            if what and (self.group.required or rows is not None):
                missing.append(what)
            elif not what and len(rows or ()) < self.group.min_rows:
                short.append(len(rows or ()))
            found.extend(rows or ())
            ends.append(len(found))
        of_rows = len(parents) if "." in self.name else 0
        if missing:
            failures.add(self.name, missing[0], len(missing), of_rows)
        if short:
            what = f"has {short[0]} rows, fewer than {self.group.min_rows}"
            failures.add(self.name, what, len(short), of_rows)
        return found, ends

    def _rows_of(self, page: Page, parent: Any) -> tuple[Column | None, str]:
        """Rows of the first place that is there; else why not, with [] if it is no list."""
        what = "has no place on the page"
        for find in self.rows:
            try:
                rows = find(page, parent)
            except MisfitError as error:
                return [], str(error)
            if rows is not MISSING and rows is not None:
                return rows, ""
        return None, what


@dataclass(slots=True)
class PageReader:
    """A selector file, ready to read pages."""

    fields: list[FieldReader]
    groups: dict[str, GroupReader]


@lru_cache(maxsize=64)
def page_reader(selector: SelectorFile) -> PageReader:
    """Make a selector file ready to read; kept for the next page."""
    zone = ZoneInfo(selector.timezone)
    documents = selector.documents
    return PageReader(
        [field_reader(n, f, documents, zone) for n, f in selector.fields.items()],
        {n: group_reader(n, g, documents, zone) for n, g in selector.groups.items()},
    )


def group_reader(
    name: str, group: Group, documents: dict[str, Document], zone: ZoneInfo
) -> GroupReader:
    """Make a group ready to read; `name` is its whole name, outer groups first."""
    return GroupReader(
        name,
        group,
        [rows_finder(rows, documents) for rows in group.rows],
        [field_reader(f"{name}.{n}", f, documents, zone) for n, f in group.fields.items()],
        list(group.fields),
        {n: group_reader(f"{name}.{n}", g, documents, zone) for n, g in group.groups.items()},
    )


def rows_finder(rows: Rows, documents: dict[str, Document]) -> Callable[[Page, Any], Any]:
    """Finder of a group's rows under a parent: a list, or `MISSING`; raises `MisfitError`."""
    if rows.css is not None or rows.xpath is not None:
        elements = elements_getter(rows.css, rows.xpath)

        def find_elements(page: Page, parent: Any) -> Any:
            found = elements(parent)
            if not all(is_element(row) for row in found):
                raise MisfitError("finds texts, rows are elements")
            return found or MISSING

        return find_elements
    get = json_getter(rows.path) if rows.path is not None else None
    document = documents[rows.js] if rows.js is not None else None
    skipped = set(rows.skip_keys)

    def find(page: Page, parent: Any) -> Any:
        start = parent if document is None else document_value(page, document)
        found = start if get is None else get(start)
        if found is MISSING or found is None:
            return MISSING
        if rows.items:
            if type(found) is not dict:
                raise MisfitError(f"is no object: {shown(found)}")
            return [{"key": k, "value": v} for k, v in found.items() if k not in skipped]
        if type(found) is not list:
            raise MisfitError(f"is no list: {shown(found)}")
        return found

    return find
