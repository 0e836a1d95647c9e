"""From when a run's deadline counts.

Airflow 3.3 has a reference of this meaning, DAGRUN_QUEUED_AT, and answers with an error whoever
clears a task of a run whose deadline counts from it: it reckons such deadlines anew and takes the
stored interval for a number of seconds, which it is not. A deadline that counts from a reference of
our own stays where it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from airflow.sdk.definitions.deadline import BaseDeadlineReference

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class RunQueuedAt(BaseDeadlineReference):
    """When the DAG run was first queued; a task that is cleared later does not move it."""

    # Names are Airflow's: it hands over what is listed here.
    required_kwargs: Iterable[str] = frozenset({"dag_id", "run_id"})

    def _evaluate_with(self, *, session: Session, dag_id: str, run_id: str) -> datetime | None:
        from airflow.models import DagRun
        from sqlalchemy import select

        query = select(DagRun.queued_at).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
        return session.scalar(query)
