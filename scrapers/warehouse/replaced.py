"""Rows in staging whose selector text is in force no more: their pages are read anew.

A batch may wait for hours between reading its first page and landing. A selector file that is
promoted again under its name, or taken back, meanwhile was wrong: what it read must not land.
Other versions of the page kind stay in force, and so does what they read.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Select, func, select, update

from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import BatchRow, BatchTargetRow, TargetRow
from scrapers.warehouse.records import State


def send_back(
    connection: Connection,
    in_force: Select[Any],
    *,
    page_kind: str | None = None,
    batch_id: UUID | None = None,
) -> int:
    """Let what an open batch waits for be read anew if its text is not in force; how many.

    Only whoever waits for a target has it read: what was staged for a batch that is closed stays
    as it is. So do rows of which nobody noted the text.

    Args:
        in_force: page_kind, version and sha256 of each text in force.
        page_kind: only targets of this kind.
        batch_id: only targets of this batch.
    """
    texts = in_force.subquery()
    stands = (
        select(texts.c.sha256)
        .where(
            texts.c.page_kind.concat("/").concat(texts.c.version) == TargetRow.selector_version,
            texts.c.sha256 == TargetRow.staged_sha256,
        )
        .exists()
    )
    waited_for = (
        select(BatchTargetRow.batch_id)
        .join(BatchRow, BatchRow.batch_id == BatchTargetRow.batch_id)
        .where(BatchTargetRow.target_key == TargetRow.target_key, BatchRow.state == "open")
        .exists()
    )
    replaced = (
        select(TargetRow.target_key)
        .where(
            TargetRow.state == State.PARSED,
            TargetRow.staged_sha256.is_not(None),
            ~stands,
            waited_for,
        )
        # In the order in which plans and landings lock them.
        .order_by(TargetRow.target_key)
        .with_for_update(key_share=True)
    )
    if page_kind is not None:
        replaced = replaced.where(TargetRow.page_kind == page_kind)
    if batch_id is not None:
        replaced = replaced.where(TargetRow.target_key.in_(_of_batch(batch_id)))
    keys = list(connection.scalars(replaced))
    if keys:
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key.in_(keys))
            .values(state=State.ARCHIVED, due_at=func.now(), sent_at=None)
        )
    return len(keys)


def sent_back(engine: Engine, batch_id: UUID) -> int:
    """How many targets of a batch were sent back and are not read yet; 0 if it is closed.

    Raises:
        WarehouseUnavailable: the ledger can't be read.
    """
    query = (
        select(func.count())
        .select_from(TargetRow)
        .join(BatchTargetRow, BatchTargetRow.target_key == TargetRow.target_key)
        .join(BatchRow, BatchRow.batch_id == BatchTargetRow.batch_id)
        .where(
            BatchRow.batch_id == batch_id,
            BatchRow.state == "open",
            TargetRow.state == State.ARCHIVED,
            # A plan that starts a target over forgets what was staged of it.
            TargetRow.staged_sha256.is_not(None),
        )
    )
    with transaction(engine) as connection:
        return connection.scalar(query) or 0


def _of_batch(batch_id: UUID) -> Select[Any]:
    return select(BatchTargetRow.target_key).where(BatchTargetRow.batch_id == batch_id)
