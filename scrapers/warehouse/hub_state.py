"""The circuit breaker of each browser hub: its rules, and the one row that all workers obey.

A hub that failed several times in a row is *open*: left alone until a probe is due. Then one
process takes the probe (*half-open*) and opens a real session; it closes the breaker, or opens it
again for longer. What a breaker becomes is said by `Breaker`, which knows no database; `change`
applies it to the row, on the database's clock.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from scrapers.errors import BrowserUnavailable
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.health_tables import HubStateRow
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import State

_DETAIL = 500  # characters that are kept of a failure's sentence
_FACTOR = 2.0
_MOST_DOUBLINGS = 16
_JITTER = 0.3
_FORGOTTEN = timedelta(days=1)


class Position(StrEnum):
    """What a breaker lets through."""

    CLOSED = "closed"  # everything
    OPEN = "open"  # nothing
    HALF_OPEN = "half_open"  # one probe, which somebody is at


@dataclass(frozen=True, slots=True)
class Rules:
    """When a breaker opens, and for how long.

    Attributes:
        failures_to_open: failures in a row.
        first_wait: seconds before the first probe; each further wait is twice the last one.
        longest_wait: ceiling of a wait, in seconds.
        probe_seconds: how long a probe counts before its process is taken for dead.
    """

    failures_to_open: int
    first_wait: float
    longest_wait: float
    probe_seconds: float

    def wait(self, probes: int, rng: random.Random | None = None) -> timedelta:
        """Wait after `probes` failed probes; shortened at random, so that hubs that failed
        together are not all probed together.
        """
        full = min(self.longest_wait, self.first_wait * _FACTOR ** min(probes, _MOST_DOUBLINGS))
        return timedelta(seconds=full * (1 - _JITTER * (rng or random).random()))


@dataclass(frozen=True, slots=True)
class Breaker:
    """A hub's breaker at some moment; the columns of `ops.hub_state`, where they are described.

    Each of its methods gives what it becomes at `now`, or None where that is not for the caller
    to bring about.
    """

    state: str = Position.CLOSED
    failures: int = 0
    opened_at: datetime | None = None
    next_probe_at: datetime | None = None
    probe_until: datetime | None = None
    detail: str | None = None
    worked_at: datetime | None = None
    browser: str | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the hub is used."""
        return self.state == Position.CLOSED

    def probe_due(self, now: datetime) -> bool:
        """Whether it is open, its wait is over, and nobody is probing."""
        return (
            not self.is_closed
            and (self.next_probe_at is None or self.next_probe_at <= now)
            and (self.probe_until is None or self.probe_until <= now)
        )

    def failed(self, now: datetime, detail: str, rules: Rules) -> Breaker:
        """A session could not be opened, or died.

        While it is open, what fails was begun before, and must not make the wait longer.
        """
        if not self.is_closed:
            return self
        counted = replace(self, failures=self.failures + 1, detail=detail[:_DETAIL])
        if counted.failures < rules.failures_to_open:
            return counted
        return replace(
            counted, state=Position.OPEN, opened_at=now, next_probe_at=now + rules.wait(0)
        )

    def worked(self, now: datetime, browser: str, *, whole: bool) -> Breaker:
        """A page came through a session.

        Args:
            whole: it was the session's first page, so that opening works too; only that makes
                the failures forgotten. Sessions that were opened long ago go on working at a hub
                that gives no new ones.
        """
        forgotten = whole and self.is_closed
        return replace(
            self, worked_at=now, browser=browser, failures=0 if forgotten else self.failures
        )

    def probed(self, now: datetime, rules: Rules) -> Breaker | None:
        """The caller probes; None: no probe is due, or somebody else is at it."""
        if not self.probe_due(now):
            return None
        until = now + timedelta(seconds=rules.probe_seconds)
        return replace(self, state=Position.HALF_OPEN, probe_until=until)

    def probe_failed(
        self, now: datetime, detail: str, rules: Rules, *, full: bool = False
    ) -> Breaker | None:
        """The probe's session did not work: open again, for longer.

        Args:
            full: the hub has no slot for a probe; that says nothing against it, so the wait does
                not grow.
        """
        if self.is_closed:
            return None  # by an operator, meanwhile
        failures = self.failures + (0 if full else 1)
        probes = 0 if full else failures - rules.failures_to_open
        return replace(
            self,
            state=Position.OPEN,
            failures=failures,
            detail=detail[:_DETAIL],
            next_probe_at=now + rules.wait(max(0, probes)),
            probe_until=None,
        )

    def closed(self, now: datetime, browser: str | None) -> Breaker | None:
        """The probe's session worked (`browser`), or an operator says so (None)."""
        if self.is_closed:
            return None
        return replace(
            self,
            state=Position.CLOSED,
            failures=0,
            opened_at=None,
            next_probe_at=None,
            probe_until=None,
            worked_at=now if browser else self.worked_at,
            browser=browser or self.browser,
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """All breakers at one moment.

    Attributes:
        now: the moment, on the clock that the breakers' times are of.
        by_hub: by hub's address; hubs that nothing is known of have none.
    """

    now: datetime
    by_hub: dict[str, Breaker] = field(default_factory=dict)

    def of(self, hub: str) -> Breaker:
        """A hub's breaker."""
        return self.by_hub.get(hub, _NEW)


_NEW = Breaker()
_NAMES = tuple(Breaker.__dataclass_fields__)
_COLUMNS = tuple(getattr(HubStateRow, name) for name in _NAMES)


def seen(engine: Engine) -> Seen:
    """All breakers, and the database's clock.

    Raises:
        WarehouseUnavailable: PostgreSQL is away.
    """
    with transaction(engine) as connection:
        now = connection.scalar(select(func.now()))
        rows = connection.execute(select(HubStateRow.hub, *_COLUMNS)).all()
    assert now is not None
    return Seen(now, {row.hub: _breaker(row) for row in rows})


def change(
    engine: Engine, hub: str, how: Callable[[Breaker, datetime], Breaker | None]
) -> Breaker | None:
    """Make a hub's breaker what `how` makes of it; nobody else can change it meanwhile.

    Args:
        how: given the breaker and the database's clock; None: it stays as it is.

    Returns:
        What it has become; None if it stays.

    Raises:
        WarehouseUnavailable: PostgreSQL is away.
    """
    with transaction(engine) as connection:
        connection.execute(upsert(HubStateRow).values(hub=hub).on_conflict_do_nothing())
        # clock_timestamp: the row's lock may have been waited for.
        row = connection.execute(
            select(*_COLUMNS, func.clock_timestamp().label("now"))
            .where(HubStateRow.hub == hub)
            .with_for_update()
        ).one()
        old = _breaker(row)
        new = how(old, row.now)
        if new is not None and new != old:
            connection.execute(
                update(HubStateRow).where(HubStateRow.hub == hub).values(**asdict(new))
            )
    return new


def let_go_on(engine: Engine) -> int:
    """Make the targets due that wait for a hub; how many there are.

    Raises:
        WarehouseUnavailable: PostgreSQL is away; they are due within a minute anyway.
    """
    waiting = (
        select(TargetRow.target_key)
        .where(
            TargetRow.state == State.PLANNED,
            TargetRow.holder.is_(None),
            TargetRow.failure_class == BrowserUnavailable.__name__,
            TargetRow.due_at > func.now(),
        )
        .order_by(TargetRow.target_key)
        # Whoever plans or holds one of them just now sets its time himself.
        .with_for_update(skip_locked=True)
    )
    with transaction(engine) as connection:
        keys = connection.scalars(waiting).all()
        connection.execute(
            update(TargetRow).where(TargetRow.target_key.in_(keys)).values(due_at=func.now())
        )
    return len(keys)


def forget_old(engine: Engine, hubs: Sequence[str]) -> int:
    """Drop the breakers of hubs that are none of these and had nothing happen for a day; how many.

    Raises:
        WarehouseUnavailable: PostgreSQL is away.
    """
    row = HubStateRow
    latest = func.greatest(row.opened_at, row.next_probe_at, row.worked_at)  # passes over nulls
    with transaction(engine) as connection:
        return connection.execute(
            delete(row).where(
                row.hub.not_in(list(hubs)),
                func.coalesce(latest < func.now() - _FORGOTTEN, True),
            )
        ).rowcount


def _breaker(row: Any) -> Breaker:
    return Breaker(**{name: getattr(row, name) for name in _NAMES})
