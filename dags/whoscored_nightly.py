"""Each morning: the finished matches of the day of football that has just ended.

A day runs from 05:00 to 05:00 UTC and is named by the date on which it begins; it is the
run's partition key. UTC-5's midnight is 05:00 UTC, so Airflow's backfill dialog, its CLI and
its API take plain dates, both included.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronPartitionTimetable, Param

from touchline_airflow.collect import DEFAULT_ARGS, collect
from touchline_airflow.notices import RUN_CALLBACKS, deadline

DOC = """
Fetches the month feeds of the followed stages, then the match centres of finished matches of
**one day of football** (05:00 to 05:00 UTC, named by the date on which it begins) and of the
look-back before it, judges the rows and lands them.

* **Backfill**: *Trigger > Backfill*, from the first to the last day at 00:00 UTC, both
  included; or `airflow backfill create --dag-id whoscored_nightly --from-date 2022-08-08
  --to-date 2022-08-14`. What is landed and settled is not fetched again, whatever the
  reprocess behaviour; with *completed* a day gets a second run, which then finds nothing to do.
* **force** in the run's parameters fetches it all the same.
* **Clear** a dispatch that waits and it takes up the pages already on their way.
* Triggered by hand without a partition key, a run covers the last day that is over.
"""

with DAG(
    dag_id="whoscored_nightly",
    description="Finished matches of a day of football, from the site to rows",
    doc_md=DOC,
    # Etc/GMT+5 is UTC-5: POSIX counts westwards.
    schedule=CronPartitionTimetable(
        "0 0 * * *", timezone="Etc/GMT+5", run_offset=-1, key_format="%Y-%m-%d"
    ),
    start_date=datetime(2009, 8, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=2,
    dagrun_timeout=timedelta(hours=20),
    default_args=DEFAULT_ARGS,
    **RUN_CALLBACKS,
    deadline=deadline(),
    params={
        "force": Param(
            False,
            type="boolean",
            title="Fetch again",
            description="Fetch also what is landed and settled.",
        )
    },
    tags=["whoscored", "collect"],
):
    collect("day")
