"""Rows that are not the truth's, through the gate into a real warehouse, and what is there then.

The month feeds have landed before, as on any night. Damaged pages of a kind are judged together,
each target once; in every second round the undamaged pages have landed too, as they have where a
page is read again. What the gate lets through lands, and the core tables are held against SQL of
their own: what is put aside leaves the rows that were there. Where a batch is refused, or something
does not hold, it is halved until one page is left to be named.
"""

from __future__ import annotations

import logging
import pickle
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from multiprocessing import get_context

from sqlalchemy import Engine, text

from scrapers.errors import InvalidBatch, InvalidRows
from scrapers.settings import Settings
from scrapers.targets import Target
from scrapers.warehouse.engine import engine as open_engine
from scrapers.warehouse.landing import land
from scrapers.warehouse.records import Staged
from scrapers.warehouse.tables import CORE_TABLES, REPLACE
from scrapers.whoscored.rows import RowSet
from tests.bench.place import empty
from tests.demo.show import CAPTURED
from tests.mutations.invariants import broken
from tests.mutations.reading import Result
from tests.mutations.sources import Source, feeds, page, sources
from tests.support.rows import FETCHED, new_batch, put

AT_A_TIME = 40
# Pages that say all themselves that they are held against; the others' stage is in the feeds.
_OF_THEMSELVES = frozenset({"tournaments", "seasons", "stages", "standings", "referee_statistics"})
ASIDE, REFUSED, LANDED = "put aside", "batch refused", "landed"


@dataclass(frozen=True, slots=True)
class Fate:
    """What the warehouse made of a page's rows.

    Attributes:
        fate: `ASIDE`, `REFUSED` or `LANDED`.
        why: what the gate said.
        violations: what may not be, in words.
    """

    number: int
    fate: str
    why: str = ""
    violations: tuple[str, ...] = ()


def rounds(results: Sequence[Result], *, mixed: bool = False) -> list[list[Result]]:
    """The results to be judged together: of one kind if not mixed, each target once."""
    found: list[list[Result]] = []
    by_kind: dict[str, dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        by_kind["" if mixed else result.kind][result.target].append(result)
    for of_target in by_kind.values():
        while waiting := [of_one for of_one in of_target.values() if of_one]:
            # Those with most to come first, so that rounds stay full.
            waiting.sort(key=len, reverse=True)
            found.append([of_one.pop() for of_one in waiting[:AT_A_TIME]])
    return found


class Warehouse:
    """A database in which rounds are judged and landed."""

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        self.settings = settings
        self.engine = engine or open_engine(settings)

    @cached_property
    def _feeds(self) -> dict[Target, RowSet]:
        return {target: Source(target, page(target)).truth for target in feeds()}

    @cached_property
    def _truths(self) -> dict[str, RowSet]:
        found = sources(CAPTURED if CAPTURED.is_dir() else None)
        return {one.target.key: one.truth for many in found.values() for one in many if one.truth}

    def judge(self, together: Sequence[Result], *, again: bool = False) -> Iterator[Fate]:
        """The fates of the round's pages.

        Args:
            again: the undamaged pages have landed before.
        """
        from scrapers.quality.gate import judge

        empty(self.engine)
        if {result.kind for result in together} - _OF_THEMSELVES:
            self._land_feeds({result.target for result in together})
        before = self._land_truths(together) if again else {}
        staged: dict[str, Staged] = {}
        numbers = {result.target: result.number for result in together}
        for result in together:
            assert result.rows is not None
            rows = pickle.loads(result.rows.read_bytes())
            try:
                one = put(self.engine, Target.from_key(result.target), rows, FETCHED)
            except InvalidRows as error:
                yield Fate(result.number, ASIDE, error.detail)
            else:
                staged[result.target] = one
        left = [result for result in together if result.target in staged]
        if not left:
            return
        batch_id = new_batch(self.engine)
        try:
            verdict = judge(self.engine, batch_id, list(staged.values()), self.settings)
        except InvalidBatch as error:
            yield from self._halved(left, Fate(0, REFUSED, error.detail), again)
            return
        try:
            land(self.engine, batch_id, verdict.good)
        except InvalidBatch as error:
            said = f"the gate let through what can't land: {error.detail}"
            yield from self._halved(left, Fate(0, LANDED, violations=(said,)), again)
            return
        with self.engine.connect() as connection:
            wrong = broken(connection)
        good = {one.target_key for one in verdict.good}
        wrong += self._counts([result for result in left if result.target in good], before)
        if wrong and len(left) > 1:
            yield from self._halved(left, Fate(0, LANDED), again)
            return
        for key in staged:
            if key in good:
                yield Fate(numbers[key], LANDED, violations=tuple(wrong))
            else:
                why = "; ".join(sorted({one["what"] for one in verdict.bad[key]}))
                yield Fate(numbers[key], ASIDE, why, tuple(wrong))

    def _halved(self, left: Sequence[Result], fate: Fate, again: bool) -> Iterator[Fate]:
        if len(left) == 1:
            yield replace(fate, number=left[0].number)
            return
        half = len(left) // 2
        yield from self.judge(left[:half], again=again)
        yield from self.judge(left[half:], again=again)

    def _land_feeds(self, besides: set[str]) -> None:
        staged = [
            put(self.engine, target, rows, FETCHED)
            for target, rows in self._feeds.items()
            if target.key not in besides
        ]
        land(self.engine, new_batch(self.engine), staged)

    def _land_truths(self, together: Sequence[Result]) -> dict[str, RowSet]:
        """The undamaged pages' rows, by target; they are in the warehouse then."""
        found = {one.target: self._truths[one.target] for one in together
                 if one.target in self._truths}  # fmt: skip
        staged = [
            put(self.engine, Target.from_key(key), rows, FETCHED) for key, rows in found.items()
        ]
        land(self.engine, new_batch(self.engine), staged)
        return found

    def _counts(self, good: Sequence[Result], before: Mapping[str, RowSet]) -> list[str]:
        """Tables of pages whose rows are not, after landing, as many as were read.

        Args:
            before: rows that had landed, by target; the good pages' have taken their place.
        """
        given: dict[str, int] = defaultdict(int)
        replaced = {result.target for result in good}
        for target, rows_of in before.items():
            if target not in replaced:
                for table, rows in rows_of.items():
                    given[table] += len(rows)
        for result in good:
            assert result.rows is not None
            for table, rows in pickle.loads(result.rows.read_bytes()).items():
                given[table] += len(rows)
        found = []
        with self.engine.connect() as connection:
            for table in CORE_TABLES:
                if table.info["landing"] == REPLACE and table.name in given:
                    there = connection.scalar(text(f"SELECT count(*) FROM {table.fullname}"))
                    if there != given[table.name]:
                        found.append(
                            f"{table.name}: {there} rows are there, {given[table.name]} were read"
                        )
        return found


def judge_all(settings: Sequence[Settings], results: Sequence[Result]) -> Iterator[list[Fate]]:
    """Fates of all results that have rows of their own, round by round.

    A process for each of the databases; a process has its warehouse to itself.
    """
    context = get_context("fork")
    with ExitStack() as stack:
        pools = [
            stack.enter_context(ProcessPoolExecutor(1, context, initializer=_open, initargs=(one,)))
            for one in settings
        ]
        under_way = [
            pools[number % len(pools)].submit(_judge, together, number // len(pools) % 2 == 1)
            for number, together in enumerate(rounds(results))
        ]
        for done in as_completed(under_way):
            yield done.result()


_warehouse: list[Warehouse] = []


def _open(settings: Settings) -> None:
    logging.disable(logging.WARNING)
    _warehouse.append(Warehouse(settings))


def _judge(together: list[Result], again: bool) -> list[Fate]:
    return list(_warehouse[0].judge(together, again=again))
