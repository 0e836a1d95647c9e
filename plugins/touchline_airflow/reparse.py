"""The tasks of a re-parse: archived pages to rows again, or only the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow.sdk.exceptions import AirflowSkipException

from touchline_airflow.operators import BatchOperator, PublishOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

# Under this XCom key stands what a dry run found.
DIFFERENCE = "difference"


class ReparseOperator(BatchOperator):
    """Choose archived pages by the run's form, hand them to the parse workers, and wait.

    With the form's `dry_run` nothing is handed on: the difference in rows is written to the
    task's log and, as JSON, to its XCom `difference`.
    """

    def dispatch(self, context: Context) -> UUID | None:
        """Dispatch or try; see scrapers.pipeline.reparse and .dry_run."""
        from scrapers.pipeline.reparse import STEP, dispatch_reparse
        from scrapers.pipeline.reparse_request import ReparseRequest
        from scrapers.settings import settings
        from scrapers.tasks.send import send_batch
        from scrapers.warehouse.engine import engine
        from scrapers.warehouse.records import BatchKey

        request = ReparseRequest.of_form(context["params"])
        if context["params"].get("dry_run"):
            self._try(context, request)
            return None
        run = context["dag_run"]
        key = BatchKey(run.dag_id, run.run_id, STEP)
        return dispatch_reparse(engine(), settings(), key, request, send_batch)

    def _try(self, context: Context, request: Any) -> None:
        from scrapers.pipeline.dry_run import dry_run
        from scrapers.settings import settings
        from scrapers.warehouse.engine import engine

        # In this very process: a task must not start others behind its supervisor's back.
        found = dry_run(engine(), settings(), request, processes=1)
        self.log.info("%s: %s", request, found)
        for name, seen in found.tables.items():
            changed = ", ".join(f"{column} ({c.rows})" for column, c in seen.changes.items())
            self.log.info("%s: %s; columns that change: %s", name, seen.counts, changed or "none")
        for key, why in found.failing.items():
            self.log.warning("%s: %s: %s", key, why.failure_class, why.detail)
        context["ti"].xcom_push(key=DIFFERENCE, value=found.as_json())


class PublishReparseOperator(PublishOperator):
    """Land a re-parse; skipped when there is none, so that no asset is told of a change."""

    def execute(self, context: Context) -> dict[str, Any] | None:
        """Publish; see scrapers.pipeline.publish."""
        if not self.batch_id:
            raise AirflowSkipException("nothing was re-parsed, so there is nothing to land")
        published = super().execute(context)
        for asset in self.outlets:
            context["outlet_events"][asset].extra.update({"reparse": published})
        return published
