"""Whether a source is paused: one row that all workers obey."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from scrapers.errors import TouchlineError
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import SourceStateRow


def paused_until(engine: Engine, source: str) -> datetime | None:
    """Until when no page may be asked of the source; None: it is not paused."""
    query = select(SourceStateRow.paused_until).where(
        SourceStateRow.source == source, SourceStateRow.paused_until > func.now()
    )
    with transaction(engine) as connection:
        until: datetime | None = connection.scalar(query)
    return until


def pause(engine: Engine, source: str, error: TouchlineError, length: timedelta) -> datetime:
    """Pause the source for `length` from now because of `error`; a longer pause stays.

    Returns:
        Until when it is paused.
    """
    until = datetime.now(UTC) + length
    given = upsert(SourceStateRow).values(
        source=source,
        paused_until=until,
        paused_at=func.now(),
        reason=error.detail,
        failure_class=error.failure_class,
    )
    query = given.on_conflict_do_update(
        index_elements=[SourceStateRow.source],
        set_={
            "paused_until": func.greatest(SourceStateRow.paused_until, given.excluded.paused_until),
            "paused_at": given.excluded.paused_at,
            "reason": given.excluded.reason,
            "failure_class": given.excluded.failure_class,
        },
    ).returning(SourceStateRow.paused_until)
    with transaction(engine) as connection:
        found: datetime | None = connection.scalar(query)
    return found or until
