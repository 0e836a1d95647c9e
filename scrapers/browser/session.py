"""A worker's browser: one remote session, used for many pages, renewed, and always quit."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from selenium.common.exceptions import JavascriptException, WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver
from sqlalchemy import Engine

from scrapers.browser.breaker import Breakers
from scrapers.browser.containment import check_allowed, is_allowed
from scrapers.browser.failures import (
    HUB_ERRORS,
    failure_of,
    leads_away,
    led_away,
    said_by,
    site_failure,
)
from scrapers.browser.hubs import (
    QUICK_SECONDS,
    Hub,
    browser_of,
    hubs_of,
    open_session,
    quit_session,
    set_patience,
)
from scrapers.browser.lease import Lease
from scrapers.browser.plan import FetchPlan
from scrapers.errors import BrowserUnavailable, ConfigInvalid, LayoutChanged, SourceUnavailable
from scrapers.settings import Settings

log = logging.getLogger(__name__)

MAX_PAGE_BYTES = 20_000_000
EMPTY_PAGE = b"<html><head></head><body></body></html>"
_BLANK = "about:blank"
_MARGIN_SECONDS = 10.0  # given to the hub on top of the browser's own time-out
_POLL_SECONDS = 0.1
_HTTP_ERROR = 400

# Everything but the page itself, in one call. A page with halves of character pairs in its
# title could not be answered otherwise.
_FACTS = """
const entry = performance.getEntriesByType('navigation')[0];
const error = document.querySelector('.error-code');
return {
  place: String(location.href),
  title: String(document.title).slice(0, 500).toWellFormed(),
  status: entry && entry.responseStatus || null,
  length: document.documentElement ? document.documentElement.outerHTML.length : 0,
  error: location.protocol === 'chrome-error:' ? String(error && error.textContent) : null,
};
"""


@dataclass(frozen=True, slots=True)
class LoadedPage:
    """A page as it stood in the browser.

    Attributes:
        html: the document after loading, UTF-8. Empty of content (`EMPTY_PAGE`) if the site
            sent a file to keep, or a status without a page.
        final_url: address of the document; 'about:blank' if the site sent a file to keep.
        title: the document's title, up to 500 characters.
        status: HTTP status of the document, None if the browser does not tell.
        fetched_at: when it was taken from the browser, UTC.
        load_seconds: from sending the browser there until it was ready, or its time was over.
        ready: whether it was ready; if not, it is here as it stood.
        browser: name and version, such as 'chrome 156.0.8078.79'.
        hub: address of the hub, without a login.
    """

    html: bytes
    final_url: str
    title: str
    status: int | None
    fetched_at: datetime
    load_seconds: float
    ready: bool
    browser: str
    hub: str


@dataclass
class _Session:
    driver: WebDriver
    hub: Hub
    load_strategy: str
    opened: float
    pages: int = 0
    prepared: bool = False  # proven alive and blank for the very next page
    lease: Lease | None = field(default=None, repr=False)

    @property
    def browser(self) -> str:
        return browser_of(self.driver)


class Browser:
    """The browser of one worker process; its session is opened with the first page.

    The session is used for `session_max_pages` pages and `session_max_minutes`, and quit when a
    page did something to it, as opposed to a site that did not answer; also when there was no
    page for `session_idle_minutes`. Use it as a context manager, or call `close`.

    Args:
        settings: the hubs, and how long a session is used.
        engine: the warehouse, where all workers share what they know of the hubs and note their
            sessions; without it a browser knows what it saw itself.
    """

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        self.settings = settings
        self._engine = engine
        self._breakers = Breakers(settings, engine)
        self._session: _Session | None = None
        self._failed_hub = ""  # where the last session failed
        self._used_at = time.monotonic()
        # An idle session is quit by another thread.
        self._busy = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def prepare(self, plan: FetchPlan, avoid: str = "") -> None:
        """Have a living session ready, so that `load` asks the site at once.

        Args:
            avoid: address of a hub where this page failed before: another one is taken, if there
                is another.

        Raises:
            BrowserUnavailable: no hub gave a session.
        """
        with self._busy:
            session = self._session
            if session is not None:
                session.prepared = False
                if session.hub.url == avoid and self._has_another_hub(avoid):
                    self.close()
            self._ready_session(plan.load_strategy, avoid).prepared = True

    def load(self, url: str, plan: FetchPlan) -> LoadedPage:
        """Load a page.

        A session that has died since the last page is replaced. Once the site has been asked,
        nothing is asked again: the next try has to wait for its turn like every page.

        Raises:
            ConfigInvalid: the URL's host is not allowed, or a readiness expression of the plan
                is no JavaScript.
            SourceUnavailable: the site did not answer as a site, or led to another host.
            BrowserUnavailable: no hub gave a session, or the session died with this page.
            LayoutChanged: the page is larger than 20 MB.
        """
        check_allowed(url, self.settings.allowed_hosts)
        with self._busy:
            session = self._ready_session(plan.load_strategy)
            usable = False
            try:
                page = self._load(session, url, plan)
                usable = True
            except SourceUnavailable:
                usable = True  # the browser itself said so, it is well
                raise
            except HUB_ERRORS as error:
                failure = failure_of(error, url, session.hub.url)
                usable = str(failure.facts.get("code", "")).startswith("ERR_")
                if isinstance(failure, BrowserUnavailable):
                    self._failed(session.hub, failure.detail)
                raise failure from error
            finally:
                self._used_at = time.monotonic()
                # Also when the task's time is over in the middle of a command.
                if not usable:
                    self.close()
                else:
                    self._worked(session)
            return page

    def close(self) -> None:
        """Quit the session, if there is one; what goes wrong with it is logged. Takes at most
        about ten seconds; may be called again, and from a signal's handler.
        """
        with self._busy:
            session, self._session = self._session, None
            if session is None:
                return
            if session.lease is not None:
                session.lease.stop()
            gone = quit_session(session.driver, session.hub)
            if session.lease is not None:
                session.lease.end(gone=gone)

    def _has_another_hub(self, hub: str) -> bool:
        seen = self._breakers.seen()
        return any(
            other.url != hub and seen.of(other.url).is_closed for other in hubs_of(self.settings)
        )

    def _failed(self, hub: Hub, detail: str) -> None:
        self._failed_hub = hub.url
        self._breakers.failed(hub.url, detail)

    def _worked(self, session: _Session) -> None:
        self._failed_hub = ""
        self._breakers.worked(session.hub.url, session.browser, first_page=session.pages == 1)

    def _quit_if_idle(self) -> None:
        """Quit the session if it has not been used for long; never while it is used."""
        if not self._busy.acquire(blocking=False):
            return
        try:
            idle = time.monotonic() - self._used_at
            if self._session is not None and idle > self.settings.session_idle_minutes * 60:
                log.info("no page for %.0f s: the session is quit", idle)
                self.close()
        finally:
            self._busy.release()

    def _ready_session(self, load_strategy: str, avoid: str = "") -> _Session:
        self._used_at = time.monotonic()
        session = self._session
        if session is not None and session.prepared and session.load_strategy == load_strategy:
            session.prepared = False
            return session
        if session is not None and self._is_worn(session, load_strategy):
            self.close()
            session = None
        if session is not None:
            try:
                self._clear(session)
                return session
            except HUB_ERRORS as error:
                log.warning("hub %s: session is replaced: %s", session.hub.url, said_by(error))
                self._failed_hub = session.hub.url
                self.close()
        return self._new_session(load_strategy, avoid or self._failed_hub)

    def _new_session(self, load_strategy: str, avoid: str) -> _Session:
        driver, hub = open_session(self.settings, load_strategy, self._breakers, avoid)
        self._session = session = _Session(driver, hub, load_strategy, time.monotonic())
        session.lease = Lease(
            self._engine,
            str(driver.session_id),
            hub.url,
            pages=lambda: session.pages,
            on_tick=self._quit_if_idle,
        )
        log.info("hub %s: session opened, %s", hub.url, session.browser)
        try:
            self._clear(session)
        except HUB_ERRORS as error:
            said = said_by(error)
            self._failed(hub, said)
            self.close()
            raise BrowserUnavailable(
                f"hub {hub.url}: the new session fails: {said}", hub=hub.url
            ) from error
        return session

    def _is_worn(self, session: _Session, load_strategy: str) -> bool:
        age = time.monotonic() - session.opened
        return (
            session.load_strategy != load_strategy
            or session.pages >= self.settings.session_max_pages
            or age >= self.settings.session_max_minutes * 60
        )

    def _clear(self, session: _Session) -> None:
        # Shows whether the session lives before the site is asked. And a site that sends a file
        # leaves the browser where it was: that must not be the last page, whose content would
        # be taken for this one's.
        set_patience(session.driver, QUICK_SECONDS)
        session.driver.get(_BLANK)

    def _load(self, session: _Session, url: str, plan: FetchPlan) -> LoadedPage:
        driver = session.driver
        session.pages += 1
        began = time.monotonic()
        set_patience(driver, self.settings.page_load_timeout_seconds + _MARGIN_SECONDS)
        _send(driver, url)
        set_patience(driver, self.settings.script_timeout_seconds + _MARGIN_SECONDS)
        ready = self._wait_ready(driver, plan)
        seconds = time.monotonic() - began
        facts = _facts(driver)
        failed_with = facts["error"]
        place = str(facts["place"])
        html = EMPTY_PAGE
        if failed_with is not None:
            # Chromium shows a page of its own, for a status without a page too.
            place = driver.current_url
            if not (facts["status"] or 0) >= _HTTP_ERROR:
                raise site_failure(failed_with.strip(), url, place)
        elif place != _BLANK and not is_allowed(place, self.settings.allowed_hosts):
            raise led_away(url, place)
        else:
            html = _source(driver, int(facts["length"]), url)
        return LoadedPage(
            html=html,
            final_url=place,
            title=str(facts["title"]) if failed_with is None else "",
            status=facts["status"],
            fetched_at=datetime.now(UTC),
            load_seconds=round(seconds, 3),
            ready=ready and failed_with is None,
            browser=session.browser,
            hub=session.hub.url,
        )

    def _wait_ready(self, driver: WebDriver, plan: FetchPlan) -> bool:
        """Whether the page became ready within the plan's time."""
        if not plan.ready and plan.load_strategy != "none":
            return True
        script = _ready_script(plan)
        end = time.monotonic() + plan.ready_timeout_seconds
        refused = 0
        while True:
            try:
                answer = driver.execute_script(script)
                refused = 0
            except JavascriptException as error:
                # Each expression catches its own errors, so the browser can't read one of them.
                # Once may be the page going on to another; twice running it is not.
                refused += 1
                if refused > 1:
                    raise _unreadable(error) from error
                answer = "wait"
            if answer == "ready":
                return True
            if answer == "error" or (time.monotonic() >= end and not refused):
                return False
            time.sleep(_POLL_SECONDS)


def _ready_script(plan: FetchPlan) -> str:
    # Each expression by itself: one that fails (the page's object is not there yet) must not
    # keep the others from being asked. The page left 'about:blank' before any of them counts.
    trials = "".join(
        f"try {{ if (({expression}\n)) return 'ready'; }} catch (error) {{}}\n"
        for expression in plan.ready or ("document.readyState !== 'loading'",)
    )
    return (
        f"if (location.href === '{_BLANK}') return 'wait';\n"
        "if (location.protocol === 'chrome-error:') return 'error';\n"
        f"{trials}return 'wait';"
    )


def _send(driver: WebDriver, url: str) -> None:
    try:
        driver.get(url)
    except WebDriverException as error:
        if leads_away(error):
            # Where it led is not told with the error, but stands in the browser.
            raise led_away(url, driver.current_url) from error
        raise


def _unreadable(error: JavascriptException) -> ConfigInvalid:
    return ConfigInvalid(
        "a readiness expression (`fetch.ready` of the selector file) is no JavaScript: "
        f"{said_by(error)}",
        field="fetch.ready",
    )


def _facts(driver: WebDriver) -> dict[str, Any]:
    facts = driver.execute_script(_FACTS)
    if not isinstance(facts, dict):
        raise WebDriverException("the hub's answer is not what was asked for")
    return facts


def _source(driver: WebDriver, length: int, url: str) -> bytes:
    """The document as bytes; refused before it is carried over if it is larger than any page."""
    html = b""
    if length <= MAX_PAGE_BYTES:
        # A page that was cut before its first element has no document at all.
        html = driver.page_source.encode("utf-8", "replace") or EMPTY_PAGE
    if max(length, len(html)) > MAX_PAGE_BYTES:
        raise LayoutChanged(
            f"the page has {max(length, len(html)) / 1e6:.0f} MB, no page of the source has more "
            f"than {MAX_PAGE_BYTES / 1e6:.0f}",
            fields=["page"],
            url=url,
        )
    return html
