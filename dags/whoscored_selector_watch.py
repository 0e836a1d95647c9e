"""Before the night: does the site's layout still read as it did?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from touchline_airflow.collect import DEFAULT_ARGS
from touchline_airflow.notices import RUN_CALLBACKS
from touchline_airflow.watch import CanaryOperator, VerdictOperator

DOC = """
An hour before *whoscored_nightly* it fetches **canaries**: of each page kind in use the two
newest pages that have landed. They go the usual way.

The run fails as *LayoutChanged*, with page kinds and fields, when a canary can't be read any
more, and also when nothing has failed but fields are filled **less often than they were** on
the canaries or on the last day's pages, by more than `TOUCHLINE_COVERAGE_MARGIN` and by more
than chance does. With fewer than `TOUCHLINE_COVERAGE_MIN_PAGES` pages to compare with it says
nothing. `touchline selectors coverage` shows the shares.

What then: *The layout changed: what now?* in the documentation of the selector files.
"""

with DAG(
    dag_id="whoscored_selector_watch",
    description="Canary pages and field coverage: an alert before the night, not after it",
    doc_md=DOC,
    schedule="0 4 * * *",
    start_date=datetime(2022, 8, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=3),
    default_args=DEFAULT_ARGS,
    **RUN_CALLBACKS,
    tags=["whoscored", "selectors"],
):
    canaries = CanaryOperator(task_id="fetch_canaries")
    VerdictOperator(task_id="compare_coverage", batch_id=canaries.output)
