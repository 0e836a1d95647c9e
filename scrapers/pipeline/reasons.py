"""Why a page is fetched now, or why not: what a plan asks the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from scrapers.targets import Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import State

NEW, CORRECTION, RECHECK = "new", "correction", "recheck"

ABSENT_PAUSE = timedelta(days=1)
ABSENT_PATIENCE = timedelta(days=14)
FAILED = {State.BLOCKED, State.QUARANTINED}


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a target: its state and when its page was last fetched."""

    state: State
    fetched_at: datetime | None


def known_targets(engine: Engine, targets: Iterable[Target]) -> dict[str, Known]:
    """What the ledger knows of these targets, by key; those it has never seen are left out."""
    keys = [target.key for target in targets]
    if not keys:
        return {}
    query = select(TargetRow.target_key, TargetRow.state, TargetRow.fetched_at).where(
        TargetRow.target_key.in_(keys)
    )
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    return {row.target_key: Known(State(row.state), row.fetched_at) for row in rows}


def schedule_reason(known: Known | None, settled_at: datetime) -> str | None:
    """Why to fetch a month's feed now; None: it is settled, or was dropped."""
    if known is None:
        return NEW
    if known.state is State.DROPPED:
        return None
    if known.state is not State.LANDED:
        return RECHECK if known.state in FAILED or known.state is State.ABSENT else NEW
    if known.fetched_at is None or known.fetched_at < settled_at:
        return RECHECK
    return None


def is_unread(known: Known, kickoff: datetime | None) -> bool:
    """Whether a match page that was asked for by id alone was not there, and a feed names it now.

    A page that says itself that there is nothing to read was kept; the answer that there is no
    such page was not. What a feed names is there, or has moved.
    """
    return known.state is State.ABSENT and known.fetched_at is None and kickoff is not None


def match_reason(
    known: Known | None, kickoff: datetime | None, *, now: datetime, settle: timedelta
) -> str | None:
    """Why to fetch a finished match now; None: not now.

    Args:
        kickoff: its kick-off; None when no feed told it.
        settle: how long after kick-off the site's corrections are awaited.
    """
    if known is None:
        return NEW
    if known.state is State.DROPPED:
        return None
    if known.state in FAILED:
        return RECHECK
    if is_unread(known, kickoff):
        return RECHECK
    if known.state is State.ABSENT:
        rested = known.fetched_at is None or now >= known.fetched_at + ABSENT_PAUSE
        hopeful = kickoff is None or now < kickoff + ABSENT_PATIENCE
        return RECHECK if rested and hopeful else None
    if known.state is not State.LANDED:
        return NEW
    if kickoff is None or known.fetched_at is None:
        return None
    settled_at = kickoff + settle
    return CORRECTION if known.fetched_at < settled_at <= now else None
