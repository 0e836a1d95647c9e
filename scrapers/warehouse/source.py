"""Whether a source is paused: one row that all workers obey."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, case, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from scrapers.errors import TouchlineError
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import SourceStateRow

# A refusal this soon after a pause belongs to the same trouble.
_SAME_TROUBLE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of a source: since when it has been refusing us, and until when it is left alone."""

    since: datetime
    until: datetime


def paused(engine: Engine, source: str) -> Pause | None:
    """The pause of a source; None: it may be asked for pages."""
    query = select(SourceStateRow.paused_at, SourceStateRow.paused_until).where(
        SourceStateRow.source == source, SourceStateRow.paused_until > func.now()
    )
    with transaction(engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None or row.paused_until is None:
        return None
    return Pause(row.paused_at or row.paused_until, row.paused_until)


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
            "paused_at": case(
                (
                    SourceStateRow.paused_until > func.now() - _SAME_TROUBLE,
                    func.coalesce(SourceStateRow.paused_at, given.excluded.paused_at),
                ),
                else_=given.excluded.paused_at,
            ),
            "reason": given.excluded.reason,
            "failure_class": given.excluded.failure_class,
        },
    ).returning(SourceStateRow.paused_until)
    with transaction(engine) as connection:
        found: datetime | None = connection.scalar(query)
    return found or until
