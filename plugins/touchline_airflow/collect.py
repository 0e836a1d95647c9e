"""The tasks that every collecting DAG consists of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, chain

from scrapers.pipeline.steps import Step
from touchline_airflow.notices import TASK_CALLBACKS
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
    **TASK_CALLBACKS,
}


def collect(scope: Scope) -> None:
    """Schedules first, because all else is planned from them; then the matches; then the rest.

    Seven tasks, however many pages: a task costs Airflow about two seconds, a page goes through
    Celery. A step with nothing to do ends at once.
    """
    tasks: list[Any] = []
    for step, pages in (
        (Step.SCHEDULE, "schedules"),
        (Step.MATCH_CENTRE, "matches"),
        (Step.MORE_PAGES, "more_pages"),
    ):
        sent = DispatchOperator(task_id=f"dispatch_{pages}", step=step, scope=scope)
        landed = PublishOperator(
            task_id=f"publish_{pages}", batch_id=sent.output, step=step, scope=scope
        )
        tasks += [sent, landed]
    complete = CompletenessOperator(task_id="check_completeness", scope=scope, outlets=[MATCHES])
    chain(*tasks, complete)
