"""The tasks that every collecting DAG consists of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, chain

from touchline_airflow.operators import CompletenessOperator, DispatchOperator, PublishOperator
from touchline_airflow.retry import RETRIES, FailureClassPolicy
from touchline_airflow.scope import Scope

MATCHES = Asset("whoscored_matches")

# `retry_delay` counts only where no policy is asked: a task whose process was killed.
DEFAULT_ARGS: dict[str, Any] = {
    "owner": "touchline",
    "retries": RETRIES,
    "retry_delay": timedelta(seconds=30),
    "retry_policy": FailureClassPolicy(),
    # Of the part that works; a deferred task waits as long as its run may.
    "execution_timeout": timedelta(hours=1),
}


def collect(scope: Scope) -> None:
    """Schedules first, because the matches are planned from them; then the matches.

    Five tasks, however many pages: a task costs Airflow about two seconds, a page goes
    through Celery.
    """
    schedules = DispatchOperator(task_id="dispatch_schedules", page_kind="schedule", scope=scope)
    landed_schedules = PublishOperator(task_id="publish_schedules", batch_id=schedules.output)
    matches = DispatchOperator(task_id="dispatch_matches", page_kind="match_centre", scope=scope)
    landed_matches = PublishOperator(task_id="publish_matches", batch_id=matches.output)
    complete = CompletenessOperator(task_id="check_completeness", scope=scope, outlets=[MATCHES])
    chain(schedules, landed_schedules, matches, landed_matches, complete)
