"""`touchline scrape`: a run by hand, without Airflow; the workers do the work."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from scrapers.cli.console import out, print_json, print_table, problem
from scrapers.cli.runs import CHANGES, batch_bars, run_id_of, tell_targets
from scrapers.errors import InvalidBatch
from scrapers.settings import settings

if TYPE_CHECKING:
    from scrapers.pipeline.ahead import RunAhead
    from scrapers.pipeline.request import Request


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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="tell what would be asked for, and ask for nothing")
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
    from scrapers.pipeline.ahead import run_ahead
    from scrapers.pipeline.follow import followed
    from scrapers.pipeline.no_match import why_no_match
    from scrapers.pipeline.not_there import not_there
    from scrapers.pipeline.request import Request
    from scrapers.pipeline.run import run_request
    from scrapers.warehouse.engine import engine

    current = settings()
    warehouse = engine(current)
    follow = followed(warehouse, current)
    request = Request.of_form(form, current, follow=follow)
    hint = partial(why_no_match, warehouse, request, follow)
    if dry_run:
        ahead = run_ahead(warehouse, current, request, run_id=run_id_of(form))
        _tell_ahead(request, ahead, hint() if ahead.is_known else None, as_json)
        return
    from scrapers.tasks.send import send_batch

    try:
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
    except InvalidBatch:
        if why := hint():
            problem(why)
        raise
    lacking = not_there(warehouse, request)
    why = hint()
    if as_json:
        print_json(
            {
                "request": str(request),
                "published": {k: v.as_json() for k, v in summary.published.items()},
                "completeness": summary.completeness.as_json(),
                "not_there": [asdict(one) for one in lacking],
                "hint": why,
            }
        )
        return
    for kind, published in summary.published.items():
        rows = [
            (table, *(counts.get(name, 0) for name in CHANGES))
            for table, counts in published.rows.items()
        ]
        if rows:
            print_table(f"{kind}: {published}", ("table", *CHANGES), rows)
        else:
            out.print(f"{kind}: {published}; no row in it", markup=False, highlight=False)
    for one in lacking:
        problem(f"{one.target_key} is {one.state}: {one.why}")
    if not summary.published:
        all_of_it = "what is there" if lacking else "all of it"
        if lacking and len(lacking) == len(request.match_ids) * len(request.page_kinds):
            out.print("Nothing to do: none of it is there. (--force asks for it again.)")
        else:
            out.print(f"Nothing to do: {all_of_it} has landed. (--force fetches it again.)")
    out.print(f"{request}: {summary.completeness}", markup=False, highlight=False, soft_wrap=True)
    if why:
        problem(why)


def _tell_ahead(request: Request, ahead: RunAhead, hint: str | None, as_json: bool) -> None:
    later = "" if ahead.is_known else (
        "The feeds come first: what they name is planned when they have landed."
    )  # fmt: skip
    if as_json:
        print_json(
            {
                "request": str(request),
                "requests": ahead.requests,
                "kinds": [
                    {
                        "page_kind": kind.page_kind,
                        "requests": len(kind.planned),
                        "reasons": kind.reasons,
                        "under_way": len(kind.under_way),
                        "targets": [item.target.key for item in kind.planned],
                    }
                    for kind in ahead.kinds
                ],
                "open_steps": ahead.taken_up,
                "all_known": ahead.is_known,
                "hint": hint,
            }
        )
        return
    print_table(
        f"{request}: would be asked for",
        ("page kind", "requests", "why", "under way"),
        [
            (
                kind.page_kind,
                len(kind.planned),
                ", ".join(f"{count} {why}" for why, count in kind.reasons.items()) or None,
                len(kind.under_way),
            )
            for kind in ahead.kinds
        ],
    )
    tell_targets([item for kind in ahead.kinds for item in kind.planned])
    if ahead.taken_up:
        steps = ", ".join(ahead.taken_up)
        out.print(f"Open from an interrupted start: {steps}. It goes on as it was planned then.")
    for line in (later, hint, "Nothing was asked for."):
        if line:
            out.print(line, markup=False, highlight=False, soft_wrap=True)
