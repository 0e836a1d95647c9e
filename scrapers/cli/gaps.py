"""`touchline gaps` and `touchline catch-up`: what runs did not get, and getting it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from scrapers.cli.console import out, print_json, print_table
from scrapers.cli.runs import batch_bars
from scrapers.settings import settings


def gaps(
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
) -> None:
    """Pages that runs wanted and did not get, for reasons that say nothing of the page."""
    from scrapers.warehouse.engine import engine
    from scrapers.warehouse.gaps import open_gaps

    found = open_gaps(engine(settings()))
    if as_json:
        print_json([asdict(gap) for gap in found])
        return
    if not found:
        out.print("No gap is open.")
        return
    print_table(
        f"Open gaps ({len(found)})",
        ("target", "class", "kick-off (UTC)", "open since (UTC)", "tries", "last try (UTC)"),
        [
            (
                gap.target_key,
                gap.failure_class,
                _minute(gap.kickoff_utc),
                _minute(gap.opened_at),
                gap.tries,
                _minute(gap.tried_at),
            )
            for gap in found
        ],
    )


def catch_up(
    as_json: Annotated[bool, typer.Option("--json", help="print the outcome as JSON")] = False,
) -> None:
    """Ask again for the gaps that are due, within the day's budget, and wait until they landed.

    What can't be got this time either stays a gap; `touchline gaps` lists it.
    """
    from scrapers.pipeline.catch_up import run_catch_up
    from scrapers.tasks.send import send_batch
    from scrapers.warehouse.engine import engine

    current = settings()
    with batch_bars() as advance:
        summary = run_catch_up(
            engine(current),
            current,
            send_batch,
            # Interrupted and started again within the hour, it takes up what is open.
            run_id=f"catch-up__{datetime.now(UTC):%Y-%m-%dT%H}",
            on_progress=advance,
            poll_seconds=0.5,
        )
    if as_json:
        print_json(
            {
                "idle": summary.idle,
                "published": {k: v.as_json() for k, v in summary.published.items()},
                "failed": summary.failed,
            }
        )
        return
    if summary.idle:
        out.print(f"Nothing to catch up with: {summary.idle}.", markup=False)
    for step, published in summary.published.items():
        out.print(f"{step}: {published}", markup=False, highlight=False)
    for step, why in summary.failed.items():
        out.print(f"{step}: still gaps: {why}", style="yellow", markup=False, highlight=False)


def _minute(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M}"
