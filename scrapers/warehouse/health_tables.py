"""Tables about the platform's health: hubs, sessions, gaps, incidents and their notices."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from scrapers.warehouse.tables import OPS, Base

__all__ = [
    "NOBODY",
    "BrowserSessionRow",
    "GapRow",
    "HubStateRow",
    "IncidentRow",
    "NoticeRow",
    "RequestHourRow",
]

# The problem of a notice for which no address was set: it is not tried again.
NOBODY = "nobody is configured to be told"


def _col(comment: str, *args: Any, **options: Any) -> Any:
    return mapped_column(*args, comment=comment, **options)


class HubStateRow(Base):
    """A hub's circuit breaker; all workers obey it."""

    __tablename__ = "hub_state"
    __table_args__ = ({"schema": OPS},)

    hub: Mapped[str] = _col("the hub's address, without a login", primary_key=True)
    state: Mapped[str] = _col(
        "closed: used; open: left alone; half_open: one probe session decides",
        server_default=text("'closed'"),
    )
    failures: Mapped[int] = _col(
        "failures since a session of it last worked", server_default=text("0")
    )
    opened_at: Mapped[datetime | None] = _col("since when it is not used, UTC; null: it is")
    next_probe_at: Mapped[datetime | None] = _col("not to be probed before this, UTC")
    probe_until: Mapped[datetime | None] = _col("until when somebody's probe counts, UTC")
    detail: Mapped[str | None] = _col("sentence of its latest failure")
    worked_at: Mapped[datetime | None] = _col("when a session of it last worked, UTC")
    browser: Mapped[str | None] = _col("browser and version of that session")


class BrowserSessionRow(Base):
    """A browser session that is open at a hub; what nobody uses any more is ended by the sweep."""

    __tablename__ = "browser_session"
    __table_args__ = (Index("browser_session_lease_until_idx", "lease_until"), {"schema": OPS})

    session_id: Mapped[str] = _col("the hub's id of it", primary_key=True)
    hub: Mapped[str] = _col("the hub's address, without a login")
    holder: Mapped[str] = _col("the process that uses it: host name and process id")
    opened_at: Mapped[datetime] = _col("when it was opened, UTC", server_default=func.now())
    lease_until: Mapped[datetime] = _col("until when its process is taken to be alive, UTC")
    pages: Mapped[int] = _col("pages loaded with it", server_default=text("0"))


class GapRow(Base):
    """A target that a run wanted and did not get though it may well be there; see catch-up."""

    __tablename__ = "gap"
    __table_args__ = (
        Index(
            "gap_open_key", "target_key", unique=True, postgresql_where=text("closed_at IS NULL")
        ),
        {"schema": OPS},
    )

    gap_id: Mapped[int] = _col("id", BigInteger, Identity(), primary_key=True)
    target_key: Mapped[str] = _col("target", ForeignKey(f"{OPS}.target.target_key"))
    failure_class: Mapped[str] = _col("class of the failure that left it open")
    opened_at: Mapped[datetime] = _col("when, UTC", server_default=func.now())
    tries: Mapped[int] = _col("times that a catch-up asked for it", server_default=text("0"))
    tried_at: Mapped[datetime | None] = _col("when a catch-up last asked for it, UTC")
    closed_at: Mapped[datetime | None] = _col("when it was closed, UTC; null: open")
    closed_by: Mapped[str | None] = _col("landed, absent, or given up")


class RequestHourRow(Base):
    """Pages asked of a host in an hour: what politeness is measured by."""

    __tablename__ = "request_hour"
    __table_args__ = ({"schema": OPS},)

    host: Mapped[str] = _col("host", primary_key=True)
    hour: Mapped[datetime] = _col("first moment of the hour, UTC", primary_key=True)
    requests: Mapped[int] = _col("pages asked for")


class IncidentRow(Base):
    """A trouble from its first sign to its end; one is open for a class and subject at a time."""

    __tablename__ = "incident"
    __table_args__ = (
        Index(
            "incident_open_key",
            "failure_class",
            "subject",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        {"schema": OPS},
    )

    incident_id: Mapped[int] = _col("id", BigInteger, Identity(), primary_key=True)
    failure_class: Mapped[str] = _col("class, of scrapers.errors")
    subject: Mapped[str] = _col("what is in trouble: a source, hub, page kind, step, competition")
    severity: Mapped[str] = _col("P1 to P5")
    opened_at: Mapped[datetime] = _col("first sign, UTC", server_default=func.now(), index=True)
    seen_at: Mapped[datetime] = _col("latest sign, UTC", server_default=func.now())
    closed_at: Mapped[datetime | None] = _col("when it was over, UTC; null: it is not")
    signs: Mapped[int] = _col("how often it was seen", server_default=text("1"))
    detail: Mapped[str] = _col("sentence of the latest sign")
    facts: Mapped[dict[str, Any]] = _col("small facts: fields, counts, the source's incident id")


class NoticeRow(Base):
    """A message about an incident that is to be sent, or was; written with what it tells of."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("notice_due_at_idx", "due_at", postgresql_where=text("sent_at IS NULL")),
        {"schema": OPS},
    )

    notice_id: Mapped[int] = _col("id", BigInteger, Identity(), primary_key=True)
    incident_id: Mapped[int] = _col(
        "incident", ForeignKey(f"{OPS}.incident.incident_id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = _col("opened, worse, reminder or closed")
    audience: Mapped[str] = _col("whom it is for; see the register of failures")
    due_at: Mapped[datetime] = _col("not to be sent before this, UTC", server_default=func.now())
    sent_at: Mapped[datetime | None] = _col("when it was sent, UTC; null: not yet")
    holder: Mapped[UUID | None] = _col("who is sending it")
    lease_until: Mapped[datetime | None] = _col("until when the sender is taken to be alive, UTC")
    tries: Mapped[int] = _col("how often it was tried", server_default=text("0"))
    problem: Mapped[str | None] = _col("why the latest try failed; never an address")
