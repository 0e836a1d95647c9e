"""`touchline status`: what the ledger says of the work, now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scrapers.cli.console import out, print_json, print_table, some_of
from scrapers.cli.hints import mend_of_layout
from scrapers.errors import LayoutChanged
from scrapers.settings import settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

RECENT = 200  # latest failures looked at; alike ones are shown as one
GROUPS = 10  # shown
_EXAMPLES = 3  # targets named of each
_FIELDS = 5  # named of each
_UNDONE = ("planned", "fetching", "archived", "blocked", "quarantined")


def status(
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
) -> None:
    """Targets by state, open batches, paused sources, untrusted rows, the latest failures.

    A failure is open while the page still waits, or is blocked or quarantined, because of it.
    Those of one class, page kind and state that name the same fields are told as one; --json has
    each of them.
    """
    from scrapers.pipeline.kept import landed_out_of_force
    from scrapers.warehouse.engine import engine
    from scrapers.warehouse.source import end_of_pause

    warehouse = engine(settings())
    out_of_force = landed_out_of_force(warehouse)
    found = _status(warehouse) | {
        "landed_out_of_force": [
            {"version": version, "targets": targets} for version, targets in out_of_force.items()
        ]
    }
    if as_json:
        print_json(found)
        return
    print_table(
        "Targets",
        ("page kind", "state", "targets"),
        ((row["page_kind"], row["state"], row["targets"]) for row in found["targets"]),
    )
    for pause in found["paused_sources"]:
        end = end_of_pause(pause["paused_until"])
        out.print(
            f"{pause['source']} is paused {end}: {pause['reason']}",
            style="yellow",
            markup=False,
        )
    for version, targets in out_of_force.items():
        out.print(
            f"{targets} landed pages were read by {version}, which is not in force any more: take "
            f"their rows for wrong, and read them again: touchline reparse --read-by {version}",
            style="yellow",
            markup=False,
            soft_wrap=True,
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
        _tell_failures(found["latest_failures"])


def _tell_failures(failures: Sequence[dict[str, Any]]) -> None:
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in failures:
        page = (row["failure_class"], row["page_kind"], tuple(row["fields"]))
        alike = (*page, row["open"], row["state"])
        groups.setdefault(alike, []).append(row)
    shown = list(groups.values())[:GROUPS]
    of = f", {GROUPS} of {len(groups)} kinds of them" if len(groups) > GROUPS else ""
    at_most = f"the latest {RECENT}" if len(failures) == RECENT else f"{len(failures)}"
    print_table(
        f"Latest failures ({at_most}{of}; alike ones together)",
        ("latest (UTC)", "count", "class", "fields", "now", "targets", "detail"),
        [
            (
                f"{alike[0]['at']:%Y-%m-%d %H:%M:%S}",
                len(alike),
                alike[0]["failure_class"],
                some_of(alike[0]["fields"], _FIELDS) or None,
                f"{'OPEN' if alike[0]['open'] else 'over'}, {alike[0]['state']}",
                some_of(list(dict.fromkeys(row["target_key"] for row in alike)), _EXAMPLES),
                alike[0]["detail"],
            )
            for alike in shown
        ],
    )
    changed = [
        row["page_kind"]
        for row in failures
        if row["open"] and row["failure_class"] == LayoutChanged.__name__
    ]
    for line in mend_of_layout(changed):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def _status(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    from sqlalchemy import cast, func, select
    from sqlalchemy.dialects.postgresql import JSONB

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
            target.c.page_kind,
            failure.c.failure_class,
            failure.c.detail,
            func.coalesce(failure.c.facts["fields"], cast([], JSONB)).label("fields"),
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
        .order_by(failure.c.at.desc(), failure.c.failure_id.desc())
        .limit(RECENT),
    }
    with transaction(engine) as connection:
        return {
            name: [dict(row) for row in connection.execute(query).mappings()]
            for name, query in queries.items()
        }
