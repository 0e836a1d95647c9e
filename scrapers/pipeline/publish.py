"""From staged rows to landed ones: the gate judges, the good targets land, the batch closes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, select

from scrapers.errors import InvalidBatch, WarehouseUnavailable
from scrapers.parsing import registry
from scrapers.pipeline.kept import kept_of_batch
from scrapers.pipeline.progress import describe_failures
from scrapers.settings import Settings
from scrapers.warehouse import ledger
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import BatchRow, BatchTargetRow, TargetRow, ValidationRow
from scrapers.warehouse.records import State
from scrapers.warehouse.replaced import sent_back

log = logging.getLogger(__name__)

_FAILED = (State.BLOCKED, State.QUARANTINED)


@dataclass(frozen=True, slots=True)
class PublishSummary:
    """What became of a batch.

    Attributes:
        states: its targets by state, after landing.
        failures: its blocked and quarantined targets by failure class.
        kept: how many of these keep rows that landed before, by the version that read those.
        rows: what landing did by table: {"event": {"inserted": 1465, …}, …}.
        docs_path: the gate's report; None when nothing was judged.
    """

    batch_id: UUID
    states: dict[str, int]
    failures: dict[str, int]
    kept: dict[str, int] = field(default_factory=dict)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    docs_path: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The summary as the ledger keeps it."""
        return {
            "states": self.states,
            "failures": self.failures,
            "kept": self.kept,
            "rows": self.rows,
            "docs_path": self.docs_path,
        }

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        text = f"batch {self.batch_id}: {states or 'no targets'}"
        changed = {
            table: sum(count for name, count in counts.items() if name != "unchanged")
            for table, counts in self.rows.items()
        }
        if self.rows:
            text += f"; {sum(changed.values())} rows changed"
        if self.failures:
            text += f"; failures: {describe_failures(self.failures)}"
        return text


def publish(engine: Engine, batch_id: UUID, settings: Settings) -> PublishSummary:
    """Judge what the batch has staged, land what is good, close the batch.

    Published twice, it lands nothing the second time. After a kill between landing and
    closing, the next call finds nothing staged and closes the batch.

    What a selector text read that has been replaced or taken back since is read anew first: a
    promotion sees to that itself, but for what a worker read that had not heard of it yet.

    Raises:
        InvalidBatch: the batch as a whole can't be trusted; nothing landed, and the batch is
            closed as failed.
        WarehouseUnavailable: nothing is half landed; call again. So it is while pages are read
            anew.
    """
    if refused := _refusal(engine, batch_id):
        # Cleared or retried after it was refused: it stays so. The dispatch plans it anew.
        ledger.close_batch(engine, batch_id, ledger.FAILED, {"failure": refused})
        raise InvalidBatch(refused, batch_id=str(batch_id))
    # First what is staged, then what of it is sent back: what is staged later bears another name.
    staged = ledger.staged(engine, batch_id)
    registry.read_anew(engine, batch_id)
    _refuse_unread(sent_back(engine, batch_id))
    rows: dict[str, dict[str, int]] = {}
    docs_path = None
    if staged:
        # Great Expectations takes seconds to import: only where it judges.
        from scrapers.quality.gate import judge
        from scrapers.warehouse.landing import land

        try:
            verdict = judge(engine, batch_id, staged, settings)
            docs_path = str(verdict.docs_path) if verdict.docs_path else None
            counts = land(engine, batch_id, verdict.good)
        except InvalidBatch as error:
            ledger.close_batch(
                engine, batch_id, ledger.FAILED, {"failure": error.detail, "facts": error.facts}
            )
            raise
        rows = {table: asdict(count) for table, count in counts.items()}
    if _state(engine, batch_id) == ledger.OPEN:
        # Promoted before it was looked at, or while it was judged: what was sent back then may wait
        # in staging again by now.
        _refuse_unread(sent_back(engine, batch_id) + len(ledger.staged(engine, batch_id)))
    states, failures = _outcome(engine, batch_id)
    kept = kept_of_batch(engine, batch_id, _FAILED) if failures else {}
    summary = PublishSummary(batch_id, states, failures, kept, rows, docs_path)
    if staged or _state(engine, batch_id) == ledger.OPEN:
        ledger.close_batch(engine, batch_id, ledger.PUBLISHED, summary.as_json())
    log.info("%s", summary)
    return summary


def _refuse_unread(pages: int) -> None:
    """The batch stays open for what is read anew: closed, nobody would wait for it any more."""
    if pages:
        raise WarehouseUnavailable(
            f"{pages} pages are read anew before they land, as the selector file that had read "
            "them was replaced or taken back: try again"
        )


def _outcome(engine: Engine, batch_id: UUID) -> tuple[dict[str, int], dict[str, int]]:
    query = (
        select(TargetRow.state, TargetRow.failure_class)
        .join(BatchTargetRow, BatchTargetRow.target_key == TargetRow.target_key)
        .where(BatchTargetRow.batch_id == batch_id)
    )
    with transaction(engine) as connection:
        rows: Sequence[Any] = connection.execute(query).all()
    return (
        dict(Counter(row.state for row in rows)),
        dict(Counter(row.failure_class for row in rows if row.state in _FAILED)),
    )


def _refusal(engine: Engine, batch_id: UUID) -> str | None:
    """Why the batch was refused as a whole, be it closed already or not; None: it was not."""
    broken = (
        select(ValidationRow.suite)
        .where(
            ValidationRow.batch_id == batch_id,
            ValidationRow.scope == "batch",
            ValidationRow.success.is_(False),
        )
        .limit(1)
    )
    query = select(BatchRow.state, BatchRow.summary).where(BatchRow.batch_id == batch_id)
    with transaction(engine) as connection:
        row = connection.execute(query).one_or_none()
        if row is not None and row.state == ledger.FAILED:
            return str((row.summary or {}).get("failure", "the batch has failed"))
        if row is not None and row.state == ledger.OPEN and connection.scalar(broken):
            return "the gate refused the batch: see ops.validation"
    return None


def _state(engine: Engine, batch_id: UUID) -> str | None:
    query = select(BatchRow.state).where(BatchRow.batch_id == batch_id)
    with transaction(engine) as connection:
        state: str | None = connection.scalar(query)
    return state
