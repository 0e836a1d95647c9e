"""Pages loaded through a real ChromeDriver from a site with every fault."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from scrapers.browser.plan import FetchPlan
from scrapers.browser.session import EMPTY_PAGE, MAX_PAGE_BYTES, Browser
from scrapers.errors import (
    BrowserUnavailable,
    ConfigInvalid,
    LayoutChanged,
    SourceUnavailable,
    TouchlineError,
)
from scrapers.parsing.page import MAX_BYTES
from scrapers.settings import Settings
from tests.support.browser import ChromeDriver, Front, Site, browser_settings, wait_until
from tests.support.supervise import free_ports

EAGER = FetchPlan()
LATE = FetchPlan(ready=("site.data === 7",), ready_timeout_seconds=5)


@pytest.fixture(scope="module")
def driver() -> Iterator[ChromeDriver]:
    with ChromeDriver() as running:
        yield running


@pytest.fixture
def hub(driver: ChromeDriver) -> Iterator[Front]:
    """The hub as the worker sees it, counting."""
    with Front(driver.port) as front:
        yield front


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def settings(site: Site, hub: Front) -> Settings:
    return browser_settings(site.url, hub.url)


@pytest.fixture
def browser(settings: Settings) -> Iterator[Browser]:
    with Browser(settings) as made:
        yield made


@pytest.fixture(scope="module")
def steady(driver: ChromeDriver, site: Site) -> Iterator[Browser]:
    """A browser that tests share which do not look at its session."""
    with Browser(browser_settings(site.url, driver.url)) as made:
        yield made


def test_page_limit_is_that_of_the_parser() -> None:
    assert MAX_PAGE_BYTES == MAX_BYTES


def test_a_page_comes_with_its_facts(steady: Browser, site: Site, driver: ChromeDriver) -> None:
    page = steady.load(f"{site.url}/matches/1", EAGER)
    assert page.html == (
        b"<html><head><title>page</title></head><body><p>/matches/1</p></body></html>"
    )
    assert page.final_url == f"{site.url}/matches/1"
    assert (page.title, page.status, page.ready) == ("page", 200, True)
    assert 0 < page.load_seconds < 15
    assert page.fetched_at.tzinfo is not None
    assert page.browser.startswith("chrome 1")
    assert page.hub == driver.url


def test_final_url_is_where_the_site_led(steady: Browser, site: Site) -> None:
    page = steady.load(f"{site.url}/moved", EAGER)
    assert (page.final_url, page.status) == (f"{site.url}/moved-here", 200)


def test_json_is_shown_as_a_page(steady: Browser, site: Site) -> None:
    assert b'<pre>{"a": [1, 2]}</pre>' in steady.load(f"{site.url}/json", EAGER).html


@pytest.mark.parametrize("status", [403, 503])
def test_a_status_is_told_and_not_judged(steady: Browser, site: Site, status: int) -> None:
    page = steady.load(f"{site.url}/{status}", EAGER)
    assert page.status == status
    assert b"<p>" in page.html
    bare = steady.load(f"{site.url}/{status}-bare", EAGER)
    # Chromium shows a page of its own for it, which is not the site's.
    assert (bare.status, bare.html) == (status, EMPTY_PAGE)
    assert bare.final_url == f"{site.url}/{status}-bare"
    assert not bare.ready


@pytest.mark.parametrize("path", ["download", "nothing"])
def test_no_page_is_never_the_last_page(steady: Browser, site: Site, path: str) -> None:
    assert b"/matches/2" in steady.load(f"{site.url}/matches/2", EAGER).html
    page = steady.load(f"{site.url}/{path}", EAGER)
    assert page.html == EMPTY_PAGE
    assert page.final_url == "about:blank"


@pytest.mark.parametrize("path", ["late", "hops"])
@pytest.mark.parametrize("strategy", ["none", "eager", "normal"])
def test_readiness_is_waited_for(steady: Browser, site: Site, strategy: str, path: str) -> None:
    plan = FetchPlan(strategy, ("no.such.thing", "site.data === 7"), 8)  # type: ignore[arg-type]
    page = steady.load(f"{site.url}/{path}", plan)
    assert page.ready
    assert page.final_url == f"{site.url}/late"
    assert b"filled" in page.html
    assert page.load_seconds > 0.5


def test_without_expressions_a_page_is_ready_when_it_is_there(steady: Browser, site: Site) -> None:
    page = steady.load(f"{site.url}/matches/3", FetchPlan("none"))
    assert page.ready
    assert b"/matches/3" in page.html


def test_a_page_that_never_gets_ready_is_taken_as_it_stands(steady: Browser, site: Site) -> None:
    page = steady.load(
        f"{site.url}/matches/4", FetchPlan(ready=("false",), ready_timeout_seconds=1)
    )
    assert not page.ready
    assert 1 <= page.load_seconds < 5
    assert b"/matches/4" in page.html


def test_a_page_that_forbids_scripts_is_asked_all_the_same(steady: Browser, site: Site) -> None:
    plan = FetchPlan(ready=("document.title === 'strict'",), ready_timeout_seconds=3)
    assert steady.load(f"{site.url}/strict", plan).ready


def test_an_expression_that_is_no_javascript_is_named(steady: Browser, site: Site) -> None:
    with pytest.raises(ConfigInvalid, match=r"fetch\.ready") as caught:
        steady.load(f"{site.url}/matches/5", FetchPlan(ready=("a b c",)))
    assert caught.value.facts["field"] == "fetch.ready"


def test_half_characters_become_replacements(steady: Browser, site: Site) -> None:
    page = steady.load(f"{site.url}/halves", EAGER)
    assert "c\ufffdd é" in page.html.decode()
    assert page.title == "a\ufffdb"


def test_questions_of_a_page_are_dismissed(steady: Browser, site: Site) -> None:
    assert steady.load(f"{site.url}/asks", EAGER).title == "asks"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("reset", "ERR_CONNECTION_RESET"),
        ("empty", "ERR_EMPTY_RESPONSE"),
        ("loop", "ERR_TOO_MANY_REDIRECTS"),
        ("away-data", "ERR_UNSAFE_REDIRECT"),
    ],
)
@pytest.mark.parametrize("strategy", ["eager", "none"])
def test_a_site_that_fails_is_told_by_its_code(
    steady: Browser, site: Site, path: str, code: str, strategy: str
) -> None:
    with pytest.raises(SourceUnavailable, match=code) as caught:
        steady.load(f"{site.url}/{path}", FetchPlan(strategy))  # type: ignore[arg-type]
    assert caught.value.facts["code"] == code


def test_a_site_that_is_down_costs_no_session(browser: Browser, site: Site, hub: Front) -> None:
    for path in ("reset", "away-ip", "loop"):
        with pytest.raises(SourceUnavailable):
            browser.load(f"{site.url}/{path}", EAGER)
    page = browser.load(f"{site.url}/matches/8", EAGER)
    assert b"/matches/8" in page.html
    assert hub.opened == 1


def test_a_refused_connection_and_an_unknown_name(driver: ChromeDriver) -> None:
    (port,) = free_ports(1)
    changes = {"allowed_hosts": "127.0.0.1,unknown.invalid"}
    settings = browser_settings(f"http://127.0.0.1:{port}", driver.url, **changes)
    with Browser(settings) as browser:
        with pytest.raises(SourceUnavailable, match="ERR_CONNECTION_REFUSED"):
            browser.load(f"http://127.0.0.1:{port}/", EAGER)
        with pytest.raises(SourceUnavailable, match="ERR_NAME_NOT_RESOLVED"):
            browser.load("http://unknown.invalid/", EAGER)


def test_a_cut_page_is_taken_as_it_stands(steady: Browser, site: Site) -> None:
    """The browser does not tell; what reads the page knows it by its missing end."""
    page = steady.load(f"{site.url}/cut", FetchPlan("normal"))
    assert b"half a pa" in page.html


def test_a_slow_site_is_left_in_time(site: Site, hub: Front) -> None:
    settings = browser_settings(site.url, hub.url, page_load_timeout_seconds=1.5)
    with Browser(settings) as browser:
        began = time.monotonic()
        with pytest.raises(SourceUnavailable, match="in time"):
            browser.load(f"{site.url}/slow", EAGER)
        assert time.monotonic() - began < 25
        assert hub.opened == hub.closed  # the session that still waits is not kept
        assert browser.load(f"{site.url}/matches/6", EAGER).status == 200


def test_a_page_whose_script_never_ends_is_left_in_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ChromeDriver hangs with such a page, whatever its time-outs say."""
    monkeypatch.setattr("scrapers.browser.session._MARGIN_SECONDS", 1.0)
    monkeypatch.setattr("scrapers.browser.hubs.QUIT_SECONDS", 1.0)
    times = {"page_load_timeout_seconds": 2, "script_timeout_seconds": 2}
    with ChromeDriver() as own, Browser(browser_settings(site.url, own.url, **times)) as browser:
        began = time.monotonic()
        with pytest.raises((SourceUnavailable, BrowserUnavailable), match=r"(?i)timed out|in time"):
            browser.load(f"{site.url}/spins", LATE)
        assert time.monotonic() - began < 25
        assert browser.load(f"{site.url}/matches/7", EAGER).status == 200


@pytest.mark.parametrize(
    ("path", "failure"),
    [("huge", LayoutChanged), ("tampers", SourceUnavailable), ("asks-on", SourceUnavailable)],
)
def test_a_hostile_page_is_refused(
    steady: Browser, site: Site, path: str, failure: type[TouchlineError]
) -> None:
    with pytest.raises(failure):
        steady.load(f"{site.url}/{path}", EAGER)


def test_a_session_is_used_again_renewed_and_quit(site: Site, hub: Front) -> None:
    with Browser(browser_settings(site.url, hub.url, session_max_pages=2)) as browser:
        assert hub.opened == 0  # nothing is held before it is needed
        for number in range(5):
            browser.load(f"{site.url}/again/{number}", EAGER)
        assert (hub.opened, hub.closed) == (3, 2)
    assert (hub.opened, hub.closed) == (3, 3)
    browser.close()
    assert hub.closed == 3


def test_another_strategy_and_age_renew_a_session(
    site: Site, hub: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Browser(browser_settings(site.url, hub.url, session_max_minutes=10)) as browser:
        browser.load(f"{site.url}/a", EAGER)
        browser.load(f"{site.url}/b", FetchPlan("normal"))
        assert hub.opened == 2
        real = time.monotonic
        monkeypatch.setattr("scrapers.browser.session.time.monotonic", lambda: real() + 601)
        browser.load(f"{site.url}/c", FetchPlan("normal"))
        assert hub.opened == 3


def test_a_session_is_quit_after_a_defect_of_ours(
    browser: Browser, site: Site, hub: Front, driver: ChromeDriver
) -> None:
    def defect() -> None:
        with browser:
            browser.load(f"{site.url}/a", EAGER)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        defect()
    assert hub.opened == hub.closed == 1


def test_an_interrupted_load_leaves_no_session(
    browser: Browser, site: Site, hub: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a soft time limit does it: raised anywhere, of a class that nobody here knows."""

    class TimeIsOver(Exception):
        pass

    def interrupt(_: float) -> None:
        raise TimeIsOver

    monkeypatch.setattr("scrapers.browser.session.time.sleep", interrupt)
    with pytest.raises(TimeIsOver):
        browser.load(f"{site.url}/late", LATE)
    assert hub.opened == hub.closed == 1


def test_a_browser_killed_between_pages_is_replaced(
    browser: Browser, site: Site, hub: Front, driver: ChromeDriver
) -> None:
    browser.load(f"{site.url}/a", EAGER)
    assert driver.kill_browsers()
    site.asked.clear()
    assert browser.load(f"{site.url}/after-death", EAGER).status == 200
    assert site.asked["/after-death"] == 1
    assert hub.opened == 2


def test_a_browser_killed_with_the_page_is_told_and_asks_the_site_once(
    browser: Browser, site: Site, hub: Front, driver: ChromeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep = time.sleep

    def kill(seconds: float) -> None:
        driver.kill_browsers("renderer")
        sleep(seconds)

    monkeypatch.setattr("scrapers.browser.session.time.sleep", kill)
    site.asked.clear()
    with pytest.raises(BrowserUnavailable, match=r"session is gone|crashed"):
        browser.load(f"{site.url}/late", LATE)
    monkeypatch.undo()
    assert site.asked["/late"] == 1
    assert browser.load(f"{site.url}/late", LATE).ready


def test_a_hub_killed_between_pages_and_back_again(site: Site) -> None:
    with ChromeDriver() as driver, Browser(browser_settings(site.url, driver.url)) as browser:
        browser.load(f"{site.url}/a", EAGER)
        driver.kill()
        with pytest.raises(BrowserUnavailable, match="no hub gives a session") as caught:
            browser.load(f"{site.url}/b", EAGER)
        assert driver.url in caught.value.facts["hubs"]  # type: ignore[operator]
        driver.start()
        assert browser.load(f"{site.url}/c", EAGER).status == 200


def test_a_stuck_hub_does_not_hold_the_worker(
    site: Site, hub: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scrapers.browser.session._MARGIN_SECONDS", 0.5)
    monkeypatch.setattr("scrapers.browser.hubs.QUIT_SECONDS", 1.0)
    settings = browser_settings(
        site.url, hub.url, page_load_timeout_seconds=1, script_timeout_seconds=1
    )
    with Browser(settings) as browser:
        browser.load(f"{site.url}/a", EAGER)
        hub.stuck_on = "/execute/sync"
        began = time.monotonic()
        with pytest.raises(BrowserUnavailable, match="timed out"):
            browser.load(f"{site.url}/b", LATE)
        hub.stuck.set()
        browser.close()
        assert time.monotonic() - began < 25


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://www.example.com/", "www.example.com"),
        ("http://127.0.0.1.example.com/", "ALLOWED_HOSTS"),
        ("http://127.0.0.1@example.com/", "example.com"),
        ("file:///etc/passwd", "http and https only"),
        ("/matches/1", "a path"),
    ],
)
def test_nobody_is_sent_where_it_is_not_allowed(
    browser: Browser, hub: Front, url: str, says: str
) -> None:
    with pytest.raises(ConfigInvalid, match=says):
        browser.load(url, EAGER)
    assert hub.asked == []


@pytest.mark.parametrize(
    ("path", "to"),
    [("away-ip", "127.0.0.2"), ("away-name", "localhost"), ("away-script", "127.0.0.2")],
)
def test_a_page_that_leads_away_is_not_followed(
    steady: Browser, site: Site, path: str, to: str
) -> None:
    with pytest.raises(SourceUnavailable, match=f"led to {to}, ") as caught:
        steady.load(f"{site.url}/{path}", LATE)
    assert caught.value.facts["host"] == to
    assert "a=b" not in caught.value.detail
    assert not site.elsewhere


def test_a_page_reaches_nothing_but_its_host(driver: ChromeDriver, site: Site) -> None:
    done = FetchPlan(ready=("document.title === 'done'",), ready_timeout_seconds=8)
    with Browser(browser_settings(site.url, driver.url)) as browser:
        page = browser.load(f"{site.url}/greedy", done)
        time.sleep(1)  # what it began may come late
        windows = browser._session.driver.window_handles  # type: ignore[union-attr]
    assert page.ready
    assert b"here" in page.html
    assert dict(site.elsewhere) == {}
    assert site.datagrams == 0
    assert site.asked["/own-image"] == 0
    assert site.asked["/own-window"] == 0
    assert len(windows) == 1


def test_the_greedy_page_would_reach_them_all(
    driver: ChromeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the test above proves, it proves only if nothing else stands in the way."""
    monkeypatch.setattr(
        "scrapers.browser.hubs.containing_args", lambda _hosts, arguments: list(arguments)
    )
    monkeypatch.setattr("scrapers.browser.hubs.PREFERENCES", {"download_restrictions": 3})
    monkeypatch.setattr("scrapers.browser.hubs.KEPT_SWITCHES", ())
    done = FetchPlan(ready=("document.title === 'done'",), ready_timeout_seconds=8)
    with Site() as site, Browser(browser_settings(site.url, driver.url)) as browser:
        browser.load(f"{site.url}/greedy", done)
        wanted = {
            *("/ip-image", "/name-image", "/ip-script", "/name-style", "/ip-frame", "/own-frame"),
            *("/ip-fetch", "/name-fetch", "/ip-beacon", "/ip-socket", "/ip-window"),
        }
        wait_until(lambda: wanted <= site.elsewhere.keys() and site.datagrams)
        assert site.asked["/own-image"]
        assert site.asked["/own-window"]
