"""Dropping a target that should never have been asked for: a mistyped id, a page that is gone.

The target stays in the ledger, as what it is, with who dropped it and why; no plan asks for it
again but by force.
"""

from __future__ import annotations

from sqlalchemy import Engine, func, select, update

from scrapers.errors import ConfigInvalid
from scrapers.targets import Target
from scrapers.warehouse import gaps
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import BatchRow, BatchTargetRow, QuarantineRow, TargetRow
from scrapers.warehouse.records import State
from scrapers.warehouse.staging import delete_staged


def drop(engine: Engine, target: Target, who: str, reason: str) -> State:
    """Drop a target, with its gap, and what was put aside of it; gives the state that it was in.

    Raises:
        ConfigInvalid: no reason is given, it is a page of the catalogue, the ledger does not know
            it, it has landed rows, is dropped already, or a batch that is open waits for it.
        WarehouseUnavailable: nothing is changed.
    """
    reason = reason.strip()
    if not reason:
        raise ConfigInvalid("--reason: is empty: say why the page should not be asked for")
    if target.page_kind in gaps.BY_HAND:
        raise ConfigInvalid(
            f"{target.key} is a page of the site's catalogue: no run asks for it, and touchline "
            "follow asks for it whenever it needs it, so that there is nothing to drop"
        )
    with transaction(engine) as connection:
        row = connection.execute(
            select(TargetRow.state, TargetRow.landed_at, TargetRow.failure_detail)
            .where(TargetRow.target_key == target.key)
            .with_for_update()
        ).one_or_none()
        if row is None:
            raise ConfigInvalid(
                f"{target.key} was never asked for: touchline gaps and touchline status name "
                "the targets that were"
            )
        if row.landed_at is not None:
            raise ConfigInvalid(
                f"{target.key} has landed rows, since {row.landed_at:%Y-%m-%d %H:%M} UTC at the "
                "latest: what has landed is not dropped"
            )
        if row.state == State.DROPPED:
            raise ConfigInvalid(f"{target.key} is dropped already: {row.failure_detail}")
        waiting = connection.execute(
            select(BatchRow.dag_id, BatchRow.run_id)
            .join(BatchTargetRow, BatchTargetRow.batch_id == BatchRow.batch_id)
            .where(BatchTargetRow.target_key == target.key, BatchRow.state == "open")
            .limit(1)
        ).one_or_none()
        if waiting is not None:
            raise ConfigInvalid(
                f"{target.key} is waited for by the run {waiting.dag_id} {waiting.run_id}: drop "
                "it when the run is over (touchline status lists open batches)"
            )
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key == target.key)
            .values(
                state=State.DROPPED,
                failure_class=None,
                failure_detail=f"dropped by {who}: {reason}",
                failure_facts={"dropped_by": who, "reason": reason, "was": row.state},
                failing_since=None,
                holder=None,
                lease_until=None,
                sent_at=None,
                updated_at=func.clock_timestamp(),
            )
        )
        connection.execute(
            update(QuarantineRow)
            .where(QuarantineRow.target_key == target.key, QuarantineRow.resolved_at.is_(None))
            .values(resolved_at=func.clock_timestamp())
        )
        delete_staged(connection, [target.key])
        gaps.close(connection, [target.key], gaps.GIVEN_UP)
    return State(row.state)
