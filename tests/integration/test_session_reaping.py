"""Browser sessions that nobody uses any more, at real hubs: noted, prolonged, ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest
from selenium.common.exceptions import InvalidSessionIdException
from sqlalchemy import Engine, select, text, update

from scrapers.browser.plan import FetchPlan
from scrapers.browser.session import Browser
from scrapers.errors import SourceUnavailable
from scrapers.settings import Settings
from scrapers.tasks.reaping import Tended, Tending
from scrapers.tasks.tools import Tools
from scrapers.warehouse import browser_sessions
from scrapers.warehouse.browser_sessions import NOBODY, OpenSession
from scrapers.warehouse.health_tables import BrowserSessionRow
from tests.integration.test_browser_hubs import selenoid
from tests.support.browser import ChromeDriver, Front, Site, wait_until
from tests.support.browser_worker import Worker
from tests.support.stack import BROWSER_ARGS

EAGER = FetchPlan()
Make = Callable[..., Settings]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def hub() -> Iterator[ChromeDriver]:
    with ChromeDriver() as running:
        yield running


@pytest.fixture
def make(site: Site, engine: Engine, make_settings: Callable[..., Settings]) -> Make:
    def made(*hubs: str, **changes: object) -> Settings:
        return make_settings(
            **{
                "base_url": site.url,
                "allowed_hosts": "127.0.0.1",
                "hub_urls": ",".join(hubs),
                "browser_args": BROWSER_ARGS,
                "session_start_timeout_seconds": 20,
                "page_load_timeout_seconds": 6,
                "script_timeout_seconds": 5,
                **changes,
            }
        )

    return made


def rows(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(BrowserSessionRow.__table__)).all())


def run_out(engine: Engine) -> None:
    """Let every lease be over, as after a while."""
    with engine.begin() as connection:
        connection.execute(
            update(BrowserSessionRow).values(lease_until=text("now() - interval '1 s'"))
        )


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL was started only now; that is for a test of its own."""
    monkeypatch.setattr(browser_sessions, "_SETTLED", timedelta())


def test_a_session_is_noted_prolonged_and_taken_out(
    engine: Engine, make: Make, site: Site, hub: ChromeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_sessions, "RENEW_SECONDS", 0.2)
    with Browser(make(hub.url), engine) as browser:
        browser.load(f"{site.url}/a", EAGER)
        browser.load(f"{site.url}/a", EAGER)
        (row,) = rows(engine)
        assert row.hub == hub.url
        assert row.holder.endswith(f":{psutil.Process().pid}")
        assert row.lease_until > datetime.now(UTC) + timedelta(seconds=30)
        wait_until(lambda: rows(engine)[0].lease_until > row.lease_until)
        wait_until(lambda: rows(engine)[0].pages == 2)
        tools = Tools(make(hub.url))
        assert Tending().round(tools) == Tended(), "it is used"
    assert not rows(engine)
    wait_until(lambda: not hub.browsers())


def test_the_session_of_a_killed_worker_is_ended_and_no_other(
    engine: Engine, make: Make, site: Site, hub: ChromeDriver
) -> None:
    settings = make(hub.url)
    tending, tools = Tending(), Tools(settings)
    with Browser(settings, engine) as mine:
        mine.load(f"{site.url}/a", EAGER)
        before = len(hub.browsers())
        for _ in range(2):
            with Worker(settings) as worker:
                assert worker.load(f"{site.url}/a") == hub.url
            assert len(hub.browsers()) == before + 1, "ChromeDriver keeps it for ever"
            assert tending.round(tools) == Tended(), "its lease is not over"
            with engine.begin() as connection:
                connection.execute(
                    update(BrowserSessionRow)
                    .where(BrowserSessionRow.holder.like(f"%:{worker.process.pid}"))
                    .values(lease_until=text("now() - interval '1 s'"))
                )
            assert tending.round(tools) == Tended(ended=1)
            assert tending.round(tools) == Tended()
            wait_until(lambda: len(hub.browsers()) == before)
        assert len(rows(engine)) == 1
        assert mine.load(f"{site.url}/a", EAGER).hub == hub.url
        assert len(hub.browsers()) == before


def test_a_hub_that_was_restarted_knows_the_session_no_more(
    engine: Engine, make: Make, site: Site, hub: ChromeDriver
) -> None:
    settings = make(hub.url)
    with Worker(settings) as worker:
        worker.load(f"{site.url}/a")
    run_out(engine)
    hub.kill()
    tending, tools = Tending(), Tools(settings)
    assert tending.round(tools) == Tended()
    assert len(rows(engine)) == 1, "the hub is out of reach: later"
    hub.start()
    run_out(engine)
    assert tending.round(tools) == Tended(ended=1)
    assert not rows(engine)


def test_a_stuck_page_process_costs_no_session(
    engine: Engine, make: Make, site: Site, hub: ChromeDriver
) -> None:
    """A stopped renderer answers nothing; its browser is gone when the next page is there."""
    settings = make(hub.url)
    with Browser(settings, engine) as browser:
        browser.load(f"{site.url}/a", EAGER)
        (main,) = hub.browsers()
        victims = [
            child for child in main.children(recursive=True) if "--type=renderer" in child.cmdline()
        ]
        assert victims
        for victim in victims:
            victim.suspend()
        try:
            assert browser.load(f"{site.url}/a", EAGER).hub == hub.url
            wait_until(lambda: len(hub.browsers()) == 1)
            assert _gone(main)
            assert len(rows(engine)) == 1
        finally:
            # A stopped process can't notice that its browser is gone; where the hub is a
            # Selenoid, the container takes it along.
            for victim in victims:
                if victim.is_running():
                    victim.resume()
        wait_until(lambda: all(_gone(victim) for victim in victims))


def test_a_stuck_browser_is_left_at_once_and_gone_when_its_hub_can(
    engine: Engine, make: Make, site: Site, hub: ChromeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ChromeDriver can do nothing with a session while its browser's main process hangs."""
    monkeypatch.setattr("scrapers.browser.hubs.QUIT_SECONDS", 1.0)
    monkeypatch.setattr("scrapers.browser.session.QUICK_SECONDS", 1.0)
    monkeypatch.setattr("scrapers.browser.hub._END_SECONDS", 1.0)
    settings = make(hub.url)
    tending, tools = Tending(), Tools(settings)
    with Browser(settings, engine) as browser, Worker(settings) as worker:
        worker.load(f"{site.url}/a")
        browser.load(f"{site.url}/a", EAGER)
        assert browser._session is not None
        (stuck,) = [
            main for main in hub.browsers() if _of_session(main, browser._session.driver.caps)
        ]
        stuck.suspend()
        try:
            assert browser.load(f"{site.url}/a", EAGER).hub == hub.url
            worker.kill()
            run_out_abandoned(engine, browser)
            assert tending.round(tools) == Tended(ended=1), (
                "others at the hub are ended all the same"
            )
            assert len(rows(engine)) == 2
        finally:
            stuck.resume()

        def cleaned_up() -> bool:
            run_out_abandoned(engine, browser)
            tending.round(tools)
            return len(hub.browsers()) == 1 and len(rows(engine)) == 1

        wait_until(cleaned_up)
        assert _gone(stuck)
        assert browser.load(f"{site.url}/a", EAGER).hub == hub.url


def _of_session(main: psutil.Process, caps: dict[str, Any]) -> bool:
    return any(caps["chrome"]["userDataDir"] in argument for argument in main.cmdline())


def run_out_abandoned(engine: Engine, browser: Browser) -> None:
    """The minute in which one reaper has a session for itself is over."""
    assert browser._session is not None
    with engine.begin() as connection:
        connection.execute(
            update(BrowserSessionRow)
            .where(BrowserSessionRow.session_id != browser._session.driver.session_id)
            .values(lease_until=text("now()"))
        )


def _gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_stopped_hub_is_left_and_cleaned_up_when_it_goes_on(
    engine: Engine, make: Make, site: Site, hub: ChromeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scrapers.browser.hubs.QUIT_SECONDS", 1.0)
    monkeypatch.setattr("scrapers.browser.session.QUICK_SECONDS", 1.0)
    monkeypatch.setattr("scrapers.browser.hub.STATUS_SECONDS", 1.0)
    monkeypatch.setattr("scrapers.browser.hub._END_SECONDS", 1.0)
    assert hub._process is not None
    with ChromeDriver() as other:
        settings = make(hub.url, other.url, hub_failures_to_open=1, hub_probe_seconds=0.2)
        with Worker(make(hub.url)) as worker:
            worker.load(f"{site.url}/a")
        tending, tools = Tending(), Tools(settings)
        with Browser(settings, engine) as browser:
            psutil.Process(hub._process.pid).suspend()
            assert browser.load(f"{site.url}/a", EAGER).hub == other.url
            run_out(engine)
            began = time.monotonic()
            tending.round(tools)
            assert time.monotonic() - began < 10
            psutil.Process(hub._process.pid).resume()
            wait_until(lambda: tending.round(tools).closed, seconds=15)
            run_out(engine)
            wait_until(lambda: (tending.round(tools), not hub.browsers())[1], seconds=15)


def test_an_idle_session_is_quit_and_opened_again_for_the_next_page(
    engine: Engine, make: Make, site: Site, hub: ChromeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_sessions, "RENEW_SECONDS", 0.2)
    with Browser(make(hub.url, session_idle_minutes=0.02), engine) as browser:
        browser.load(f"{site.url}/a", EAGER)
        assert hub.browsers()
        wait_until(lambda: not hub.browsers() and not rows(engine), seconds=10)
        assert browser.load(f"{site.url}/a", EAGER).hub == hub.url
        # A page that takes longer than the idle time is no idleness.
        with pytest.raises(SourceUnavailable):
            browser.load(f"{site.url}/slow", EAGER)
        assert browser.load(f"{site.url}/a", EAGER).hub == hub.url


def test_what_selenoid_shows_and_nobody_notes_is_ended_in_the_end(
    engine: Engine, make: Make, site: Site, hub: ChromeDriver
) -> None:
    """The answer to the opening got lost; another team's session is none of our business."""
    plain = make(hub.url)
    with Front(hub.port, status=selenoid(2)) as front, Browser(plain) as lost, Browser(plain) as of:
        for browser in (lost, of):
            browser.load(f"{site.url}/a", EAGER)
        ids = [str(b._session.driver.session_id) for b in (lost, of) if b._session]
        assert front.status is not None
        front.status["browsers"] = {
            "chrome": {
                "128.0": {
                    "unknown": {
                        "count": 2,
                        "sessions": [
                            {"id": ids[0], "vnc": False, "caps": {"name": "touchline"}},
                            {"id": ids[1], "vnc": False, "caps": {"name": "others"}},
                        ],
                    }
                },
                "127.0": {},
            }
        }
        tools = Tools(make(front.url, session_max_minutes=15, session_idle_minutes=4))
        assert Tending().round(tools) == Tended()
        (row,) = rows(engine)
        assert (row.session_id, row.holder) == (ids[0], NOBODY)
        age = row.lease_until - datetime.now(UTC)
        assert timedelta(minutes=22) < age < timedelta(minutes=25), "longer than any page lasts"
        # Its process appears after all: from now on it is its own.
        browser_sessions.used(engine, OpenSession(ids[0], front.url, "host:1"))
        assert Tending().round(tools) == Tended()
        assert rows(engine)[0].holder == "host:1"
        run_out(engine)
        assert Tending().round(tools) == Tended(ended=1)
        assert len(hub.browsers()) == 1
        with pytest.raises(InvalidSessionIdException):
            lost._load(lost._session, f"{site.url}/a", EAGER)  # type: ignore[arg-type]


def test_two_reapers_do_not_take_the_same(engine: Engine) -> None:
    for number in range(6):
        browser_sessions.used(engine, OpenSession(str(number), "http://h", "x:1"))
    run_out(engine)
    first = browser_sessions.take_abandoned(engine, ["http://h"], 4)
    second = browser_sessions.take_abandoned(engine, ["http://h"], 4)
    assert len(first) == 4
    assert len(second) == 2
    assert not {one.session_id for one in first} & {one.session_id for one in second}


def test_after_a_restart_of_postgres_living_processes_come_first(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ran out while PostgreSQL was away says nothing of the process."""
    browser_sessions.used(engine, OpenSession("1", "http://h", "x:1"))
    run_out(engine)
    monkeypatch.setattr(browser_sessions, "_SETTLED", timedelta(days=1))
    assert not browser_sessions.take_abandoned(engine, ["http://h"], 4)
    monkeypatch.setattr(browser_sessions, "_SETTLED", timedelta())
    assert browser_sessions.take_abandoned(engine, ["http://h"], 4)


def test_sessions_at_a_hub_that_is_no_more_are_forgotten(engine: Engine) -> None:
    for hub in ("http://old", "http://new"):
        browser_sessions.used(engine, OpenSession(hub, hub, "x:1"))
    assert browser_sessions.forget_old(engine, ["http://new"]) == 0
    with engine.begin() as connection:
        connection.execute(
            update(BrowserSessionRow).values(lease_until=text("now() - interval '25 hours'"))
        )
    assert browser_sessions.forget_old(engine, ["http://new"]) == 1
    assert browser_sessions.count_by_hub(engine) == {"http://new": 1}
