"""A night of football by Airflow: chosen, started, followed on the ledger, judged."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine, select

from scrapers.pipeline.progress import describe
from scrapers.warehouse import ledger
from scrapers.warehouse.engine import engine, transaction
from scrapers.warehouse.ops_tables import BatchRow
from scrapers.warehouse.records import DISPATCH_DONE
from tests.site.world import World
from tests.support.airflow import AirflowClient
from tests.support.stack import Stack
from tests.support.supervise import GroupError

DAG = "whoscored_nightly"
FORMS = ("whoscored_scrape", "whoscored_reparse")
PATIENCE = 600.0
_OVER = ("success", "failed")


def choose_day() -> str:
    """The day of the stand-in's season with most matches to read, as YYYY-MM-DD."""
    world = World()

    def readable(day: date) -> int:
        matches = world.matches_on(day)
        return sum(match.status == "finished" and match.has_match_centre for match in matches)

    return max(world.days(), key=lambda day: (readable(day), -day.toordinal())).isoformat()


def run(stack: Stack, day: str, console: Console) -> None:
    """Start the nightly DAG for `day`, show how far it is, wait for its end.

    Raises:
        GroupError: the run failed; names the task and gives its log's last lines.
        TimeoutError: it took longer than `PATIENCE`.
    """
    airflow = AirflowClient.of(stack.environment)
    for dag_id in (DAG, *FORMS):
        airflow.unpause(dag_id)
    run_id = airflow.trigger(DAG, partition_key=day)
    state = _follow(airflow, engine(stack.settings), run_id, console)
    if state != "success":
        raise GroupError(f"run {run_id} of {DAG} is {state}\n{_reason(airflow, run_id)}")


def _follow(airflow: AirflowClient, warehouse: Engine, run_id: str, console: Console) -> str:
    end = time.monotonic() + PATIENCE
    with Progress(
        TextColumn("  {task.fields[name]:<16}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=console,
    ) as bars:
        tasks = bars.add_task("", name="Airflow's tasks", total=None)
        pages: dict[str, Any] = {}
        while True:
            state = str(airflow.run(DAG, run_id)["state"])
            _show_tasks(bars, tasks, airflow.tasks(DAG, run_id), state)
            for step, batch_id in _batches(warehouse, run_id):
                if step not in pages:
                    pages[step] = bars.add_task("", name=step, total=None)
                progress = ledger.progress(warehouse, batch_id)
                done = sum(progress.by_state.get(one, 0) for one in DISPATCH_DONE)
                bars.update(
                    pages[step],
                    total=progress.total,
                    completed=done,
                    description=describe(progress, step),
                )
            if state in _OVER:
                return state
            if time.monotonic() > end:
                raise TimeoutError(
                    f"run {run_id} of {DAG} is still {state} after {PATIENCE:.0f} s\n"
                    f"{_reason(airflow, run_id)}"
                )
            time.sleep(0.5)


def _show_tasks(bars: Progress, bar: Any, tasks: dict[str, dict[str, Any]], state: str) -> None:
    done = [name for name, task in tasks.items() if task["state"] == "success"]
    busy = [f"{name} {task['state']}" for name, task in tasks.items() if name not in done]
    going = [text for text in busy if not text.endswith("None")]
    bars.update(bar, total=len(tasks), completed=len(done), description=", ".join(going) or state)


def _batches(warehouse: Engine, run_id: str) -> list[tuple[str, Any]]:
    query = (
        select(BatchRow.step, BatchRow.batch_id)
        .where(BatchRow.dag_id == DAG, BatchRow.run_id == run_id)
        .order_by(BatchRow.created_at)
    )
    with transaction(warehouse) as connection:
        return [(row.step, row.batch_id) for row in connection.execute(query)]


def _reason(airflow: AirflowClient, run_id: str) -> str:
    """Each task that is not well, with the end of its log."""
    parts = []
    for name, task in airflow.tasks(DAG, run_id).items():
        if task["state"] in ("success", None):
            continue
        log = airflow.task_log(DAG, run_id, name, max(task["try_number"], 1))
        parts.append(f"task {name} is {task['state']}; end of its log:\n{log[-2500:]}")
    return "\n".join(parts) or "no task of it has started: see airflow-scheduler.log"
