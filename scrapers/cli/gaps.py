"""`touchline gaps` and `touchline catch-up`: what runs did not get, getting it, dropping it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from scrapers.cli.console import out, print_json, print_table
from scrapers.cli.failures import FailureGroup
from scrapers.cli.hints import mend_of, mend_of_layout
from scrapers.cli.runs import batch_bars, who
from scrapers.settings import settings

if TYPE_CHECKING:
    from scrapers.warehouse.gaps import PutAside

gaps_app = typer.Typer(
    cls=FailureGroup, help="Pages that runs wanted and did not get, and dropping one."
)


@gaps_app.callback(invoke_without_command=True)
def gaps(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
) -> None:
    """Pages that runs wanted and did not get, for reasons that say nothing of the page.

    Below them it says how many pages are blocked or quarantined for other reasons, and what to do.
    """
    if ctx.invoked_subcommand:
        return
    from scrapers.warehouse.engine import engine
    from scrapers.warehouse.gaps import open_gaps, put_aside

    warehouse = engine(settings())
    found = open_gaps(warehouse)
    if as_json:
        print_json([asdict(gap) for gap in found])
        return
    if found:
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
    else:
        out.print("No gap is open.")
    _tell_put_aside(put_aside(warehouse))


def _tell_put_aside(found: Sequence[PutAside]) -> None:
    """Say which pages are wanted and are no gaps, since no catch-up gets them, and what does."""
    from scrapers.warehouse.gaps import GAP_CLASSES

    if not found:
        return
    out.print("No gaps, and not caught up with, are pages that were put aside:")
    by_class: dict[str | None, list[PutAside]] = {}
    for one in found:
        by_class.setdefault(one.failure_class, []).append(one)
    for name, group in by_class.items():
        pages = ", ".join(f"{one.targets} {one.page_kind} {one.state}" for one in group)
        if name is None or name in GAP_CLASSES:
            mend = "given up, or of a run that is not over: the next run of their days asks again"
        else:
            mend = mend_of(name)
        told = f"  {name or 'no class'}: {pages}. {mend}"
        out.print(told, markup=False, highlight=False, soft_wrap=True)
    if kinds := [one.page_kind for one in found if one.failure_class == "LayoutChanged"]:
        for line in mend_of_layout(kinds):
            out.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


@gaps_app.command("drop")
def drop(
    target: Annotated[
        str, typer.Argument(help="the target as it is listed: whoscored/match_centre/1650630")
    ],
    reason: Annotated[str, typer.Option(help="why; kept in the ledger", show_default=False)],
    by: Annotated[
        str | None, typer.Option("--by", help="who does it; else the system's user")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the outcome as JSON")] = False,
) -> None:
    """Drop a page that should never have been asked for, such as one of a mistyped match id.

    It stays in the ledger as dropped, with who and why, and no run asks for it again but by
    force. Refused, with 2, for a page that has landed rows or that an open batch waits for, and
    for the catalogue's pages, which `touchline follow` asks for when it needs them.
    """
    from scrapers.targets import Target
    from scrapers.warehouse.dropping import drop as drop_target
    from scrapers.warehouse.engine import engine

    dropped, name = Target.from_key(target), who(by)
    was = drop_target(engine(settings()), dropped, name, reason)
    if as_json:
        print_json({"target": dropped.key, "was": was, "by": name, "reason": reason})
        return
    told = f"{dropped.key} was {was} and is dropped: only --force asks for it again."
    out.print(told, markup=False, highlight=False, soft_wrap=True)


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
