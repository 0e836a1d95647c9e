"""What Airflow's runs tell the incidents: many failed tasks are one, a good run ends it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import Engine, text

from scrapers import errors
from scrapers.errors import FAILURE_CLASSES
from scrapers.incidents.condition import LEDGER, Condition
from scrapers.incidents.keep import reconcile
from scrapers.targets import Target
from scrapers.warehouse import ledger
from scrapers.warehouse.gaps import open_gaps
from scrapers.warehouse.records import BatchKey, PlannedTarget
from tests.integration.conftest import MakeSettings
from touchline_airflow import notices

DAG = "whoscored_nightly"


@pytest.fixture(autouse=True)
def current(engine: Engine, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_settings()
    monkeypatch.setattr("scrapers.settings.settings", lambda: made)
    monkeypatch.setattr("scrapers.warehouse.engine.current_settings", lambda: made)


def context(
    error: BaseException | None = None,
    *,
    dag_id: str = DAG,
    task_id: str = "check_completeness",
    run_type: str = "scheduled",
    **more: Any,
) -> Any:
    run_id = f"{run_type}__1"
    return {
        "dag": SimpleNamespace(dag_id=dag_id),
        "run_id": run_id,
        "dag_run": SimpleNamespace(dag_id=dag_id, run_id=run_id, run_type=run_type),
        "task": SimpleNamespace(task_id=task_id, downstream_task_ids=set()),
        "ti": SimpleNamespace(dag_id=dag_id, task_id=task_id, run_id=run_id),
        "exception": error,
        **more,
    }


def skipped(last_done: str | None) -> Any:
    """A good run whose tasks were skipped, all or those after one, as Airflow tells of it."""
    given = context()
    if last_done is None:
        return {name: given[name] for name in ("dag", "run_id")}
    task = SimpleNamespace(task_id=last_done, downstream_task_ids={"dispatch_matches"})
    return {**given, "task": task}


def told(notifier: Any, given: Any) -> None:
    notifier.notify(given)


def rows(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM ops.incident ORDER BY incident_id")))


def open_now(engine: Engine) -> list[tuple[str, str]]:
    return [(r.failure_class, r.subject) for r in rows(engine) if r.closed_at is None]


def messages(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT kind FROM ops.notice ORDER BY notice_id")))


def test_failed_tasks_of_many_runs_are_one_incident_and_a_good_run_ends_it(engine: Engine) -> None:
    for _ in range(20):
        told(notices.TaskFailed(), context(errors.InvalidBatch("half is missing", expected=9)))
    assert open_now(engine) == [("InvalidBatch", f"{DAG} check_completeness")]
    assert messages(engine) == ["opened"]
    assert rows(engine)[0].detail == "half is missing"
    told(notices.RunSucceeded(), context(dag_id="whoscored_scrape"))
    told(notices.RunSucceeded(), context(run_type="backfill"))
    told(notices.RunSucceeded(), context(run_type="manual"))
    assert len(open_now(engine)) == 1, "another DAG's run, an old day's and one by hand say nothing"
    told(notices.RunSucceeded(), skipped(None))
    told(notices.RunSucceeded(), skipped("publish_schedules"))
    assert len(open_now(engine)) == 1, "what was skipped has done nothing"
    told(notices.RunSucceeded(), context())
    assert open_now(engine) == []
    assert messages(engine) == ["opened", "closed"]


def test_a_backup_that_fails_is_no_failed_export_and_a_good_export_does_not_end_it(
    engine: Engine,
) -> None:
    gone = errors.ExportFailed("the store is gone")
    told(notices.TaskFailed(), context(gone, dag_id="raw_export", task_id="export"))
    told(notices.TaskFailed(), context(gone, dag_id="platform_backup", task_id="back_up"))
    assert open_now(engine) == [("ExportFailed", "export"), ("ExportFailed", "backup")]
    assert messages(engine) == ["opened", "opened"]
    told(notices.RunSucceeded(), context(dag_id="raw_export", task_id="export"))
    assert open_now(engine) == [("ExportFailed", "backup")]
    told(notices.RunSucceeded(), context(dag_id="platform_backup", task_id="back_up"))
    assert open_now(engine) == []


def test_what_the_ledger_sees_too_is_the_same_incident(engine: Engine) -> None:
    """The dispatch raises AirflowFailException because of the failure."""
    error = AirflowFailException("SourceRefused: no match could be read")
    error.__cause__ = errors.SourceRefused("no match could be read")
    with engine.begin() as connection:
        reconcile(connection, [Condition("SourceRefused", "whoscored", "403")], (LEDGER,))
    told(notices.TaskFailed(), context(error, task_id="dispatch_matches"))
    assert open_now(engine) == [("SourceRefused", "whoscored")]
    assert messages(engine) == ["opened"]


def test_pages_and_batches_are_left_to_the_ledger(engine: Engine) -> None:
    for error in (
        errors.LayoutChanged("no match could be read", total=3),
        errors.InvalidRows("no match could be read"),
        errors.InvalidBatch("schema shift", batch_id="x"),
    ):
        told(notices.TaskFailed(), context(error))
    assert open_now(engine) == []


def test_a_form_that_is_filled_in_wrongly_wakes_nobody_and_a_wrong_setting_does(
    engine: Engine,
) -> None:
    typo = errors.ConfigInvalid("competitions: 'x' is not followed")
    told(notices.TaskFailed(), context(typo, run_type="manual"))
    assert open_now(engine) == []
    told(notices.TaskFailed(), context(typo, task_id="dispatch_schedules"))
    wrong = errors.ConfigInvalid("TOUCHLINE_X is missing", setting="TOUCHLINE_X")
    told(notices.TaskFailed(), context(wrong, run_type="manual"))
    assert open_now(engine) == [
        ("ConfigInvalid", f"{DAG} dispatch_schedules"),
        ("ConfigInvalid", "TOUCHLINE_X"),
    ]


def test_the_selector_watch_tells_of_each_page_kind(engine: Engine) -> None:
    fields = {"match_centre": ["events"], "schedule": ["home"]}
    error = errors.LayoutChanged("fields have fallen", page_kinds=fields)
    told(notices.TaskFailed(), context(error, dag_id="whoscored_selector_watch"))
    assert open_now(engine) == [("LayoutChanged", "match_centre"), ("LayoutChanged", "schedule")]
    assert rows(engine)[0].facts["fields"] == ["events"]


@pytest.mark.parametrize(
    ("error", "failure_class"), [(KeyError("MARKER"), "Defect"), (None, "WorkerLost")]
)
def test_what_is_no_failure_class_is_told_without_its_words(
    engine: Engine, error: BaseException | None, failure_class: str
) -> None:
    told(notices.TaskFailed(), context(error, task_id="publish_matches"))
    assert open_now(engine) == [(failure_class, f"{DAG} publish_matches")]
    assert "MARKER" not in str(rows(engine))


@pytest.mark.parametrize("failure_class", sorted(FAILURE_CLASSES))
def test_every_class_can_be_told(engine: Engine, failure_class: str) -> None:
    told(notices.TaskFailed(), context(FAILURE_CLASSES[failure_class]("sentence", a=1)))
    assert len(rows(engine)) <= 1


def test_a_run_that_airflow_stopped_is_late_and_one_that_failed_has_told_why(
    engine: Engine,
) -> None:
    told(notices.RunFailed(), context(reason="task_failure"))
    assert open_now(engine) == []
    bare = {"dag": SimpleNamespace(dag_id=DAG), "run_id": "scheduled__1", "reason": "timed_out"}
    told(notices.RunFailed(), bare)
    assert open_now(engine) == [("DataLate", DAG)]
    told(notices.RunSucceeded(), context())
    assert open_now(engine) == []


@pytest.mark.parametrize(("run_type", "late"), [("scheduled", 1), ("backfill", 0), ("manual", 0)])
def test_only_the_night_itself_is_late(engine: Engine, run_type: str, late: int) -> None:
    run = {"dag_id": DAG, "dag_run_id": f"{run_type}__1", "run_type": run_type}
    asyncio.run(notices.night_is_late({"dag_run": run}))
    assert open_now(engine) == [("DataLate", DAG)] * late


def test_a_warehouse_that_is_away_does_not_break_the_run(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_settings(database_url="postgresql+psycopg2://x:MARKER@127.0.0.1:1/x")
    monkeypatch.setattr("scrapers.settings.settings", lambda: made)
    monkeypatch.setattr("scrapers.warehouse.engine.current_settings", lambda: made)
    told(notices.RunSucceeded(), context())
    said = capsys.readouterr()
    assert "not kept as an incident: WarehouseUnavailable" in said.out + said.err
    assert "MARKER" not in said.out + said.err


def test_settings_that_are_refused_leave_the_deadline_its_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert notices.late_after().total_seconds() == 6 * 3600


def test_a_run_whose_time_was_over_leaves_no_open_batch(engine: Engine) -> None:
    key = BatchKey(DAG, "scheduled__1", "match_centre")
    planned = [PlannedTarget(Target.match_centre(1), "new")]
    ledger.open_batch(engine, key, planned, None)
    told(notices.RunFailed(), context(reason="task_failure"))
    assert ledger.open_batch_id(engine, key) is not None, "a cleared task takes it up again"
    told(notices.RunFailed(), context(reason="timed_out"))
    assert ledger.open_batch_id(engine, key) is None
    assert [gap.target_key for gap in open_gaps(engine)] == [planned[0].target.key]
