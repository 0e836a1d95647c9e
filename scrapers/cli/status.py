"""`touchline status`: what the ledger says of the work, now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scrapers.cli.console import out, print_json, print_table
from scrapers.settings import settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

RECENT = 10  # failures shown
_UNDONE = ("planned", "fetching", "archived", "blocked", "quarantined")


def status(
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
) -> None:
    """Targets by state, open batches, paused sources, the latest failures.

    A failure is open while the page still waits, or is blocked or quarantined, because of it.
    """
    from scrapers.warehouse.engine import engine
    from scrapers.warehouse.source import FOR_GOOD

    found = _status(engine(settings()))
    if as_json:
        print_json(found)
        return
    print_table(
        "Targets",
        ("page kind", "state", "targets"),
        ((row["page_kind"], row["state"], row["targets"]) for row in found["targets"]),
    )
    for pause in found["paused_sources"]:
        end = "it is resumed"
        if pause["paused_until"] < FOR_GOOD:
            end = f"{pause['paused_until']:%Y-%m-%d %H:%M:%S} UTC"
        out.print(
            f"{pause['source']} is paused until {end}: {pause['reason']}",
            style="yellow",
            markup=False,
        )
    if found["open_batches"]:
        print_table(
            "Open batches",
            ("run", "step", "targets", "done", "since (UTC)"),
            (
                (
                    f"{row['dag_id']} {row['run_id']}",
                    row["step"],
                    row["targets"],
                    row["done"],
                    f"{row['created_at']:%Y-%m-%d %H:%M:%S}",
                )
                for row in found["open_batches"]
            ),
        )
    if found["latest_failures"]:
        print_table(
            f"Latest failures (at most {RECENT})",
            ("at (UTC)", "target", "class", "now", "detail"),
            (
                (
                    f"{row['at']:%Y-%m-%d %H:%M:%S}",
                    row["target_key"],
                    row["failure_class"],
                    f"{'OPEN' if row['open'] else 'over'}, {row['state']}",
                    row["detail"],
                )
                for row in found["latest_failures"]
            ),
        )


def _status(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    from sqlalchemy import func, select

    import scrapers.warehouse.ops_tables
    from scrapers.warehouse.engine import transaction
    from scrapers.warehouse.records import DISPATCH_DONE
    from scrapers.warehouse.tables import OPS

    tables = scrapers.warehouse.ops_tables.metadata.tables
    target, batch, link = (tables[f"{OPS}.{name}"] for name in ("target", "batch", "batch_target"))
    pause, failure = (tables[f"{OPS}.{name}"] for name in ("source_state", "failure"))
    of_same = failure.alias()
    latest = (
        select(func.max(of_same.c.failure_id))
        .where(of_same.c.target_key == failure.c.target_key)
        .scalar_subquery()
    )
    queries = {
        "targets": select(target.c.page_kind, target.c.state, func.count().label("targets"))
        .group_by(target.c.page_kind, target.c.state)
        .order_by(target.c.page_kind, target.c.state),
        "paused_sources": select(pause.c.source, pause.c.paused_until, pause.c.reason)
        .where(pause.c.paused_until > func.now())
        .order_by(pause.c.source),
        "open_batches": select(
            batch.c.dag_id,
            batch.c.run_id,
            batch.c.step,
            batch.c.created_at,
            func.count().label("targets"),
            func.count().filter(target.c.state.in_(DISPATCH_DONE)).label("done"),
        )
        .join(link, link.c.batch_id == batch.c.batch_id)
        .join(target, target.c.target_key == link.c.target_key)
        .where(batch.c.state == "open")
        .group_by(batch.c.batch_id)
        .order_by(batch.c.created_at),
        "latest_failures": select(
            failure.c.at,
            failure.c.target_key,
            failure.c.failure_class,
            failure.c.detail,
            target.c.state,
            # The target's latest failure is open until the page is read, or nobody wants it.
            (
                (target.c.failure_class == failure.c.failure_class)
                & target.c.state.in_(_UNDONE)
                & (failure.c.failure_id == latest)
            )
            .is_(True)
            .label("open"),
        )
        .join(target, target.c.target_key == failure.c.target_key)
        .order_by(failure.c.at.desc())
        .limit(RECENT),
    }
    with transaction(engine) as connection:
        return {
            name: [dict(row) for row in connection.execute(query).mappings()]
            for name, query in queries.items()
        }
