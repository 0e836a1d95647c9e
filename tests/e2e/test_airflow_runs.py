"""The demo comes up, runs a night and goes; between, Airflow's runs on its whole platform.

Backfills, clearing, a triggerer that dies, a wrong form, a re-parse, the watch.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from scrapers.settings import PREFIX
from scrapers.warehouse.engine import engine as open_engine
from scrapers.warehouse.ops_tables import BatchRow, BatchTargetRow, TargetRow
from tests.support.airflow import AirflowClient, airflow_command, wait_until
from tests.support.demo import demo, down, up
from tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

DAG = "whoscored_nightly"
FORM = "whoscored_scrape"
# Two days in a row with football, and one before them; none of them is of the demo's night.
PERIOD = ("2022-08-20", "2022-08-21")
BEFORE = "2022-08-14"
REPARSE, WATCH = "whoscored_reparse", "whoscored_selector_watch"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The demo's folder; whatever happens, nothing of it is left running."""
    folder = tmp_path_factory.mktemp("airflow") / "demo"
    yield folder
    demo("down", folder)


@pytest.fixture(scope="module")
def stack(home: Path) -> Stack:
    up(home)
    running = Stack.of(home)
    assert running is not None
    return running


@pytest.fixture(scope="module")
def airflow(stack: Stack) -> Iterator[AirflowClient]:
    client = AirflowClient.of(stack.environment)
    for dag_id in (DAG, FORM, REPARSE):
        wait_until(f"DAG {dag_id}", lambda dag_id=dag_id: client.has_dag(dag_id))
        client.unpause(dag_id)
    assert client.import_errors() == []

    def last_nights() -> list[str]:
        runs = client.runs(DAG)
        return [run["dag_run_id"] for run in runs if run["run_type"] == "scheduled"]

    # A DAG that is let go catches last night up at once; that run is none of the tests'.
    (last_night,) = wait_until("last night's run", last_nights)
    client.wait_for_run(DAG, last_night)
    yield client
    client.close()


@pytest.fixture(scope="module")
def engine(stack: Stack) -> Engine:
    return open_engine(stack.settings)


def fetched(engine: Engine) -> list[tuple[Any, ...]]:
    """When each page was last fetched; any request to the site changes it."""
    with engine.connect() as connection:
        query = select(TargetRow.target_key, TargetRow.fetched_at, TargetRow.attempts)
        return sorted(tuple(row) for row in connection.execute(query))


def batches(engine: Engine, run_id: str, step: str) -> list[tuple[int, str]]:
    with engine.connect() as connection:
        query = (
            select(BatchRow.round, BatchRow.state)
            .where(BatchRow.run_id == run_id, BatchRow.step == step)
            .order_by(BatchRow.round)
        )
        return [tuple(row) for row in connection.execute(query)]


def most_attempts(engine: Engine, run_id: str) -> int:
    """The highest number of tries among the run's match pages."""
    with engine.connect() as connection:
        query = (
            select(func.max(TargetRow.attempts))
            .join(BatchTargetRow, BatchTargetRow.target_key == TargetRow.target_key)
            .join(BatchRow, BatchRow.batch_id == BatchTargetRow.batch_id)
            .where(BatchRow.run_id == run_id, BatchRow.step == "match_centre")
        )
        return int(connection.scalar(query) or 0)


def backfill(
    stack: Stack, airflow: AirflowClient, period: tuple[str, str], *options: str
) -> list[str]:
    """`airflow backfill create` for the period, to its end; the ids of the runs it made."""
    known = {run["dag_run_id"] for run in airflow.runs(DAG)}
    first, last = period
    stack.run(
        *airflow_command("backfill", "create", "--dag-id", DAG, "--max-active-runs", "3"),
        *("--from-date", first, "--to-date", last, *options),
    )
    newest = airflow.request("GET", "/backfills", params={"dag_id": DAG, "order_by": "-id"})
    airflow.wait_for_backfill(newest["backfills"][0]["id"])
    return [r["dag_run_id"] for r in airflow.runs(DAG) if r["dag_run_id"] not in known]


def test_the_demo_shows_a_night(stack: Stack, home: Path) -> None:
    """A new user's first minutes."""
    del stack  # it came up, and showed what there is to look at
    assert demo("status", home).returncode == 0


def test_a_backfill_lands_its_days_and_the_next_one_asks_the_site_for_nothing(
    stack: Stack, airflow: AirflowClient, engine: Engine
) -> None:
    runs = backfill(stack, airflow, PERIOD)
    states = {run["partition_key"]: run["state"] for run in airflow.runs(DAG)}
    days = sorted(day for day in states if PERIOD[0] <= day <= PERIOD[1])
    assert len(runs) == len(days) == len(PERIOD)
    assert {states[day] for day in days} == {"success"}
    landed = fetched(engine)
    assert any("/match_centre/" in target for target, _, _ in landed)

    # As it stands, Airflow finds a run for each day and makes none.
    assert backfill(stack, airflow, PERIOD) == []
    # Told to reprocess a day, it makes a run, which finds nothing to do.
    (again,) = backfill(stack, airflow, (PERIOD[1],) * 2, "--reprocess-behavior", "completed")
    assert airflow.run(DAG, again)["state"] == "success"
    assert batches(engine, again, "match_centre") == []
    assert fetched(engine) == landed

    # A task cleared in a run of a finished backfill goes on without another backfill.
    airflow.clear(DAG, runs[0], ["dispatch_matches"])
    assert airflow.wait_for_run(DAG, runs[0]) == "success"
    assert airflow.tasks(DAG, runs[0])["dispatch_matches"]["try_number"] == 2
    assert fetched(engine) == landed


def test_a_waiting_dispatch_survives_a_clear_and_its_triggerers_death_and_sends_once(
    stack: Stack, airflow: AirflowClient, engine: Engine
) -> None:
    stack.group.stop("fetch")
    try:
        run_id = airflow.trigger(DAG, partition_key=BEFORE, conf={"force": True})
        airflow.wait_for_task(DAG, run_id, "dispatch_schedules", "deferred")

        airflow.clear(DAG, run_id, ["dispatch_schedules"])
        wait_until(
            "the second try",
            lambda: airflow.tasks(DAG, run_id)["dispatch_schedules"]["try_number"] == 2,
        )
        airflow.wait_for_task(DAG, run_id, "dispatch_schedules", "deferred")
        assert batches(engine, run_id, "schedule") == [(1, "open")]
        log = airflow.task_log(DAG, run_id, "dispatch_schedules", 2)
        assert "is under way, taking it up" in log

        os.kill(stack.group.pid("airflow-triggerer"), signal.SIGKILL)  # supervisord restarts it
    finally:
        stack.group.start("fetch")
    assert airflow.wait_for_run(DAG, run_id) == "success"
    assert batches(engine, run_id, "schedule") == [(1, "published")]
    assert batches(engine, run_id, "match_centre") == [(1, "published")]
    assert most_attempts(engine, run_id) == 1
    progress_is_shown_and_no_secret(stack, airflow, run_id)


def progress_is_shown_and_no_secret(stack: Stack, airflow: AirflowClient, run_id: str) -> None:
    """Of a run that is over: the logs of its tasks, what they handed on, and they themselves."""
    shown = [str(airflow.request("GET", f"/dags/{DAG}/dagRuns/{run_id}/taskInstances"))]
    for task_id in airflow.tasks(DAG, run_id):
        shown.append(airflow.task_log(DAG, run_id, task_id))
        entries = f"/dags/{DAG}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries"
        for entry in airflow.request("GET", entries)["xcom_entries"]:
            shown.append(str(airflow.request("GET", f"{entries}/{entry['key']}")))
    text = "\n".join(shown)
    assert "waiting" in text
    assert "done (" in text
    assert stack.environment["PGPASSWORD"] not in text
    assert stack.environment[f"{PREFIX}BROKER_URL"] not in text


def test_a_wrong_form_fails_at_once_and_names_the_field(airflow: AirflowClient) -> None:
    run_id = airflow.trigger(FORM, conf={"date_to": "2022-08-14"})
    assert airflow.wait_for_run(FORM, run_id) == "failed"
    assert airflow.tasks(FORM, run_id)["dispatch_schedules"]["try_number"] == 1
    log = airflow.task_log(FORM, run_id, "dispatch_schedules")
    assert "ConfigInvalid" in log
    assert "date_from: missing, but date_to is given; fill it in" in log


def test_a_re_parse_tries_and_then_lands_from_the_archive_alone(
    stack: Stack, airflow: AirflowClient, engine: Engine
) -> None:
    before = fetched(engine)
    form = {"page_kinds": ["match_centre"], "date_from": PERIOD[0], "date_to": PERIOD[1]}
    run_id = airflow.trigger(REPARSE, conf=form)
    assert airflow.wait_for_run(REPARSE, run_id) == "success"
    assert airflow.tasks(REPARSE, run_id)["publish"]["state"] == "skipped"
    assert "could be read" in airflow.task_log(REPARSE, run_id, "reparse")
    assert batches(engine, run_id, "reparse") == []

    run_id = airflow.trigger(REPARSE, conf={**form, "dry_run": False})
    assert airflow.wait_for_run(REPARSE, run_id) == "success"
    assert batches(engine, run_id, "reparse") == [(1, "published")]
    assert {row[0]: row[1] for row in fetched(engine)} == {row[0]: row[1] for row in before}


def test_the_watch_lets_good_canaries_pass_and_fails_loudly_by_field(
    stack: Stack, airflow: AirflowClient, engine: Engine
) -> None:
    wait_until(f"DAG {WATCH}", lambda: airflow.has_dag(WATCH))
    airflow.unpause(WATCH)
    run_id = airflow.trigger(WATCH)
    assert airflow.wait_for_run(WATCH, run_id) == "success"
    assert batches(engine, run_id, "canary") == [(1, "published")]

    fault = {"pattern": "/matches/", "kind": "replace", "old": '"venueName"', "new": '"stadium"'}
    stack.control("faults", json.dumps(fault).encode())
    try:
        run_id = airflow.trigger(WATCH)
        assert airflow.wait_for_run(WATCH, run_id) == "failed"
    finally:
        stack.control("faults/clear", b"{}")
    tasks = airflow.tasks(WATCH, run_id)
    assert (tasks["fetch_canaries"]["state"], tasks["compare_coverage"]["state"]) == (
        *("success", "failed"),
    )
    assert tasks["compare_coverage"]["try_number"] == 1
    log = airflow.task_log(WATCH, run_id, "compare_coverage")
    assert "the layout has changed: match_centre: venue_name" in log


def test_the_demo_is_stopped_and_leaves_nothing(home: Path, stack: Stack) -> None:
    del stack  # it was up
    down(home)
