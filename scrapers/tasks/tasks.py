"""Celery's tasks: each a call of the module that does the work, and what Celery must know."""

from __future__ import annotations

import logging
import traceback
from typing import Any
from uuid import uuid4

from billiard.exceptions import SoftTimeLimitExceeded, TimeLimitExceeded, WorkerLostError
from celery import Task
from celery.signals import worker_process_shutdown

from scrapers.errors import (
    BrokerUnavailable,
    Defect,
    TouchlineError,
    WarehouseUnavailable,
    WorkerLost,
)
from scrapers.settings import ROOT, settings
from scrapers.targets import Target
from scrapers.tasks import fetching, parsing
from scrapers.tasks.app import app
from scrapers.tasks.reaping import Tending
from scrapers.tasks.send import send_due
from scrapers.tasks.sweeping import sweep_once
from scrapers.tasks.tools import put_away, tools
from scrapers.warehouse import holding
from scrapers.warehouse.records import Claim, State

log = logging.getLogger(__name__)

_current = settings()
holding.set_lease(_current.lease_seconds)
_tending = Tending()
# A session's start for one probe, and what its hubs may take else.
_tend_seconds = int(_current.session_start_timeout_seconds) + 90
# A look for incidents, with the messages that it sends.
_WATCH_SECONDS = 75
_LATER = "%s: %s: %s: the sweep sends it again"
# Of the task's end, not of its work: the child is gone, and the lease tells.
_NOT_OURS = (TimeLimitExceeded, WorkerLostError)


class TargetTask(Task):  # type: ignore[misc]
    """A task over one target; a defect of ours is noted in the ledger as what it is.

    A warehouse that is away ends the task: the target's lease runs out, or its message is
    missed, and the sweep sends it again.
    """

    abstract = True
    stage = ""
    again = State.PLANNED
    holder = uuid4()  # of the try that runs now; a process works on one at a time

    def on_failure(
        self, exc: BaseException, task_id: str, args: Any, kwargs: Any, einfo: Any
    ) -> None:
        """Note as `Defect` what is no failure class; see the module `errors`."""
        if isinstance(exc, (TouchlineError, *_NOT_OURS)):
            return
        failure: TouchlineError
        if isinstance(exc, SoftTimeLimitExceeded):
            failure = WorkerLost("the task's time was over while it waited for the platform")
        else:
            where = traceback.extract_tb(exc.__traceback__)[-1] if exc.__traceback__ else None
            place = f" at {_relative(where.filename)}:{where.lineno}" if where else ""
            # The exception's own words may hold values of the page; its kind and place do not.
            failure = Defect(f"{type(exc).__name__}{place}", exception=type(exc).__name__)
        claim = Claim(Target.from_key(args[0]), self.holder, attempt=1)
        holding.failed(tools().engine, claim, failure, self.stage, self.again)


def _relative(filename: str) -> str:
    return filename.removeprefix(f"{ROOT}/")


@app.task(
    bind=True,
    base=TargetTask,
    name="touchline.fetch",
    stage=fetching.STAGE,
    again=State.PLANNED,
    soft_time_limit=_current.fetch_soft_limit_seconds,
    time_limit=_current.fetch_hard_limit_seconds,
)  # type: ignore[untyped-decorator]
def fetch(self: TargetTask, target_key: str) -> None:
    """Fetch a target's page; see `fetching.fetch_target`."""
    self.holder = uuid4()
    try:
        archived = fetching.fetch_target(tools(), target_key, self.holder)
    except WarehouseUnavailable as error:
        log.warning(_LATER, target_key, error.failure_class, error.detail)
        return
    if archived:
        _send_on(target_key)


def _send_on(target_key: str) -> None:
    try:
        send_due(tools().engine, State.ARCHIVED, 1, target_key=target_key)
    except (BrokerUnavailable, WarehouseUnavailable) as error:
        # The page is safe and the ledger knows it: the sweep sends it to be parsed.
        log.warning("%s: %s: the sweep sends it on", error.failure_class, error.detail)


@app.task(
    bind=True,
    base=TargetTask,
    name="touchline.parse",
    stage=parsing.STAGE,
    again=State.ARCHIVED,
    soft_time_limit=_current.parse_soft_limit_seconds,
    time_limit=_current.parse_hard_limit_seconds,
)  # type: ignore[untyped-decorator]
def parse(self: TargetTask, target_key: str) -> None:
    """Read a target's archived page; see `parsing.parse_target`."""
    self.holder = uuid4()
    try:
        parsing.parse_target(tools(), target_key, self.holder)
    except WarehouseUnavailable as error:
        log.warning(_LATER, target_key, error.failure_class, error.detail)


@app.task(
    name="touchline.sweep",
    soft_time_limit=_current.parse_soft_limit_seconds,
    time_limit=_current.parse_hard_limit_seconds,
    acks_late=False,
)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Find what is due and what got lost; see `sweeping.sweep_once`."""
    try:
        sweep_once(tools())
    except (BrokerUnavailable, WarehouseUnavailable) as error:
        log.warning("%s: %s: the next sweep does it", error.failure_class, error.detail)


@app.task(
    name="touchline.tend",
    soft_time_limit=_tend_seconds,
    time_limit=_tend_seconds + 30,
    acks_late=False,
)  # type: ignore[untyped-decorator]
def tend() -> None:
    """End abandoned browser sessions, probe hubs; see `reaping.Tending`."""
    try:
        _tending.round(tools())
    except WarehouseUnavailable as error:
        log.warning("%s: %s: the next round does it", error.failure_class, error.detail)
    except SoftTimeLimitExceeded:
        log.warning("the hubs took longer than %d s to be tended", _tend_seconds)


@app.task(
    name="touchline.watch",
    soft_time_limit=_WATCH_SECONDS,
    time_limit=_WATCH_SECONDS + 15,
    acks_late=False,
)  # type: ignore[untyped-decorator]
def watch() -> None:
    """Look for incidents and tell of them; see `scrapers.incidents.cycle`."""
    # Apprise takes half a second to import: not in every process that only sends tasks.
    from scrapers.incidents.cycle import watch_once

    try:
        watch_once(tools().engine, tools().settings)
    except WarehouseUnavailable as error:
        log.warning("%s: %s: the next look does it", error.failure_class, error.detail)
    except SoftTimeLimitExceeded:
        log.warning("the look for incidents took longer than %d s", _WATCH_SECONDS)


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def quit_browser(**_: Any) -> None:
    """A worker process that ends quits its browser."""
    put_away()
