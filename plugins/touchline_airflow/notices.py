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

from airflow.sdk import AsyncCallback, BaseNotifier, DeadlineAlert, DeadlineReference

from scrapers.errors import ConfigInvalid, TouchlineError
from scrapers.settings import Settings, load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context

    from scrapers.incidents.condition import Condition

_BACKFILL, _SCHEDULED = "backfill", "scheduled"


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

        task, run = context["ti"], context["dag_run"]
        error = context.get("exception")
        for condition in conditions_of_failure(
            error if isinstance(error, BaseException) else None,
            task.dag_id,
            task.task_id,
            task.run_id,
            str(getattr(run.run_type, "value", run.run_type)),
        ):
            _keep(condition)


class RunFailed(_Notifier):
    """A run failed. Its tasks have told why, unless its time was over."""

    def tell(self, context: Context) -> None:
        """Keep that the run was stopped."""
        from scrapers.incidents.of_run import stopped_run

        if context.get("reason") == "timed_out":
            dag_id, run_id = context["dag"].dag_id, str(context["run_id"])
            _keep(stopped_run(dag_id, run_id, backfill=_is_backfill(context)))


class RunSucceeded(_Notifier):
    """A run ended well: what runs of its DAG told is over."""

    def tell(self, context: Context) -> None:
        """End it."""
        from scrapers.incidents.cycle import over
        from scrapers.incidents.of_run import scope_of
        from scrapers.settings import settings
        from scrapers.warehouse.engine import engine

        scope = scope_of(context["dag"].dag_id, backfill=_is_backfill(context))
        over(engine(), settings(), scope)


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
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=late_after(),
        callback=AsyncCallback(night_is_late),
        name="nightly run late",
    )


def _keep(condition: Condition) -> None:
    from scrapers.incidents.cycle import event
    from scrapers.settings import settings
    from scrapers.warehouse.engine import engine

    event(engine(), settings(), condition)


def _is_backfill(context: Context) -> bool:
    run = context.get("dag_run")
    if run is not None:
        return bool(run.run_type == _BACKFILL)
    # A run without a single task that ran: its id is all there is to tell.
    return str(context.get("run_id", "")).startswith(f"{_BACKFILL}__")


TASK_CALLBACKS: dict[str, Callable[..., Any]] = {"on_failure_callback": TaskFailed()}
RUN_CALLBACKS: dict[str, Callable[..., Any]] = {
    "on_failure_callback": RunFailed(),
    "on_success_callback": RunSucceeded(),
}
