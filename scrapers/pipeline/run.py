"""A whole run without Airflow: plan, dispatch, wait, publish, check, step after step."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import Engine
from tenacity import Retrying, before_sleep_log, retry_if_exception_type, stop_after_delay

from scrapers.errors import BrokerUnavailable, InvalidBatch, WarehouseUnavailable
from scrapers.pipeline.completeness import Completeness, check_completeness
from scrapers.pipeline.dispatch import Send, close_if_hopeless, dispatch
from scrapers.pipeline.publish import PublishSummary, publish
from scrapers.pipeline.request import Request
from scrapers.pipeline.steps import KINDS, RUN_STEPS, Step
from scrapers.pipeline.stopped import with_what_is_left
from scrapers.settings import Settings
from scrapers.warehouse import ledger
from scrapers.warehouse.records import BatchKey, Progress

log = logging.getLogger(__name__)

T = TypeVar("T")
P = ParamSpec("P")
OnProgress = Callable[[str | None, Progress], object]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did.

    Attributes:
        published: by step; one with nothing to do is missing.
        completeness: of the request's days or matches.
    """

    published: dict[Step, PublishSummary]
    completeness: Completeness


def run_request(
    engine: Engine,
    settings: Settings,
    request: Request,
    send: Send,
    *,
    run_id: str,
    dag_id: str = "touchline",
    on_progress: OnProgress | None = None,
    poll_seconds: float = 1.0,
) -> RunSummary:
    """Run `request` to its end, waiting for the workers.

    Run again with the same `run_id` after a kill, it takes up what is open and repeats
    nothing.

    Args:
        send: scrapers.tasks.send.send_batch.
        run_id: names the run in the ledger, as Airflow's run id does.
        on_progress: called with a batch's progress at each look, changed or not.

    Raises:
        TouchlineError: of the class that stopped the run; see `close_if_hopeless`, `publish`
            and `check_completeness`. It says which pages of later steps were not asked for.
    """
    published: dict[Step, PublishSummary] = {}
    begun = False
    for step in RUN_STEPS:
        if not set(KINDS[step]) & set(request.page_kinds):
            continue
        key = BatchKey(dag_id, run_id, step)
        # The first one not patiently: nothing is under way yet, and a wrong address should be
        # told at once. Later a broker that is away is waited for.
        ask = (engine, settings, key, request, step, send)
        batch_id = patiently(dispatch, *ask) if begun else dispatch(*ask)
        begun = True
        if batch_id is None:
            continue
        progress = wait(engine, batch_id, step, on_progress, poll_seconds)
        if failure := close_if_hopeless(engine, progress, step):
            raise patiently(with_what_is_left, engine, settings, request, step, failure)
        try:
            published[step] = patiently(publish, engine, batch_id, settings)
        except InvalidBatch as refused:
            raise patiently(
                with_what_is_left, engine, settings, request, step, refused
            ) from refused
    return RunSummary(published, patiently(check_completeness, engine, settings, request))


def patiently(call: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Call again, after the waits of its class, while the warehouse or the broker is away."""
    policy = WarehouseUnavailable.retry
    return Retrying(
        retry=retry_if_exception_type((WarehouseUnavailable, BrokerUnavailable)),
        stop=stop_after_delay(policy.patience),
        wait=lambda state: policy.wait_before(state.attempt_number).total_seconds(),
        before_sleep=before_sleep_log(log, logging.WARNING),
        reraise=True,
    )(call, *args, **options)


def wait(
    engine: Engine,
    batch_id: UUID,
    step: str | None,
    on_progress: OnProgress | None = None,
    poll_seconds: float = 1.0,
    send: Send | None = None,
) -> Progress:
    """Wait until every target of the batch is done with.

    A warehouse that goes away meanwhile is waited for too: the workers go on without us.

    Args:
        send: called at each look, so that quick workers need not wait for the sweep.

    Raises:
        WarehouseUnavailable: it stays away for longer than its class has patience.
    """
    while True:
        progress = patiently(ledger.progress, engine, batch_id)
        if on_progress:
            on_progress(step, progress)
        if progress.done:
            return progress
        if send:
            try:
                send(batch_id)
            except (BrokerUnavailable, WarehouseUnavailable) as error:
                log.warning("%s: %s: the sweep sends it", error.failure_class, error.detail)
        time.sleep(poll_seconds)
