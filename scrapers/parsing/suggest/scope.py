"""What is known and what is there: pages, their rows, the values wanted of them, and the proof."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from scrapers.parsing.compare import equal
from scrapers.parsing.extract import Extracted, Row, rows_finder
from scrapers.parsing.failures import Failures
from scrapers.parsing.fields import field_reader
from scrapers.parsing.model import Document, Group, Place, Rows, SelectorField
from scrapers.parsing.notation import TransformStep
from scrapers.parsing.page import Page
from scrapers.parsing.places import MISSING, is_element
from scrapers.parsing.replay import Sample
from scrapers.parsing.suggest.tokens import align
from scrapers.parsing.values import MisfitError

# A match's page may have been corrected since; so many of its values must still be the same.
MOSTLY = 0.9
_VALUES = 100  # of a page, kept to be looked at


@dataclass(slots=True)
class Case:
    """A page that no version reads, and what is known of it.

    Attributes:
        sample: the page.
        page: the same, opened.
        known: its own values as far as they are known; a field not named in it is not known.
        source: where they are from, for a person.
        alike: values of another page of the kind, which show what such values are like.
        reference: a page that is read as ever: the target's earlier one, or another one's.
    """

    sample: Sample
    page: Page
    known: Extracted | None
    source: str
    alike: Extracted | None = None
    reference: Page | None = None


@dataclass(slots=True)
class View:
    """A scope (the page, or a group) on one page.

    Attributes:
        case: the page.
        rows: what its rows are read from; the page itself is one row.
        wanted: for each row the values known of it; None: nothing is.
        alike: rows of another page, that show what values are like.
        before: what the rows of the reference are read from.
    """

    case: Case
    rows: list[Any]
    wanted: list[Row | None]
    alike: list[Row] = field(default_factory=list)
    before: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Scope:
    """A scope on all pages.

    Attributes:
        name: of the group, outer ones first; empty: the page.
        views: one for each page.
    """

    name: str
    views: list[View]

    def named(self, short: str) -> str:
        """Whole name of a field or group in it."""
        return f"{self.name}.{short}" if self.name else short


@dataclass(frozen=True, slots=True)
class Fit:
    """How places read a field on all pages.

    Attributes:
        pages_right: pages on which they give the known values and nothing fails.
        pages_known: pages on which any value is known.
        pages_read: pages on which nothing fails.
        pages: pages looked at.
        share: of the known values, those that came out.
        values: some of the values that came out.
    """

    pages_right: int
    pages_known: int
    pages_read: int
    pages: int
    share: float
    values: tuple[Any, ...] = ()

    @property
    def is_right(self) -> bool:
        """Nothing fails, and every value that is known comes out."""
        return self.pages_read == self.pages and self.pages_right == self.pages_known

    @property
    def is_proven(self) -> bool:
        """Known values came out, on every page that has some."""
        return self.is_right and self.pages_known > 0


def root_scope(cases: Sequence[Case]) -> Scope:
    """The pages themselves."""
    views = []
    for case in cases:
        own = _as_row(case.known)
        alike = _as_row(case.alike)
        before = [case.reference.root] if case.reference is not None else []
        views.append(View(case, [case.page.root], [own], [alike] if alike else [], before))
    return Scope("", views)


def _as_row(values: Extracted | None) -> Row | None:
    return None if values is None else {**values.fields, **values.groups}


def wants(view: View, short: str) -> list[tuple[int, Any]]:
    """Rows whose value of a field is known, with the value, which may be null."""
    return [
        (index, row[short])
        for index, row in enumerate(view.wanted)
        if row is not None and short in row
    ]


def evaluate(
    scope: Scope,
    short: str,
    like: SelectorField,
    places: Sequence[Place],
    steps: Sequence[TransformStep] | None,
    documents: dict[str, Document],
    zone: ZoneInfo,
) -> Fit:
    """Read a field by these places on all pages, as a worker would, and count what is right."""
    in_html = any(place.css or place.xpath for place in places)
    if in_html and any(not is_element(row) for view in scope.views for row in view.rows[:1]):
        return Fit(0, 0, 0, len(scope.views), 0.0)  # an element can't be found in JSON
    changed: dict[str, Any] = {"places": list(places)}
    if steps is not None:
        changed["transform"] = list(steps)
    reader = field_reader(scope.named(short), like.model_copy(update=changed), documents, zone)
    right = known = read = total = same = 0
    some: list[Any] = []
    for view in scope.views:
        failures = Failures()
        values = reader.read(view.case.page, view.rows, failures)
        some += values[:_VALUES]
        read += not failures.found
        pairs = [(values[index], want) for index, want in wants(view, short)]
        told = [pair for pair in pairs if pair != (None, None)]
        if not told:
            continue
        good = sum(equal(got, want) for got, want in told)
        total += len(told)
        same += good
        # Where every known value is null, nothing is known that could prove a place.
        known += 1
        is_blind = _is_blind(values, [want for _, want in told])
        right += not failures.found and good >= MOSTLY * len(told) and not is_blind
    share = same / total if total else 0.0
    return Fit(right, known, read, len(scope.views), share, tuple(some))


def _is_blind(values: Sequence[Any], known: Sequence[Any]) -> bool:
    """Whether the same comes out of every row though known values differ: a default hides that
    the key is gone, as that of flags which are only there where they are true."""
    if len(values) < 2 or any(value != values[0] for value in values):
        return False
    return sum(bool(want != values[0]) for want in known) > 1


Finder = Callable[[Page, Any], Any]


def found_rows(find: Finder, page: Page, parent: Any) -> list[Any] | None:
    """Rows of a place under a parent; None if it is not there."""
    try:
        rows = find(page, parent)
    except MisfitError:
        return None
    return None if rows is MISSING or rows is None else rows


def rows_of(places: Sequence[Rows], documents: dict[str, Document], page: Page, parent: Any) -> Any:
    """Rows of the first place that is there under a parent; None if none is."""
    for place in places:
        rows = found_rows(rows_finder(place, documents), page, parent)
        if rows is not None:
            return rows
    return None


def inner_scope(
    scope: Scope,
    short: str,
    group: Group,
    places: Sequence[Rows],
    documents: dict[str, Document],
    old_documents: dict[str, Document],
) -> Scope:
    """A group's rows on all pages, each beside the row that is wanted there."""
    views = []
    for view in scope.views:
        rows: list[Any] = []
        wanted: list[Row | None] = []
        for parent, known in zip(view.rows, view.wanted, strict=True):
            found = rows_of(places, documents, view.case.page, parent) or []
            rows += found
            if known is None or short not in known:
                wanted += [None] * len(found)
            else:
                wanted += align(known[short], found)
        alike = [row for known in view.alike for row in known.get(short, [])]
        before: list[Any] = []
        if view.case.reference is not None:
            for parent in view.before:
                reference = view.case.reference
                before += rows_of(group.rows, old_documents, reference, parent) or []
        views.append(View(view.case, rows, wanted, alike, before))
    return Scope(scope.named(short), views)
