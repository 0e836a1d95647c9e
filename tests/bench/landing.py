"""Staging and landing, beside a bare COPY of the same rows into tables of the same shape."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, Engine, text

from scrapers.targets import Target
from scrapers.warehouse.landing import RowCounts, land
from scrapers.warehouse.records import Staged
from scrapers.warehouse.tables import STAGING_TABLES
from scrapers.whoscored.rows import RowSet
from tests.bench.figures import BenchError, Figure, rates, seconds_of
from tests.bench.place import Place, empty, matches, rows_of
from tests.support.rows import new_batch, put

MATCHES = 20
FETCHED = datetime(2023, 1, 15, 12, tzinfo=UTC)
Pages = Mapping[Target, RowSet]
Copies = Mapping[str, str]


def measure(place: Place) -> list[Figure]:
    """Rows per second: landed first, landed again with nothing changed, and copied.

    Raises:
        BenchError: the first landing left rows out, or the second changed some.
    """
    place.say(f"rows of {MATCHES} matches")
    pages = {Target.match_centre(one): rows_of(one) for one in matches(MATCHES)}
    rows = sum(len(table) for page in pages.values() for table in page.values())
    engine = place.warehouse
    rounds = 2 if place.quick else 4
    place.say(f"landing {rows} rows first, again and by COPY, {rounds} times")
    _warm_up(engine, pages)
    steps: dict[str, list[float]] = {name: [] for name in ("stage", "land", "again", "copy")}
    first, again = [], []
    for _ in range(rounds):
        empty(engine)
        staged, taken = _timed_stage(engine, pages)
        steps["stage"].append(taken)
        copies = _copies(engine)
        counts, taken = _timed_land(engine, staged)
        steps["land"].append(taken)
        first.append(steps["stage"][-1] + taken)
        _check(counts, rows, again=False)
        steps["copy"].append(_bare_copy(engine, copies))
        staged, stage_seconds = _timed_stage(engine, pages)
        counts, taken = _timed_land(engine, staged)
        again.append(stage_seconds + taken)
        _check(counts, rows, again=True)
    beside = "bare COPY of the same lines, tables without keys, one transaction"
    stage_part, land_part = median(steps["stage"]), median(steps["land"])
    return [
        Figure(
            "landing",
            f"{MATCHES} matches, {rows:,} rows, first",
            rates(rows, first),
            beside,
            rates(rows, steps["copy"]),
            "rows/s",
            note=f"stage {stage_part:.1f} s ({stage_part / MATCHES * 1000:.0f} ms a match), "
            f"land {land_part:.1f} s, copy {median(steps['copy']):.2f} s",
        ),
        Figure(
            "landing",
            "again, nothing changed",
            rates(rows, again),
            "the same",
            rates(rows, steps["copy"]),
            "rows/s",
            note="no row of the core tables is written",
        ),
    ]


def _warm_up(engine: Engine, pages: Pages) -> None:
    empty(engine)
    target, rows = next(iter(pages.items()))
    land(engine, new_batch(engine), [put(engine, target, rows, FETCHED)])


def _timed_stage(engine: Engine, pages: Pages) -> tuple[list[Staged], float]:
    staged: list[Staged] = []

    def work() -> None:
        staged.extend(put(engine, target, rows, FETCHED) for target, rows in pages.items())

    return staged, seconds_of(work)


def _timed_land(engine: Engine, staged: list[Staged]) -> tuple[dict[str, RowCounts], float]:
    counts: dict[str, RowCounts] = {}
    batch_id = new_batch(engine)
    taken = seconds_of(lambda: counts.update(land(engine, batch_id, staged)))
    return counts, taken


def _check(counts: Mapping[str, RowCounts], rows: int, *, again: bool) -> None:
    written = sum(c.inserted + c.updated + c.deleted for c in counts.values())
    # Teams and players stand on many pages, and land once.
    events = counts["event"]
    if again and (written or not events.unchanged):
        raise BenchError(f"landed again, {written} rows were written")
    if not again and (not events.inserted or written > rows):
        raise BenchError(f"of {rows} staged rows {written} were written")


def _copies(engine: Engine) -> Copies:
    """The staged rows by table, as COPY reads them."""
    copies = {}
    with engine.begin() as connection, _driver(connection).cursor() as cursor:
        for table in STAGING_TABLES:
            lines = io.StringIO()
            cursor.copy_expert(f"COPY {table.schema}.{table.name} TO STDOUT", lines)
            copies[table.name] = lines.getvalue()
    return copies


def _bare_copy(engine: Engine, copies: Copies) -> float:
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS bare CASCADE"))
        connection.execute(text("CREATE SCHEMA bare"))
        for table in STAGING_TABLES:
            connection.execute(
                text(f'CREATE TABLE bare."{table.name}" (LIKE {table.schema}."{table.name}")')
            )

    def work() -> None:
        with engine.begin() as connection, _driver(connection).cursor() as cursor:
            for name, lines in copies.items():
                cursor.copy_expert(f'COPY bare."{name}" FROM STDIN', io.StringIO(lines))

    return seconds_of(work)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
