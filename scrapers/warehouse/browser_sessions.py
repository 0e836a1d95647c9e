"""The record of open browser sessions: whose they are, and until when they count as used.

A process notes the session that it opens, prolongs the note while it lives and takes it out when
it quits. What runs out belongs to a process that was killed, and is ended by the sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from scrapers.warehouse.engine import transaction
from scrapers.warehouse.health_tables import BrowserSessionRow

# A session counts as used for so long without a sign of life of its process.
LEASE = timedelta(seconds=45)
RENEW_SECONDS = 10.0
# Nobody's: seen at a hub, and not noted by any process.
NOBODY = "?"
_ENDING = timedelta(seconds=60)  # within which the one who ends a session has done so
# After a restart of PostgreSQL every living process has the time to prolong first.
_SETTLED = timedelta(seconds=3 * RENEW_SECONDS)
_FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session at a hub (its address, without a login), and the process that held it."""

    session_id: str
    hub: str
    holder: str


def used(engine: Engine, session: OpenSession, pages: int = 0) -> None:
    """Note that a process has this session, for another `LEASE`."""
    values = {
        "hub": session.hub,
        "holder": session.holder,
        "lease_until": func.now() + LEASE,
        "pages": pages,
    }
    query = upsert(BrowserSessionRow).values(session_id=session.session_id, **values)
    with transaction(engine) as connection:
        connection.execute(
            query.on_conflict_do_update(index_elements=[BrowserSessionRow.session_id], set_=values)
        )


def over(engine: Engine, session_id: str) -> None:
    """The session is no more."""
    with transaction(engine) as connection:
        connection.execute(
            delete(BrowserSessionRow).where(BrowserSessionRow.session_id == session_id)
        )


def given_up(engine: Engine, session_id: str) -> None:
    """Its process uses it no more and could not quit it: it is to be ended soon."""
    with transaction(engine) as connection:
        connection.execute(
            update(BrowserSessionRow)
            .where(BrowserSessionRow.session_id == session_id)
            .values(lease_until=func.now())
        )


def found_at_hub(engine: Engine, hub: str, session_ids: Sequence[str], grace: timedelta) -> int:
    """Note sessions that a hub shows; those that no process notes are ended after `grace`.

    Returns:
        How many were not known.
    """
    if not session_ids:
        return 0
    query = upsert(BrowserSessionRow).values(
        [
            {"session_id": name, "hub": hub, "holder": NOBODY, "lease_until": func.now() + grace}
            for name in session_ids
        ]
    )
    with transaction(engine) as connection:
        new = query.on_conflict_do_nothing().returning(BrowserSessionRow.session_id)
        return len(connection.execute(new).all())


def take_abandoned(engine: Engine, hubs: Sequence[str], at_most: int) -> list[OpenSession]:
    """Sessions at these hubs whose lease ran out, for the caller to end; nobody else gets them
    for a minute.
    """
    row = BrowserSessionRow
    ripe = (
        select(row.session_id)
        .where(
            row.hub.in_(list(hubs)),
            func.greatest(row.lease_until, func.pg_postmaster_start_time() + _SETTLED)
            <= func.now(),
        )
        .order_by(row.lease_until)
        .limit(at_most)
        .with_for_update(skip_locked=True)
        # Looked up once: as a subquery it may be run again, and lock more than it gives.
        .cte("ripe")
        .prefix_with("MATERIALIZED")
    )
    taken = (
        update(row)
        .where(row.session_id.in_(select(ripe.c.session_id)))
        .values(lease_until=func.now() + _ENDING)
        .returning(row.session_id, row.hub, row.holder)
    )
    with transaction(engine) as connection:
        rows = connection.execute(taken).all()
    return [OpenSession(*found) for found in rows]


def forget_old(engine: Engine, hubs: Sequence[str]) -> int:
    """Drop what ran out a day ago at hubs that are none of these any more; how many."""
    row = BrowserSessionRow
    with transaction(engine) as connection:
        return connection.execute(
            delete(row).where(row.hub.not_in(list(hubs)), row.lease_until < func.now() - _FORGOTTEN)
        ).rowcount


def count_by_hub(engine: Engine) -> dict[str, int]:
    """How many sessions are noted at each hub."""
    row = BrowserSessionRow
    with transaction(engine) as connection:
        found = connection.execute(select(row.hub, func.count()).group_by(row.hub)).all()
    return {hub: number for hub, number in found}  # noqa: C416 — rows are no pairs to mypy
