"""Handing a step's targets to the workers, once, however often it is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import Engine

from scrapers.errors import TouchlineError
from scrapers.pipeline.plan import plan
from scrapers.pipeline.progress import NOUNS, hopeless
from scrapers.pipeline.request import Request
from scrapers.settings import Settings
from scrapers.targets import PageKind
from scrapers.warehouse import ledger
from scrapers.warehouse.records import BatchKey, Progress

log = logging.getLogger(__name__)

# Sends a batch's targets to the broker: scrapers.tasks.send.send_batch. The pipeline stands
# below the tasks, so whoever calls it brings the sender along.
Send = Callable[[UUID], object]


def dispatch(
    engine: Engine,
    settings: Settings,
    key: BatchKey,
    request: Request,
    page_kind: PageKind,
    send: Send,
) -> UUID | None:
    """Plan the step, open its batch and send it; the batch's id, or None if nothing is to do.

    A batch of this key that is still open is taken up instead: nothing is planned anew, and
    only what was not sent yet, or got lost, is sent.

    Raises:
        BrokerUnavailable, WarehouseUnavailable: call again later; nothing is doubled.
    """
    batch_id = ledger.open_batch_id(engine, key)
    if batch_id is None:
        planned = plan(engine, settings, request, page_kind)
        if not planned:
            log.info("%s: nothing to do for %s", NOUNS[page_kind], request)
            return None
        days = request.interval
        batch_id = ledger.open_batch(engine, key, planned, (days.start, days.end) if days else None)
        reasons = [item.reason for item in planned]
        log.info(
            "%s: %d planned for %s (%s), batch %s",
            NOUNS[page_kind],
            len(planned),
            request,
            ", ".join(f"{reasons.count(reason)} {reason}" for reason in sorted(set(reasons))),
            batch_id,
        )
    else:
        log.info("%s: batch %s is under way, taking it up", NOUNS[page_kind], batch_id)
    send(batch_id)
    return batch_id


def close_if_hopeless(
    engine: Engine, progress: Progress, page_kind: PageKind
) -> TouchlineError | None:
    """The failure of a batch that is over without a readable page; None when it may go on.

    Such a batch is closed as failed, so that the next dispatch of its key plans anew. The
    failure is of the class that most targets failed with; see `hopeless`.
    """
    failure = hopeless(progress, page_kind)
    if failure:
        ledger.close_batch(engine, progress.batch_id, "failed", {"failure": failure.detail})
    return failure
