"""A whole run without Airflow: plan, dispatch, wait, publish, check, kind after kind."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine

from scrapers.pipeline.completeness import Completeness, check_completeness
from scrapers.pipeline.dispatch import Send, close_if_hopeless, dispatch
from scrapers.pipeline.publish import PublishSummary, publish
from scrapers.pipeline.request import Request
from scrapers.settings import Settings
from scrapers.targets import PageKind
from scrapers.warehouse import ledger
from scrapers.warehouse.records import BatchKey, Progress

OnProgress = Callable[[PageKind, Progress], object]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did.

    Attributes:
        published: by page kind; a kind with nothing to do is missing.
        completeness: of the request's days or matches.
    """

    published: dict[PageKind, PublishSummary]
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
        on_progress: called with every change of a batch's progress.

    Raises:
        TouchlineError: of the class that stopped the run; see `close_if_hopeless`, `publish`
            and `check_completeness`.
    """
    published: dict[PageKind, PublishSummary] = {}
    for page_kind in request.page_kinds:
        key = BatchKey(dag_id, run_id, page_kind)
        batch_id = dispatch(engine, settings, key, request, page_kind, send)
        if batch_id is None:
            continue
        progress = wait(engine, batch_id, page_kind, on_progress, poll_seconds)
        if failure := close_if_hopeless(engine, progress, page_kind):
            raise failure
        published[page_kind] = publish(engine, batch_id, settings)
    return RunSummary(published, check_completeness(engine, settings, request))


def wait(
    engine: Engine,
    batch_id: UUID,
    page_kind: PageKind,
    on_progress: OnProgress | None = None,
    poll_seconds: float = 1.0,
) -> Progress:
    """Wait until every target of the batch is done with."""
    seen: Progress | None = None
    while True:
        progress = ledger.progress(engine, batch_id)
        if on_progress and progress != seen:
            on_progress(page_kind, progress)
        if progress.done:
            return progress
        seen = progress
        time.sleep(poll_seconds)
