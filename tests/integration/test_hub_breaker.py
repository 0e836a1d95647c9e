"""Breakers of real hubs, shared through a real PostgreSQL: opened, obeyed, probed, closed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select, text, update
from typer.testing import CliRunner

from scrapers.browser.breaker import Breakers
from scrapers.browser.hub import Hub
from scrapers.browser.plan import FetchPlan
from scrapers.browser.probe import probe_hub
from scrapers.browser.session import Browser
from scrapers.cli.main import app
from scrapers.errors import BrowserUnavailable, ConfigInvalid
from scrapers.settings import PREFIX, Settings
from scrapers.settings import settings as process_settings
from scrapers.targets import Target
from scrapers.tasks.reaping import Tended, Tending
from scrapers.tasks.tools import Tools
from scrapers.warehouse import browser_sessions, hub_state
from scrapers.warehouse.health_tables import HubStateRow
from scrapers.warehouse.hub_state import Breaker, Position
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import State
from tests.integration.test_browser_hubs import dead_hub, selenoid
from tests.support.browser import ChromeDriver, Front, Site, wait_until
from tests.support.browser_worker import Worker
from tests.support.stack import BROWSER_ARGS

EAGER = FetchPlan()
Make = Callable[..., Settings]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture(scope="module")
def driver() -> Iterator[ChromeDriver]:
    with ChromeDriver() as running:
        yield running


@pytest.fixture
def make(site: Site, engine: Engine, make_settings: Callable[..., Settings]) -> Make:
    """Settings with these hubs, which are given up and probed quickly."""

    def made(*hubs: str, **changes: object) -> Settings:
        return make_settings(
            **{
                "base_url": site.url,
                "allowed_hosts": "127.0.0.1",
                "hub_urls": ",".join(hubs),
                "browser_args": BROWSER_ARGS,
                "session_start_timeout_seconds": 20,
                "page_load_timeout_seconds": 15,
                "script_timeout_seconds": 5,
                "hub_failures_to_open": 2,
                "hub_probe_seconds": 0.2,
                **changes,
            }
        )

    return made


def breaker(engine: Engine, hub: str) -> Breaker:
    return hub_state.seen(engine).of(hub)


def give_up(engine: Engine, settings: Settings, hub: str, *, due: bool) -> None:
    """Open a hub's breaker; its probe is due, or far away."""
    breakers = Breakers(settings, engine)
    for _ in range(settings.hub_failures_to_open):
        breakers.failed(hub, "it was refused")
    when = text("now()" if due else "now() + interval '1 hour'")
    with engine.begin() as connection:
        connection.execute(
            update(HubStateRow).where(HubStateRow.hub == hub).values(next_probe_at=when)
        )


def test_a_hub_that_fails_is_left_alone_by_every_process(
    engine: Engine, make: Make, site: Site, driver: ChromeDriver
) -> None:
    dead = dead_hub()
    settings = make(dead, driver.url, hub_probe_seconds=60)
    for _ in range(settings.hub_failures_to_open):
        with Browser(settings, engine) as browser:
            assert browser.load(f"{site.url}/a", EAGER).hub == driver.url
    state = breaker(engine, dead)
    assert (state.state, state.failures) == (Position.OPEN, 2)
    assert "refused" in str(state.detail)
    well = breaker(engine, driver.url)
    assert (well.state, well.failures) == (Position.CLOSED, 0)
    assert str(well.browser).startswith("chrome 1")
    assert well.worked_at is not None


def test_when_every_hub_is_left_alone_none_is_asked_and_no_time_is_spent(
    engine: Engine, make: Make, site: Site, driver: ChromeDriver
) -> None:
    with Front(driver.port, status=selenoid(0)) as one, Front(driver.port) as two:
        for front in (one, two):
            front.stuck.set()
        settings = make(one.url, two.url)
        give_up(engine, settings, one.url, due=False)
        give_up(engine, settings, two.url, due=False)
        began = time.monotonic()
        with (
            Browser(settings, engine) as browser,
            pytest.raises(BrowserUnavailable, match="left alone since") as caught,
        ):
            browser.prepare(EAGER)
        assert time.monotonic() - began < 1
        assert not one.logins
        assert not two.logins, "not even its status was asked for"
        assert set(caught.value.facts["hubs"]) == {one.url, two.url}  # type: ignore[call-overload]


def test_a_due_probe_is_the_sessions_own_and_everything_resumes(
    engine: Engine, make: Make, site: Site, driver: ChromeDriver
) -> None:
    settings = make(driver.url)
    give_up(engine, settings, driver.url, due=True)
    waiting, other = (Target.match_centre(number) for number in (1, 2))
    later = datetime.now(UTC) + timedelta(minutes=30)
    with engine.begin() as connection:
        for target, failure in ((waiting, "BrowserUnavailable"), (other, "SourceUnavailable")):
            connection.execute(
                TargetRow.__table__.insert().values(
                    target_key=target.key,
                    page_kind=target.page_kind,
                    state=State.PLANNED,
                    planned_at=later,
                    due_at=later,
                    failure_class=failure,
                )
            )
    with Browser(settings, engine) as browser:
        browser.prepare(EAGER)
        assert breaker(engine, driver.url).state == Position.CLOSED
        assert browser.load(f"{site.url}/a", EAGER).hub == driver.url
        assert len(driver.browsers()) == 1, "the probe is the session that is used"
    with engine.connect() as connection:
        due = dict(connection.execute(select(TargetRow.target_key, TargetRow.due_at)).all())
    assert due[waiting.key] < later
    assert due[other.key] == later


def test_a_probe_that_fails_makes_the_wait_longer(engine: Engine, make: Make) -> None:
    dead = dead_hub()
    settings = make(dead, hub_probe_seconds=10)
    give_up(engine, settings, dead, due=True)
    assert Tending().round(Tools(settings)) == Tended()
    state = breaker(engine, dead)
    assert (state.state, state.failures, state.probe_until) == (Position.OPEN, 3, None)
    now = hub_state.seen(engine).now
    assert state.next_probe_at is not None
    assert timedelta(seconds=12) < state.next_probe_at - now <= timedelta(seconds=20)


def test_of_many_processes_one_probes(
    engine: Engine, make: Make, site: Site, driver: ChromeDriver
) -> None:
    with Front(driver.port) as front:
        front.stuck_on = "/session"  # the probe hangs, so that all others come while it is on
        settings = make(front.url, session_start_timeout_seconds=4)
        give_up(engine, settings, front.url, due=True)
        with Worker(settings) as a, Worker(settings) as b, Worker(settings) as c:
            workers = (a, b, c)
            for worker in workers:
                worker.say(f"load {site.url}/a")
            answers = [worker.answer() for worker in workers]
            assert len(front.asked) == 1
            assert all(answer.startswith("BrowserUnavailable") for answer in answers)
            assert sum("left alone since" in answer for answer in answers) == 2
            front.stuck_on = ""
            with engine.begin() as connection:
                connection.execute(update(HubStateRow).values(next_probe_at=text("now()")))
            for worker in (a, b):
                worker.say(f"load {site.url}/a")
            answers = [worker.answer() for worker in (a, b)]
        assert front.url in answers
        assert breaker(engine, front.url).state == Position.CLOSED
    driver.kill_browsers()


def test_a_full_hub_is_not_broken(
    engine: Engine, make: Make, site: Site, driver: ChromeDriver
) -> None:
    with Front(driver.port, status=selenoid(4)) as full:
        full.stuck.set()  # as one that queues
        settings = make(full.url, session_start_timeout_seconds=0.5)
        for _ in range(settings.hub_failures_to_open + 1):
            with (
                Browser(settings, engine) as browser,
                pytest.raises(BrowserUnavailable),
            ):
                browser.prepare(EAGER)
        assert breaker(engine, full.url) == Breaker()
        # Left alone for another reason, and full when the probe is due: asked again soon.
        give_up(engine, settings, full.url, due=True)
        Tending().round(Tools(settings))
        assert breaker(engine, full.url).failures == settings.hub_failures_to_open
        assert len(full.asked) == settings.hub_failures_to_open + 1


def test_all_hubs_gone_then_one_back(engine: Engine, make: Make, site: Site) -> None:
    with ChromeDriver() as first, ChromeDriver() as second:
        settings = make(first.url, second.url)
        tools, tending = Tools(settings), Tending()
        with Browser(settings, engine) as browser:
            loaded_by = browser.load(f"{site.url}/a", EAGER).hub
            for hub in (first, second):
                hub.kill()
            for _ in range(settings.hub_failures_to_open):
                with pytest.raises(BrowserUnavailable):
                    browser.load(f"{site.url}/a", EAGER)
            with pytest.raises(BrowserUnavailable, match="left alone since"):
                browser.load(f"{site.url}/a", EAGER)
            back = second if loaded_by == first.url else first
            back.start()
            wait_until(lambda: tending.round(tools).closed, seconds=10)
            assert browser.load(f"{site.url}/a", EAGER).hub == back.url
            wait_until(lambda: len(back.browsers()) == 1, seconds=5)


def test_a_session_that_dies_is_followed_by_one_elsewhere(
    engine: Engine, make: Make, site: Site
) -> None:
    with ChromeDriver() as first, ChromeDriver() as second:
        hubs = {hub.url: hub for hub in (first, second)}
        with Browser(make(*hubs), engine) as browser:
            for _ in range(3):
                used = browser.load(f"{site.url}/a", EAGER).hub
                hubs[used].kill_browsers()
                assert browser.load(f"{site.url}/a", EAGER).hub != used
            # A page that failed at a hub is loaded by the other one, though that hub is well.
            used = browser.load(f"{site.url}/a", EAGER).hub
            browser.prepare(EAGER, avoid=used)
            assert browser.load(f"{site.url}/a", EAGER).hub != used
        with Browser(make(first.url), engine) as alone:
            alone.prepare(EAGER, avoid=first.url)
            alone.prepare(EAGER, avoid=first.url)
            assert alone.load(f"{site.url}/a", EAGER).hub == first.url, "better than none"


def test_without_postgres_a_process_goes_by_what_it_saw(
    make: Make, site: Site, driver: ChromeDriver
) -> None:
    dead = dead_hub()
    settings = make(
        dead, driver.url, database_url="postgresql+psycopg2://a:b@127.0.0.1:1/c",
        hub_probe_seconds=60,
    )  # fmt: skip
    tools = Tools(settings)
    with Browser(settings, tools.engine) as browser:
        for _ in range(4):
            assert browser.load(f"{site.url}/a", EAGER).hub == driver.url
            browser.close()
        seen = browser._breakers.seen()
        assert seen.of(dead).state == Position.OPEN
        assert seen.of(driver.url).is_closed


def test_a_probe_loads_the_page_and_leaves_nothing(
    make: Make, site: Site, driver: ChromeDriver
) -> None:
    settings, hub = make(driver.url), Hub.from_url(driver.url)
    site.asked.clear()
    done = probe_hub(settings, hub, f"{site.url}/probed")
    assert (done.ok, done.hub) == (True, driver.url)
    assert done.browser.startswith("chrome 1")
    assert site.asked["/probed"] == 1
    assert probe_hub(settings, hub).ok
    wait_until(lambda: not driver.browsers())
    failed = probe_hub(settings, hub, f"{site.url}/reset")
    assert not failed.ok
    assert "ERR_CONNECTION_RESET" in failed.detail
    wait_until(lambda: not driver.browsers())
    with pytest.raises(ConfigInvalid, match="example"):
        probe_hub(settings, hub, "http://example.org/")
    assert not probe_hub(settings, Hub.from_url(dead_hub())).ok


def test_a_probe_that_gets_stuck_is_ended_by_the_sweep(
    engine: Engine,
    make: Make,
    site: Site,
    driver: ChromeDriver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scrapers.browser.hubs.QUICK_SECONDS", 1.0)
    monkeypatch.setattr("scrapers.browser.hubs.QUIT_SECONDS", 1.0)
    monkeypatch.setattr("scrapers.warehouse.browser_sessions._SETTLED", timedelta())
    with Front(driver.port) as front:
        front.stuck_on = "/session/"  # a session is given, and does nothing
        settings = make(front.url)
        give_up(engine, settings, front.url, due=True)
        with Browser(settings, engine) as browser, pytest.raises(BrowserUnavailable):
            browser.prepare(EAGER)
        assert breaker(engine, front.url).state == Position.OPEN
        assert browser_sessions.count_by_hub(engine) == {front.url: 1}
        with engine.begin() as connection:
            connection.execute(update(HubStateRow).values(next_probe_at=text("now()")))
        Tending().round(Tools(settings))
        assert browser_sessions.count_by_hub(engine) == {front.url: 2}
        front.stuck_on = ""
        Breakers(settings, engine).closed(front.url, None)
        assert Tending().round(Tools(settings)) == Tended(ended=2)
        wait_until(lambda: not driver.browsers())


def test_the_command_line_shows_and_mends(
    engine: Engine, make: Make, driver: ChromeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = dead_hub()
    settings = make(driver.url, dead)
    for name in ("database_url", "broker_url", "cache_url"):
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", getattr(settings, name).get_secret_value())
    for name in ("archive_url", "base_url"):
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", getattr(settings, name))
    monkeypatch.setenv(f"{PREFIX}HUB_URLS", f"{driver.url},{dead}")
    monkeypatch.setenv(f"{PREFIX}ALLOWED_HOSTS", "127.0.0.1")
    monkeypatch.setenv(f"{PREFIX}BROWSER_ARGS", BROWSER_ARGS)
    process_settings.cache_clear()
    try:
        for hub in (driver.url, dead):
            give_up(engine, settings, hub, due=False)
        run = CliRunner()
        shown = json.loads(run.invoke(app, ["hubs", "--json"]).stdout)
        assert [(row["hub"], row["reachable"], row["state"]) for row in shown] == [
            (driver.url, True, "open"),
            (dead, False, "open"),
        ]
        assert driver.url in run.invoke(app, ["hubs"]).stdout
        probed = run.invoke(app, ["hubs", "probe", "--json"])
        assert probed.exit_code == 1
        assert [one["ok"] for one in json.loads(probed.stdout)] == [True, False]
        assert breaker(engine, driver.url).state == Position.CLOSED
        assert breaker(engine, dead).state == Position.OPEN
        assert "is used again" in run.invoke(app, ["hubs", "close", dead]).stdout
        assert breaker(engine, dead).state == Position.CLOSED
        unknown = run.invoke(app, ["hubs", "close", "http://other:4444/wd/hub"])
        assert unknown.exit_code == 2
    finally:
        process_settings.cache_clear()


def test_two_transactions_do_not_open_it_twice(engine: Engine, make: Make) -> None:
    """Failures of several processes are all counted; it opens at one moment."""
    hub = f"http://{uuid4().hex}/wd/hub"
    settings = make(dead_hub(), hub_failures_to_open=8, hub_probe_seconds=60)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: Breakers(settings, engine).failed(hub, "x"), range(7)))
    assert (breaker(engine, hub).state, breaker(engine, hub).failures) == (Position.CLOSED, 7)
    Breakers(settings, engine).failed(hub, "x")
    opened_at = breaker(engine, hub).opened_at
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: Breakers(settings, engine).failed(hub, "x"), range(8)))
        taken = list(pool.map(lambda _: Breakers(settings, engine).take_probe(hub), range(8)))
    assert breaker(engine, hub).opened_at == opened_at
    assert not any(taken), "not due yet"
    with engine.begin() as connection:
        connection.execute(update(HubStateRow).values(next_probe_at=text("now()")))
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: Breakers(settings, engine).take_probe(hub), range(8)))
    assert sum(taken) == 1


def test_a_hub_that_is_taken_out_of_the_settings_is_forgotten_after_a_day(
    engine: Engine, make: Make
) -> None:
    settings = make("http://new/wd/hub")
    for hub in ("http://old/wd/hub", "http://older/wd/hub", "http://new/wd/hub"):
        give_up(engine, settings, hub, due=True)
    with engine.begin() as connection:
        connection.execute(
            update(HubStateRow)
            .where(HubStateRow.hub != "http://old/wd/hub")
            .values(opened_at=text("now() - interval '2 days'"), next_probe_at=None)
        )
    assert hub_state.forget_old(engine, ["http://new/wd/hub"]) == 1
    assert set(hub_state.seen(engine).by_hub) == {"http://old/wd/hub", "http://new/wd/hub"}
