"""Pages as they are pass the gate; here are also the batches that the gate's other tests use."""

from __future__ import annotations

import pickle
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from scrapers.quality.gate import Verdict, judge
from scrapers.settings import ROOT, Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse import ledger
from scrapers.warehouse.ops_tables import (
    TargetRow,
    ValidationRow,
)
from scrapers.warehouse.records import BatchKey, Claim, PlannedTarget, Staged, State
from scrapers.warehouse.staging import stage
from scrapers.whoscored.read import read_page, selector_files
from tests.site.world import World
from tests.support.pages import REAL_MATCH_ID, feed_page, real_match_page

Rows = dict[str, list[dict[str, Any]]]
WORLD = World()
HASH = "5" * 64


@cache
def _files() -> Any:
    return selector_files(ROOT / "selectors")


def copied(rows: Rows) -> Rows:
    """The rows anew, to change at will; a third of the time that `copy.deepcopy` takes."""
    made: Rows = pickle.loads(pickle.dumps(rows, pickle.HIGHEST_PROTOCOL))
    return made


@cache
def _read(key: str, world: World = WORLD) -> Rows:
    target = Target.from_key(key)
    if target.page_kind is PageKind.SCHEDULE:
        page = feed_page(world.feed(int(target.ids[0]), target.ids[1]).decode())
    else:
        found = world.page(int(target.ids[0]))
        assert found is not None
        page = found
    return read_page(page, target, "stand-in", _files()).rows


def rows_of(key: str, world: World = WORLD) -> Rows:
    """A stand-in page's rows, to change at will."""
    return copied(_read(key, world))


@cache
def finished() -> tuple[str, ...]:
    """Targets of the stand-in's finished matches with a match centre, in order of kick-off."""
    return tuple(
        Target.match_centre(match.id).key
        for match in WORLD.matches()
        if match.status == "finished" and match.has_match_centre
    )


@cache
def feeds() -> tuple[str, ...]:
    """Targets of the stand-in's month feeds that list matches."""
    listed = {(m.stage_id, f"{m.kickoff_utc:%Y%m}") for m in WORLD.matches()}
    return tuple(Target.schedule(stage_id, month).key for stage_id, month in sorted(listed))


@dataclass
class Bench:
    """A batch in a real database, and what the gate makes of it."""

    engine: Engine
    settings: Settings
    runs: int = 0
    batch_id: uuid.UUID = field(default_factory=uuid.uuid4)

    def batch(self, pages: Mapping[str, Rows]) -> list[Staged]:
        """Open a batch of these targets and stage their rows."""
        self.runs += 1
        kind = Target.from_key(next(iter(pages))).page_kind
        planned = [PlannedTarget(Target.from_key(key), "new") for key in pages]
        key = BatchKey("bench", f"run {self.runs}", kind.value)
        self.batch_id = ledger.open_batch(self.engine, key, planned, None)
        for target_key, rows in pages.items():
            self.stage(target_key, rows)
        return ledger.staged(self.engine, self.batch_id)

    def stage(self, target_key: str, rows: Rows) -> None:
        """Stage rows as the parse worker that holds the target does."""
        holder = uuid.uuid4()
        with self.engine.begin() as connection:
            connection.execute(
                update(TargetRow)
                .where(TargetRow.target_key == target_key)
                .values(state=State.ARCHIVED, holder=holder, page_hash=HASH)
            )
        now = datetime.now(UTC)
        claim = Claim(Target.from_key(target_key), holder, 1, HASH, now)
        assert stage(self.engine, claim, rows, "match_centre/2022-08") is not None

    def judge(self, pages: Mapping[str, Rows]) -> Verdict:
        """Stage and judge."""
        return judge(
            self.engine, self._id(pages), ledger.staged(self.engine, self.batch_id), self.settings
        )

    def _id(self, pages: Mapping[str, Rows]) -> uuid.UUID:
        self.batch(pages)
        return self.batch_id

    def unmet(self) -> set[tuple[str, str | None]]:
        """Table and column of the expectations that were not met."""
        query = select(ValidationRow.table_name, ValidationRow.column_name).where(
            ~ValidationRow.success
        )
        with self.engine.begin() as connection:
            return {(row[0], row[1]) for row in connection.execute(query)}

    def states(self) -> dict[str, tuple[str, str | None]]:
        """State and failure class of every target."""
        query = select(TargetRow.target_key, TargetRow.state, TargetRow.failure_class)
        with self.engine.begin() as connection:
            return {row[0]: (row[1], row[2]) for row in connection.execute(query)}

    def count(self, model: Any) -> int:
        """Rows of a table."""
        with self.engine.begin() as connection:
            return len(connection.execute(select(*model.__table__.primary_key)).all())


@pytest.fixture
def bench(engine: Engine, make_settings: Any) -> Bench:
    """An empty warehouse and a gate for it."""
    return Bench(engine, make_settings())


def pages_of(keys: Iterable[str], world: World = WORLD) -> dict[str, Rows]:
    """Rows of stand-in pages by target key."""
    return {key: rows_of(key, world) for key in keys}


def test_the_captured_page_meets_every_expectation(bench: Bench, shared_data: Path) -> None:
    target = Target.match_centre(REAL_MATCH_ID)
    rows = read_page(real_match_page(shared_data), target, "captured", _files()).rows
    verdict = bench.judge({target.key: rows})
    assert [item.target_key for item in verdict.good] == [target.key]
    assert verdict.bad == {}
    assert bench.unmet() == set()
    assert bench.count(ValidationRow) > 250


def test_matches_of_every_end_meet_every_expectation(bench: Bench) -> None:
    """Own goals, red cards, extra time, shoot-outs, one broken off, one under way."""
    summer = World(now=datetime(2023, 7, 15, 12, tzinfo=UTC))
    ended = {m.elapsed: m.id for m in summer.matches() if m.has_match_centre}
    assert {"FT", "AET", "PEN", "Abd"} <= ended.keys()
    wished = [
        m.id
        for m in summer.matches()
        if m.fixture.special.wishes & {"own_goal", "red_card"} and m.has_match_centre
    ]
    assert len(wished) >= 3
    keys = [Target.match_centre(match_id).key for match_id in {*ended.values(), *wished}]
    pages = pages_of(keys, summer)
    kickoff = datetime(2023, 2, 11, 16, tzinfo=UTC)
    first = next(m for m in summer.matches() if m.kickoff_utc >= kickoff)
    now = World(now=first.kickoff_utc + timedelta(minutes=60))
    running = now.match(first.id)
    assert running is not None
    assert running.status == "live"
    pages |= pages_of([Target.match_centre(first.id).key], now)
    verdict = bench.judge(pages)
    assert verdict.bad == {}
    assert bench.unmet() == set()
    assert {item.target_key for item in verdict.good} == pages.keys()


def test_feeds_of_a_season_meet_every_expectation(bench: Bench) -> None:
    empty = Target.schedule(21501, "202207").key
    verdict = bench.judge(pages_of([*feeds(), empty]))
    assert verdict.bad == {}
    assert bench.unmet() == set()
    assert {item.target_key for item in verdict.good} == {*feeds(), empty}
