"""The trigger that waits for a batch: it watches the ledger, so that no worker has to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

from scrapers.errors import WarehouseUnavailable
from scrapers.pipeline.progress import describe, hopeless
from scrapers.warehouse import ledger
from scrapers.warehouse.records import Progress


class BatchTrigger(BaseTrigger):
    """Wait until every target of a batch is done with.

    Each change of the batch's progress is a line in the task's log. A batch with anything
    readable ends its task from here, without a worker; one that failed as a whole resumes the
    task, which raises the failure. A triggerer that is killed or restarted runs the trigger
    again from the start: all it knows stands in the ledger.

    Args:
        batch_id: the batch in the ledger.
        step: the step it is of, for the words of the log.
        poll_seconds: pause between two looks.
    """

    def __init__(self, batch_id: str, step: str, poll_seconds: float) -> None:
        super().__init__()
        self.batch_id = batch_id
        self.step = step
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class and arguments to make the trigger again; no address, no secret."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "batch_id": self.batch_id,
                "step": self.step,
                "poll_seconds": self.poll_seconds,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Watch the batch to its end; one event."""
        progress = await self._watch()
        if progress is None or hopeless(progress, self.step):
            yield TriggerEvent({"batch_id": self.batch_id})
        else:
            yield TaskSuccessEvent()

    async def _watch(self) -> Progress | None:
        """The batch's progress at its end; None: the ledger stays out of reach, the task tells."""
        seen: Progress | None = None
        failed, since = 0, 0.0
        while True:
            try:
                progress = await ledger.async_progress(UUID(self.batch_id))
            except WarehouseUnavailable as error:
                # The batch goes on without us; there is nothing better to do than to look again.
                failed += 1
                since = since or time.monotonic()
                waited = timedelta(seconds=time.monotonic() - since)
                if not error.retry.allows_retry(failed, waited):
                    self.log.error("ledger can't be read for %s: %s", waited, error.detail)
                    return None
                wait = error.retry.wait_before(failed).total_seconds()
                self.log.warning("ledger can't be read, again in %.0f s: %s", wait, error.detail)
                await asyncio.sleep(wait)
                continue
            failed, since = 0, 0.0
            if progress != seen:
                self.log.info("%s", describe(progress, self.step))
            if progress.done:
                return progress
            seen = progress
            await asyncio.sleep(self.poll_seconds)
