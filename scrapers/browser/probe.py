"""Whether a hub really gives a browser: a session of its own that loads a page and is quit."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import Engine

from scrapers.browser.breaker import Breakers
from scrapers.browser.containment import check_allowed
from scrapers.browser.failures import HUB_ERRORS, said_by
from scrapers.browser.hubs import (
    Hub,
    browser_of,
    hub_status,
    prove,
    quit_session,
    set_patience,
    start_session,
)
from scrapers.browser.lease import Lease
from scrapers.errors import BrowserUnavailable
from scrapers.settings import Settings

_MARGIN_SECONDS = 10.0  # given to the hub on top of the browser's own time-out


@dataclass(frozen=True, slots=True)
class HubProbe:
    """How a probe went.

    Attributes:
        hub: the hub's address, without a login.
        ok: a session was opened, and loaded the page.
        seconds: that it took.
        browser: name and version, such as 'chrome 156.0.8078.79'; empty without a session.
        detail: what was loaded, or why it failed.
        full: it failed because the hub says that it has no room, which is no fault.
    """

    hub: str
    ok: bool
    seconds: float
    browser: str
    detail: str
    full: bool = False


def probe_hub(
    settings: Settings, hub: Hub, url: str | None = None, engine: Engine | None = None
) -> HubProbe:
    """Open a session at a hub, load a page (without `url` an empty one), run a script, quit.

    The time is bounded by `session_start_timeout_seconds`, `page_load_timeout_seconds` and about
    half a minute. Breakers are neither asked nor told; see `probe_and_tell`.

    Args:
        engine: the warehouse, where the session is noted, so that it is ended if this process is
            killed; without it a plain ChromeDriver would keep it then.

    Raises:
        ConfigInvalid: the page's host is not allowed, or a browser argument can't be used.
    """
    if url is not None:
        check_allowed(url, settings.allowed_hosts)
    began = time.monotonic()

    def outcome(ok: bool, detail: str, browser: str = "", *, full: bool = False) -> HubProbe:
        seconds = round(time.monotonic() - began, 3)
        return HubProbe(hub.url, ok, seconds, browser, detail, full)

    status = hub_status(hub)
    if not status.reachable:
        return outcome(False, status.said)
    if not status.has_room:
        return outcome(False, "it has no room for a session", full=True)
    try:
        driver = start_session(settings, hub, "eager", status.selenoid)
    except BrowserUnavailable as error:
        return outcome(False, error.detail)
    lease = Lease(engine, str(driver.session_id), hub.url, pages=lambda: 0, on_tick=lambda: None)
    try:
        browser = prove(driver)
        if url is not None:
            set_patience(driver, settings.page_load_timeout_seconds + _MARGIN_SECONDS)
            driver.get(url)
        return outcome(True, f"loaded {url or 'an empty page'}", browser)
    except HUB_ERRORS as error:
        return outcome(False, said_by(error), browser_of(driver))
    finally:
        lease.stop()
        lease.end(gone=quit_session(driver, hub))


def probe_and_tell(
    settings: Settings, hub: Hub, breakers: Breakers, url: str | None = None
) -> HubProbe:
    """Probe a hub and tell its breaker: it is closed, or stays open for longer.

    Raises:
        ConfigInvalid: as `probe_hub`.
    """
    done = probe_hub(settings, hub, url, breakers.engine)
    if done.ok:
        breakers.closed(hub.url, done.browser)
    else:
        breakers.probe_failed(hub.url, done.detail, full=done.full)
    return done
