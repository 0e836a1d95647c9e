"""Whose fault it is that a parse task's time is over: only the page's own blocks the page."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy import Engine, select, text

from scrapers.pipeline.intervals import parse_day
from scrapers.targets import Target
from scrapers.tasks import parsing
from scrapers.tasks.parsing import parse_target
from scrapers.tasks.tools import Tools
from scrapers.warehouse.ops_tables import FailureRow, TargetRow
from scrapers.warehouse.records import State
from tests.site.world import World
from tests.support.archived import fetched, open_for_fetch
from tests.support.site_pages import page_of

MATCH = next(
    match
    for match in World().matches_on(parse_day("2022-08-13"))
    if match.status == "finished" and match.has_match_centre
)
TARGET = Target.match_centre(MATCH.id)
LIMIT = 1.0  # seconds


@contextmanager
def soft_limit() -> Iterator[None]:
    """The signal that Celery sends when a task's time is over, after a second."""

    def over(*_: Any) -> None:
        raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def tools(engine: Engine, make_settings: Any) -> Tools:
    """With a page that waits to be parsed."""
    made = Tools(make_settings())
    open_for_fetch(engine, TARGET)
    fetched(made, TARGET, page_of(TARGET))
    _ = made.selectors.fetch_plan(TARGET.page_kind)  # read beforehand, as workers that run have
    return made


def failure(tools: Tools) -> str:
    """Let the page be parsed, in too short a time; the class of the failure that is recorded."""
    with soft_limit():
        assert not parse_target(tools, TARGET.key, uuid4())
    with tools.engine.connect() as connection:
        row = connection.execute(select(TargetRow.__table__)).one()
        (failed,) = connection.execute(select(FailureRow.failure_class, FailureRow.stage)).all()
    assert failed.stage == "parse"
    assert row.failure_class == failed.failure_class
    assert row.holder is None
    is_pages = failed.failure_class == "LayoutChanged"
    assert row.state == (State.BLOCKED if is_pages else State.ARCHIVED), "it is read again"
    return str(failed.failure_class)


def is_read(tools: Tools) -> bool:
    with tools.engine.begin() as connection:
        connection.execute(text("UPDATE ops.target SET due_at = now()"))
    return parse_target(tools, TARGET.key, uuid4())


def test_an_archive_that_does_not_hand_out_the_page(tools: Tools, tmp_path: Path) -> None:
    (page,) = (tmp_path / "archive").rglob("*.zst")
    aside = page.with_suffix(".aside")
    page.rename(aside)
    os.mkfifo(page)  # opening it waits for a writer that never comes
    assert failure(tools) == "ArchiveUnavailable"
    aside.replace(page)
    assert is_read(tools)


def test_a_warehouse_that_does_not_take_the_rows(tools: Tools) -> None:
    locked, over = threading.Event(), threading.Event()

    def hold() -> None:
        with tools.engine.begin() as connection:
            connection.execute(text("LOCK TABLE staging.event IN ACCESS EXCLUSIVE MODE"))
            locked.set()
            over.wait(3 * LIMIT)  # the driver hears a signal when the server has answered

    thread = threading.Thread(target=hold)
    thread.start()
    assert locked.wait(10)
    try:
        assert failure(tools) == "WarehouseUnavailable"
    finally:
        over.set()
        thread.join()
    assert is_read(tools)


def test_a_page_that_takes_all_the_time(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    def never_ends(*_: Any, **__: Any) -> None:
        while True:
            pass

    monkeypatch.setattr(parsing, "read_page", never_ends)
    assert failure(tools) == "LayoutChanged"


def test_a_worker_that_stood_still_over_the_page(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stands_still(*_: Any, **__: Any) -> None:
        time.sleep(60)

    with monkeypatch.context() as patched:
        patched.setattr(parsing, "read_page", stands_still)
        assert failure(tools) == "WorkerLost"
    assert is_read(tools)
