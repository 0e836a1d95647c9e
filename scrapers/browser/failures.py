"""Which failure class it is when a browser, its hub or the page in it fails."""

from __future__ import annotations

import re

from selenium.common.exceptions import (
    InvalidArgumentException,
    InvalidSessionIdException,
    JavascriptException,
    NoSuchWindowException,
    SessionNotCreatedException,
    TimeoutException,
    UnexpectedAlertPresentException,
    WebDriverException,
)
from urllib3.exceptions import HTTPError

from scrapers.browser.containment import host_of
from scrapers.errors import BrowserUnavailable, SourceUnavailable, TouchlineError

# What a call of a hub can raise: what the hub answers, and what its connection does.
HUB_ERRORS = (WebDriverException, HTTPError, OSError)
# What selenium makes of an answer that is no WebDriver's, from something that is no hub.
NO_HUB_ERRORS = (KeyError, TypeError, AttributeError, ValueError)

_NET_ERROR = re.compile(r"net::(ERR_[A-Z0-9_]+)")
_BLOCKED = "ERR_PROXY_CONNECTION_FAILED"  # see scrapers.browser.containment
# Said of a browser that is gone or does not answer; a page may well be the cause.
_DEAD = (
    "tab crashed",
    "disconnected",
    "not reachable",
    "session deleted",
    "session timed out or not found",
    "target window already closed",
    "web view not found",
    "unable to connect to renderer",
)


def failure_of(error: Exception, url: str, hub: str) -> TouchlineError:
    """The failure that an error of a hub's call means, while `url` was loaded.

    Args:
        error: one of `HUB_ERRORS`.
        url: the page that was asked for.
        hub: the hub's address, without a login.
    """
    said = said_by(error)
    if found := _NET_ERROR.search(said):
        return site_failure(found[1], url)
    if not isinstance(error, WebDriverException):
        return BrowserUnavailable(f"hub {hub}: {said}", hub=hub)
    if isinstance(
        error, InvalidSessionIdException | NoSuchWindowException | SessionNotCreatedException
    ) or any(sign in said.lower() for sign in _DEAD):
        return BrowserUnavailable(f"hub {hub}: the session is gone: {said}", hub=hub)
    if isinstance(error, TimeoutException):
        return SourceUnavailable(
            f"{host_of(url)}: the page did not load or answer in time ({said})",
            code="TIMEOUT",
            url=url,
        )
    if isinstance(error, UnexpectedAlertPresentException):
        return SourceUnavailable(
            f"{host_of(url)}: the page asks one question after another", url=url
        )
    if isinstance(error, InvalidArgumentException):
        return SourceUnavailable(f"{host_of(url)}: the browser refuses the address", url=url)
    if isinstance(error, JavascriptException) or "cannot deserialize" in said:
        return SourceUnavailable(
            f"{host_of(url)}: the page tampers with what is asked of it ({said})", url=url
        )
    return BrowserUnavailable(f"hub {hub}: {said}", hub=hub)


def site_failure(code: str, url: str, to: str = "") -> SourceUnavailable:
    """The failure that one of Chromium's network errors means.

    Args:
        code: such as 'ERR_CONNECTION_REFUSED'.
        url: the page that was asked for.
        to: where the browser was when it failed, if it told.
    """
    if code == _BLOCKED:
        return led_away(url, to)
    return SourceUnavailable(f"{host_of(url)}: {code}", code=code, url=url)


def leads_away(error: WebDriverException) -> bool:
    """Whether the browser was kept from going to another host."""
    return _BLOCKED in (error.msg or "")


def led_away(url: str, to: str) -> SourceUnavailable:
    """The failure of a page that led to another host; only the host of `to` is told."""
    host = host_of(to) or "somewhere else"
    return SourceUnavailable(
        f"{host_of(url)}: the page led to {host}, which is not an allowed host",
        code="LED_AWAY",
        url=url,
        host=host,
    )


def said_by(error: Exception) -> str:
    """One line of what the error says; addresses in it lose what could be a login."""
    text = (error.msg or "") if isinstance(error, WebDriverException) else str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = lines[0] if lines else ""
    # ChromeDriver's cause often stands on the second line ('from disconnected: …').
    if len(lines) > 1 and lines[1].startswith("from "):
        first = f"{first} {lines[1]}"
    first = re.sub(r"//[^/\s@]*@", "//", first)
    return f"{type(error).__name__}: {first[:300]}" if first else type(error).__name__
