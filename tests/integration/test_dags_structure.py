"""The DAG files as Airflow reads them: no error, nothing heavy, the tasks wired as meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scrapers.settings import PREFIX

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-password-nobody-may-see"
TASKS = [
    "dispatch_schedules",
    "publish_schedules",
    "dispatch_matches",
    "publish_matches",
    "dispatch_more_pages",
    "publish_more_pages",
    "check_completeness",
]

# Read in a process of its own, as the DAG processor does, so that nothing which another test
# imported or configured is seen.
_READ = """
import json, sys
from airflow import plugins_manager
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

plugins, plugin_errors = plugins_manager._get_plugins()
bag = DagBag(sys.argv[1])
print(json.dumps({
    "errors": bag.import_errors,
    "plugin_errors": plugin_errors,
    "plugins": [plugin.name for plugin in plugins],
    "modules": sorted(sys.modules),
    "dags": {dag_id: DagSerialization.to_dict(dag)["dag"] for dag_id, dag in bag.dags.items()},
}))
"""


def read_dags(home: Path, **variables: str) -> dict[str, Any]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith((PREFIX, "AIRFLOW"))
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _READ, str(ROOT / "dags")],
        env={
            **inherited,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            **variables,
        },
        cwd=home,
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return read_dags(tmp_path_factory.mktemp("airflow"))


def test_every_dag_is_read_without_settings_and_without_an_error(read: dict[str, Any]):
    assert read["errors"] == {}
    assert read["plugin_errors"] == {}
    assert read["plugins"] == ["touchline"]
    assert sorted(read["dags"]) == [
        "platform_backup",
        "platform_health",
        "raw_export",
        "whoscored_catch_up",
        "whoscored_nightly",
        "whoscored_reparse",
        "whoscored_scrape",
        "whoscored_selector_watch",
    ]


def test_reading_imports_nothing_heavy(read: dict[str, Any]):
    heavy = {"great_expectations", "pandas", "selenium", "celery", "lxml", "asyncpg"}
    assert heavy.isdisjoint(read["modules"])


def test_the_plugins_folder_leaves_no_module_under_a_bare_name(read: dict[str, Any]):
    # Airflow would otherwise import operators.py as `operators`, for every process to stumble on.
    names = {path.stem for path in (ROOT / "plugins" / "touchline_airflow").glob("*.py")}
    assert names.isdisjoint(read["modules"])


@pytest.mark.parametrize("dag_id", ["whoscored_nightly", "whoscored_scrape"])
def test_tasks_stand_in_one_row(read: dict[str, Any], dag_id: str):
    tasks = {task["__var"]["task_id"]: task["__var"] for task in read["dags"][dag_id]["tasks"]}
    assert sorted(tasks) == sorted(TASKS)
    for task_id, following in zip(TASKS, [*TASKS[1:], None], strict=True):
        assert tasks[task_id].get("downstream_task_ids", []) == ([following] if following else [])


@pytest.mark.parametrize(
    ("dag_id", "first", "second"),
    [
        ("whoscored_reparse", "reparse", "publish"),
        ("whoscored_selector_watch", "fetch_canaries", "compare_coverage"),
    ],
)
def test_what_is_sent_is_then_concluded(read: dict[str, Any], dag_id: str, first: str, second: str):
    tasks = {task["__var"]["task_id"]: task["__var"] for task in read["dags"][dag_id]["tasks"]}
    assert sorted(tasks) == sorted([first, second])
    assert tasks[first]["downstream_task_ids"] == [second]


def test_the_watch_runs_an_hour_before_the_night(read: dict[str, Any]):
    watch = read["dags"]["whoscored_selector_watch"]
    assert watch["timetable"]["__var"]["expression"] == "0 4 * * *"
    assert watch["timetable"]["__var"]["timezone"] == "UTC"
    assert not watch.get("catchup", False)


def test_the_catch_up_runs_each_hour_one_at_a_time_in_one_row(read: dict[str, Any]):
    dag = read["dags"]["whoscored_catch_up"]
    assert dag["timetable"]["__var"]["expression"] == "30 * * * *"
    assert dag["max_active_runs"] == 1
    assert not dag.get("catchup", False)
    row = [
        "catch_up_schedules",
        "publish_schedules",
        "catch_up_matches",
        "publish_matches",
        "catch_up_more_pages",
        "publish_more_pages",
    ]
    tasks = {task["__var"]["task_id"]: task["__var"] for task in dag["tasks"]}
    assert sorted(tasks) == sorted(row)
    for task_id, following in zip(row, [*row[1:], None], strict=True):
        assert tasks[task_id].get("downstream_task_ids", []) == ([following] if following else [])


def test_a_re_parse_tries_unless_told_otherwise(read: dict[str, Any]):
    params = dict(read["dags"]["whoscored_reparse"]["params"])
    assert params["dry_run"]["default"] is True


def test_nightly_is_partitioned_by_days_of_football(read: dict[str, Any]):
    nightly = read["dags"]["whoscored_nightly"]
    timetable = nightly["timetable"]["__var"]
    assert timetable["key_format"] == "%Y-%m-%d"
    assert timetable["run_offset"] == -1
    assert nightly["max_active_runs"] == 2
    assert not nightly.get("catchup", False)


def test_the_check_updates_the_asset(read: dict[str, Any]):
    assert "whoscored_matches" in json.dumps(read["dags"]["whoscored_nightly"]["tasks"][-1])


def test_the_form_offers_what_is_followed_and_no_secret_is_stored(tmp_path: Path):
    follow = [{"competition": "Spain LaLiga", "season": "2022/2023", "stage_id": 20934}]
    read = read_dags(
        tmp_path,
        TOUCHLINE_FOLLOW=json.dumps(follow),
        TOUCHLINE_DATABASE_URL=f"postgresql+psycopg2://touchline:{SECRET}@127.0.0.1/touchline",
        TOUCHLINE_BROKER_URL=f"redis://:{SECRET}@127.0.0.1/0",
        TOUCHLINE_CACHE_URL=f"redis://:{SECRET}@127.0.0.1/1",
        TOUCHLINE_ARCHIVE_URL="file:///nowhere",
    )
    stored = json.dumps(read["dags"])
    assert "Spain LaLiga 2022/2023" in stored
    assert SECRET not in stored
