"""How well the browser slots are used, and what the platform costs beside a bare loop.

The fetch phase of a batch lasts from its dispatch to its last page. Within it each slot could be
loading a page all the time.
"""

from __future__ import annotations

import queue
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from selenium.webdriver.remote.webdriver import WebDriver
from sqlalchemy import func, select

from scrapers.browser.hubs import open_session
from scrapers.targets import PageKind, Target
from scrapers.warehouse.engine import engine, transaction
from scrapers.warehouse.ops_tables import BatchRow, BatchTargetRow, PageRow, TargetRow
from tests.bench.figures import BenchError, Figure, rates
from tests.bench.place import SLOTS, Place, matches, scrape
from tests.support.stack import Stack

PAGES = 50
_TASK = re.compile(r"Task touchline\.fetch\[[^]]+\] succeeded in ([\d.]+)s")


@dataclass(frozen=True)
class _Phase:
    """A batch's fetch phase; everything in seconds.

    Attributes:
        wall: from the batch's opening to its last page.
        loading: sum of the pages' load times, as the ledger has them.
        working: sum of the fetch tasks' times, as the worker has them.
    """

    wall: float
    loading: float
    working: float


def measure(place: Place) -> list[Figure]:
    """The slots' use, and pages per second beside as many bare Selenium loops."""
    stack = place.without_airflow()
    ids = matches(20 if place.quick else PAGES)
    place.say("warming up the browsers")
    scrape(stack, ids[: 4 * SLOTS])
    phases, bare = [], []
    rounds = 1 if place.quick else 2
    place.say(f"{len(ids)} pages in {SLOTS} browsers by the platform and by a bare loop, {rounds}×")
    with _sessions(stack) as drivers:
        for _ in range(rounds):
            phases.append(_phase(stack, ids))
            bare.append(_bare(drivers, stack, ids))
    slots = [SLOTS * phase.wall for phase in phases]
    load = [phase.loading / len(ids) for phase in phases]
    return [
        Figure(
            "browser",
            f"slots loading pages, {len(ids)} pages",
            [phase.loading for phase in phases],
            f"the fetch phase × {SLOTS} slots",
            slots,
            note=f"{median(load):.2f} s a page until it is ready; reading it out comes on top",
            share=True,
        ),
        Figure(
            "browser",
            "slots with a page in hand",
            [phase.working for phase in phases],
            f"the fetch phase × {SLOTS} slots",
            slots,
            note="claim, load, read out, archive, ledger; the rest is the way there and back",
            share=True,
        ),
        Figure(
            "browser",
            "pages fetched and archived",
            rates(len(ids), [phase.wall for phase in phases]),
            f"{SLOTS} bare Selenium loops: get, page_source",
            rates(len(ids), bare),
            "pages/s",
            note="meanwhile the platform also parses what it has fetched, on the same cores",
        ),
    ]


def _phase(stack: Stack, ids: list[int]) -> _Phase:
    log = stack.group.log("fetch")
    before = log.stat().st_size
    scrape(stack, ids)
    batch = (
        select(BatchRow.batch_id, BatchRow.created_at)
        .where(BatchRow.step == str(PageKind.MATCH_CENTRE))
        .order_by(BatchRow.created_at.desc())
        .limit(1)
        .subquery()
    )
    query = (
        select(
            func.count(),
            func.min(batch.c.created_at),
            func.max(TargetRow.fetched_at),
            func.sum(PageRow.load_seconds),
        )
        .join(BatchTargetRow, BatchTargetRow.batch_id == batch.c.batch_id)
        .join(TargetRow, TargetRow.target_key == BatchTargetRow.target_key)
        .join(
            PageRow,
            (PageRow.page_hash == TargetRow.page_hash)
            & (PageRow.target_key == TargetRow.target_key),
        )
    )
    with transaction(engine(stack.settings)) as connection:
        pages, opened, last, loading = connection.execute(query).one()
    with log.open("rb") as file:
        file.seek(before)
        working = [float(text) for text in _TASK.findall(file.read().decode(errors="replace"))]
    if opened is None or last is None or not pages == len(working) == len(ids):
        raise BenchError(
            f"{len(ids)} pages were asked for, the ledger has {pages}, "
            f"the worker's log {len(working)} tasks"
        )
    return _Phase((last - opened).total_seconds(), float(loading or 0), sum(working))


@contextmanager
def _sessions(stack: Stack) -> Iterator[list[WebDriver]]:
    """As many sessions as the platform has slots, opened as it opens its own."""
    drivers: list[WebDriver] = []
    try:
        for _ in range(SLOTS):
            drivers.append(open_session(stack.settings, "eager")[0])
        yield drivers
    finally:
        for driver in drivers:
            driver.quit()


def _bare(drivers: list[WebDriver], stack: Stack, ids: list[int]) -> float:
    """Seconds in which the drivers load all the pages and read them out, nothing else."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for match_id in ids:
        waiting.put(Target.match_centre(match_id).url(stack.site_url))

    def loop(driver: WebDriver) -> int:
        loaded = 0
        while True:
            try:
                url = waiting.get_nowait()
            except queue.Empty:
                return loaded
            driver.get(url)
            loaded += "matchCentreData" in driver.page_source

    began = time.perf_counter()
    with ThreadPoolExecutor(len(drivers)) as pool:
        loaded = sum(pool.map(loop, drivers))
    seconds = time.perf_counter() - began
    if loaded != len(ids):
        raise BenchError(f"the bare loop read {loaded} of {len(ids)} pages")
    return seconds
