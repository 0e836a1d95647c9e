"""Every five minutes: is the platform well? Incidents open, close and are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from touchline_airflow.health import HealthOperator

DOC = """
Asks broker, cache, archive (an object written, read back and deleted) and every browser hub (a
real session that loads a page), reads the ledger, opens and closes **incidents**, and sends the
messages that are due. `touchline incidents` shows them; who is told stands in
`TOUCHLINE_ALERTS_ON_CALL` and `TOUCHLINE_ALERTS_DATA_ENGINEERS`.

The run is green when it could judge, also while something is wrong: its output lists what. It
does what Celery's `touchline.watch` does, so each still works when the other is gone.
"""

with DAG(
    dag_id="platform_health",
    description="Probes with a real session and page; incidents and their messages",
    doc_md=DOC,
    schedule="*/5 * * * *",
    start_date=datetime(2022, 8, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=10),
    default_args={
        "owner": "touchline",
        # The next run is the next try.
        "retries": 0,
        "execution_timeout": timedelta(minutes=4),
    },
    tags=["platform"],
):
    HealthOperator(task_id="look")
