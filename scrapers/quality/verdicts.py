"""Writes a judgement to the ledger: all expectations' outcomes, and the targets put aside."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, insert, select, update

from scrapers.errors import TouchlineError
from scrapers.quality.outcomes import Outcome
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import FailureRow, QuarantineRow, TargetRow, ValidationRow
from scrapers.warehouse.records import Staged, State


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a target is put aside: the failure, and the reasons one by one."""

    error: TouchlineError
    reasons: list[dict[str, Any]]


def write(
    engine: Engine,
    batch_id: UUID,
    staged: Sequence[Staged],
    outcomes: Sequence[Outcome],
    refusals: Mapping[str, Refusal],
) -> set[str]:
    """Record outcomes and put targets aside, in one transaction.

    Written twice for the same staged rows, it stands there once. Targets staged anew meanwhile
    are left alone.

    Returns:
        The targets of `staged` that were still as staged, put aside or not.
    """
    with transaction(engine) as connection:
        _write_outcomes(connection, batch_id, staged, outcomes)
        there = _held(connection, staged)
        for key in sorted(refusals.keys() & there.keys()):
            _put_aside(connection, batch_id, there[key], refusals[key])
    return set(there)


def _write_outcomes(
    connection: Connection, batch_id: UUID, staged: Sequence[Staged], outcomes: Sequence[Outcome]
) -> None:
    names = "".join(sorted(item.staged_id.hex for item in staged))
    judged = hashlib.sha256(names.encode()).hexdigest()[:16]
    connection.execute(
        delete(ValidationRow).where(
            ValidationRow.batch_id == batch_id,
            ValidationRow.details["judged"].astext == judged,
        )
    )
    rows = [
        {
            "batch_id": batch_id,
            "suite": outcome.suite,
            "table_name": outcome.table,
            "expectation": outcome.expectation,
            "column_name": outcome.check.column,
            "scope": outcome.check.scope.value,
            "success": outcome.met,
            "rows": outcome.rows,
            "unexpected": outcome.unexpected,
            "targets": sorted(outcome.by_target),
            "details": {
                "what": outcome.check.says,
                "arguments": outcome.check.arguments,
                "examples": outcome.examples,
                "judged": judged,
            },
        }
        for outcome in outcomes
    ]
    if rows:
        connection.execute(insert(ValidationRow), rows)


def _held(connection: Connection, staged: Sequence[Staged]) -> dict[str, Any]:
    """The targets as the ledger has them, held until the end; only those still as staged."""
    asked = {item.target_key: item.staged_id for item in staged}
    rows = connection.execute(
        select(
            TargetRow.target_key,
            TargetRow.staged_id,
            TargetRow.page_hash,
            TargetRow.selector_version,
            TargetRow.attempts,
        )
        .where(TargetRow.target_key.in_(asked), TargetRow.state == State.PARSED)
        .order_by(TargetRow.target_key)
        .with_for_update()
    )
    return {row.target_key: row for row in rows if row.staged_id == asked[row.target_key]}


def _put_aside(connection: Connection, batch_id: UUID, row: Any, refusal: Refusal) -> None:
    error = refusal.error
    connection.execute(
        update(TargetRow)
        .where(TargetRow.target_key == row.target_key)
        .values(
            state=State.QUARANTINED,
            failure_class=error.failure_class,
            failure_detail=error.detail,
            failure_facts=error.facts,
        )
    )
    connection.execute(
        insert(QuarantineRow).values(
            target_key=row.target_key,
            batch_id=batch_id,
            staged_id=row.staged_id,
            page_hash=row.page_hash,
            selector_version=row.selector_version,
            reasons=refusal.reasons,
        )
    )
    connection.execute(
        insert(FailureRow).values(
            target_key=row.target_key,
            stage="validate",
            failure_class=error.failure_class,
            severity=error.severity,
            detail=error.detail,
            facts=error.facts,
            attempt=max(row.attempts, 1),
            page_hash=row.page_hash,
        )
    )
