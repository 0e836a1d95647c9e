"""`touchline watch`: canary pages and field coverage, before the night asks for hundreds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from scrapers.cli.console import out, print_json, print_table
from scrapers.cli.runs import batch_bars
from scrapers.settings import settings


def watch(
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
) -> None:
    """Fetch the newest landed pages of each kind anew and compare what they give.

    Ends with 1 if a layout has changed: a canary that can't be read, or fields that are filled
    less often than they were.
    """
    from scrapers.pipeline.watch import run_watch
    from scrapers.tasks.send import send_batch
    from scrapers.warehouse.engine import engine

    current = settings()
    with batch_bars() as advance:
        report = run_watch(
            engine(current),
            current,
            send_batch,
            # Interrupted and started again within the hour, it takes up its canaries.
            run_id=f"watch__{datetime.now(UTC):%Y-%m-%dT%H}",
            on_progress=advance,
            poll_seconds=0.5,
        )
    if as_json:
        print_json(report.as_json())
    elif not report.canaries:
        out.print("Nothing has landed yet, so there is nothing to watch.")
    else:
        print_table(
            "Canaries",
            ("target", "state", "why"),
            [(c.target_key, c.state, c.detail) for c in report.canaries],
        )
        print_table(
            "Field coverage",
            ("version", "pages", "of", "against", "fields that have fallen"),
            [
                (
                    one.selector_version,
                    one.pages,
                    one.what,
                    one.pages_before,
                    "; ".join(map(str, one.falls)) or None,
                )
                for one in report.compared
            ],
        )
    if failure := report.failure():
        raise failure
