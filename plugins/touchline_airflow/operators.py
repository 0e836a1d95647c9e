"""The operators: thin calls of scrapers.pipeline, which is imported where it runs.

Every secret and address is read from the environment where the task runs; nothing of it
passes through arguments, XCom or rendered fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from touchline_airflow.scope import Scope, request_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from scrapers.errors import TouchlineError
    from scrapers.warehouse.records import Progress

# Under this XCom key `operator.output` finds a value.
_OUTPUT = "return_value"


class BatchOperator(BaseOperator):
    """Hand a batch to the workers, and wait for it without a worker slot.

    Cleared, retried or restarted while its batch is open, it takes that batch up instead of
    sending a second one; after the batch was published or failed it plans anew. Its output is
    the batch's id, or nothing when there was nothing to do. What is in the batch is the
    subclass's matter.

    Args:
        step: a value of scrapers.pipeline.steps.Step, for the words of the log; empty: none.
        poll_seconds: pause between two looks at the ledger.
    """

    ui_color = "#d9ead3"

    def __init__(self, *, step: str = "", poll_seconds: float = 3.0, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.step = step
        self.poll_seconds = poll_seconds

    def dispatch(self, context: Context) -> UUID | None:
        """Open the run's batch or take it up, and send it; None: nothing to do."""
        raise NotImplementedError

    def execute(self, context: Context) -> str | None:
        """Dispatch, then defer; an empty plan or a finished batch ends at once."""
        from scrapers.pipeline.progress import describe
        from scrapers.warehouse import ledger
        from scrapers.warehouse.engine import engine
        from touchline_airflow.triggers import BatchTrigger

        batch_id = self.dispatch(context)
        if batch_id is None:
            return None
        progress = ledger.progress(engine(), batch_id)
        self.log.info("%s", describe(progress, self.step))
        if progress.done:
            return self._conclude(context, progress)
        # The trigger ends the task itself when all went well, so its output is written now.
        context["ti"].xcom_push(key=_OUTPUT, value=str(batch_id))
        self.defer(
            trigger=BatchTrigger(str(batch_id), self.step, self.poll_seconds),
            method_name=self.resume.__name__,
        )

    def resume(self, context: Context, event: dict[str, str]) -> str:
        """Fail as the batch failed; the trigger calls for this only then."""
        from scrapers.warehouse import ledger
        from scrapers.warehouse.engine import engine

        return self._conclude(context, ledger.progress(engine(), UUID(event["batch_id"])))

    def stopped_by(self, context: Context, failure: TouchlineError) -> TouchlineError:
        """What to say of a batch that failed as a whole; a subclass may know more of the run."""
        return failure

    def _conclude(self, context: Context, progress: Progress) -> str:
        from scrapers.pipeline.dispatch import close_if_hopeless
        from scrapers.warehouse.engine import engine

        if failure := close_if_hopeless(engine(), progress, self.step):
            failure = self.stopped_by(context, failure)
            # Each target was tried as often as its class allows; Airflow must not start over.
            raise AirflowFailException(f"{failure.failure_class}: {failure.detail}") from failure
        return str(progress.batch_id)


class DispatchOperator(BatchOperator):
    """Plan one step's pages, hand them to the workers, and wait for them.

    Args:
        step: a value of scrapers.pipeline.steps.Step.
        scope: where the run says what it covers; see touchline_airflow.scope.
    """

    def __init__(self, *, step: str, scope: Scope, **arguments: Any) -> None:
        super().__init__(step=step, **arguments)
        self.scope = scope

    def dispatch(self, context: Context) -> UUID | None:
        """Plan and send; see scrapers.pipeline.dispatch."""
        from scrapers.pipeline.dispatch import dispatch
        from scrapers.settings import settings
        from scrapers.tasks.send import send_batch
        from scrapers.warehouse.engine import engine
        from scrapers.warehouse.records import BatchKey

        request = request_of(context, self.scope, settings())
        run = context["dag_run"]
        key = BatchKey(run.dag_id, run.run_id, self.step)
        return dispatch(engine(), settings(), key, request, self.step, send_batch)

    def stopped_by(self, context: Context, failure: TouchlineError) -> TouchlineError:
        """The failure, with the pages that the run's later steps do not ask for because of it."""
        return _with_what_is_left(context, self.scope, self.step, failure)


def _with_what_is_left(
    context: Context, scope: Scope, step: str, failure: TouchlineError
) -> TouchlineError:
    from scrapers.pipeline.run import patiently
    from scrapers.pipeline.steps import Step
    from scrapers.pipeline.stopped import with_what_is_left
    from scrapers.settings import settings
    from scrapers.warehouse.engine import engine

    request = patiently(request_of, context, scope, settings())
    # The batch is closed: a retry for want of these words would ask the site again.
    return patiently(with_what_is_left, engine(), settings(), request, Step(step), failure)


class PublishOperator(BaseOperator):
    """Judge a batch's staged rows and land the good ones; its output is what it did.

    Args:
        batch_id: the dispatch's output; nothing is done without one.
        step, scope: as the dispatch's, for a run of several steps: a batch that is refused says
            which pages of the later ones are not asked for because of it.
    """

    template_fields: Sequence[str] = ("batch_id",)
    ui_color = "#cfe2f3"

    def __init__(
        self, *, batch_id: Any, step: str = "", scope: Scope | None = None, **arguments: Any
    ) -> None:
        super().__init__(**arguments)
        self.batch_id = batch_id
        self.step = step
        self.scope = scope

    def execute(self, context: Context) -> dict[str, Any] | None:
        """Publish; see scrapers.pipeline.publish."""
        from scrapers.errors import InvalidBatch
        from scrapers.pipeline.publish import publish
        from scrapers.settings import settings
        from scrapers.warehouse.engine import engine

        if not self.batch_id:
            self.log.info("nothing was dispatched, so there is nothing to publish")
            return None
        try:
            return publish(engine(), UUID(self.batch_id), settings()).as_json()
        except InvalidBatch as refused:
            if self.scope is None:
                raise
            raise _with_what_is_left(context, self.scope, self.step, refused) from refused


class CompletenessOperator(BaseOperator):
    """Check what landed against the schedule; its counts go along with its assets' events.

    Args:
        scope: where the run says what it covers; see touchline_airflow.scope.
    """

    ui_color = "#fff2cc"

    def __init__(self, *, scope: Scope, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.scope = scope

    def execute(self, context: Context) -> dict[str, Any]:
        """Check; see scrapers.pipeline.completeness."""
        from scrapers.pipeline.completeness import check_completeness
        from scrapers.settings import settings
        from scrapers.warehouse.engine import engine

        request = request_of(context, self.scope, settings())
        counts = check_completeness(engine(), settings(), request).as_json()
        for asset in self.outlets:
            context["outlet_events"][asset].extra.update({"days": str(request), **counts})
        return counts
