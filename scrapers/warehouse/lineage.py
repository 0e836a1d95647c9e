"""Where rows came from: pages, selector versions, batches, runs and what the gate said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Table, func, select

from scrapers.errors import ConfigInvalid
from scrapers.targets import SOURCE, PageKind, id_names
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import (
    BatchRow,
    PageRow,
    QuarantineRow,
    TargetRow,
    ValidationRow,
)
from scrapers.warehouse.tables import CORE_TABLES

# What can be asked for, and the column that names it.
THINGS = {
    "match": "match_id",
    "fixture": "match_id",
    "team": "team_id",
    "player": "player_id",
}
_BY_MATCH = tuple(kind for kind in PageKind if id_names(kind) == ("match_id",))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table that came together.

    Attributes:
        rows: how many.
        pages, versions, batches: where they came from; one of each, unless the table is merely
            one that mentions the thing: then all of them, and pages are counted alone.
        page_count: how many pages.
        landed_at: when the last of them changed, UTC.
    """

    table: str
    rows: int
    pages: tuple[str, ...]
    page_count: int
    versions: tuple[str, ...]
    batches: tuple[UUID, ...]
    landed_at: datetime


@dataclass(frozen=True, slots=True)
class Lineage:
    """All that is known of where a thing's rows came from.

    Attributes:
        rows: by table, the thing's own first.
        pages: facts of the pages that those rows name, as raw.page has them.
        batches: the batches: run, step, state, when, expectations judged and not met, and those
            not met by the thing's own targets.
        targets: the ledger's rows of the thing's own pages.
        quarantines: when its targets were put aside, and why.
    """

    what: str
    id: int
    rows: tuple[Rows, ...]
    pages: tuple[dict[str, Any], ...]
    batches: tuple[dict[str, Any], ...]
    targets: tuple[dict[str, Any], ...]
    quarantines: tuple[dict[str, Any], ...]


def lineage(engine: Engine, what: str, thing_id: int) -> Lineage:
    """Where the rows of a match, fixture, team or player came from.

    A match's and a fixture's rows are told by page, version and batch, and so are those of the
    tables that a team or a player is the key of; other tables that mention a team or a player
    are told in sum.

    Raises:
        ConfigInvalid: `what` is none of `THINGS`.
        WarehouseUnavailable: the warehouse can't be read.
    """
    if what not in THINGS:
        raise ConfigInvalid(f"{what!r} has no lineage: ask for one of {', '.join(THINGS)}")
    keys = _target_keys(what, thing_id)
    with transaction(engine) as connection:
        rows = [
            found
            for table in _tables(what)
            for found in _rows(connection, table, THINGS[what], thing_id)
        ]
        pages = {page for found in rows for page in found.pages}
        batches = {batch for found in rows for batch in found.batches}
        return Lineage(
            what,
            thing_id,
            tuple(rows),
            tuple(_pages(connection, sorted(pages))),
            tuple(_batches(connection, sorted(batches), keys)),
            tuple(_targets(connection, keys)),
            tuple(_quarantines(connection, keys)),
        )


def _tables(what: str) -> list[Table]:
    """Tables to look in; those that the thing is the key of come first."""
    column = THINGS[what]
    if what == "fixture":
        return [table for table in CORE_TABLES if table.name == "fixture"]
    found = [table for table in CORE_TABLES if column in table.columns]
    return sorted(found, key=lambda table: not _is_own(table, column))


def _is_own(table: Table, column: str) -> bool:
    return next(iter(table.primary_key.columns)).name == column


def _target_keys(what: str, thing_id: int) -> list[str]:
    if what not in ("match", "fixture"):
        return []
    return [f"{SOURCE}/{kind}/{thing_id}" for kind in _BY_MATCH]


def _rows(connection: Connection, table: Table, column: str, thing_id: int) -> list[Rows]:
    c = table.c
    if _is_own(table, column):
        query = (
            select(
                func.count(),
                c.page_hash,
                c.selector_version,
                c.batch_id,
                func.max(c.landed_at).label("landed_at"),
            )
            .where(c[column] == thing_id)
            .group_by(c.page_hash, c.selector_version, c.batch_id)
            .order_by("landed_at", c.page_hash)
        )
        return [
            Rows(table.name, row[0], (row[1],), 1, (row[2],), (row[3],), row[4])
            for row in connection.execute(query)
        ]
    summed = select(
        func.count(),
        func.count(c.page_hash.distinct()),
        func.array_agg(c.selector_version.distinct()),
        func.max(c.landed_at),
    ).where(c[column] == thing_id)
    row = connection.execute(summed).one()
    return [Rows(table.name, row[0], (), row[1], tuple(row[2]), (), row[3])] if row[0] else []


def _pages(connection: Connection, hashes: Sequence[str]) -> list[dict[str, Any]]:
    query = (
        select(PageRow.__table__)
        .where(PageRow.page_hash.in_(hashes))
        .order_by(PageRow.first_fetched_at, PageRow.page_hash, PageRow.target_key)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _batches(
    connection: Connection, ids: Sequence[UUID], keys: Sequence[str]
) -> list[dict[str, Any]]:
    judged = (
        select(
            ValidationRow.batch_id,
            func.count().label("expectations"),
            func.count().filter(~ValidationRow.success).label("unmet"),
        )
        .where(ValidationRow.batch_id.in_(ids))
        .group_by(ValidationRow.batch_id)
        .subquery()
    )
    query = (
        select(
            BatchRow.batch_id,
            BatchRow.dag_id,
            BatchRow.run_id,
            BatchRow.step,
            BatchRow.state,
            BatchRow.created_at,
            BatchRow.closed_at,
            func.coalesce(judged.c.expectations, 0).label("expectations"),
            func.coalesce(judged.c.unmet, 0).label("unmet"),
        )
        .join(judged, judged.c.batch_id == BatchRow.batch_id, isouter=True)
        .where(BatchRow.batch_id.in_(ids))
        .order_by(BatchRow.created_at)
    )
    found = [dict(row) for row in connection.execute(query).mappings()]
    own: dict[UUID, list[dict[str, Any]]] = {}
    for key in keys:
        unmet = select(
            ValidationRow.batch_id,
            ValidationRow.suite,
            ValidationRow.table_name,
            ValidationRow.column_name,
            ValidationRow.details["what"].astext.label("what"),
        ).where(
            ValidationRow.batch_id.in_(ids),
            ~ValidationRow.success,
            ValidationRow.targets.contains([key]),
        )
        for row in connection.execute(unmet).mappings():
            own.setdefault(row["batch_id"], []).append(
                {"target": key, **{name: row[name] for name in row if name != "batch_id"}}
            )
    return [{**batch, "unmet_of_this": own.get(batch["batch_id"], [])} for batch in found]


def _targets(connection: Connection, keys: Sequence[str]) -> list[dict[str, Any]]:
    query = (
        select(
            TargetRow.target_key,
            TargetRow.state,
            TargetRow.page_hash,
            TargetRow.fetched_at,
            TargetRow.selector_version,
            TargetRow.landed_at,
            TargetRow.failure_class,
            TargetRow.failure_detail,
        )
        .where(TargetRow.target_key.in_(keys))
        .order_by(TargetRow.target_key)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _quarantines(connection: Connection, keys: Sequence[str]) -> list[dict[str, Any]]:
    query = (
        select(
            QuarantineRow.at,
            QuarantineRow.target_key,
            QuarantineRow.page_hash,
            QuarantineRow.selector_version,
            QuarantineRow.reasons,
            QuarantineRow.resolved_at,
        )
        .where(QuarantineRow.target_key.in_(keys))
        .order_by(QuarantineRow.at)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
