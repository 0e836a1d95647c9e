"""What keeps a task going: short waits for the platform, and the sign of life of its hold."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Engine
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from scrapers.errors import TouchlineError, WarehouseUnavailable
from scrapers.warehouse import holding
from scrapers.warehouse.records import Claim

log = logging.getLogger(__name__)

T = TypeVar("T")


def patiently(
    call: Callable[[], T], waits_for: type[TouchlineError], *, seconds: float = 45.0
) -> T:
    """Call again while the failure is `waits_for`, for up to `seconds`; then it is raised."""
    return Retrying(
        retry=retry_if_exception_type(waits_for),
        stop=stop_after_delay(seconds),
        wait=wait_random_exponential(multiplier=0.3, max=8),
        reraise=True,
    )(call)


def note_failure(
    claim: Claim, error: TouchlineError, failed: Callable[[], datetime | None]
) -> None:
    """Record a failure by `failed`, with patience for the warehouse, and log what follows."""
    due = patiently(failed, WarehouseUnavailable)
    after = f"again at {due:%H:%M:%S} UTC" if due else "not tried again in this batch"
    log.warning("%s: %s: %s; %s", claim.target.key, error.failure_class, error.detail, after)


@contextmanager
def holding_on(engine: Engine, claim: Claim) -> Iterator[None]:
    """Prolong the hold on a target as long as the block runs and this process lives."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(holding.renew_seconds()):
            try:
                if not holding.prolong(engine, claim):
                    return
            except TouchlineError as error:  # a server that starts again may refuse a login
                log.warning("%s: the hold could not be prolonged: %s", claim.target.key, error)

    thread = threading.Thread(target=renew, name="hold", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
