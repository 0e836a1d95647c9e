"""The hubs and their sessions: opened on the hub that is best, proven, quit."""

from __future__ import annotations

import logging
import os
from datetime import datetime

import urllib3
from selenium.common.exceptions import InvalidSessionIdException, WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.webdriver import WebDriver

from scrapers.browser.breaker import Breakers
from scrapers.browser.containment import KEPT_SWITCHES, PREFERENCES, containing_args
from scrapers.browser.failures import HUB_ERRORS, NO_HUB_ERRORS, said_by
from scrapers.browser.hub import SESSION_NAME, Hub, HubStatus, hub_status, hubs_of, in_order
from scrapers.browser.lease import leave_to_sweep
from scrapers.errors import BrowserUnavailable
from scrapers.settings import Settings

__all__ = [
    "Hub",
    "HubStatus",
    "browser_of",
    "hub_status",
    "hubs_of",
    "in_order",
    "open_session",
    "prove",
    "quit_session",
    "set_patience",
    "start_session",
]

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
QUICK_SECONDS = 10.0  # for commands that wait for no page
QUIT_SECONDS = 10.0
_ANSWER = 42
_SESSION_IDLE_SECONDS = 300  # Selenoid ends a session that nobody has used for this long


def open_session(
    settings: Settings, load_strategy: str, breakers: Breakers | None = None, avoid: str = ""
) -> tuple[WebDriver, Hub]:
    """Open a session on the first hub that gives one; hubs that are left alone are not asked.

    If no other gives one, a hub whose probe is due is probed with this very session.

    Args:
        breakers: what is known of the hubs; without, all are asked.
        avoid: address of a hub that is asked after the others.

    Raises:
        BrowserUnavailable: none does; it names every hub, and why.
        ConfigInvalid: a hub's address or a browser argument can't be used.
    """
    hubs = hubs_of(settings)
    containing_args(settings.allowed_hosts, settings.browser_args)  # refused before any is asked
    breakers = breakers or Breakers(settings)
    known = breakers.seen()
    used = [hub for hub in hubs if known.of(hub.url).is_closed]
    statuses = {hub: hub_status(hub) for hub in used}
    reasons: dict[Hub, str] = {}
    for hub, status in statuses.items():
        if not status.reachable:
            reasons[hub] = status.said
            breakers.failed(hub.url, status.said)
    for hub in in_order(statuses, os.getpid(), avoid):
        try:
            return start_session(settings, hub, load_strategy, statuses[hub].selenoid), hub
        except BrowserUnavailable as error:
            reasons[hub] = error.detail
            log.warning("hub %s gives no session: %s", hub.url, error.detail)
            # One that is full is not broken; it may have become so since it was asked.
            if statuses[hub].has_room and hub_status(hub).has_room:
                breakers.failed(hub.url, error.detail)
    for hub in hubs:
        if hub in used:
            continue
        breaker = known.of(hub.url)
        reasons[hub] = f"it is left alone since {_clock(breaker.opened_at)}: {breaker.detail}"
        if breaker.probe_due(known.now) and breakers.take_probe(hub.url):
            try:
                return _probing(settings, hub, load_strategy, breakers), hub
            except BrowserUnavailable as error:
                reasons[hub] = error.detail
    why = "; ".join(f"{hub.url}: {reasons[hub]}" for hub in hubs)
    raise BrowserUnavailable(
        f"no hub gives a session: {why}", hubs={hub.url: reasons[hub] for hub in hubs}
    )


def start_session(
    settings: Settings, hub: Hub, load_strategy: str, selenoid: bool, seconds: float | None = None
) -> WebDriver:
    """Open a session on this hub.

    Args:
        seconds: that it may take; without, `session_start_timeout_seconds`.

    Raises:
        BrowserUnavailable: it gives none; the detail says why, and not which hub.
        ConfigInvalid: a browser argument can't be used.
    """
    arguments = containing_args(settings.allowed_hosts, settings.browser_args)
    try:
        driver = WebDriver(
            command_executor=hub.url,
            options=_options(settings, load_strategy, arguments, selenoid),
            client_config=_client(hub, seconds or settings.session_start_timeout_seconds),
        )
    except HUB_ERRORS as error:
        raise BrowserUnavailable(said_by(error), hub=hub.url) from error
    except NO_HUB_ERRORS as error:
        raise BrowserUnavailable(
            f"it does not answer as a WebDriver hub ({type(error).__name__})", hub=hub.url
        ) from error
    if not driver.session_id:
        raise BrowserUnavailable("its answer names no session", hub=hub.url)
    return driver


def prove(driver: WebDriver) -> str:
    """Show that a session works, by a page of nothing and a script; its browser's name.

    Raises:
        WebDriverException, HTTPError, OSError (`HUB_ERRORS`): it does not.
    """
    set_patience(driver, QUICK_SECONDS)
    driver.get("about:blank")
    if driver.execute_script("return 6 * 7") != _ANSWER:
        raise WebDriverException("the browser can't reckon")
    return browser_of(driver)


def browser_of(driver: WebDriver) -> str:
    """Name and version of a session's browser."""
    caps = driver.caps or {}
    return f"{caps.get('browserName', '?')} {caps.get('browserVersion', '?')}"


def quit_session(driver: WebDriver, hub: Hub) -> bool:
    """Quit a session; False: it may still be there, since its hub did not say that it is gone."""
    try:
        set_patience(driver, QUIT_SECONDS)
        driver.quit()
    except HUB_ERRORS as error:
        # The hub ends a session that nobody uses; a dead one is gone already.
        log.info("hub %s: the session could not be quit: %s", hub.url, said_by(error))
        return isinstance(error, InvalidSessionIdException)
    return True


def set_patience(driver: WebDriver, seconds: float) -> None:
    """Let the hub take this long to answer the next commands."""
    executor = driver.command_executor
    executor.client_config.timeout = _timeout(seconds)  # type: ignore[union-attr]


def _probing(settings: Settings, hub: Hub, load_strategy: str, breakers: Breakers) -> WebDriver:
    """A session of a hub whose probe the caller has taken; the breaker is told how it went."""
    status = hub_status(hub)
    if not status.reachable or not status.has_room:
        said = status.said or "it has no room for a probe"
        breakers.probe_failed(hub.url, said, full=status.reachable)
        raise BrowserUnavailable(said, hub=hub.url)
    try:
        driver = start_session(settings, hub, load_strategy, status.selenoid)
    except BrowserUnavailable as error:
        breakers.probe_failed(hub.url, error.detail)
        raise
    try:
        browser = prove(driver)
    except HUB_ERRORS as error:
        breakers.probe_failed(hub.url, said_by(error))
        if not quit_session(driver, hub):
            leave_to_sweep(breakers.engine, str(driver.session_id), hub.url)
        raise BrowserUnavailable(f"its new session fails: {said_by(error)}", hub=hub.url) from error
    breakers.closed(hub.url, browser)
    return driver


def _clock(moment: datetime | None) -> str:
    return f"{moment:%H:%M:%S} UTC" if moment else "some time"


def _client(hub: Hub, seconds: float) -> ClientConfig:
    return ClientConfig(
        remote_server_addr=hub.url,
        timeout=_timeout(seconds),  # type: ignore[arg-type]
        username=hub.username or None,
        password=hub.password or None,
        # Hubs are our own; a proxy in the environment leads to the world, not to them.
        proxy=Proxy(raw={"proxyType": ProxyType.DIRECT}),
        # Sent again by the client, a command that was lost could open a second session, and a
        # stuck hub would hold the worker for several times the time given.
        init_args_for_pool_manager={"init_args_for_pool_manager": {"retries": False}},
    )


def _timeout(seconds: float) -> urllib3.Timeout:
    return urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds)


def _options(
    settings: Settings, load_strategy: str, arguments: list[str], selenoid: bool
) -> Options:
    options = Options()
    options.set_capability("browserName", settings.browser_name)
    if settings.browser_version:
        options.set_capability("browserVersion", settings.browser_version)
    options.set_capability("pageLoadStrategy", load_strategy)
    # A page's questions (alert, confirm) are answered at once, else every command would fail.
    options.set_capability("unhandledPromptBehavior", "dismiss")
    options.set_capability(
        "timeouts",
        {
            "pageLoad": int(settings.page_load_timeout_seconds * 1000),
            "script": int(settings.script_timeout_seconds * 1000),
        },
    )
    for argument in arguments:
        options.add_argument(argument)
    options.add_experimental_option("prefs", PREFERENCES)
    options.add_experimental_option("excludeSwitches", list(KEPT_SWITCHES))
    if selenoid:
        longest = settings.page_load_timeout_seconds + settings.script_timeout_seconds
        seconds = int(max(_SESSION_IDLE_SECONDS, longest))
        options.set_capability(
            "selenoid:options",
            {
                "name": SESSION_NAME,
                "sessionTimeout": f"{seconds}s",
                "enableVNC": False,
                "enableVideo": False,
                "enableLog": False,
            },
        )
    return options
