"""The watchman: tells of PostgreSQL's outages, which nobody else can record while they last.

While PostgreSQL answers he does what Celery's beat and Airflow do too, so that incidents are
kept and told also when the broker is away. While it does not, he keeps the incident in memory
and in a small file, sends one message himself, and records it, with its true times, as soon as
PostgreSQL is back.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from scrapers.errors import ConfigInvalid, WarehouseUnavailable
from scrapers.incidents.addresses import addresses, check_addresses, send_all
from scrapers.incidents.condition import Condition
from scrapers.incidents.cycle import watch_once
from scrapers.incidents.keep import record_past
from scrapers.incidents.messages import Told, message
from scrapers.incidents.probes import warehouse
from scrapers.register import register
from scrapers.settings import Settings
from scrapers.warehouse.engine import transaction

log = logging.getLogger(__name__)

_CLASS = "WarehouseUnavailable"
_SEND_AGAIN = timedelta(minutes=1)


@dataclass
class Outage:
    """PostgreSQL's outage, as the state file keeps it; times are UTC, in ISO 8601.

    Attributes:
        since: first sign.
        seen_at: latest sign.
        detail: sentence of the latest sign.
        told_at: when a message of it was sent; None: not yet.
        tried_at: when a message was last tried.
        ended_at: first look that found PostgreSQL again; None: it lasts.
    """

    since: str
    seen_at: str
    detail: str
    told_at: str | None = None
    tried_at: str | None = None
    ended_at: str | None = None


class Watchman:
    """Looks once with `look`; `watch` looks for ever.

    Args:
        state: file that keeps an outage over the watchman's own restarts.
    """

    def __init__(self, engine: Engine, settings: Settings, state: Path) -> None:
        self.engine = engine
        self.settings = settings
        self.state = state
        self.outage = _read(state)
        known = register()[_CLASS]
        assert known.incident is not None
        self._patience = timedelta(minutes=known.incident.after_minutes)
        self._calm = timedelta(minutes=settings.incident_calm_minutes)
        # When the last outage that was told ended: one that follows soon is the same.
        self._told_until: datetime | None = None

    def watch(self) -> None:
        """Look every `health_interval_seconds`.

        Raises:
            ConfigInvalid: an address can't be sent to.
        """
        check_addresses(self.settings)
        while True:
            self.look()
            time.sleep(self.settings.health_interval_seconds)

    def look(self) -> None:
        """One look, and what follows from it."""
        found = warehouse(self.settings)
        now = datetime.now(UTC)
        if found:
            self._away(found[0].detail, now)
        else:
            self._there(now)
        _write(self.state, self.outage)

    def _away(self, detail: str, now: datetime) -> None:
        moment = now.isoformat()
        if self.outage is None or self.outage.ended_at is not None:
            # One that ended, but could not be recorded before it was away again, lasts.
            since = self.outage.since if self.outage else moment
            told_at = self.outage.told_at if self.outage else None
            if told_at is None and self._told_until and now - self._told_until < self._calm:
                told_at = moment
            self.outage = Outage(since, moment, detail, told_at)
        self.outage.seen_at, self.outage.detail = moment, detail
        log.warning("%s since %s: %s", _CLASS, self.outage.since, detail)
        began = datetime.fromisoformat(self.outage.since)
        if self.outage.told_at is None and now - began >= self._patience:
            self._tell(began, now)

    def _tell(self, since: datetime, now: datetime) -> None:
        assert self.outage is not None
        tried_at = self.outage.tried_at
        if tried_at and now - datetime.fromisoformat(tried_at) < _SEND_AGAIN:
            return
        self.outage.tried_at = now.isoformat()
        _write(self.state, self.outage)
        known = register()[_CLASS]
        told = Told(None, _CLASS, "warehouse", known.severity, since, None, self.outage.detail)
        words = message("opened", told, docs_url=self.settings.docs_url, now=now)
        try:
            receivers = dict(enumerate(addresses(self.settings, known.audience), start=1))
        except ConfigInvalid as error:
            log.error("%s: %s", error.failure_class, error.detail)
            return
        problems = send_all(receivers, words, good=False)
        for number, why in problems.items():
            log.error("PostgreSQL is away, and address %d was not told: %s", number, why)
        if not receivers:
            log.error("PostgreSQL is away, and nobody is configured to be told")
        # Some have been told: the others are not worth telling all again.
        if len(problems) < len(receivers):
            self.outage.told_at = now.isoformat()

    def _there(self, now: datetime) -> None:
        try:
            if self.outage is not None:
                self.outage.ended_at = self.outage.ended_at or now.isoformat()
                _write(self.state, self.outage)
                self._record(self.outage)
                self.outage = None
                _write(self.state, None)
            watch_once(self.engine, self.settings)
        except WarehouseUnavailable as error:
            log.warning("%s: %s: the next look does it", error.failure_class, error.detail)

    def _record(self, outage: Outage) -> None:
        since, until = (
            datetime.fromisoformat(outage.since),
            datetime.fromisoformat(outage.ended_at or outage.seen_at),
        )
        told_at = datetime.fromisoformat(outage.told_at) if outage.told_at else None
        if told_at is None and until - since < self._patience:
            log.info("PostgreSQL was away for a moment, from %s to %s", since, until)
            return
        condition = Condition(_CLASS, "warehouse", outage.detail, {"recorded_afterwards": True})
        with transaction(self.engine) as connection:
            number = record_past(connection, condition, since, until, told_at, calm=self._calm)
        self._told_until = until
        log.info("incident %s: PostgreSQL was away from %s to %s", number, since, until)


def _read(state: Path) -> Outage | None:
    try:
        found = json.loads(state.read_text(encoding="utf-8"))
        return Outage(**found["outage"]) if found.get("outage") else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        # A file that is cut or foreign must not keep the watchman from watching.
        log.error("the state file %s can't be read (%s): begun anew", state, type(error).__name__)
        return None


def _write(state: Path, outage: Outage | None) -> None:
    """Write the state, whole or not at all; a disk that is full does not end the watch."""
    content = json.dumps({"outage": asdict(outage) if outage else None})
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=state.parent, prefix=".watchman")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        os.replace(name, state)
    except OSError as error:
        log.error("the state file %s can't be written (%s)", state, error)
