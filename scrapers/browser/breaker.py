"""The hubs' breakers as a process sees them: shared by all workers, or its own in need.

They stand in PostgreSQL. While that is away a process goes by what it saw itself; no page waits
for a breaker.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Engine

from scrapers.errors import WarehouseUnavailable
from scrapers.settings import Settings
from scrapers.warehouse import hub_state
from scrapers.warehouse.hub_state import Breaker, Rules, Seen

log = logging.getLogger(__name__)

T = TypeVar("T")

_LOOK_AGAIN_SECONDS = 5.0  # how long a PostgreSQL that is away is left alone
_NOTE_SECONDS = 10.0  # that a hub works is noted so often at most
_PROBE_MARGIN_SECONDS = 45.0  # on top of a session's start: its status, its page, its end


def rules_of(settings: Settings) -> Rules:
    """The rules that the settings give."""
    return Rules(
        failures_to_open=settings.hub_failures_to_open,
        first_wait=settings.hub_probe_seconds,
        longest_wait=settings.hub_probe_longest_seconds,
        probe_seconds=settings.session_start_timeout_seconds + _PROBE_MARGIN_SECONDS,
    )


class Breakers:
    """The breakers of all hubs; hubs are named by their addresses, without a login.

    Args:
        settings: `hub_failures_to_open`, `hub_probe_seconds`, `hub_probe_longest_seconds`.
        engine: the warehouse; without one they are this object's own.
    """

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        self.engine = engine
        self._rules = rules_of(settings)
        self._own: dict[str, Breaker] = {}
        self._look_again_at = 0.0
        self._noted: dict[str, float] = {}

    def seen(self) -> Seen:
        """All of them, now."""
        if (engine := self._shared()) is not None:
            try:
                return self._known_by_all(hub_state.seen(engine))
            except WarehouseUnavailable as error:
                self._lost(error)
        return Seen(datetime.now(UTC), dict(self._own))

    def failed(self, hub: str, detail: str) -> None:
        """A session of it could not be opened, or died."""
        self._noted.pop(hub, None)
        opened = False

        def how(breaker: Breaker, at: datetime) -> Breaker:
            nonlocal opened
            new = breaker.failed(at, detail, self._rules)
            opened = breaker.is_closed and not new.is_closed
            return new

        new = self._change(hub, how)
        if opened and new is not None:
            log.warning("hub %s is left alone after %d failures: %s", hub, new.failures, detail)

    def worked(self, hub: str, browser: str, *, first_page: bool) -> None:
        """A page came through a session of it; told at any rate for a session's first page."""
        now = time.monotonic()
        if not first_page and now - self._noted.get(hub, float("-inf")) < _NOTE_SECONDS:
            return
        self._noted[hub] = now
        self._change(hub, lambda breaker, at: breaker.worked(at, browser, whole=first_page))

    def take_probe(self, hub: str) -> bool:
        """Whether the caller is to probe this hub, now; nobody else does so meanwhile."""
        return self._change(hub, lambda breaker, at: breaker.probed(at, self._rules)) is not None

    def probe_failed(self, hub: str, detail: str, *, full: bool = False) -> None:
        """The probe that the caller took failed; `full`: the hub has no slot for it."""
        self._change(
            hub, lambda breaker, at: breaker.probe_failed(at, detail, self._rules, full=full)
        )

    def closed(self, hub: str, browser: str | None) -> bool:
        """A probe worked, or an operator says so (`browser` None); False: it was closed.

        The pages that wait for a hub go on at once.
        """
        if self._change(hub, lambda breaker, at: breaker.closed(at, browser)) is None:
            return False
        log.warning("hub %s is used again", hub)
        if (engine := self._shared()) is not None:
            try:
                if waiting := hub_state.let_go_on(engine):
                    log.info("%d pages that waited for a hub go on", waiting)
            except WarehouseUnavailable as error:
                self._lost(error)
        return True

    def _change(
        self, hub: str, how: Callable[[Breaker, datetime], Breaker | None]
    ) -> Breaker | None:
        if (engine := self._shared()) is not None:
            try:
                return self._known_by_all(hub_state.change(engine, hub, how))
            except WarehouseUnavailable as error:
                self._lost(error)
        new = how(self._own.get(hub, Breaker()), datetime.now(UTC))
        if new is not None:
            self._own[hub] = new
        return new

    def _shared(self) -> Engine | None:
        if self.engine is None or time.monotonic() < self._look_again_at:
            return None
        return self.engine

    def _known_by_all(self, answer: T) -> T:
        self._own.clear()  # whatever was seen meanwhile is seen again
        return answer

    def _lost(self, error: WarehouseUnavailable) -> None:
        log.warning("the hubs' breakers are this process's own meanwhile: %s", error.detail)
        self._look_again_at = time.monotonic() + _LOOK_AGAIN_SECONDS
