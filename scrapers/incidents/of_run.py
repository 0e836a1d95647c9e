"""From a run's failure to a condition, so that many failed tasks are one incident.

What the ledger shows anyway (a paused source, blocked targets, a batch that was refused) bears
the same class and subject here as there: it is one incident, told once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from scrapers.errors import TouchlineError
from scrapers.incidents.condition import Condition, run_scope
from scrapers.incidents.conditions import ALL_HUBS
from scrapers.targets import SOURCE

BACKFILL, MANUAL, SCHEDULED = "backfill", "manual", "scheduled"
# Under these subjects the ledger and the probes know them, and see by themselves when they end.
_SUBJECTS = {
    "SourceUnavailable": SOURCE,
    "SourceRefused": SOURCE,
    "BrowserUnavailable": ALL_HUBS,
    "BrokerUnavailable": "broker",
    "CacheUnavailable": "cache",
    "WarehouseUnavailable": "warehouse",
    "ArchiveUnavailable": "archive",
}
# Both fail as ExportFailed; of each the good end says nothing of the other.
BACKUP_DAG = "platform_backup"
EXPORT, BACKUP = "export", "backup"
# Of these the ledger has the targets or the batch; a run adds only what it alone knows.
_PAGES = ("LayoutChanged", "InvalidRows")


def failure_of(error: BaseException | None) -> TouchlineError | None:
    """The failure class behind an exception, if there is one: itself or what caused it."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, TouchlineError):
            return error
        error, seen = error.__cause__ or error.__context__, seen + 1
    return None


def conditions_of_failure(
    error: BaseException | None, dag_id: str, task_id: str, run_id: str, run_type: str = SCHEDULED
) -> list[Condition]:
    """What a task that failed for good says is wrong.

    Args:
        error: the exception; None: the process that ran it died.
        run_type: Airflow's; the good end of a backfill, or of a run by hand, is not that of the
            night, and whoever fills in a form wrongly reads so at once: that is no incident.
    """
    scope = scope_of(dag_id, run_type)
    facts: dict[str, Any] = {"dag_id": dag_id, "task_id": task_id, "run_id": run_id}
    failure = failure_of(error)
    if failure is None:
        kind = type(error).__name__
        name, detail = "Defect", f"{kind} in {task_id} of {dag_id}: see the task's log"
        if error is None:
            name, detail = "WorkerLost", f"the process of {task_id} of {dag_id} died"
        return [Condition(name, f"{dag_id} {task_id}", detail, facts, noticed_by=scope)]
    name = failure.failure_class
    if name in _PAGES:
        return _of_pages(failure, facts, scope)
    if name == "ConfigInvalid" and run_type == MANUAL and "setting" not in failure.facts:
        return []
    if name == "InvalidBatch" and "batch_id" in failure.facts:
        return []  # the ledger has the batch, with what was wrong
    subject = _SUBJECTS.get(name) or _subject(failure, dag_id, task_id)
    return [Condition(name, subject, failure.detail, {**facts, **failure.facts}, noticed_by=scope)]


def late_run(dag_id: str, run_id: str, after: timedelta) -> Condition:
    """A run that has not ended in time."""
    hours = after / timedelta(hours=1)
    return Condition(
        "DataLate",
        dag_id,
        f"the run {run_id} has not ended within {hours:g} hours",
        {"dag_id": dag_id, "run_id": run_id},
        noticed_by=scope_of(dag_id),
    )


def stopped_run(dag_id: str, run_id: str, run_type: str = SCHEDULED) -> Condition:
    """A run that Airflow stopped because its time was over."""
    return Condition(
        "DataLate",
        dag_id,
        f"the run {run_id} was stopped: its time was over",
        {"dag_id": dag_id, "run_id": run_id},
        noticed_by=scope_of(dag_id, run_type),
    )


def scope_of(dag_id: str, run_type: str = SCHEDULED) -> str:
    """Who tells: the DAG's runs of this kind, as what they do differs.

    Args:
        run_type: Airflow's; runs that a schedule or an asset began are of one kind.
    """
    return run_scope(f"{dag_id} {run_type}" if run_type in (BACKFILL, MANUAL) else dag_id)


def _of_pages(failure: TouchlineError, facts: Mapping[str, Any], scope: str) -> list[Condition]:
    """The selector watch knows of changes that block no target; others the ledger has."""
    kinds = failure.facts.get("page_kinds")
    if not isinstance(kinds, Mapping):
        return []
    return [
        Condition(
            failure.failure_class,
            str(kind),
            failure.detail,
            {**facts, "fields": list(fields)},
            noticed_by=scope,
        )
        for kind, fields in kinds.items()
    ]


def _subject(failure: TouchlineError, dag_id: str, task_id: str) -> str:
    if failure.failure_class == "ConfigInvalid":
        return str(failure.facts.get("setting") or f"{dag_id} {task_id}")
    if failure.failure_class == "DataLate":
        return dag_id
    if failure.failure_class == "ExportFailed":
        return BACKUP if dag_id == BACKUP_DAG else EXPORT
    return f"{dag_id} {task_id}"
