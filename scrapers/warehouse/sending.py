"""What of the ledger is due to be handed to the broker, and what got lost on the way.

A message lost between broker and worker costs time and nothing else: the sweep finds by the
ledger what is due.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, func, select, update

from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import BatchRow, BatchTargetRow, TargetRow
from scrapers.warehouse.records import State


def to_send(
    engine: Engine,
    state: State,
    limit: int,
    *,
    batch_id: UUID | None = None,
    target_key: str | None = None,
) -> list[str]:
    """Take up to `limit` targets that are due and not sent yet, marked as sent.

    Only what an open batch waits for is sent. Feeds come first, then the latest matches: the
    night does not stand in line behind a backfill of years.

    Args:
        state: PLANNED for the fetch workers, ARCHIVED for the parse workers.
        batch_id: only of this batch.
        target_key: only this one.
    """
    due = (
        select(TargetRow.target_key)
        .where(
            TargetRow.state == state,
            TargetRow.due_at <= func.now(),
            TargetRow.sent_at.is_(None),
            select(BatchTargetRow.batch_id)
            .join(BatchRow, BatchRow.batch_id == BatchTargetRow.batch_id)
            .where(BatchTargetRow.target_key == TargetRow.target_key, BatchRow.state == "open")
            .exists(),
        )
        .order_by(TargetRow.kickoff_utc.desc().nulls_first(), TargetRow.target_key)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if batch_id is not None:
        due = due.where(
            TargetRow.target_key.in_(
                select(BatchTargetRow.target_key).where(BatchTargetRow.batch_id == batch_id)
            )
        )
    if target_key is not None:
        due = due.where(TargetRow.target_key == target_key)
    with transaction(engine) as connection:
        keys = list(connection.scalars(due))
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key.in_(keys))
            .values(sent_at=func.clock_timestamp())
        )
    return keys


def not_sent(engine: Engine, target_keys: Sequence[str]) -> None:
    """Take back that these were sent: the broker did not take them."""
    not_taken = (
        select(TargetRow.target_key)
        .where(
            TargetRow.target_key.in_(target_keys),
            TargetRow.state.in_((State.PLANNED, State.ARCHIVED)),
            TargetRow.holder.is_(None),
        )
        # In the order in which plans and landings lock them. None is passed over: it would count
        # as sent until the sweep finds it lost.
        .order_by(TargetRow.target_key)
        .with_for_update(key_share=True)
    )
    with transaction(engine) as connection:
        keys = connection.scalars(not_taken).all()
        connection.execute(
            update(TargetRow).where(TargetRow.target_key.in_(keys)).values(sent_at=None)
        )


def outstanding(engine: Engine, state: State) -> int:
    """Targets sent in this state that no worker has taken up."""
    query = (
        select(func.count())
        .select_from(TargetRow)
        .where(TargetRow.state == state, TargetRow.sent_at.is_not(None), TargetRow.holder.is_(None))
    )
    with transaction(engine) as connection:
        return connection.scalar(query) or 0


def lost_messages(engine: Engine, state: State, *, sent_before: timedelta, at_most: int) -> int:
    """Make ready to be sent again the messages that must be lost; how many there were.

    Lost are the `at_most` oldest of those that nobody has taken up for `sent_before`; the
    caller counts how many the broker does not hold any more.

    Args:
        state: PLANNED or ARCHIVED.
    """
    if at_most <= 0:
        return 0
    oldest = (
        select(TargetRow.target_key)
        .where(
            TargetRow.state == state,
            TargetRow.holder.is_(None),
            TargetRow.sent_at < func.now() - sent_before,
        )
        .order_by(TargetRow.sent_at)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    with transaction(engine) as connection:
        keys = list(connection.scalars(oldest))
        connection.execute(
            update(TargetRow).where(TargetRow.target_key.in_(keys)).values(sent_at=None)
        )
    return len(keys)
