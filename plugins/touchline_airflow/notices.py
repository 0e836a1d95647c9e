"""What Airflow's runs tell the incidents: a failure, its end, a run that is late.

Nothing is sent from here: each is kept as a sign, so that many failed tasks make one incident
and one message. Where it runs: a task's callback in the task's own process, a run's in the DAG
processor, a deadline's in the triggerer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import AsyncCallback, BaseNotifier, DeadlineAlert

from scrapers.errors import ConfigInvalid, TouchlineError
from scrapers.settings import Settings, load_settings
from touchline_airflow.queued_at import RunQueuedAt

if TYPE_CHECKING:
    from airflow.sdk import Context

    from scrapers.incidents.condition import Condition

_SCHEDULED = "scheduled"


class _Notifier(BaseNotifier):
    """Tells the incidents; a warehouse that is away must not make the run worse than it is."""

    def tell(self, context: Context) -> None:
        """Tell; see the subclass."""
        raise NotImplementedError

    def notify(self, context: Context) -> None:
        """Tell, and log what stands in the way: the ledger tells most of it too."""
        try:
            self.tell(context)
        except TouchlineError as error:
            self.log.error("not kept as an incident: %s: %s", error.failure_class, error.detail)


class TaskFailed(_Notifier):
    """A task failed for good: an incident of its failure's class."""

    def tell(self, context: Context) -> None:
        """Keep what the exception says."""
        from scrapers.incidents.of_run import conditions_of_failure

        task = context["ti"]
        error = context.get("exception")
        for condition in conditions_of_failure(
            error if isinstance(error, BaseException) else None,
            task.dag_id,
            task.task_id,
            task.run_id,
            _run_type(context),
        ):
            _keep(condition)


class RunFailed(_Notifier):
    """A run failed. Its tasks have told why, unless its time was over."""

    def tell(self, context: Context) -> None:
        """Close the batches that a stopped run has left open; keep that it was stopped."""
        from scrapers.incidents.of_run import stopped_run
        from scrapers.warehouse import ledger
        from scrapers.warehouse.engine import engine

        # Any other failed run may be taken up again: its failed task is cleared.
        if context.get("reason") == "timed_out":
            dag_id, run_id = context["dag"].dag_id, str(context["run_id"])
            if left := ledger.close_run(engine(), dag_id, run_id, "the run's time was over"):
                self.log.warning("%d batches of the run were open, and are closed", left)
            _keep(stopped_run(dag_id, run_id, _run_type(context)))


class RunSucceeded(_Notifier):
    """A run ended well: what runs of its DAG and kind told is over.

    One that skipped its last task has not done what it was for, and says nothing of it.
    """

    def tell(self, context: Context) -> None:
        """End it."""
        if not _to_its_end(context):
            return
        from scrapers.incidents.cycle import over
        from scrapers.incidents.of_run import scope_of
        from scrapers.settings import settings
        from scrapers.warehouse.engine import engine

        over(engine(), settings(), scope_of(context["dag"].dag_id, _run_type(context)))


async def night_is_late(context: dict[str, Any]) -> None:
    """Called by Airflow when a nightly run has not ended in time; only scheduled ones count."""
    from scrapers.incidents.of_run import late_run

    run = context["dag_run"]
    if run["run_type"] == _SCHEDULED:
        condition = late_run(run["dag_id"], run["dag_run_id"], late_after())
        await asyncio.to_thread(_keep, condition)


def late_after() -> timedelta:
    """How long a nightly run may take; the setting's default while the settings are refused.

    A DAG is read by processes that need none of the platform's secrets.
    """
    try:
        hours = load_settings().run_late_hours
    except ConfigInvalid:
        hours = Settings.model_fields["run_late_hours"].default
    return timedelta(hours=hours)


def deadline() -> DeadlineAlert:
    """The nightly run's deadline, counted from when it was queued."""
    return DeadlineAlert(
        reference=RunQueuedAt(),
        interval=late_after(),
        callback=AsyncCallback(night_is_late),
        name="nightly run late",
    )


def _keep(condition: Condition) -> None:
    from scrapers.incidents.cycle import event
    from scrapers.settings import settings
    from scrapers.warehouse.engine import engine

    event(engine(), settings(), condition)


def _run_type(context: Context) -> str:
    run = context.get("dag_run")
    if run is not None:
        return str(getattr(run.run_type, "value", run.run_type))
    # A run without a single task that ran: its id is all there is to tell.
    return str(context.get("run_id", "")).partition("__")[0]


def _to_its_end(context: Context) -> bool:
    """Whether a good run did its last task.

    Airflow gives a run's callback the task that succeeded last; none, if all were skipped.
    """
    task = context.get("task")
    return task is not None and not task.downstream_task_ids


TASK_CALLBACKS: dict[str, Callable[..., Any]] = {"on_failure_callback": TaskFailed()}
RUN_CALLBACKS: dict[str, Callable[..., Any]] = {
    "on_failure_callback": RunFailed(),
    "on_success_callback": RunSucceeded(),
}
