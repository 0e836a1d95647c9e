"""When matches have landed: what changed, as Parquet, for whoever reads it downstream."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param

from touchline_airflow.collect import DEFAULT_ARGS, MATCHES
from touchline_airflow.handing_on import ExportOperator
from touchline_airflow.notices import RUN_CALLBACKS

DOC = """
Runs on the asset **whoscored_matches**, that is when a run has landed and was found complete, not
on a clock. It writes what changed to `TOUCHLINE_EXPORT_URL`, as Parquet by competition, season and
month, reads it back, and writes the **manifest** last: readers that begin with `manifest.json` see
whole exports only. Killed anywhere, the next run writes what is missing.

With *full* everything is written anew. `touchline export check` proves an export at any time.
"""

with DAG(
    dag_id="raw_export",
    description="Landed rows as Parquet on the object store",
    doc_md=DOC,
    schedule=[MATCHES],
    start_date=datetime(2022, 8, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    default_args=DEFAULT_ARGS,
    params={"full": Param(False, type="boolean", title="Write everything anew")},
    **RUN_CALLBACKS,
    tags=["export"],
):
    ExportOperator(task_id="export", full="{{ params.full }}")
