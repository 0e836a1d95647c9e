"""Tending the hubs: sessions that nobody uses any more are ended, hubs left alone are probed.

All it knows stands in PostgreSQL and at the hubs, so it can be killed, run late, or run several
times at once without harm.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta

from scrapers.browser.breaker import Breakers
from scrapers.browser.hub import Hub, end_session, hub_status, hubs_of
from scrapers.browser.probe import probe_and_tell
from scrapers.errors import BrowserUnavailable
from scrapers.settings import Settings
from scrapers.tasks.tools import Tools
from scrapers.warehouse import browser_sessions, hub_state

log = logging.getLogger(__name__)

AT_ONCE = 50  # sessions that one round ends
_ENDING_SECONDS = 30.0  # after which a round ends no further session
# A hub that shows its sessions is asked for them so often by a process.
_LIST_SECONDS = 60.0
# On top of the longest life of a session.
_GRACE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Tended:
    """What a round did: sessions ended, hubs that are used again."""

    ended: int = 0
    closed: int = 0


class Tending:
    """Tends the hubs on behalf of one process."""

    def __init__(self) -> None:
        self._list_at = 0.0

    def round(self, tools: Tools) -> Tended:
        """End what is abandoned, then probe what is due.

        Takes at most about a minute, and for a hub that is probed a session's start and half a
        minute.

        Raises:
            WarehouseUnavailable: the next round does it.
        """
        settings = tools.settings
        hubs = hubs_of(settings)
        breakers = Breakers(settings, tools.engine)
        seen = breakers.seen()
        # Those left alone would take the time; what is left there is ended when they are back.
        used = {hub.url: hub for hub in hubs if seen.of(hub.url).is_closed}
        if time.monotonic() >= self._list_at:
            self._list_at = time.monotonic() + _LIST_SECONDS
            for hub in used.values():
                _note_unknown(tools, hub)
            names = [hub.url for hub in hubs]
            browser_sessions.forget_old(tools.engine, names)
            hub_state.forget_old(tools.engine, names)
        ended = _end_abandoned(tools, used)
        closed = 0
        for hub in hubs:
            if seen.of(hub.url).probe_due(seen.now) and breakers.take_probe(hub.url):
                probe = probe_and_tell(settings, hub, breakers)
                closed += probe.ok
                if not probe.ok:
                    log.info("hub %s stays left alone: %s", hub.url, probe.detail)
        return Tended(ended, closed)


def longest_life(settings: Settings) -> timedelta:
    """How old a session can become that a process still uses."""
    minutes = settings.session_max_minutes + settings.session_idle_minutes
    return timedelta(minutes=minutes, seconds=settings.fetch_hard_limit_seconds)


def _note_unknown(tools: Tools, hub: Hub) -> None:
    """Note the sessions that a hub shows under our name and that no process has noted.

    Such a one was opened, and the answer never reached its process. Another installation with
    the same hub may use it as well: it is left as long as any session is used.
    """
    shown = hub_status(hub).sessions
    grace = longest_life(tools.settings) + _GRACE
    if new := browser_sessions.found_at_hub(tools.engine, hub.url, shown, grace):
        log.info("hub %s has %d sessions that no process has noted", hub.url, new)


def _end_abandoned(tools: Tools, hubs: dict[str, Hub]) -> int:
    ended = 0
    end = time.monotonic() + _ENDING_SECONDS
    away: set[str] = set()
    for session in browser_sessions.take_abandoned(tools.engine, list(hubs), AT_ONCE):
        if time.monotonic() > end:
            break  # what was taken is free again in a minute
        if session.hub in away:
            continue
        hub = hubs[session.hub]
        try:
            gone = end_session(hub, session.session_id)
        except BrowserUnavailable as error:
            # ChromeDriver takes the order even so, and carries it out when what it is stuck in (ten
            # minutes at most, as version 156 does it)
            # is over; it is given again until the hub says that the session is gone.
            log.warning("a session of %s can't be ended now: %s", session.holder, error.detail)
            if not hub_status(hub).reachable:
                away.add(session.hub)
            continue
        if not gone:
            log.warning("hub %s does not end a session of %s", session.hub, session.holder)
            continue
        browser_sessions.over(tools.engine, session.session_id)
        log.warning("hub %s: ended a session that %s left", session.hub, session.holder)
        ended += 1
    return ended
