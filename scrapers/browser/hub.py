"""A WebDriver hub: its address, how it is, which of several comes first, sessions that it shows.

Selenoid and any W3C hub are spoken to alike; what only Selenoid knows (its load, its sessions) is
used where the hub is one. Sessions are opened by the module `hubs`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import urllib3

from scrapers.browser.failures import said_by
from scrapers.errors import BrowserUnavailable, ConfigInvalid
from scrapers.settings import PREFIX, Settings

STATUS_SECONDS = 5.0
SESSION_NAME = "touchline"  # under which Selenoid shows our sessions
_END_SECONDS = 10.0
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
        slots: sessions that it can hold at the same time; None: it does not tell.
        said: why it is not reachable.
        sessions: ids of the sessions that it shows under our name.
    """

    reachable: bool
    selenoid: bool = False
    load: float | None = None
    ready: bool = True
    slots: int | None = None
    said: str = ""
    sessions: tuple[str, ...] = ()

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


def end_session(hub: Hub, session_id: str) -> bool:
    """End a session of a process that is no more; False: the hub does not say that it is gone.

    A hub that does not know it (any more) says as much.

    Raises:
        BrowserUnavailable: the hub does not answer in time, which a stuck session may cause.
    """
    url = f"{hub.url}/session/{quote(session_id, safe='')}"
    try:
        with (
            urllib3.PoolManager(retries=False) as pool,
            pool.request(
                "DELETE",
                url,
                headers=_headers(hub),
                timeout=urllib3.Timeout(total=_END_SECONDS),
                preload_content=False,
            ) as response,
        ):
            return response.status in (HTTPStatus.OK, HTTPStatus.NOT_FOUND)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise BrowserUnavailable(f"hub {hub.url}: {said_by(error)}", hub=hub.url) from error


def hubs_of(settings: Settings) -> list[Hub]:
    """The hubs of the settings, each once.

    Raises:
        ConfigInvalid: an address is none.
    """
    return list(dict.fromkeys(Hub.from_url(url) for url in settings.hub_urls))


def in_order(statuses: dict[Hub, HubStatus], start: int, avoid: str = "") -> list[Hub]:
    """The hubs in the order in which to try them; those out of reach are left out.

    The least loaded of those that tell come first, then those that don't, in the given order
    from number `start` on, so that processes do not all begin with the same; then the one whose
    address is `avoid`; full ones last.
    """
    given = list(statuses)
    if not given:
        return []
    turned = given[start % len(given) :] + given[: start % len(given)]

    def rank(hub: Hub) -> tuple[bool, bool, bool, float]:
        status = statuses[hub]
        return not status.has_room, hub.url == avoid, status.load is None, status.load or 0.0

    return sorted((hub for hub in turned if statuses[hub].reachable), key=rank)


def _selenoid_status(found: dict[str, Any]) -> HubStatus:
    sessions = tuple(_our_sessions(found["browsers"]))
    numbers = [found.get(name) or 0 for name in ("total", "used", "pending", "queued")]
    if not all(isinstance(number, int) for number in numbers):
        return HubStatus(reachable=True, selenoid=True, sessions=sessions)
    total, *taken = numbers
    load = sum(taken) / total if total else None
    return HubStatus(
        reachable=True, selenoid=True, load=load, slots=total or None, sessions=sessions
    )


def _our_sessions(browsers: Any) -> Iterator[str]:
    """Ids under our name, from browser → version → user → {"sessions": [{"id", "caps"}]}."""
    if isinstance(browsers, list):
        for session in browsers:
            caps = session.get("caps") if isinstance(session, dict) else None
            if isinstance(caps, dict) and caps.get("name") == SESSION_NAME and "id" in session:
                yield str(session["id"])
    elif isinstance(browsers, dict):
        for inner in browsers.values():
            yield from _our_sessions(inner)


def _get_json(hub: Hub, url: str) -> Any:
    """The JSON under `url`; None if it is none or the hub says that it has no such page."""
    with (
        urllib3.PoolManager(retries=False) as pool,
        pool.request(
            "GET",
            url,
            headers=_headers(hub),
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


def _headers(hub: Hub) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if hub.username:
        headers |= urllib3.make_headers(basic_auth=f"{hub.username}:{hub.password}")
    return headers
