"""`touchline lineage match 1650630`: every row's page, selector version, batch, run, verdict."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scrapers.cli.console import out, print_json, print_table
from scrapers.cli.failures import EXIT_FAILED
from scrapers.settings import settings

if TYPE_CHECKING:
    from scrapers.warehouse.lineage import Lineage

_DIGITS = 12  # of a page's hash, in tables


def lineage(
    what: Annotated[str, typer.Argument(help="match, fixture, team or player")],
    thing_id: Annotated[int, typer.Argument(metavar="ID", help="the site's id")],
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
) -> None:
    """Show where the rows of a match, fixture, team or player came from.

    By table: how many rows, from which page, read by which selector version, landed by which
    batch and when; then the pages' facts, the runs, and what the quality gate said.

    Ends with 1 if no row of it has landed.
    """
    from scrapers.warehouse.engine import engine
    from scrapers.warehouse.lineage import lineage as look_up

    found = look_up(engine(settings()), what, thing_id)
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)
    if not found.rows:
        raise typer.Exit(EXIT_FAILED)


def _show(found: Lineage) -> None:
    if found.rows:
        print_table(
            f"Rows of {found.what} {found.id}",
            ("table", "rows", "page", "read by", "batch", "landed (UTC)"),
            [
                (
                    one.table,
                    one.rows,
                    one.pages[0][:_DIGITS] if one.pages else f"{one.page_count} pages",
                    ", ".join(one.versions),
                    str(one.batches[0])[:8] if one.batches else None,
                    _time(one.landed_at),
                )
                for one in found.rows
            ],
        )
    else:
        out.print(f"No row of {found.what} {found.id} has landed.")
    if found.pages:
        print_table(
            "Pages",
            ("page", "target", "address", "fetched (UTC)", "status", "browser"),
            [
                (
                    page["page_hash"][:_DIGITS],
                    page["target_key"],
                    page["url"],
                    _time(page["last_fetched_at"]),
                    page["status"],
                    page["browser"],
                )
                for page in found.pages
            ],
        )
    if found.batches:
        print_table(
            "Batches",
            ("batch", "run", "step", "state", "closed (UTC)", "expectations", "not met", "by it"),
            [
                (
                    str(batch["batch_id"])[:8],
                    f"{batch['dag_id']} {batch['run_id']}",
                    batch["step"],
                    batch["state"],
                    _time(batch["closed_at"]),
                    batch["expectations"],
                    batch["unmet"],
                    "; ".join(one["what"] for one in batch["unmet_of_this"]) or None,
                )
                for batch in found.batches
            ],
        )
    if found.targets:
        print_table(
            "Its pages in the ledger",
            ("target", "state", "page", "fetched (UTC)", "read by", "failure"),
            [
                (
                    target["target_key"],
                    target["state"],
                    (target["page_hash"] or "")[:_DIGITS] or None,
                    _time(target["fetched_at"]),
                    target["selector_version"],
                    ": ".join(filter(None, (target["failure_class"], target["failure_detail"])))
                    or None,
                )
                for target in found.targets
            ],
        )
    for one in found.quarantines:
        ended = f"until {_time(one['resolved_at'])}" if one["resolved_at"] else "to this day"
        reasons = "; ".join(f"{why['table']}: {why['what']}" for why in one["reasons"])
        told = f"{one['target_key']} was put aside at {_time(one['at'])}, {ended}: {reasons}"
        out.print(told, markup=False, highlight=False)


def _time(moment: datetime | None) -> Any:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else None
