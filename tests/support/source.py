"""Time that passes for the source and its targets: what is stored is moved into the past."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, text, update

from scrapers.warehouse.ops_tables import TargetRow

_STATE = ("paused_until", "paused_at", "probe_until", "resumed_at")
_TARGET = ("due_at", "sent_at", "failing_since", "planned_at", "fetched_at")
_GAP = ("opened_at", "tried_at", "closed_at")
_BATCH = ("created_at", "closed_at")


def pass_time(engine: Engine, length: timedelta) -> None:
    """Let `length` pass for the source's state, the ledger and its gaps."""
    columns = {"source_state": _STATE, "target": _TARGET, "gap": _GAP, "batch": _BATCH}
    with engine.begin() as connection:
        for table, names in columns.items():
            moved = ", ".join(f"{name} = {name} - :length" for name in names)
            connection.execute(text(f"UPDATE ops.{table} SET {moved}"), {"length": length})


def silent(engine: Engine, seconds: float) -> None:
    """Let so many seconds pass without a sign of life of whoever holds a target."""
    length = timedelta(seconds=seconds)
    with engine.begin() as connection:
        connection.execute(
            update(TargetRow).values(
                due_at=TargetRow.due_at - length, lease_until=TargetRow.lease_until - length
            )
        )
