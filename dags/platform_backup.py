"""Each day, after the night: a dump of the warehouse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from touchline_airflow.collect import DEFAULT_ARGS
from touchline_airflow.handing_on import BackupOperator
from touchline_airflow.notices import RUN_CALLBACKS

DOC = """
Dumps the warehouse to `TOUCHLINE_BACKUP_URL` with PostgreSQL's pg_dump, reads the dump back, and
keeps the newest `TOUCHLINE_BACKUP_KEEP`. The way back: *Restore* in the page *Production* of the
documentation. `touchline backup list` shows what there is.
"""

with DAG(
    dag_id="platform_backup",
    description="A dump of the warehouse each day, proven, and as many as are kept",
    doc_md=DOC,
    schedule="0 11 * * *",
    start_date=datetime(2022, 8, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=4),
    default_args=DEFAULT_ARGS,
    **RUN_CALLBACKS,
    tags=["platform"],
):
    BackupOperator(task_id="back_up")
