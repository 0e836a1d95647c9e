"""By hand, with a form: archived pages to rows again, without a request to the site."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param

from touchline_airflow.collect import DEFAULT_ARGS, MATCHES
from touchline_airflow.notices import RUN_CALLBACKS
from touchline_airflow.reparse import PublishReparseOperator, ReparseOperator

DOC = """
After a selector file was mended: reads pages **from the archive** again and lands what they give
now. No browser, no request. Of each page the latest is taken that is a page at all.

Narrow the pages down by any of the fields, or tick *Everything*. With **dry run** nothing is
landed: the first task's log, and its XCom `difference`, tell by table which rows would be
inserted, updated (and in which columns) or deleted, and which pages would fail and why.
A field that is wrong fails the run's first task at once, with the field's name and the mend.
"""


def _text(title: str, description: str, section: str) -> Param:
    return Param(
        None, type=["null", "string"], title=title, description=description, section=section
    )


def _day(title: str, description: str, section: str) -> Param:
    return Param(
        None,
        type=["null", "string"],
        format="date",
        title=title,
        description=description,
        section=section,
    )


with DAG(
    dag_id="whoscored_reparse",
    description="Archived pages to rows again, or only the difference",
    doc_md=DOC,
    schedule=None,
    catchup=False,
    max_active_runs=2,
    dagrun_timeout=timedelta(hours=20),
    default_args=DEFAULT_ARGS,
    **RUN_CALLBACKS,
    params={
        "dry_run": Param(
            True,
            type="boolean",
            title="Dry run",
            description="Only show the difference; untick to land it.",
        ),
        "version": _text(
            "Selector version",
            "Read with this one alone, e.g. match_centre/2022-08; empty: whichever fits.",
            "How",
        ),
        "page_kinds": Param(
            [],
            type=["null", "array"],
            items={"type": "string"},
            examples=["match_centre", "schedule"],
            title="Page kinds",
            description="Empty: all.",
            section="Which pages",
        ),
        "failure": _text(
            "Failure class", "Blocked or quarantined by it, e.g. LayoutChanged.", "Which pages"
        ),
        "read_by": _text(
            "Read by",
            "The selector version that read them last, or what has landed of them.",
            "Which pages",
        ),
        "match_ids": Param(
            [],
            type=["null", "array"],
            title="Match ids",
            description="One a line.",
            section="Which pages",
        ),
        "date_from": _day("First day of kick-off", "", "Which pages"),
        "date_to": _day(
            "Last day of kick-off", "Included; empty: the first day alone.", "Which pages"
        ),
        "fetched_from": _day("First day of the fetch", "In UTC.", "Which pages"),
        "fetched_to": _day(
            "Last day of the fetch", "Included; empty: the first day alone.", "Which pages"
        ),
        "everything": Param(False, type="boolean", title="Everything", section="Which pages"),
    },
    tags=["whoscored", "selectors"],
):
    again = ReparseOperator(task_id="reparse")
    PublishReparseOperator(task_id="publish", batch_id=again.output, outlets=[MATCHES])
