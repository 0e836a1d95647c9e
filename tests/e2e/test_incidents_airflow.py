"""Incidents in a whole platform: a late night, the health run, and their messages.

The deadline's callback runs in the triggerer, a run's in the DAG processor; Celery's beat sends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from scrapers.warehouse.engine import engine as open_engine
from tests.support import stack as stacks
from tests.support.airflow import AirflowClient, wait_until
from tests.support.receivers import Webhook, webhook
from tests.support.stack import Stack

# A whole Airflow for one late night: what the callbacks do is also proven by test_dags_notices,
# what is told by test_incidents_watch and test_incidents_deliver.
pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(900)]

NIGHT, HEALTH = "whoscored_nightly", "platform_health"


@pytest.fixture(scope="module")
def hook() -> Iterator[Webhook]:
    with webhook(token="hook-of-the-test") as made:
        yield made


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, hook: Webhook) -> Iterator[Stack]:
    running = stacks.start(
        tmp_path_factory.mktemp("incidents") / "stack",
        airflow=True,
        settings={
            "page_interval_seconds": "0.05",
            "alerts_on_call": hook.address,
            "alerts_data_engineers": hook.address,
            # Each night is late at once, and each end is told at once.
            "run_late_hours": "0.0003",
            "incident_calm_minutes": "0",
            "health_interval_seconds": "5",
        },
    )
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def airflow(stack: Stack) -> Iterator[AirflowClient]:
    client = AirflowClient.of(stack.environment)
    for dag_id in (NIGHT, HEALTH):
        wait_until(f"DAG {dag_id}", lambda dag_id=dag_id: client.has_dag(dag_id))
    assert client.import_errors() == []
    yield client
    client.close()


@pytest.fixture(scope="module")
def engine(stack: Stack) -> Engine:
    return open_engine(stack.settings)


def incident(engine: Engine, failure_class: str, subject: str) -> Any:
    with engine.connect() as connection:
        query = "SELECT * FROM ops.incident WHERE failure_class = :name AND subject LIKE :subject"
        values = {"name": failure_class, "subject": subject}
        return connection.execute(text(query), values).first()


def test_incidents_are_opened_told_and_closed_by_the_parts_that_see_them(
    stack: Stack, airflow: AirflowClient, engine: Engine, hook: Webhook
) -> None:
    # A scheduled night: its deadline passes while it runs.
    airflow.unpause(NIGHT)
    late = wait_until("the night is late", lambda: incident(engine, "DataLate", NIGHT))
    assert "has not ended within" in late.detail
    (run,) = airflow.runs(NIGHT)
    state = airflow.wait_for_run(NIGHT, run["dag_run_id"])
    assert (run["run_type"], state) == ("scheduled", "success")
    wait_until("the night's end ends it", lambda: incident(engine, "DataLate", NIGHT).closed_at)

    # Told once when it began and once when it ended, by whoever was quicker.
    wait_until("both messages", lambda: len(hook.posts) == 2, seconds=60)
    assert ["OVER: " in title for title in hook.titles] == [False, True]
    assert all(NIGHT in title for title in hook.titles)

    # The health run judges with a real session, is green and says what is open.
    stack.group.stop("beat")
    stack.group.stop("redis")
    run_id = airflow.trigger(HEALTH)
    airflow.unpause(HEALTH)
    assert airflow.wait_for_run(HEALTH, run_id) == "success"
    broker = incident(engine, "BrokerUnavailable", "broker")
    assert broker is not None
    assert broker.closed_at is None
    assert incident(engine, "BrowserUnavailable", "%") is None
    path = f"/dags/{HEALTH}/dagRuns/{run_id}/taskInstances/look/xcomEntries/return_value"
    found = airflow.request("GET", path, params={"deserialize": "true"})["value"]
    assert {"open", "opened", "closed", "sent"} <= set(found)
