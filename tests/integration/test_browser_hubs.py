"""Hubs: which is asked, with what, and what is told when none gives a session."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from scrapers.browser.hubs import Hub, hub_status, open_session
from scrapers.browser.plan import FetchPlan
from scrapers.browser.session import Browser
from scrapers.errors import BrowserUnavailable
from tests.support.browser import ChromeDriver, Front, Site, browser_settings
from tests.support.supervise import free_ports

EAGER = FetchPlan()


def selenoid(used: int, total: int = 4) -> dict[str, object]:
    """A Selenoid's status, as version 1.11 gives it."""
    return {"total": total, "used": used, "queued": 0, "pending": 0, "browsers": {"chrome": {}}}


@pytest.fixture(scope="module")
def driver() -> Iterator[ChromeDriver]:
    with ChromeDriver() as running:
        yield running


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def dead_hub() -> str:
    (port,) = free_ports(1)
    return f"http://127.0.0.1:{port}/wd/hub"


def test_status_tells_selenoid_from_another(driver: ChromeDriver) -> None:
    with Front(driver.port, status=selenoid(1)) as front:
        status = hub_status(Hub.from_url(front.url))
        assert (status.reachable, status.selenoid, status.load) == (True, True, 0.25)
    status = hub_status(Hub.from_url(driver.url))
    assert (status.reachable, status.selenoid, status.load) == (True, False, None)
    assert status.ready
    status = hub_status(Hub.from_url(dead_hub()))
    assert not status.reachable
    assert "refused" in status.said


def test_selenoid_gets_its_options_and_another_hub_does_not(
    driver: ChromeDriver, site: Site
) -> None:
    with Front(driver.port, status=selenoid(0)) as front:
        settings = browser_settings(site.url, front.url)
        with Browser(settings) as browser:
            browser.load(f"{site.url}/a", EAGER)
        asked = front.asked[0]["firstMatch"][0] | front.asked[0].get("alwaysMatch", {})
    assert asked["selenoid:options"] == {
        "name": "touchline",
        "sessionTimeout": "300s",
        "enableVNC": False,
        "enableVideo": False,
        "enableLog": False,
    }
    assert asked["browserName"] == "chrome"
    assert "browserVersion" not in asked
    assert asked["pageLoadStrategy"] == "eager"
    assert asked["timeouts"] == {"pageLoad": 15000, "script": 5000}
    assert set(settings.browser_args) < set(asked["goog:chromeOptions"]["args"])
    with Front(driver.port) as front, Browser(browser_settings(site.url, front.url)) as browser:
        browser.load(f"{site.url}/a", EAGER)
        asked = front.asked[0]["firstMatch"][0] | front.asked[0].get("alwaysMatch", {})
    assert "selenoid:options" not in asked


def test_the_least_loaded_is_asked_first(driver: ChromeDriver, site: Site) -> None:
    with (
        Front(driver.port, status=selenoid(3)) as busy,
        Front(driver.port, status=selenoid(1)) as free,
        Front(driver.port, status=selenoid(4)) as full,
    ):
        with Browser(browser_settings(site.url, full.url, busy.url, free.url)) as browser:
            assert browser.load(f"{site.url}/a", EAGER).hub == free.url
        assert (busy.opened, free.opened, full.opened) == (0, 1, 0)


def test_a_dead_hub_is_passed_over(driver: ChromeDriver, site: Site) -> None:
    with Browser(browser_settings(site.url, dead_hub(), driver.url)) as browser:
        assert browser.load(f"{site.url}/a", EAGER).hub == driver.url


def test_a_stuck_hub_is_left_in_time(driver: ChromeDriver, site: Site) -> None:
    with Front(driver.port, status=selenoid(0)) as stuck:
        stuck.stuck.set()
        settings = browser_settings(
            site.url, stuck.url, driver.url, session_start_timeout_seconds=1.5
        )
        began = time.monotonic()
        with Browser(settings) as browser:
            assert browser.load(f"{site.url}/a", EAGER).hub == driver.url
        assert time.monotonic() - began < 25
        assert len(stuck.asked) == 1  # asked again, it might have given two sessions


def test_none_is_told_with_every_reason_and_no_login(driver: ChromeDriver, site: Site) -> None:
    dead = dead_hub()
    with Front(driver.port) as picky:
        settings = browser_settings(
            site.url,
            dead.replace("//", "//user:s3cret@"),
            picky.url.replace("//", "//user:s3cret@"),
            browser_name="safari",
        )
        with pytest.raises(BrowserUnavailable) as caught:
            open_session(settings, "eager")
        text = f"{caught.value.detail} {caught.value.facts}"
        assert f"{dead}: " in text
        assert "refused" in text
        assert f"{picky.url}: SessionNotCreated" in text
        assert "s3cret" not in text
        assert "user" not in text


def test_a_login_is_sent_and_kept_out_of_the_facts(driver: ChromeDriver, site: Site) -> None:
    with Front(driver.port) as front:
        with Browser(
            browser_settings(site.url, front.url.replace("//", "//me:p%40ss@"))
        ) as browser:
            page = browser.load(f"{site.url}/a", EAGER)
        assert page.hub == front.url
        assert front.logins == {"Basic " + base64.b64encode(b"me:p@ss").decode()}


@pytest.mark.parametrize("body", [b"<html>hello", b'{"value": null}', b'{"value": []}', b"[]"])
def test_something_that_is_no_hub_is_told_as_such(site: Site, body: bytes) -> None:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/wd/hub"
        with pytest.raises(BrowserUnavailable, match=url):
            open_session(browser_settings(site.url, url), "eager")
    finally:
        server.shutdown()
        server.server_close()
