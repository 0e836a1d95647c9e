"""`touchline reparse`: archived pages to rows again; no browser, no request to the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scrapers.cli.console import out, print_json, print_table, problem
from scrapers.cli.failures import EXIT_FAILED
from scrapers.cli.hints import mend_of_layout
from scrapers.cli.runs import CHANGES, batch_bars, count_bar, run_id_of
from scrapers.errors import LayoutChanged
from scrapers.settings import settings
from scrapers.targets import Target

if TYPE_CHECKING:
    from scrapers.pipeline.dry_run import Difference
    from scrapers.pipeline.publish import PublishSummary
    from scrapers.pipeline.reparse_request import ReparseRequest

_SHOWN = 20  # failing targets shown; --json has all


def reparse(
    page_kind: Annotated[
        list[str] | None, typer.Option(help="a page kind, e.g. match_centre; repeatable")
    ] = None,
    match: Annotated[list[str] | None, typer.Option(help="a match id; repeatable")] = None,
    date_from: Annotated[
        str, typer.Option("--from", help="first day of kick-off, YYYY-MM-DD", show_default=False)
    ] = "",
    date_to: Annotated[
        str, typer.Option("--to", help="last day, included; default: the first", show_default=False)
    ] = "",
    fetched_from: Annotated[
        str, typer.Option(help="first day on which pages were fetched, UTC", show_default=False)
    ] = "",
    fetched_to: Annotated[
        str, typer.Option(help="last day, included; default: the first", show_default=False)
    ] = "",
    read_by: Annotated[
        str,
        typer.Option(
            help="selector version that read them last, or read what has landed", show_default=False
        ),
    ] = "",
    failure: Annotated[
        str,
        typer.Option(help="failure class that blocks them, e.g. LayoutChanged", show_default=False),
    ] = "",
    version: Annotated[
        str,
        typer.Option(
            help="selector version to read with, e.g. match_centre/2022-08; default: "
            "whichever fits; with --dry-run also a draft",
            show_default=False,
        ),
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="all archived pages")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show the difference in rows, change nothing")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the outcome as JSON")] = False,
) -> None:
    """Read archived pages again and land what they give now.

    Of each page the latest is taken that is a page at all. Interrupted, the command can be
    started again with the same arguments: it takes up what is open.

    Ends with 1 if a page fails, or would fail.
    """
    from scrapers.pipeline.reparse_request import ReparseRequest

    form = {
        "page_kinds": page_kind or [],
        "match_ids": match or [],
        "date_from": date_from,
        "date_to": date_to,
        "fetched_from": fetched_from,
        "fetched_to": fetched_to,
        "read_by": read_by,
        "failure": failure,
        "version": version,
        "everything": everything,
    }
    request = ReparseRequest.of_form(form)
    if dry_run:
        _try(request, as_json)
    else:
        _run(request, run_id_of(form, "reparse"), as_json)


def _try(request: ReparseRequest, as_json: bool) -> None:
    from scrapers.pipeline.dry_run import dry_run
    from scrapers.warehouse.engine import engine

    current = settings()
    with count_bar("pages read") as advance:
        found = dry_run(engine(current), current, request, on_read=advance)
    if as_json:
        print_json({"request": str(request), **found.as_json()})
    else:
        _show(request, found)
    if not found.clean:
        raise typer.Exit(EXIT_FAILED)


def _show(request: ReparseRequest, found: Difference) -> None:
    if found.tables:
        rows = [
            (
                name,
                *(getattr(seen.counts, change) for change in CHANGES),
                ", ".join(f"{column} ({c.rows})" for column, c in seen.changes.items()) or None,
            )
            for name, seen in found.tables.items()
        ]
        print_table("What would change", ("table", *CHANGES, "columns that change (rows)"), rows)
        examples = [
            (f"{name}.{column}", _key(c.key), _value(c.old), _value(c.new))
            for name, seen in found.tables.items()
            for column, c in seen.changes.items()
        ]
        if examples:
            print_table("An example of each", ("column", "row", "now", "then"), examples)
    if found.failing:
        print_table(
            f"What would fail (at most {_SHOWN} of {len(found.failing)})",
            ("target", "class", "why"),
            [
                (key, why.failure_class, why.detail)
                for key, why in sorted(found.failing.items())[:_SHOWN]
            ],
        )
    out.print(f"{request}: {found}", markup=False, highlight=False)
    unread = [
        Target.from_key(key).page_kind
        for key, why in found.failing.items()
        if why.failure_class == LayoutChanged.__name__
    ]
    for line in mend_of_layout(unread):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    _tell_kept(found.kept)
    if found.under_way:
        out.print(f"{found.under_way} of them are under way and would be waited for.")
    out.print("Nothing was changed.")


def _key(key: list[Any]) -> str:
    return ", ".join(map(str, key))


def _value(value: Any) -> str | None:
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _run(request: ReparseRequest, run_id: str, as_json: bool) -> None:
    from scrapers.pipeline.reparse import run_reparse
    from scrapers.tasks.send import send_batch
    from scrapers.warehouse.engine import engine

    current = settings()
    with batch_bars() as advance:
        summary = run_reparse(
            engine(current),
            current,
            request,
            send_batch,
            run_id=run_id,
            on_progress=advance,
            poll_seconds=0.5,
        )
    _report(request, summary, as_json)
    if summary and summary.failures:
        raise typer.Exit(EXIT_FAILED)


def _report(request: ReparseRequest, summary: PublishSummary | None, as_json: bool) -> None:
    if as_json:
        published = summary.as_json() if summary else None
        print_json({"request": str(request), "published": published})
    elif summary is None:
        out.print(f"Nothing to do: no archived page fits ({request}).", markup=False)
    else:
        rows = [
            (table, *(counts.get(name, 0) for name in CHANGES))
            for table, counts in summary.rows.items()
        ]
        print_table(f"{request}: {summary}", ("table", *CHANGES), rows)
        _tell_kept(summary.kept)


def _tell_kept(kept: dict[str, int]) -> None:
    """Say which rows stay that nobody should trust, as their page fails now."""
    if not kept:
        return
    from scrapers.pipeline.kept import untrusted
    from scrapers.warehouse.engine import engine

    if said := untrusted(engine(settings()), kept):
        problem(said)
