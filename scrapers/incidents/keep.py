"""Keeping incidents: from what a look found to rows in `ops.incident` and `ops.notice`.

All of a reconciliation is one transaction under one lock, so that two of them at once, or one
that is killed, neither double an incident nor lose one.

- A first sign is kept as a row that nobody is told of, until it has lasted as long as the
  register wants; if it is gone sooner, so is the row.
- An incident that comes back within `calm` of its end is the same one: it is opened again. The
  message of the end waits for that time, so a subject that flaps sends one message, not ten.
- A look ends only what it found itself; an incident is over when nobody finds it any more.
- What only an event told (`run …`) is over with the event's good end, or lapses.

What is needed for that besides the columns stands in `facts['watch']`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal_column, select, update

from scrapers.incidents.condition import LONGEST_DETAIL, Condition, tidy
from scrapers.register import Audience, Severity, register
from scrapers.warehouse.health_tables import IncidentRow, NoticeRow

CALM = timedelta(minutes=10)
OPENED, WORSE, REMINDER, CLOSED = "opened", "worse", "reminder", "closed"
WATCH = "watch"
# Any number, the same for all; it names the lock.
_LOCK = 7311962
_RANK = {severity: rank for rank, severity in enumerate(Severity)}
# How long a sign counts that is not seen again, by who saw it: so that an incident does not stay
# open for ever when whoever opened it looks no more.
_LAPSES = (("probe ", timedelta(hours=1)), ("run ", timedelta(days=2)))
# What a run told of these, the ledger or a probe tells too, and knows sooner when it is over.
_WATCHED = frozenset(
    {
        *("SourceUnavailable", "SourceRefused", "BrowserUnavailable", "BrokerUnavailable"),
        *("CacheUnavailable", "WarehouseUnavailable", "ArchiveUnavailable", "WorkerLost"),
    }
)
_WATCHED_LAPSE = timedelta(minutes=15)
_LAPSE = timedelta(days=1)
_MOST_FACTS, _LONGEST_FACT = 20, 200


@dataclass(slots=True)
class _Kept:
    """An incident as it stands, and as it is to be written.

    Attributes:
        seen: who sees it, and when last.
        announced_at: when its message was written; None: it is a first sign only.
        told: the severity that was told last.
        lapsed: it was closed because nobody looked after it any more, not because it was over.
    """

    row: Any
    closed_at: datetime | None
    seen: dict[str, datetime]
    announced_at: datetime | None
    told: Severity
    facts: dict[str, Any] = field(default_factory=dict)
    lapsed: bool = False

    @classmethod
    def of(cls, row: Any) -> _Kept:
        """From its row."""
        watch = row.facts.get(WATCH, {})
        told_at = watch.get("announced_at")
        return cls(
            row,
            row.closed_at,
            {who: datetime.fromisoformat(at) for who, at in watch.get("seen", {}).items()},
            datetime.fromisoformat(told_at) if told_at else None,
            Severity(watch.get("told", row.severity)),
            {name: value for name, value in row.facts.items() if name != WATCH},
            bool(watch.get("lapsed")),
        )

    def as_facts(self) -> dict[str, Any]:
        """Its facts, with what is kept beside them."""
        return {
            **self.facts,
            WATCH: {
                "seen": {who: at.isoformat() for who, at in self.seen.items()},
                "announced_at": self.announced_at.isoformat() if self.announced_at else None,
                "told": self.told,
                "lapsed": self.lapsed,
            },
        }


@dataclass(slots=True)
class Changes:
    """What a reconciliation changed: ids of incidents told of for the first time, and ended."""

    opened: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)


def reconcile(
    connection: Connection,
    conditions: Iterable[Condition],
    looked: Collection[str],
    *,
    calm: timedelta = CALM,
    now: datetime | None = None,
) -> Changes:
    """Let the incidents agree with what was found.

    Args:
        connection: in a transaction, whose end lets the next reconciliation go on.
        conditions: what is wrong now.
        looked: who has looked; what one of these no longer finds is over for it. Conditions of
            others are taken as events: they open and refresh only.
        calm: how soon after its end an incident that comes back is the same one.
        now: the current moment; the database's by default.
    """
    connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    now = now or connection.scalar(select(func.clock_timestamp()))
    assert now is not None
    kept = _load(connection, now - calm)
    changes = Changes()
    found: dict[tuple[str, str], set[str]] = {}
    for condition in conditions:
        found.setdefault(condition.key, set()).add(condition.noticed_by)
        incident = kept.get(condition.key)
        if incident is None:
            incident = kept[condition.key] = _first_sign(connection, condition, now)
        else:
            _seen_again(connection, incident, condition, now)
        if _tell(connection, incident, condition, now):
            changes.opened.append(incident.row.incident_id)
    for key, incident in kept.items():
        if incident.closed_at is None and _ended(
            connection, incident, found.get(key, set()), looked, calm, now
        ):
            changes.closed.append(incident.row.incident_id)
    return changes


def _load(connection: Connection, closed_after: datetime) -> dict[tuple[str, str], _Kept]:
    """Open incidents, and those that ended just now, by class and subject."""
    query = (
        select(*IncidentRow.__table__.c)
        .where(IncidentRow.closed_at.is_(None) | (IncidentRow.closed_at > closed_after))
        # Of one class and subject the open one counts, or the latest: it comes last.
        .order_by(IncidentRow.closed_at.asc().nulls_last())
    )
    rows = connection.execute(query).all()
    return {(row.failure_class, row.subject): _Kept.of(row) for row in rows}


def _first_sign(connection: Connection, condition: Condition, now: datetime) -> _Kept:
    name, subject = condition.key
    severity = condition.severity_now
    since = min(condition.since or now, now)
    row = connection.execute(
        insert(IncidentRow)
        .values(
            failure_class=name,
            subject=subject,
            severity=severity,
            opened_at=since,
            seen_at=now,
            detail=tidy(condition.detail),
            facts={},
        )
        .returning(*IncidentRow.__table__.c)
    ).one()
    kept = _Kept(row, None, {condition.noticed_by: now}, None, severity, _small(condition.facts))
    _write(connection, kept)
    return kept


def _seen_again(connection: Connection, kept: _Kept, condition: Condition, now: datetime) -> None:
    reopened = kept.closed_at is not None
    if reopened:
        # The end that was to be told was none.
        connection.execute(
            delete(NoticeRow).where(
                NoticeRow.incident_id == kept.row.incident_id,
                NoticeRow.kind == CLOSED,
                NoticeRow.sent_at.is_(None),
            )
        )
        kept.closed_at, kept.seen, kept.lapsed = None, {}, False
    kept.seen[condition.noticed_by] = now
    kept.facts = _small(condition.facts)
    _write(
        connection,
        kept,
        closed_at=None,
        seen_at=now,
        signs=IncidentRow.signs + 1,
        detail=tidy(condition.detail),
        severity=condition.severity_now,
    )


def _tell(connection: Connection, kept: _Kept, condition: Condition, now: datetime) -> bool:
    """Write the notices that are due of an incident that goes on; whether it is told for once."""
    known = register()[condition.failure_class]
    if kept.announced_at is None:
        patience = timedelta(minutes=known.incident.after_minutes if known.incident else 0)
        if condition.silent or kept.row.opened_at + patience > now:
            return False
        kept.announced_at, kept.told = now, condition.severity_now
        _notice(connection, kept, OPENED, now)
        _write(connection, kept)
        return True
    if _RANK[condition.severity_now] < _RANK[kept.told]:
        kept.told = condition.severity_now
        _notice(connection, kept, WORSE, now)
        _write(connection, kept)
    elif known.remind_hours:
        _remind(connection, kept, timedelta(hours=known.remind_hours), now)
    return False


def _remind(connection: Connection, kept: _Kept, every: timedelta, now: datetime) -> None:
    """A reminder, when the last message is that old and none waits to be sent."""
    latest = connection.execute(
        select(
            func.max(func.coalesce(NoticeRow.sent_at, NoticeRow.due_at)).label("at"),
            func.count()
            .filter(NoticeRow.sent_at.is_(None), NoticeRow.due_at > now - every)
            .label("waiting"),
        ).where(NoticeRow.incident_id == kept.row.incident_id)
    ).one()
    if latest.at is not None and not latest.waiting and latest.at + every <= now:
        _notice(connection, kept, REMINDER, now)


def _ended(
    connection: Connection,
    kept: _Kept,
    found_by: set[str],
    looked: Collection[str],
    calm: timedelta,
    now: datetime,
) -> bool:
    """Strike out who no longer sees it; whether it is over, as nobody does."""
    gone = {
        who
        for who, at in kept.seen.items()
        if who not in found_by and (who in looked or at + _lapse(who, kept.row.failure_class) < now)
    }
    if not gone:
        return False
    kept.seen = {who: at for who, at in kept.seen.items() if who not in gone}
    if kept.seen:
        _write(connection, kept)
        return False
    where = IncidentRow.incident_id == kept.row.incident_id
    if kept.announced_at is None:
        connection.execute(delete(IncidentRow).where(where))
        return False
    kept.closed_at = now
    # Of the watched classes others know whether it is over: they no longer see it either.
    kept.lapsed = kept.row.failure_class not in _WATCHED and not gone <= set(looked)
    _write(connection, kept, closed_at=now)
    connection.execute(
        delete(NoticeRow).where(
            NoticeRow.incident_id == kept.row.incident_id,
            NoticeRow.kind == REMINDER,
            NoticeRow.sent_at.is_(None),
        )
    )
    _notice(connection, kept, CLOSED, now + calm)
    return True


def _lapse(who: str, failure_class: str) -> timedelta:
    if who.startswith("run ") and failure_class in _WATCHED:
        return _WATCHED_LAPSE
    return next((lapse for prefix, lapse in _LAPSES if who.startswith(prefix)), _LAPSE)


def _notice(connection: Connection, kept: _Kept, kind: str, due_at: datetime) -> None:
    audience = register()[kept.row.failure_class].audience
    if audience is not Audience.NOBODY:
        connection.execute(
            insert(NoticeRow).values(
                incident_id=kept.row.incident_id, kind=kind, audience=audience, due_at=due_at
            )
        )


def _write(connection: Connection, kept: _Kept, **columns: Any) -> None:
    connection.execute(
        update(IncidentRow)
        .where(IncidentRow.incident_id == kept.row.incident_id)
        .values(facts=kept.as_facts(), **columns)
    )


def _small(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts that are small indeed, as JSON without what PostgreSQL does not take."""

    def small(value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, list | tuple):
            return [small(item) for item in value[:_MOST_FACTS]]
        return tidy(str(value), _LONGEST_FACT)

    pairs = list(facts.items())[:_MOST_FACTS]
    return {tidy(str(name), 60): small(value) for name, value in pairs if name != WATCH}


def record_past(
    connection: Connection,
    condition: Condition,
    since: datetime,
    until: datetime,
    told_at: datetime | None,
    *,
    calm: timedelta = CALM,
) -> int | None:
    """Record an incident that nobody could record while it lasted; its number.

    The message of its end is written; that of its beginning only if it was not sent meanwhile.
    Told again of the same (it was killed before it could note it), it records nothing: None.
    One that is open already, as a task's failure told it, begins with the outage and goes on
    until whoever sees it sees it no more.
    """
    connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    name, subject = condition.key
    same = select(IncidentRow.incident_id).where(
        IncidentRow.failure_class == name, IncidentRow.subject == subject
    )
    if connection.scalar(same.where(IncidentRow.opened_at == since)) is not None:
        return None
    standing = connection.execute(
        select(*IncidentRow.__table__.c).where(
            IncidentRow.failure_class == name,
            IncidentRow.subject == subject,
            IncidentRow.closed_at.is_(None),
        )
    ).one_or_none()
    if standing is not None:
        return _extended(
            connection, _Kept.of(standing), condition, since, told_at or until, told_at
        )
    earlier = connection.scalar(
        same.where(IncidentRow.closed_at > since - calm).order_by(IncidentRow.closed_at.desc())
    )
    if earlier is not None:
        # It came back within the calm: the same one, with a later end.
        connection.execute(
            update(IncidentRow)
            .where(IncidentRow.incident_id == earlier)
            .values(
                closed_at=func.greatest(IncidentRow.closed_at, until),
                seen_at=until,
                detail=tidy(condition.detail, LONGEST_DETAIL),
                signs=IncidentRow.signs + 1,
            )
        )
        connection.execute(
            update(NoticeRow)
            .where(
                NoticeRow.incident_id == earlier,
                NoticeRow.kind == CLOSED,
                NoticeRow.sent_at.is_(None),
            )
            .values(due_at=until + calm)
        )
        return int(earlier)
    kept = _first_sign(connection, condition, since)
    kept.announced_at, kept.seen, kept.closed_at = told_at or until, {}, until
    _write(connection, kept, opened_at=since, seen_at=until, closed_at=until)
    _notice(connection, kept, OPENED, told_at or until)
    _was_told(connection, kept, told_at)
    _notice(connection, kept, CLOSED, until + calm)
    return int(kept.row.incident_id)


def _extended(
    connection: Connection,
    kept: _Kept,
    condition: Condition,
    since: datetime,
    announced_at: datetime,
    told_at: datetime | None,
) -> int:
    """Let an open incident begin no later than the outage that it is a sign of."""
    first = kept.announced_at is None
    kept.announced_at = kept.announced_at or announced_at
    _write(
        connection,
        kept,
        opened_at=func.least(IncidentRow.opened_at, since),
        detail=tidy(condition.detail, LONGEST_DETAIL),
        signs=IncidentRow.signs + 1,
    )
    if first:
        _notice(connection, kept, OPENED, announced_at)
    _was_told(connection, kept, told_at)
    return int(kept.row.incident_id)


def _was_told(connection: Connection, kept: _Kept, told_at: datetime | None) -> None:
    """Note that the message of its beginning was sent already, if it was."""
    if told_at is not None:
        connection.execute(
            update(NoticeRow)
            .where(
                NoticeRow.incident_id == kept.row.incident_id,
                NoticeRow.kind == OPENED,
                NoticeRow.sent_at.is_(None),
            )
            .values(sent_at=told_at, tries=1)
        )


def announced() -> Any:
    """SQL: the incident is one, and no first sign that nobody has been told of."""
    return literal_column("ops.incident.facts->'watch'->>'announced_at'").is_not(None)
