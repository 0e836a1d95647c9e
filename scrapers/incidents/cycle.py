"""One turn of the watch: look, reconcile, deliver. Celery's beat and Airflow both do it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select

from scrapers.incidents.condition import ALERTS, LEDGER, Condition
from scrapers.incidents.conditions import ledger_conditions
from scrapers.incidents.deliver import Delivery, deliver
from scrapers.incidents.keep import announced, reconcile
from scrapers.incidents.probes import QUICK, Probe, probe_all
from scrapers.settings import Settings
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.health_tables import IncidentRow

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn of the watch found and did.

    Attributes:
        open: the incidents that are open now, the worst first.
        opened, closed: numbers of incidents told of first, and ended, in this turn.
        delivery: what became of the messages.
    """

    open: tuple[dict[str, Any], ...]
    opened: tuple[int, ...]
    closed: tuple[int, ...]
    delivery: Delivery

    def as_json(self) -> dict[str, Any]:
        """As plain values, for Airflow."""
        return {
            "open": [
                {**row, "opened_at": row["opened_at"].isoformat(timespec="seconds")}
                for row in self.open
            ],
            "opened": list(self.opened),
            "closed": list(self.closed),
            "sent": self.delivery.sent,
            "not_delivered": self.delivery.failed,
            "nobody_configured": self.delivery.unaddressed,
        }


def watch_once(engine: Engine, settings: Settings, probes: dict[str, Probe] | None = None) -> Turn:
    """Look at the ledger and the services, keep the incidents, send what is due.

    Args:
        probes: the services to ask; broker and cache by default.

    Raises:
        WarehouseUnavailable: PostgreSQL is away; the watchman tells of that.
    """
    chosen = QUICK if probes is None else probes
    found, looked = probe_all(settings, chosen) if chosen else ([], ())
    calm = timedelta(minutes=settings.incident_calm_minutes)
    with transaction(engine) as connection:
        conditions = [*found, *ledger_conditions(connection, settings)]
        changes = reconcile(connection, conditions, {LEDGER, *looked}, calm=calm)
    delivery = deliver(engine, settings)
    with transaction(engine) as connection:
        # A wrong address of ours is an incident too.
        own = reconcile(connection, delivery.conditions, {ALERTS}, calm=calm)
        rows = connection.execute(_OPEN).mappings().all()
    for row in rows:
        log.info("open: %(incident_id)s %(severity)s %(failure_class)s %(subject)s", row)
    return Turn(
        tuple(dict(row) for row in rows),
        (*changes.opened, *own.opened),
        (*changes.closed, *own.closed),
        delivery,
    )


_OPEN = (
    select(
        IncidentRow.incident_id,
        IncidentRow.severity,
        IncidentRow.failure_class,
        IncidentRow.subject,
        IncidentRow.opened_at,
        IncidentRow.detail,
    )
    .where(IncidentRow.closed_at.is_(None), announced())
    .order_by(IncidentRow.severity, IncidentRow.opened_at)
)


def event(engine: Engine, settings: Settings, condition: Condition) -> None:
    """Keep what an event told, such as a failed run; nothing ends by it.

    Raises:
        WarehouseUnavailable: it is not kept.
    """
    with transaction(engine) as connection:
        reconcile(connection, [condition], (), calm=_calm(settings))


def over(engine: Engine, settings: Settings, noticed_by: str) -> None:
    """What `noticed_by` told is over, as far as it alone tells.

    Raises:
        WarehouseUnavailable: it is not kept; it lapses later.
    """
    with transaction(engine) as connection:
        reconcile(connection, [], {noticed_by}, calm=_calm(settings))


def _calm(settings: Settings) -> timedelta:
    return timedelta(minutes=settings.incident_calm_minutes)
