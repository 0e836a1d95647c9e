"""The tasks of the selector watch: canaries there and back, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow.sdk import BaseOperator

from touchline_airflow.operators import BatchOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from scrapers.warehouse.records import Progress

# Under this XCom key stands what the watch found, also when its task fails for it.
REPORT = "report"


class CanaryOperator(BatchOperator):
    """Fetch the newest landed pages of each kind anew and wait for them.

    That none of them can be read is for the verdict to say, with the fields.
    """

    def dispatch(self, context: Context) -> UUID | None:
        """Send the canaries; see scrapers.pipeline.watch."""
        from scrapers.pipeline.watch import STEP, dispatch_watch
        from scrapers.tasks.send import send_batch
        from scrapers.warehouse.engine import engine
        from scrapers.warehouse.records import BatchKey

        run = context["dag_run"]
        return dispatch_watch(engine(), BatchKey(run.dag_id, run.run_id, STEP), send_batch)

    def _conclude(self, context: Context, progress: Progress) -> str:
        return str(progress.batch_id)


class VerdictOperator(BaseOperator):
    """Land the canaries that are as good as ever; fail as LayoutChanged if a layout has changed.

    Args:
        batch_id: the canaries' batch; without one nothing has landed yet.
    """

    template_fields: Sequence[str] = ("batch_id",)
    ui_color = "#fff2cc"

    def __init__(self, *, batch_id: Any, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.batch_id = batch_id

    def execute(self, context: Context) -> None:
        """Judge; see scrapers.pipeline.watch."""
        from scrapers.pipeline.watch import conclude
        from scrapers.settings import settings
        from scrapers.warehouse.engine import engine

        if not self.batch_id:
            self.log.info("nothing has landed yet, so there is nothing to watch")
            return
        report = conclude(engine(), settings(), UUID(self.batch_id))
        context["ti"].xcom_push(key=REPORT, value=report.as_json())
        if failure := report.failure():
            raise failure
