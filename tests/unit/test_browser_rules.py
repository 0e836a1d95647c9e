"""Rules of the browser room that need no browser: order of hubs, arguments, hosts, failures."""

from __future__ import annotations

import pytest
from selenium.common.exceptions import (
    InvalidSessionIdException,
    TimeoutException,
    WebDriverException,
)
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from scrapers.browser.containment import check_allowed, containing_args, is_allowed
from scrapers.browser.failures import failure_of
from scrapers.browser.hubs import Hub, HubStatus, in_order
from scrapers.errors import (
    BrowserUnavailable,
    ConfigInvalid,
    SourceUnavailable,
    TouchlineError,
)

A, B, C, D = (Hub(f"http://{name}/wd/hub") for name in "abcd")
URL = "https://www.whoscored.com/matches/1/live"


def test_hubs_are_tried_by_load_then_in_turn_and_full_ones_last() -> None:
    statuses = {
        A: HubStatus(True),
        B: HubStatus(True, selenoid=True, load=0.5),
        C: HubStatus(True, selenoid=True, load=1.5),
        D: HubStatus(True, selenoid=True, load=0.25),
    }
    assert in_order(statuses, start=0) == [D, B, A, C]
    assert in_order(statuses | {D: HubStatus(False)}, start=0) == [B, A, C]
    assert in_order(statuses | {D: HubStatus(True, ready=False)}, start=0) == [B, A, C, D]


def test_processes_begin_with_different_hubs() -> None:
    unknown = {hub: HubStatus(True) for hub in (A, B, C)}
    assert in_order(unknown, start=0) == [A, B, C]
    assert in_order(unknown, start=1) == [B, C, A]
    assert in_order(unknown, start=5) == [C, A, B]
    equal = {hub: HubStatus(True, load=0.5) for hub in (A, B, C)}
    assert in_order(equal, start=2) == [C, A, B]


def test_a_hub_is_known_without_its_login() -> None:
    hub = Hub.from_url("https://me:p%40ss@hub.example:4444/wd/hub/")
    assert (hub.url, hub.username, hub.password) == (
        "https://hub.example:4444/wd/hub",
        "me",
        "p@ss",
    )
    assert "p@ss" not in repr(hub)


@pytest.mark.parametrize("url", ["hub:4444", "ftp://hub/wd/hub", "http://", "http://hub:port/"])
def test_a_hub_that_is_no_address_is_named_without_its_login(url: str) -> None:
    with pytest.raises(ConfigInvalid, match="TOUCHLINE_HUB_URLS"):
        Hub.from_url(url)


def test_arguments_keep_the_browser_with_its_hosts() -> None:
    made = containing_args(["www.whoscored.com", "127.0.0.1", "::1"], ["--headless=new"])
    assert made[0] == "--headless=new"
    assert (
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE www.whoscored.com, EXCLUDE 127.0.0.1, "
        "EXCLUDE [::1]" in made
    )
    assert "--proxy-bypass-list=<-loopback>;www.whoscored.com;127.0.0.1;[::1]" in made


@pytest.mark.parametrize(
    "argument", ["--proxy-server=http://x:1", "--host-resolver-rules=MAP * 1.2.3.4"]
)
def test_arguments_that_let_it_out_are_refused(argument: str) -> None:
    with pytest.raises(ConfigInvalid, match=argument.partition("=")[0]):
        containing_args(["a.example"], ["--headless=new", argument])


@pytest.mark.parametrize(
    "host", ["*", "*.example.com", "a.example;b", "a,EXCLUDE *", "", "http://a"]
)
def test_a_host_that_would_be_a_rule_is_refused(host: str) -> None:
    with pytest.raises(ConfigInvalid, match="ALLOWED_HOSTS"):
        containing_args([host], [])


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://www.whoscored.com/x", True),
        ("https://WWW.WhoScored.com:8443/x", True),
        ("https://whoscored.com/x", False),
        ("https://www.whoscored.com.evil.example/", False),
        ("https://www.whoscored.com@evil.example/", False),
        ("ftp://www.whoscored.com/", False),
        ("about:blank", False),
        ("http://[broken", False),
    ],
)
def test_hosts_are_compared_whole(url: str, allowed: bool) -> None:
    assert is_allowed(url, ["www.whoscored.com"]) is allowed
    if not allowed:
        with pytest.raises(ConfigInvalid):
            check_allowed(url, ["www.whoscored.com"])


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (WebDriverException("unknown error: net::ERR_CONNECTION_RESET"), SourceUnavailable),
        (WebDriverException("unknown error: net::ERR_NAME_NOT_RESOLVED"), SourceUnavailable),
        (TimeoutException("timeout: Timed out receiving message"), SourceUnavailable),
        (TimeoutException("disconnected: not connected to DevTools"), BrowserUnavailable),
        (InvalidSessionIdException("invalid session id"), BrowserUnavailable),
        (WebDriverException("tab crashed\n  (Session info: chrome=1)"), BrowserUnavailable),
        (WebDriverException("session timed out or not found"), BrowserUnavailable),
        (WebDriverException("<html>502 Bad Gateway"), BrowserUnavailable),
        (WebDriverException(None), BrowserUnavailable),
        (ProtocolError("Connection aborted."), BrowserUnavailable),
        (ReadTimeoutError(None, "/session", "Read timed out."), BrowserUnavailable),  # type: ignore[arg-type]
        (ConnectionRefusedError(111, "Connection refused"), BrowserUnavailable),
    ],
)
def test_failures_by_class(error: Exception, failure: type[TouchlineError]) -> None:
    made = failure_of(error, URL, "http://hub:4444/wd/hub")
    assert type(made) is failure
    subject = "www.whoscored.com" if failure is SourceUnavailable else "http://hub:4444/wd/hub"
    assert subject in made.detail


def test_a_login_in_an_error_is_not_told() -> None:
    error = ProtocolError("http://me:s3cret@hub:4444 gave up")
    assert "s3cret" not in failure_of(error, URL, "http://hub:4444/wd/hub").detail
