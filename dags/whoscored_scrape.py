"""By hand, with a form: any days or matches of any followed stage."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param

from scrapers.pipeline.steps import RUN_KINDS
from touchline_airflow.choices import followed
from touchline_airflow.collect import DEFAULT_ARGS, collect
from touchline_airflow.notices import RUN_CALLBACKS

DOC = """
Fill in **days** or **match ids**. Days are days of football, 05:00 to 05:00 UTC, both
included. What is landed and settled is not fetched again unless *force* is set. A field that
is wrong fails the run's first task at once, with the field's name and what to write instead.
"""

with DAG(
    dag_id="whoscored_scrape",
    description="Chosen days or matches, from the site to rows",
    doc_md=DOC,
    schedule=None,
    catchup=False,
    max_active_runs=2,
    dagrun_timeout=timedelta(hours=20),
    default_args=DEFAULT_ARGS,
    **RUN_CALLBACKS,
    params={
        "date_from": Param(
            None, type=["null", "string"], format="date", title="First day", section="Days"
        ),
        "date_to": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Last day",
            description="Included; empty: the first day alone.",
            section="Days",
        ),
        "competitions": Param(
            [],
            type=["null", "array"],
            items={"type": "string"},
            **followed(),
            title="Competitions",
            description="Empty: all that are followed. Over the API also stage ids.",
            section="Days",
        ),
        "page_kinds": Param(
            [],
            type=["null", "array"],
            items={"type": "string"},
            examples=list(RUN_KINDS),
            title="Page kinds",
            description="Empty: those of the settings.",
        ),
        "match_ids": Param(
            [],
            type=["null", "array"],
            title="Match ids",
            description="One a line, as in the match page's address; then no days.",
            section="Matches",
        ),
        "force": Param(
            False,
            type="boolean",
            title="Fetch again",
            description="Fetch also what is landed and settled.",
        ),
    },
    tags=["whoscored", "collect"],
):
    collect("form")
