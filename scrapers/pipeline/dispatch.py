"""Handing a step's targets to the workers, once, however often it is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from scrapers.errors import TouchlineError
from scrapers.pipeline.kept import kept_of_batch, untrusted
from scrapers.pipeline.plan import plan
from scrapers.pipeline.progress import hopeless, noun
from scrapers.pipeline.request import Request
from scrapers.pipeline.steps import KINDS, Step
from scrapers.settings import Settings
from scrapers.warehouse import ledger
from scrapers.warehouse.records import BatchKey, PlannedTarget, Progress, State

log = logging.getLogger(__name__)

# Sends a batch's targets to the broker: scrapers.tasks.send.send_batch. The pipeline stands
# below the tasks, so whoever calls it brings the sender along.
Send = Callable[[UUID], object]


def dispatch(
    engine: Engine,
    settings: Settings,
    key: BatchKey,
    request: Request,
    step: str,
    send: Send,
) -> UUID | None:
    """Plan the step, open its batch and send it; the batch's id, or None if nothing is to do.

    A batch of this key that is still open is taken up instead: nothing is planned anew, and
    only what was not sent yet, or got lost, is sent.

    Raises:
        BrokerUnavailable, WarehouseUnavailable: call again later; nothing is doubled.
    """
    days = request.interval
    return dispatch_plan(
        engine,
        key,
        lambda: [
            planned
            for kind in KINDS[Step(step)]
            for planned in plan(engine, settings, request, kind)
        ],
        send,
        what=f"{noun(step)}, {request}",
        interval=(days.start, days.end) if days else None,
    )


def dispatch_plan(
    engine: Engine,
    key: BatchKey,
    make_plan: Callable[[], Sequence[PlannedTarget]],
    send: Send,
    *,
    what: str,
    interval: tuple[datetime, datetime] | None = None,
) -> UUID | None:
    """Open a batch of what `make_plan` gives, or take up the open one, and send it; see `dispatch`.

    Args:
        make_plan: not called when a batch of this key is open.
        what: names the work in the log.
        interval: the days asked for, to be kept with the batch.
    """
    batch_id = ledger.open_batch_id(engine, key)
    if batch_id is None:
        planned = make_plan()
        if not planned:
            log.info("%s: nothing to do", what)
            return None
        batch_id = ledger.open_batch(engine, key, planned, interval)
        reasons = [item.reason for item in planned]
        log.info(
            "%s: %d planned (%s), batch %s",
            what,
            len(planned),
            ", ".join(f"{reasons.count(reason)} {reason}" for reason in sorted(set(reasons))),
            batch_id,
        )
    else:
        log.info("%s: batch %s is under way, taking it up", what, batch_id)
    send(batch_id)
    return batch_id


def close_if_hopeless(
    engine: Engine, progress: Progress, step: str | None
) -> TouchlineError | None:
    """The failure of a batch that is over without a readable page; None when it may go on.

    Such a batch is closed as failed, so that the next dispatch of its key plans anew. The
    failure is of the class that most targets failed with, see `hopeless`, and says whether rows
    stay that a version which is out of force has landed.
    """
    failure = hopeless(progress, step)
    if failure:
        ledger.close_batch(engine, progress.batch_id, "failed", {"failure": failure.detail})
        if told := untrusted(engine, kept_of_batch(engine, progress.batch_id, (State.BLOCKED,))):
            failure = type(failure)(f"{failure.detail}. {told}", **failure.facts)
    return failure
