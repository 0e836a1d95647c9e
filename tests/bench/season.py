"""A season's re-parse, from the archive to the core tables, beside a plain reading of its pages."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import pandas as pd
from sqlalchemy import Engine, text, update

from scrapers.archive.store import Archive
from scrapers.settings import Settings
from scrapers.targets import PageKind, Target
from scrapers.tasks.tools import Tools
from scrapers.warehouse.ledger import FAILED, close_batch
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import State
from tests.bench.figures import BenchError, Figure, seconds_of
from tests.bench.parse import plain
from tests.bench.place import Place, matches
from tests.site.world import World
from tests.support.archived import fetched, open_for_fetch
from tests.support.stack import Stack

MATCHES, QUICK = 380, 40
PROCESSES = 2
_APART = 100_000  # from a match's id to that of its copy
_AT_A_TIME = 8
_PATIENCE = 60.0  # seconds given to the second worker
_COLUMNS = (
    *("id", "eventId", "minute", "second", "teamId", "playerId", "x", "y", "endX", "endY"),
    *("expandedMinute", "period", "type", "outcomeType", "isTouch", "qualifiers"),
)


def measure(place: Place) -> list[Figure]:
    """Wall time of `touchline reparse` of blocked pages with two parse processes.

    Raises:
        BenchError: a page did not land, or the plain reading finds other events.
    """
    stack = place.without_airflow()
    wanted = _wanted(place)
    # Pages are put where the sweep would find them: nobody may work meanwhile.
    place.pause("beat", "fetch", "parse")
    place.say(f"{wanted} pages into the archive")
    tools = Tools(stack.settings)
    hashes = _archive(tools, wanted)
    ours: list[float] = []
    beside: list[float] = []
    rows = events = 0
    place.resume("parse", "beat")
    with _second_worker(stack):
        for _ in range(1 if place.quick else 2):
            _forget(tools.engine)
            place.say("re-parsing them, and reading them plainly")
            told: list[dict[str, Any]] = []
            ours.append(seconds_of(lambda told=told: told.append(_reparse(stack))))
            landed = _landed(told[0], wanted)
            rows, events = sum(landed.values()), landed["event"]
            found: list[int] = []
            beside.append(
                seconds_of(
                    lambda found=found: found.append(_plainly(stack.settings, tools.engine, hashes))
                )
            )
            if found != [events]:
                raise BenchError(f"{events} events have landed, the plain reading has {found[0]}")
    place.pause("beat", "parse")
    each = min(ours) / wanted * 1000
    return [
        Figure(
            "season",
            f"re-parse of a season of {wanted} matches, archive to landed",
            ours,
            f"{PROCESSES} processes: json.loads, DataFrame of the events, COPY",
            beside,
            note=f"{rows:,} checked rows of all tables, judged and landed, {each:.0f} ms a match; "
            f"the plain reading has {events:,} unchecked events",
        )
    ]


def landed(place: Place) -> tuple[Stack, int]:
    """The stack with a season's matches landed, and how many they are; nobody works there.

    Where they have been landed by `measure` in the same run, they are not read again.

    Raises:
        BenchError: a page did not land.
    """
    stack = place.without_airflow()
    wanted = _wanted(place)
    place.pause("beat", "fetch", "parse")
    tools = Tools(stack.settings)
    with tools.engine.connect() as connection:
        there = connection.scalar(text("SELECT count(*) FROM core.match"))
    if there != wanted:
        place.say(f"{wanted} pages into the archive, and read")
        _archive(tools, wanted)
        _forget(tools.engine)
        place.resume("parse", "beat")
        with _second_worker(stack):
            _landed(_reparse(stack), wanted)
        place.pause("beat", "parse")
    return stack, wanted


def _wanted(place: Place) -> int:
    return place.matches or (QUICK if place.quick else MATCHES)


def pages(count: int) -> Iterator[tuple[Target, bytes]]:
    """So many match pages; the stand-in's season is shorter, so its pages come again as others."""
    world = World()
    ids = matches(min(count, sum(_is_readable(one) for one in world.matches())))
    for number in range(count):
        match_id = ids[number % len(ids)]
        page = world.page(match_id)
        assert page is not None
        other = match_id + _APART * (number // len(ids))
        yield Target.match_centre(other), page.replace(str(match_id).encode(), str(other).encode())


def _is_readable(match: Any) -> bool:
    return bool(match.status == "finished" and match.has_match_centre)


def _archive(tools: Tools, count: int) -> list[str]:
    """Put the pages into the archive; their hashes. The ledger says that they were not read."""
    found = []
    for target, page in pages(count):
        batch_id = open_for_fetch(tools.engine, target)
        found.append(fetched(tools, target, page))
        with tools.engine.begin() as connection:
            connection.execute(
                update(TargetRow)
                .where(TargetRow.target_key == target.key)
                .values(state=State.BLOCKED, failure_class="LayoutChanged", sent_at=None)
            )
        close_batch(tools.engine, batch_id, FAILED, {"failure": "made for the bench"})
    return found


_ROWS = text(
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
    " WHERE schemaname IN ('core', 'staging')"
)


def _forget(engine: Engine) -> None:
    """The pages have not been read, and nothing has landed."""
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(connection.scalars(_ROWS))}"))
        connection.execute(
            update(TargetRow)
            .where(TargetRow.page_kind == str(PageKind.MATCH_CENTRE))
            .values(
                state=State.BLOCKED, failure_class="LayoutChanged", landed_at=None, staged_id=None
            )
        )


@contextmanager
def _second_worker(stack: Stack) -> Iterator[None]:
    command = [
        *(sys.executable, "-m", "celery", "--app=scrapers.tasks.app", "worker"),
        *("--queues=parse", "--hostname=parse2@%h", "--concurrency=1", "--loglevel=INFO"),
        *("--without-gossip", "--without-mingle"),
    ]
    log = stack.group.log("parse").with_name("parse2.log")
    with log.open("wb") as output:
        worker = subprocess.Popen(
            command,
            env=stack.full_environment(),
            cwd=stack.group.work,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            until = time.monotonic() + _PATIENCE
            while " ready." not in log.read_text(errors="replace"):
                if worker.poll() is not None or time.monotonic() > until:
                    raise BenchError(f"the second parse worker does not start: see {log}")
                time.sleep(0.2)
            yield
        finally:
            worker.terminate()
            try:
                worker.wait(20)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


def _reparse(stack: Stack) -> dict[str, Any]:
    ended = stack.touchline("reparse", "--failure", "LayoutChanged", "--json")
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def _landed(told: Mapping[str, Any], wanted: int) -> dict[str, int]:
    """Rows that were inserted, by table."""
    published = told["published"]
    if not published or published["states"] != {"landed": wanted}:
        raise BenchError(f"of {wanted} pages the re-parse says {published}")
    return {name: counts["inserted"] for name, counts in published["rows"].items()}


def _plainly(settings: Settings, engine: Engine, hashes: Sequence[str]) -> int:
    """Read the pages in as many processes, copy their events; how many there are."""
    columns = ", ".join(f'"{name}" text' for name in _COLUMNS)
    shares = [hashes[at : at + _AT_A_TIME] for at in range(0, len(hashes), _AT_A_TIME)]
    with (
        ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool,
        engine.begin() as connection,
    ):
        connection.execute(text("DROP TABLE IF EXISTS plain_event"))
        connection.execute(text(f"CREATE TABLE plain_event ({columns})"))
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor:
            addresses = [settings.archive_url] * len(shares)
            for lines in pool.map(_events, addresses, shares):
                cursor.copy_expert("COPY plain_event FROM STDIN (FORMAT csv)", io.StringIO(lines))
        found = connection.scalar(text("SELECT count(*) FROM plain_event"))
        connection.execute(text("DROP TABLE plain_event"))
    return int(found or 0)


def _events(archive_url: str, hashes: Sequence[str]) -> str:
    archive = Archive(archive_url)
    frames = [plain(archive.get(one)).reindex(columns=_COLUMNS) for one in hashes]
    lines: str = pd.concat(frames).to_csv(index=False, header=False)
    return lines
