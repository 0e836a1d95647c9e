"""Each hour: what runs wanted and did not get, within a budget of requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from touchline_airflow.catch_up import catch_up
from touchline_airflow.collect import DEFAULT_ARGS
from touchline_airflow.notices import RUN_CALLBACKS

DOC = """
Asks again for **gaps**: pages that a run wanted and did not get because the source was out or
refused us, or because a part of the platform was away. `touchline gaps` lists them.

Feeds come first: when one has been caught up, the matches of the days that wanted it are planned
too. Then the newest matches. A page is asked for again after one hour, two, four, … up to a day,
`TOUCHLINE_GAP_TRIES` times; all catch-ups together ask for at most
`TOUCHLINE_CATCH_UP_REQUESTS_PER_DAY` pages in 24 hours.

**Skipped** within a second when nothing is due or the source is paused; and from the task on
after which it is paused. Pages that could not be got this time either stay gaps, and the steps
after them go on: a feed that nobody can read keeps no match waiting.
"""

with DAG(
    dag_id="whoscored_catch_up",
    description="Gaps of earlier runs, within a budget of requests",
    doc_md=DOC,
    schedule="30 * * * *",
    start_date=datetime(2022, 8, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=20),
    default_args=DEFAULT_ARGS,
    **RUN_CALLBACKS,
    tags=["whoscored", "collect"],
):
    catch_up()
