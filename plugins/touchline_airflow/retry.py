"""Airflow's retries, decided by the failure class and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk import RetryDecision, RetryPolicy

from scrapers.errors import TouchlineError

if TYPE_CHECKING:
    from airflow.sdk import Context

# How often a task may be tried again at all; the class decides whether it is.
RETRIES = 60
DEFECT_RETRIES = 2
DEFECT_WAIT = timedelta(seconds=30)


class FailureClassPolicy(RetryPolicy):
    """Ask the failure's class: wait and try again, or fail at once.

    WarehouseUnavailable and BrokerUnavailable are waited for with back-off; LayoutChanged,
    InvalidBatch, SourceRefused or ConfigInvalid would fail the same way again. Any other
    exception is Airflow's own trouble (its API server restarts) or a defect of ours: two more
    tries tell them apart.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        """Decide after try `try_number`; see the class."""
        if isinstance(exception, TouchlineError):
            name = exception.failure_class
            policy = exception.retry
            waited = sum(
                (policy.wait_before(earlier).total_seconds() for earlier in range(1, try_number)),
                0.0,
            )
            if not policy.allows_retry(try_number, timedelta(seconds=waited)):
                return RetryDecision.fail(f"{name} is not retried: {exception.detail}")
            wait = exception.retry.wait_before(try_number)
            return RetryDecision.retry(wait, f"{name}: again in {wait.total_seconds():.0f} s")
        if try_number > DEFECT_RETRIES:
            return RetryDecision.fail(f"{type(exception).__name__} after {try_number} tries")
        return RetryDecision.retry(DEFECT_WAIT, f"{type(exception).__name__}: tried again")
