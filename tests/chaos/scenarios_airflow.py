"""Faults of Airflow itself, which says what and when, and must never do it twice."""

from __future__ import annotations

from tests.chaos import moments
from tests.chaos.airflow_place import backfill, backfill_has_ended, clear_run, kill_task
from tests.chaos.scenario import Scenario
from tests.chaos.strikes import kill, nothing

_SECONDS = 300.0
_SEEDS = 2
# None of the failure classes is Airflow's own: what dies there is started again, and must find
# its work as it left it, as with any process of ours.
_CLASSES = ("WorkerLost",)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "airflow-scheduler-killed",
        _CLASSES,
        "Airflow's scheduler is killed with all its tasks while pages are fetched",
        kill("airflow-scheduler"),
        moments.while_fetching,
        place="airflow",
        most_seeds=_SEEDS,
        seconds=_SECONDS,
        silent=True,
    ),
    Scenario(
        "airflow-triggerer-killed",
        _CLASSES,
        "Airflow's triggerer, which watches the ledger, is killed while pages are fetched",
        kill("airflow-triggerer"),
        moments.while_fetching,
        place="airflow",
        most_seeds=_SEEDS,
        seconds=_SECONDS,
        silent=True,
    ),
    Scenario(
        "airflow-task-killed-dispatching",
        _CLASSES,
        "the task that dispatches is killed",
        kill_task,
        moments.at_dispatch,
        place="airflow",
        most_seeds=_SEEDS,
        seconds=_SECONDS,
        silent=True,
    ),
    Scenario(
        "airflow-task-killed-publishing",
        _CLASSES,
        "the task that judges and lands is killed",
        kill_task,
        moments.while_judging,
        place="airflow",
        most_seeds=_SEEDS,
        seconds=_SECONDS,
        silent=True,
    ),
    Scenario(
        "airflow-run-cleared",
        _CLASSES,
        "the waiting dispatch is cleared while pages are fetched",
        clear_run,
        moments.while_fetching,
        place="airflow",
        most_seeds=_SEEDS,
        seconds=_SECONDS,
        silent=True,
    ),
    Scenario(
        "airflow-nightly-and-backfill",
        _CLASSES,
        "a backfill covers the same day while the nightly run is under way",
        nothing,
        moments.while_fetching,
        heal=backfill,
        then=(backfill_has_ended,),
        place="airflow",
        most_seeds=_SEEDS,
        seconds=_SECONDS,
        silent=True,
    ),
)
