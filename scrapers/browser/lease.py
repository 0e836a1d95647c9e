"""The sign of life of a browser session: noted while its process lives, taken out at its end."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable

from sqlalchemy import Engine

from scrapers.errors import TouchlineError
from scrapers.warehouse import browser_sessions
from scrapers.warehouse.browser_sessions import OpenSession

log = logging.getLogger(__name__)


class Lease:
    """Notes a session from now on, every few seconds, in a thread of its own, until it is over.

    What can't be noted because PostgreSQL is away, or refuses the login, is noted later; the
    session is used all the same. A process that is killed says nothing any more, and the sweep
    ends its session.

    Args:
        engine: the warehouse; without one nothing is noted.
        session_id, hub: the session and its hub's address.
        pages: tells how many pages it has loaded.
        on_tick: called every few seconds, in the thread.
    """

    def __init__(
        self,
        engine: Engine | None,
        session_id: str,
        hub: str,
        pages: Callable[[], int],
        on_tick: Callable[[], object],
    ) -> None:
        self._engine = engine
        self._session = OpenSession(session_id, hub, _holder())
        self._pages = pages
        self._on_tick = on_tick
        self._ended = threading.Event()
        # A note that is under way must not come after the session was taken out.
        self._noting = threading.RLock()
        self._note()
        threading.Thread(target=self._go_on, name="session", daemon=True).start()

    def stop(self) -> None:
        """Note no more; whatever happens now, the note runs out by itself."""
        self._ended.set()

    def end(self, *, gone: bool) -> None:
        """The session is used no more; `gone`: its hub has ended it, else the sweep will."""
        self.stop()
        if self._engine is None:
            return
        tell = browser_sessions.over if gone else browser_sessions.given_up
        try:
            with self._noting:
                tell(self._engine, self._session.session_id)
        except TouchlineError as error:
            log.warning("the end of a browser session is not noted: %s", error.detail)

    def _go_on(self) -> None:
        while not self._ended.wait(browser_sessions.RENEW_SECONDS):
            self._note()
            self._on_tick()

    def _note(self) -> None:
        if self._engine is None:
            return
        try:
            with self._noting:
                if not self._ended.is_set():
                    browser_sessions.used(self._engine, self._session, self._pages())
        except TouchlineError as error:
            log.warning("a browser session is not noted as used: %s", error.detail)


def leave_to_sweep(engine: Engine | None, session_id: str, hub: str) -> None:
    """Have a session ended by the sweep that could not be quit and has no lease."""
    if engine is None:
        return
    try:
        browser_sessions.used(engine, OpenSession(session_id, hub, _holder()))
        browser_sessions.given_up(engine, session_id)
    except TouchlineError as error:
        log.warning("hub %s: a session is left behind and not noted: %s", hub, error.detail)


def _holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
