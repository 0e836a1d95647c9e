"""Incidents as a person wants to see them: lists and one with its messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, not_, select

from scrapers.errors import ConfigInvalid
from scrapers.incidents.keep import WATCH, announced
from scrapers.warehouse.health_tables import IncidentRow, NoticeRow

_C = IncidentRow.__table__.c


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident, in what a person wants to know of it.

    Attributes:
        seconds: how long it has lasted, or did.
        facts: small facts, without what is only kept for its keeping.
    """

    number: int
    failure_class: str
    severity: str
    subject: str
    opened_at: datetime
    closed_at: datetime | None
    seen_at: datetime
    seconds: float
    signs: int
    detail: str
    facts: dict[str, Any]


def incidents(
    connection: Connection, *, only_open: bool = True, signs: bool = False, limit: int = 200
) -> list[Incident]:
    """Incidents, open ones first and then the latest.

    Args:
        signs: instead, open signs of which nobody has been told: they may pass by themselves, or
            are part of a larger trouble that is told.
    """
    query = (
        select(*_C, func.clock_timestamp().label("now"))
        .where(not_(announced()) if signs else announced())
        .order_by(_C.closed_at.desc().nulls_first(), _C.severity, _C.opened_at.desc())
        .limit(limit)
    )
    if only_open or signs:
        query = query.where(_C.closed_at.is_(None))
    return [_incident(row) for row in connection.execute(query)]


def incident(connection: Connection, number: int) -> tuple[Incident, list[dict[str, Any]]]:
    """One incident and its notices, oldest first.

    Raises:
        ConfigInvalid: there is none of this number.
    """
    query = select(*_C, func.clock_timestamp().label("now")).where(_C.incident_id == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise ConfigInvalid(
            f"there is no incident {number}: `touchline incidents --all` lists them"
        )
    notices = connection.execute(
        select(
            NoticeRow.kind,
            NoticeRow.audience,
            NoticeRow.due_at,
            NoticeRow.sent_at,
            NoticeRow.tries,
            NoticeRow.problem,
        )
        .where(NoticeRow.incident_id == number)
        .order_by(NoticeRow.notice_id)
    ).mappings()
    return _incident(row), [dict(notice) for notice in notices]


def _incident(row: Any) -> Incident:
    return Incident(
        number=row.incident_id,
        failure_class=row.failure_class,
        severity=row.severity,
        subject=row.subject,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        seen_at=row.seen_at,
        seconds=((row.closed_at or row.now) - row.opened_at).total_seconds(),
        signs=row.signs,
        detail=row.detail,
        facts={name: value for name, value in row.facts.items() if name != WATCH},
    )
