"""The tasks of the catch-up: what runs did not get, step after step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow.sdk import chain
from airflow.sdk.exceptions import AirflowSkipException

from scrapers.pipeline.steps import Step
from touchline_airflow.operators import BatchOperator, PublishOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from scrapers.warehouse.records import Progress


_NO_BATCH = ""


class CatchUpOperator(BatchOperator):
    """Ask for one step's gaps again and wait for them.

    Pages that can't be got this time either stay gaps. Without one that was got the output is
    empty, and the next steps go on; while the source is paused they are skipped with this one.

    Args:
        skips: the whole run is skipped here when there is nothing to do, or the source is paused.
    """

    ui_color = "#d9ead3"

    def __init__(self, *, step: str, skips: bool = False, **arguments: Any) -> None:
        super().__init__(step=step, **arguments)
        self.skips = skips

    def dispatch(self, context: Context) -> UUID | None:
        """Plan within the budget and send; see scrapers.pipeline.catch_up."""
        from scrapers.pipeline.catch_up import dispatch_catch_up, idle
        from scrapers.settings import settings
        from scrapers.tasks.send import send_batch
        from scrapers.warehouse import ledger
        from scrapers.warehouse.engine import engine
        from scrapers.warehouse.records import BatchKey

        run = context["dag_run"]
        key = BatchKey(run.dag_id, run.run_id, self.step)
        begun = ledger.open_batch_id(engine(), key)
        if self.skips and begun is None and (why := idle(engine(), settings())):
            raise AirflowSkipException(f"nothing to catch up with: {why}")
        return dispatch_catch_up(engine(), settings(), key, send_batch)

    def _conclude(self, context: Context, progress: Progress) -> str:
        from scrapers.pipeline.dispatch import close_if_hopeless
        from scrapers.targets import SOURCE
        from scrapers.warehouse import source
        from scrapers.warehouse.engine import engine

        failure = close_if_hopeless(engine(), progress, self.step)
        if failure is None:
            return str(progress.batch_id)
        told = f"still gaps: {failure.failure_class}: {failure.detail}"
        if source.look(engine(), SOURCE):
            raise AirflowSkipException(told)
        self.log.warning("%s", told)
        # Not None, which would leave the output as it was written before the wait.
        return _NO_BATCH


def catch_up() -> None:
    """Feeds first, because matches are found by them; then the matches; then the rest."""
    feeds = CatchUpOperator(task_id="catch_up_schedules", step=Step.SCHEDULE, skips=True)
    landed_feeds = PublishOperator(task_id="publish_schedules", batch_id=feeds.output)
    matches = CatchUpOperator(task_id="catch_up_matches", step=Step.MATCH_CENTRE)
    landed_matches = PublishOperator(task_id="publish_matches", batch_id=matches.output)
    more = CatchUpOperator(task_id="catch_up_more_pages", step=Step.MORE_PAGES)
    landed_more = PublishOperator(task_id="publish_more_pages", batch_id=more.output)
    chain(feeds, landed_feeds, matches, landed_matches, more, landed_more)
