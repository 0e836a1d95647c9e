"""All values that a selector file finds on a page, also where the page as a whole is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scrapers.parsing.compare import equal
from scrapers.parsing.extract import GroupReader, page_reader
from scrapers.parsing.failures import Failures
from scrapers.parsing.model import Group, SelectorField, SelectorFile
from scrapers.parsing.page import Page

# By the field's whole name, its values on the page in their order.
Values = Mapping[str, list[Any]]


def values_of(page: Page, selector: SelectorFile) -> dict[str, list[Any]]:
    """The values of every field; of a group that is not found there are none."""
    failures = Failures()
    reader = page_reader(selector)
    found = {f.name: f.read(page, [page.root], failures) for f in reader.fields}

    def read(group: GroupReader, parents: list[Any]) -> None:
        rows, _ = group.find(page, parents, failures)
        for each in group.fields:
            found[each.name] = each.read(page, rows, failures)
        for inner in group.groups.values():
            read(inner, rows)

    for group in reader.groups.values():
        read(group, [page.root])
    return found


def demanded(selector: SelectorFile) -> Iterator[str]:
    """Fields that every page of the kind must have, as its selector file says."""

    def of_fields(fields: Mapping[str, SelectorField], prefix: str) -> Iterator[str]:
        for name, each in fields.items():
            if each.required or each.present or each.min_filled:
                yield prefix + name

    def of_groups(groups: Mapping[str, Group], prefix: str) -> Iterator[str]:
        for name, group in groups.items():
            if group.min_rows:
                yield from of_fields(group.fields, f"{prefix}{name}.")
                yield from of_groups(group.groups, f"{prefix}{name}.")

    yield from of_fields(selector.fields, "")
    yield from of_groups(selector.groups, "")


def differing(truth: Values, found: Values) -> list[str]:
    """Fields whose values are not the true ones."""
    return [name for name, values in truth.items() if not _same(values, found.get(name, []))]


def _same(values: list[Any], others: list[Any]) -> bool:
    return len(values) == len(others) and all(map(equal, values, others))
