"""How often each field had a value, page by page: what parsing noted, added up or one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Connection,
    Date,
    Engine,
    Row,
    Select,
    String,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB

from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import BatchTargetRow, PageCoverageRow, TargetRow

# Of one page, by whole field name: how often it was looked for, how often it had a value.
PageCounts = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class FieldShare:
    """A field's values on the pages of a kind that one selector version read.

    Attributes:
        day: day on which the pages were fetched, UTC; None: over all days asked for.
        pages: pages read.
        rows: how often the field was looked for on them.
        filled: how often it had a value.
    """

    page_kind: str
    selector_version: str
    field: str
    day: date | None
    pages: int
    rows: int
    filled: int

    @property
    def share(self) -> float | None:
        """Share of filled values, 0 to 1; None when the field was never looked for."""
        return self.filled / self.rows if self.rows else None


def versions(engine: Engine) -> list[str]:
    """The selector versions that have read a page, such as `match_centre/2022-08`.

    Raises:
        WarehouseUnavailable: they can't be read.
    """
    query = select(PageCoverageRow.selector_version).distinct()
    with transaction(engine) as connection:
        return sorted(connection.scalars(query))


def shares(
    engine: Engine,
    *,
    page_kind: str | None = None,
    selector_version: str | None = None,
    first: date | None = None,
    last: date | None = None,
    by_day: bool = False,
) -> list[FieldShare]:
    """Counts by kind, version and field, oldest day first.

    Args:
        first, last: days in UTC on which the pages were fetched, both included.
        by_day: each day by itself.

    Raises:
        WarehouseUnavailable: they can't be read.
    """
    day = func.timezone("UTC", PageCoverageRow.fetched_at).cast(Date)
    field = func.jsonb_each(PageCoverageRow.fields).table_valued("key", "value").alias("f")
    key, value = field.c.key.cast(String), field.c.value.cast(JSONB)
    groups: list[Any] = [PageCoverageRow.page_kind, PageCoverageRow.selector_version, key]
    if by_day:
        groups.append(day)
    query: Select[Any] = (
        select(
            *groups,
            func.count(),
            func.sum(value[0].astext.cast(BigInteger)),
            func.sum(value[1].astext.cast(BigInteger)),
        )
        .select_from(PageCoverageRow)
        .join(field, true())
        .group_by(*groups)
        .order_by(*groups)
    )
    if page_kind:
        query = query.where(PageCoverageRow.page_kind == page_kind)
    if selector_version:
        query = query.where(PageCoverageRow.selector_version == selector_version)
    if first:
        query = query.where(day >= first)
    if last:
        query = query.where(day <= last)
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    found = []
    for kind, version, name, *more in rows:
        on = more.pop(0) if by_day else None
        pages, looked_for, filled = map(int, more)
        found.append(FieldShare(kind, version, name, on, pages, looked_for, filled))
    return found


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page that one selector version read, and its counts."""

    target_key: str
    page_hash: str
    page_kind: str
    selector_version: str
    fetched_at: datetime
    counts: PageCounts


def pages_of_batch(connection: Connection, batch_id: UUID) -> list[ReadPage]:
    """The latest pages of a batch's targets, as they were read last."""
    query = (
        _pages()
        .join(
            TargetRow,
            (TargetRow.target_key == PageCoverageRow.target_key)
            & (TargetRow.page_hash == PageCoverageRow.page_hash)
            & (TargetRow.selector_version == PageCoverageRow.selector_version),
        )
        .join(BatchTargetRow, BatchTargetRow.target_key == TargetRow.target_key)
        .where(BatchTargetRow.batch_id == batch_id)
    )
    return _read(connection.execute(query).all())


def pages_before(
    connection: Connection,
    page_kind: str,
    selector_version: str,
    before: datetime,
    limit: int,
    *,
    since: datetime | None = None,
    but: Sequence[ReadPage] = (),
) -> list[ReadPage]:
    """Up to `limit` pages of a kind, read by the version, fetched before; newest first.

    Args:
        since: fetched then or later.
        but: leave these out.
    """
    query = (
        _pages()
        .where(
            PageCoverageRow.page_kind == page_kind,
            PageCoverageRow.selector_version == selector_version,
            PageCoverageRow.fetched_at < before,
        )
        .order_by(PageCoverageRow.fetched_at.desc(), PageCoverageRow.target_key)
        .limit(limit)
    )
    if since:
        query = query.where(PageCoverageRow.fetched_at >= since)
    if but:
        known = [(page.target_key, page.page_hash) for page in but]
        query = query.where(
            tuple_(PageCoverageRow.target_key, PageCoverageRow.page_hash).not_in(known)
        )
    return _read(connection.execute(query).all())


def _pages() -> Select[str, str, str, str, datetime, PageCounts]:
    return select(
        PageCoverageRow.target_key,
        PageCoverageRow.page_hash,
        PageCoverageRow.page_kind,
        PageCoverageRow.selector_version,
        PageCoverageRow.fetched_at,
        PageCoverageRow.fields,
    )


def _read(rows: Sequence[Row[str, str, str, str, datetime, PageCounts]]) -> list[ReadPage]:
    return [
        ReadPage(*row[:5], {name: (rows, filled) for name, (rows, filled) in row[5].items()})
        for row in rows
    ]
