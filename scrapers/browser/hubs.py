"""WebDriver hubs: which of them has room, and how a session is opened on one.

Selenoid and any W3C hub are spoken to alike; what only Selenoid knows (its load, its own
options) is used where the hub is one.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import urllib3
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.webdriver import WebDriver

from scrapers.browser.containment import KEPT_SWITCHES, PREFERENCES, containing_args
from scrapers.browser.failures import HUB_ERRORS, NO_HUB_ERRORS, said_by
from scrapers.errors import BrowserUnavailable, ConfigInvalid
from scrapers.settings import PREFIX, Settings

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
STATUS_SECONDS = 5.0
_SESSION_IDLE_SECONDS = 300  # Selenoid ends a session that nobody has used for this long
_CAPTURED = 1_000_000  # bytes of a status that are read


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub's address.

    Attributes:
        url: with path, without login and without a slash at its end.
        username, password: login, empty if none is needed.
    """

    url: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def from_url(cls, url: str) -> Hub:
        """The hub of a setting.

        Raises:
            ConfigInvalid: it is no http or https address.
        """
        name = f"{PREFIX}HUB_URLS"
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
            _ = parts.port
        except ValueError:
            usable = False
        if not usable:
            raise ConfigInvalid(
                f"{name}: an entry is no address of a hub: write http://host:4444/wd/hub",
                setting=name,
            )
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
        return cls(
            urlunsplit(bare).rstrip("/"),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )


@dataclass(frozen=True, slots=True)
class HubStatus:
    """What a hub says of itself.

    Attributes:
        reachable: whether it answered at all.
        selenoid: whether it is a Selenoid.
        load: share of its slots that are taken or waited for, 0 and up; None: it does not tell.
        ready: whether it says that it takes sessions.
        said: why it is not reachable.
    """

    reachable: bool
    selenoid: bool = False
    load: float | None = None
    ready: bool = True
    said: str = ""

    @property
    def has_room(self) -> bool:
        """Whether a session can be had at once, as far as it tells."""
        return self.ready and (self.load is None or self.load < 1)


def hub_status(hub: Hub) -> HubStatus:
    """Ask a hub how it is; it never raises, a hub that does not answer is not reachable."""
    root = urlunsplit(urlsplit(hub.url)._replace(path="/status"))
    try:
        found = _get_json(hub, root)
        if isinstance(found, dict) and {"total", "used", "browsers"} <= found.keys():
            return _selenoid_status(found)
        found = _get_json(hub, f"{hub.url}/status")
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return HubStatus(reachable=False, said=said_by(error))
    value = found.get("value") if isinstance(found, dict) else None
    ready = value.get("ready", True) if isinstance(value, dict) else True
    message = str(value.get("message", "")) if isinstance(value, dict) else ""
    return HubStatus(reachable=True, selenoid=message.startswith("Selenoid"), ready=bool(ready))


def in_order(statuses: dict[Hub, HubStatus], start: int) -> list[Hub]:
    """The hubs in the order in which to try them; those out of reach are left out.

    The least loaded of those that tell come first, then those that don't, in the given order
    from number `start` on, so that processes do not all begin with the same; full ones last.
    """
    given = list(statuses)
    turned = given[start % len(given) :] + given[: start % len(given)]

    def rank(hub: Hub) -> tuple[bool, bool, float]:
        status = statuses[hub]
        return not status.has_room, status.load is None, status.load or 0.0

    return sorted((hub for hub in turned if statuses[hub].reachable), key=rank)


def open_session(settings: Settings, load_strategy: str) -> tuple[WebDriver, Hub]:
    """Open a session on the first hub that gives one.

    Raises:
        BrowserUnavailable: none does; it names every hub, and why.
        ConfigInvalid: a hub's address or a browser argument can't be used.
    """
    hubs = list(dict.fromkeys(Hub.from_url(url) for url in settings.hub_urls))
    arguments = containing_args(settings.allowed_hosts, settings.browser_args)
    statuses = {hub: hub_status(hub) for hub in hubs}
    reasons = {hub: status.said for hub, status in statuses.items() if not status.reachable}
    for hub in in_order(statuses, start=os.getpid()):
        options = _options(settings, load_strategy, arguments, statuses[hub].selenoid)
        try:
            driver = WebDriver(
                command_executor=hub.url,
                options=options,
                client_config=_client(hub, settings.session_start_timeout_seconds),
            )
        except HUB_ERRORS as error:
            reasons[hub] = said_by(error)
            log.warning("hub %s gives no session: %s", hub.url, reasons[hub])
            continue
        except NO_HUB_ERRORS as error:
            reasons[hub] = f"it does not answer as a WebDriver hub ({type(error).__name__})"
            log.warning("hub %s gives no session: %s", hub.url, reasons[hub])
            continue
        if driver.session_id:
            return driver, hub
        reasons[hub] = "its answer names no session"
    why = "; ".join(f"{hub.url}: {reasons[hub]}" for hub in hubs)
    raise BrowserUnavailable(
        f"no hub gives a session: {why}", hubs={hub.url: reasons[hub] for hub in hubs}
    )


def set_patience(driver: WebDriver, seconds: float) -> None:
    """Let the hub take this long to answer the next commands."""
    executor = driver.command_executor
    executor.client_config.timeout = _timeout(seconds)  # type: ignore[union-attr]


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
                "name": "touchline",
                "sessionTimeout": f"{seconds}s",
                "enableVNC": False,
                "enableVideo": False,
                "enableLog": False,
            },
        )
    return options


def _selenoid_status(found: dict[str, Any]) -> HubStatus:
    numbers = [found.get(name) or 0 for name in ("total", "used", "pending", "queued")]
    if not all(isinstance(number, int) for number in numbers):
        return HubStatus(reachable=True, selenoid=True)
    total, *taken = numbers
    return HubStatus(reachable=True, selenoid=True, load=sum(taken) / total if total else None)


def _get_json(hub: Hub, url: str) -> Any:
    """The JSON under `url`; None if it is none or the hub says that it has no such page."""
    headers = {"Accept": "application/json"}
    if hub.username:
        headers |= urllib3.make_headers(basic_auth=f"{hub.username}:{hub.password}")
    with (
        urllib3.PoolManager(retries=False) as pool,
        pool.request(
            "GET",
            url,
            headers=headers,
            timeout=urllib3.Timeout(total=STATUS_SECONDS),
            preload_content=False,
        ) as response,
    ):
        content = response.read(_CAPTURED)
        if response.status != HTTPStatus.OK:
            return None
    try:
        return json.loads(content)
    except ValueError:
        return None
