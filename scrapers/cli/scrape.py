"""`touchline scrape`: a run by hand, without Airflow; the workers do the work."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from scrapers.cli.console import out, print_json, print_table, problem
from scrapers.cli.runs import CHANGES, batch_bars, run_id_of
from scrapers.settings import settings


def scrape(
    date_from: Annotated[
        str, typer.Option("--from", help="first day, YYYY-MM-DD", show_default=False)
    ] = "",
    date_to: Annotated[
        str, typer.Option("--to", help="last day, included; default: the first", show_default=False)
    ] = "",
    competition: Annotated[
        list[str] | None,
        typer.Option(help="a followed competition's name or a stage id; repeatable; default: all"),
    ] = None,
    match: Annotated[
        list[str] | None, typer.Option(help="a match id instead of days; repeatable")
    ] = None,
    page_kind: Annotated[
        list[str] | None,
        typer.Option(
            help="such as schedule, match_centre, standings; repeatable; default: the settings"
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="fetch again what is landed already")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the outcome as JSON")] = False,
) -> None:
    """Scrape days or matches now and wait until they have landed.

    Interrupted, it can be started again with the same arguments: it takes up what is open.
    """
    form = {
        "date_from": date_from,
        "date_to": date_to,
        "competitions": competition or [],
        "match_ids": match or [],
        "page_kinds": page_kind or [],
        "force": force,
    }
    from scrapers.pipeline.follow import followed
    from scrapers.pipeline.not_there import not_there
    from scrapers.pipeline.request import Request
    from scrapers.pipeline.run import run_request
    from scrapers.tasks.send import send_batch
    from scrapers.warehouse.engine import engine

    current = settings()
    warehouse = engine(current)
    request = Request.of_form(form, current, follow=followed(warehouse, current))
    with batch_bars() as advance:
        summary = run_request(
            warehouse,
            current,
            request,
            send_batch,
            run_id=run_id_of(form),
            on_progress=advance,
            poll_seconds=0.5,
        )
    lacking = not_there(warehouse, request)
    if as_json:
        print_json(
            {
                "request": str(request),
                "published": {k: v.as_json() for k, v in summary.published.items()},
                "completeness": summary.completeness.as_json(),
                "not_there": [asdict(one) for one in lacking],
            }
        )
        return
    for kind, published in summary.published.items():
        rows = [
            (table, *(counts.get(name, 0) for name in CHANGES))
            for table, counts in published.rows.items()
        ]
        print_table(f"{kind}: {published}", ("table", *CHANGES), rows)
    for one in lacking:
        problem(f"{one.target_key} is {one.state}: {one.why}")
    if not summary.published:
        all_of_it = "what is there" if lacking else "all of it"
        out.print(f"Nothing to do: {all_of_it} has landed. (--force fetches it again.)")
    out.print(f"{request}: {summary.completeness}", highlight=False)
