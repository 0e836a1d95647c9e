"""A night with a changed layout, the whole way: archive, parse, gate, landing; then the mend.

The site's pages are in the archive, the parse workers are played here, everything else is what
runs at night: PostgreSQL, the ledger, Great Expectations, the registry of selector files.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Numeric, Table, select, text

from scrapers.errors import ConfigInvalid, InvalidBatch, LayoutChanged, TouchlineError
from scrapers.parsing import registry
from scrapers.parsing.load import check
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.page import Page
from scrapers.parsing.replay import Sample
from scrapers.parsing.suggest.run import Pattern, Suggestion
from scrapers.parsing.versions import GivenVersions
from scrapers.pipeline.publish import publish
from scrapers.pipeline.reparse import run_reparse
from scrapers.pipeline.reparse_request import ReparseRequest
from scrapers.settings import ROOT
from scrapers.targets import SOURCE, PageKind, Target
from scrapers.tasks.tools import Tools
from scrapers.warehouse.ops_tables import QuarantineRow, TargetRow
from scrapers.warehouse.tables import CORE_TABLES, LINEAGE
from scrapers.whoscored.needs import unmet
from scrapers.whoscored.read import read_page
from scrapers.whoscored.suggestions import Desk, suggest_for
from tests.layouts.changes import CLOCKS, Change
from tests.layouts.keys import KeyCell, KeyReadings, is_said
from tests.layouts.mends import mended
from tests.layouts.place import Place
from tests.layouts.subjects import FEEDS, Subject, html_of, subject
from tests.layouts.values import Values, demanded, differing, values_of
from tests.support.archived import (
    fetched,
    land_pages,
    open_for_fetch,
    parse_all,
    played_workers,
)

# A night of today: a draft holds from the day on which it is made.
NIGHT = datetime.now(UTC).replace(microsecond=0)
FETCHED = NIGHT - timedelta(days=1)
DRAFT = "layouts-1"
_NEVER = "reads as before"
_SIDES = ("home_", "away_", "overall_")


@dataclass(slots=True)
class Cell:
    """What became of a change on a page kind.

    Attributes:
        change, kind: which.
        fields: fields that the version in force no longer reads as they are, over all pages.
        wrong: rows in the core tables that no unchanged night would have put there, and rows that
            an unchanged night leaves there and that are gone.
        told: what the night said of the pages: failure classes, or that they read as before.
        named: how many of the fields it named.
        suggested: how many of the fields the draft of `suggest` reads as they are.
        broken: fields that the change left alone and that the draft reads otherwise.
        unnamed: fields that must be there, are found no more, and that no failure names, though
            the page can't be read.
        stands: the values stand on the page.
        mended: by what: the draft, the draft and an edit, an edit; empty: by nothing.
        landed: the core tables are those of an unchanged night in the end.
        notes: what a person should know.
    """

    change: str
    kind: str
    fields: list[str] = field(default_factory=list)
    wrong: int = 0
    told: str = ""
    named: int = 0
    unnamed: list[str] = field(default_factory=list)
    suggested: int = 0
    broken: int = 0
    stands: bool = True
    mended: str = ""
    landed: bool = False
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def changes_nothing(self) -> bool:
        """The version in force reads the changed pages as it did."""
        return not self.fields

    def __str__(self) -> str:
        what = "good" if self.is_good else "not good"
        return (
            f"{self.kind} {self.change}: {what}; {len(self.fields)} fields, "
            f"{self.wrong} wrong rows, {self.told}, {self.named} named, "
            f"{self.suggested} suggested, {self.broken} broken, "
            f"mended by {self.mended or 'nothing'}, "
            f"{self.seconds:.0f} s"
        )

    @property
    def is_good(self) -> bool:
        """Nothing wrong landed, it was told, and what was missed has landed.

        A page that can't be read names every field that must be there and is found no more. What
        is read with another value of the same type can't all be known: positions that have changed
        places are told by those of another type, and where home and away have changed places, the
        gate tells it of their ids and no rule has to look at their names.
        """
        if self.wrong or not self.landed:
            return False
        return self.changes_nothing or bool(self.named and not self.unnamed and self.mended)


class Nights:
    """The nights of one page kind, in one process.

    Args:
        place: where the warehouses are.
        kind: the page kind.
    """

    def __init__(self, place: Place, kind: PageKind) -> None:
        self._place = place
        self.subject: Subject = subject(kind)
        self._template = f"{kind}_before"
        self._allowed: dict[str, set[str]] = {}
        self._truths: dict[tuple[str, ...], dict[str, set[str]]] = {}
        # Rows that stood there the day before and that an unchanged night leaves there.
        self._lasting: dict[str, set[str]] = {}
        self._prepare()
        self.truth = self._unchanged()

    @property
    def kind(self) -> PageKind:
        """The page kind."""
        return self.subject.kind

    @property
    def selector(self) -> SelectorFile:
        """The version in force."""
        return selector_of(self.kind)

    def _prepare(self) -> None:
        """The day before: the schedule, and the known page."""
        with self._place.warehouse(keep=self._template) as tools:
            if self.subject.with_feeds:
                landed = land_pages(tools, {t: html_of(t).encode() for t in FEEDS},
                                    FETCHED - timedelta(hours=1))  # fmt: skip
                assert landed.states == {"landed": len(FEEDS)}, landed
            known = self.subject.known
            landed = land_pages(
                tools, {known: self.subject.before(html_of(known)).encode()}, FETCHED
            )
            assert landed.states == {"landed": 1}, landed
            self._allow(tools.engine)
            self._lasting = _rows(tools.engine)

    def _unchanged(self) -> dict[str, set[str]]:
        with self._place.warehouse(self._template) as tools:
            _night(tools, {t: html_of(t) for t in self.subject.targets})
            _all_landed(tools, self.subject)
            self._allow(tools.engine)
            self._truths[CLOCKS] = _rows(tools.engine, CLOCKS)
            truth = _rows(tools.engine)
            self._lasting = {name: rows & truth[name] for name, rows in self._lasting.items()}
            return truth

    def _truth(self, without: tuple[str, ...]) -> dict[str, set[str]]:
        return self._truths[without] if without else self.truth

    def _allow(self, engine: Engine) -> None:
        for table, rows in _rows(engine).items():
            self._allowed.setdefault(table, set()).update(rows)

    def run(self, change: Change) -> Cell | None:
        """A night in which the site has changed its pages so; None: there is nothing to change."""
        began = time.monotonic()
        pages: dict[Target, str] = {}
        for target in self.subject.targets:
            html = change.apply(html_of(target), self.kind, self.selector)
            pages[target] = html_of(target) if html is None else html
        if all(html == html_of(target) for target, html in pages.items()):
            return None
        cell = Cell(change.name, self.kind.value, self._changed(pages), stands=change.stands)
        with self._place.warehouse(self._template) as tools:
            self._night(tools, pages, change, cell)
        cell.seconds = time.monotonic() - began
        return cell

    def _changed(self, pages: Mapping[Target, str], by: SelectorFile | None = None) -> list[str]:
        """Fields that come out otherwise than they stand on the unchanged pages."""
        found: dict[str, None] = {}
        for target, html in pages.items():
            truth = values_of(Page(html_of(target)), self.selector)
            values = values_of(Page(html), by or self.selector)
            found.update(dict.fromkeys(differing(truth, values)))
        return [name for name in truth if name in found]

    def _gone(self, pages: Mapping[Target, str]) -> set[str]:
        """Fields that must be there, and of which no page has as many values as it had."""
        found: dict[str, list[bool]] = {}
        for target, html in pages.items():
            truth = _counts(values_of(Page(html_of(target)), self.selector))
            counts = _counts(values_of(Page(html), self.selector))
            for name, count in truth.items():
                if count:
                    found.setdefault(name, []).append(counts.get(name, 0) < count)
        due = set(demanded(self.selector))
        return {name for name, are_fewer in found.items() if name in due and all(are_fewer)}

    def _night(self, tools: Tools, pages: Mapping[Target, str], change: Change, cell: Cell) -> None:
        refused = _night(tools, pages)
        told = _told(tools.engine, self.subject.targets)
        rows = _rows(tools.engine)
        cell.wrong, notes = self._wrong(rows)
        cell.notes += notes
        cell.told = _classes(told)
        unnamed = [name for name in cell.fields if not _is_named(name, told, refused)]
        cell.named = len(cell.fields) - len(unnamed)
        if cell.told == LayoutChanged.__name__:
            gone = self._gone(pages)
            cell.unnamed = [name for name in unnamed if name in gone]
            cell.notes += [f"not named: {name}" for name in cell.unnamed]
        if cell.changes_nothing:
            cell.landed = rows == self.truth
            return
        if not change.stands:
            # There is nothing to mend: the site has to say it again.
            _night(tools, {t: html_of(t) for t in self.subject.targets}, NIGHT + timedelta(days=1))
            cell.mended = "the next whole page"
            cell.landed = _rows(tools.engine) == self.truth
            return
        draft = self._suggest(tools, pages, told, cell)
        self._mend(tools, pages, change, cell, draft)

    def _wrong(self, rows: Mapping[str, set[str]]) -> tuple[int, list[str]]:
        """How many rows no unchanged night puts there, or are gone, and which tables' they are.

        Gone are rows of the day before that an unchanged night leaves where they are.
        """
        extra = {name: len(found - self._allowed[name]) for name, found in rows.items()}
        lost = {name: len(self._lasting[name] - found) for name, found in rows.items()}
        notes = [
            f"{what} in {', '.join(f'{n} ({c})' for n, c in counts.items() if c)}"
            for what, counts in (("wrong rows", extra), ("rows are gone", lost))
            if any(counts.values())
        ]
        return sum(extra.values()) + sum(lost.values()), notes

    # --- key by key ------------------------------------------------------------------------

    def names(self) -> Iterator[KeyCell]:
        """A cell for each name that the selector file reads, renamed alone.

        Only pages that are read with other rows are brought into a warehouse: one that is refused
        as it is read, and one that is read as before, put nothing there that is not known.
        """
        readings = KeyReadings(self.kind, self.selector)
        for at in readings.addresses:
            read = readings.read(at)
            if read is None:
                continue
            cell, other = read
            if other:
                with self._place.warehouse(self._template) as tools:
                    self._judge_key(tools, cell, other)
            yield cell

    def _judge_key(self, tools: Tools, cell: KeyCell, pages: Mapping[Target, str]) -> None:
        refused = _night(tools, {t: pages.get(t, html_of(t)) for t in self.subject.targets})
        told = _told(tools.engine, self.subject.targets)
        cell.wrong, notes = self._wrong(_rows(tools.engine))
        cell.unnamed = [name for name in cell.fields if not _is_named(name, told, refused)]
        cell.told = ", ".join([_classes(told), *notes])

    # --- suggest ---------------------------------------------------------------------------

    def _suggest(
        self, tools: Tools, pages: Mapping[Target, str], told: list[Told], cell: Cell
    ) -> str | None:
        """The draft for the pages that were put aside."""
        samples = [
            Sample(each.target.key, self.kind, pages[each.target].encode(), NIGHT.date(),
                   each.target.key, each.page_hash)
            for each in told if each.state != "landed"
        ]  # fmt: skip
        patterns = _patterns(tools.engine, self.kind)
        desk = Desk(patterns, tools.engine, tools.archive)
        try:
            suggestion = suggest_for(desk, samples, DRAFT, 0)
        except ConfigInvalid as error:
            cell.notes.append(f"suggest: {error.detail}")
            return None
        draft = _load(self.kind, suggestion.text)
        if draft is None:
            told_ = "; ".join(map(str, suggestion.problems[:3]))
            cell.notes.append(f"the draft is no selector file: {told_}")
            return None
        otherwise = set(self._changed(pages, draft))
        wrong = otherwise & set(cell.fields)
        cell.suggested = len(cell.fields) - len(wrong)
        cell.broken = len(otherwise - wrong)
        cell.notes += _proposed(suggestion, sorted(otherwise))
        return suggestion.text

    # --- the mend --------------------------------------------------------------------------

    def _mend(
        self,
        tools: Tools,
        pages: Mapping[Target, str],
        change: Change,
        cell: Cell,
        draft: str | None,
    ) -> None:
        source = (ROOT / "selectors" / SOURCE / self.kind.value).glob("*.yaml")
        current = next(source).read_text()
        ways = [("the draft", draft), ("an edit", mended(change.name, self.kind, current, DRAFT))]
        for by, yaml in ways:
            if yaml is None:
                continue
            selector = _load(self.kind, yaml)
            if selector is None:
                cell.notes.append(f"{by} is no selector file")
                continue
            if said := self._misread(pages, selector, change.own_columns):
                cell.notes.append(f"{by}: {said}")
                continue
            registry.promote(tools.engine, selector, yaml.encode(), "the harness")
            request = ReparseRequest((self.kind,))
            tools.__dict__.pop("selectors", None)  # looks at the registry at once
            try:
                run_reparse(tools.engine, tools.settings, request, played_workers(tools),
                            run_id="mend", poll_seconds=0)  # fmt: skip
            except TouchlineError as error:
                cell.notes.append(f"{by}, re-parse: {error.failure_class}: {error.detail[:300]}")
                return
            cell.mended = by
            truth = self._truth(change.own_columns)
            after = _rows(tools.engine, change.own_columns)
            cell.landed = after == truth
            if not cell.landed:
                names = [n for n in after if after[n] != truth[n]]
                cell.notes.append(f"after the re-parse {', '.join(names)} differ")
            return

    def _misread(
        self, pages: Mapping[Target, str], selector: SelectorFile, own: Collection[str]
    ) -> str | None:
        """What a version does not read as it is on the unchanged page."""
        versions, before = GivenVersions([selector]), GivenVersions([self.selector])
        for target, html in pages.items():
            try:
                found = read_page(html.encode(), target, "", versions).rows
            except TouchlineError as error:
                return f"{error.failure_class}: {error.detail[:300]}"
            truth = read_page(html_of(target).encode(), target, "", before).rows
            for table, rows in truth.items():
                if _unordered(found[table], own) != _unordered(rows, own):
                    return f"{table} is read otherwise"
        return None


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger says of a target after the night."""

    target: Target
    state: str
    failure_class: str | None
    page_hash: str | None
    names: tuple[str, ...]
    columns: set[str]


def _counts(values: Values) -> dict[str, int]:
    return {name: sum(v is not None for v in found) for name, found in values.items()}


def _night(tools: Tools, pages: Mapping[Target, str], at: datetime = NIGHT) -> InvalidBatch | None:
    """Fetch, parse, judge and land; the refusal of the batch as a whole, if it is refused."""
    batch_id = open_for_fetch(tools.engine, *pages)
    for target, html in pages.items():
        fetched(tools, target, html.encode(), at)
    parse_all(tools)
    try:
        publish(tools.engine, batch_id, tools.settings)
    except InvalidBatch as error:
        return error
    return None


def _told(engine: Engine, targets: list[Target]) -> list[Told]:
    found = []
    with engine.connect() as connection:
        for target in targets:
            row = connection.execute(
                select(TargetRow.__table__).where(TargetRow.target_key == target.key)
            ).one()
            reasons = connection.scalars(
                select(QuarantineRow.reasons).where(QuarantineRow.target_key == target.key)
            ).all()
            facts = row.failure_facts or {}
            landed = row.state == "landed"
            names = () if landed else tuple(facts.get("fields", ()))
            found.append(
                Told(target, row.state, None if landed else row.failure_class, row.page_hash,
                     names, _listed(why for many in reasons for why in many))
            )  # fmt: skip
    return found


def _classes(told: list[Told]) -> str:
    classes = {each.failure_class for each in told if each.failure_class}
    return ", ".join(sorted(classes)) or _NEVER


def _is_named(name: str, told: list[Told], refused: InvalidBatch | None) -> bool:
    """Whether a failure lists a field or its group, or a rule that is not met its column."""
    last = name.rpartition(".")[2]
    # A rule may hold for both sides, and for all three parts of a table.
    parts = {last, *(last.removeprefix(of) for of in _SIDES if last.startswith(of))}
    for each in told:
        said = {*each.names, *each.columns}
        if each.state != "landed" and (is_said(name, said) or parts & each.columns):
            return True
    listed = _listed(refused.facts.get("expectations", [])) if refused is not None else set()
    return bool(parts & listed) or is_said(name, listed)


def _listed(reasons: Iterable[Mapping[str, Any]]) -> set[str]:
    """The columns that reasons list, alone and with their table before them; no prose."""
    found: set[str] = set()
    for why in reasons:
        for column in filter(None, str(why.get("column") or "").split(", ")):
            found |= {column, f"{why['table']}_{column}"}
    return found


def _rows(engine: Engine, without: Collection[str] = ()) -> dict[str, set[str]]:
    """Every core table's rows, each as a hash of what it says without its lineage.

    Numbers are rounded to nine decimals: a unit that is reckoned back may differ in the last.
    """
    with engine.connect() as connection:
        return {
            table.name: set(
                connection.scalars(
                    text(f"SELECT md5(ROW({_columns(table, without)})::text) FROM {table.fullname}")
                )
            )
            for table in CORE_TABLES
        }


def _columns(table: Table, without: Collection[str]) -> str:
    return ", ".join(
        f"round({column.name}, 9)" if type(column.type) is Numeric else column.name
        for column in table.columns
        if column.name not in {*LINEAGE, *without}
    )


def _all_landed(tools: Tools, tried: Subject) -> None:
    for each in _told(tools.engine, tried.targets):
        assert each.state == "landed", each


def _patterns(engine: Engine, kind: PageKind) -> list[Pattern]:
    found = []
    for release in registry.in_force(engine, kind):
        selector, problems = check(release.path, unmet, release.content.encode())
        assert selector is not None, problems
        found.append(Pattern(selector, release.content))
    return found


@cache
def selector_of(kind: PageKind, text: str | None = None) -> SelectorFile:
    """The selector file of a kind, or one of this text."""
    path = next((ROOT / "selectors" / SOURCE / kind.value).glob("*.yaml"))
    if text is not None:
        path = Path(kind.value, f"{DRAFT}.yaml")
    selector, problems = check(path, unmet, text.encode() if text is not None else None)
    assert selector is not None, problems
    assert not problems
    return selector


def _load(kind: PageKind, yaml: str) -> SelectorFile | None:
    selector, problems = check(Path(kind.value, f"{DRAFT}.yaml"), unmet, yaml.encode())
    return None if problems else selector


def _proposed(suggestion: Suggestion, names: list[str]) -> list[str]:
    """What `suggest` said of fields that it did not get right."""
    by_name = {finding.name: finding for finding in suggestion.solution.findings}
    notes = []
    for name in names:
        finding = by_name.get(name)
        if finding is None:
            notes.append(f"suggest: nothing of {name}")
            continue
        best = finding.proposals[0] if finding.proposals else None
        now = [str(p) for p in (best.rows or best.places)] if best else []
        notes.append(
            f"suggest: {name} {finding.status}: was {finding.was}, now {now} {finding.says}"
        )
    return notes


def _unordered(rows: list[dict[str, Any]], without: Collection[str]) -> list[str]:
    def plain(value: Any) -> Any:
        return round(float(value), 9) if type(value) in (int, float) else value

    return sorted(
        json.dumps({k: plain(v) for k, v in row.items() if k not in without}, default=str,
                   sort_keys=True)
        for row in rows
    )  # fmt: skip


def today() -> date:
    """The day of the night."""
    return NIGHT.date()
