"""The probes ask real services; the watchman tells of PostgreSQL's own outage, once."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from scrapers import files
from scrapers.browser import probe as browser_probe
from scrapers.errors import ConfigInvalid
from scrapers.incidents import probes, watchman
from scrapers.incidents.condition import ARCHIVE, BROKER, CACHE, HUBS
from scrapers.incidents.conditions import ALL_HUBS
from scrapers.incidents.cycle import watch_once
from scrapers.incidents.watchman import Watchman
from scrapers.warehouse.engine import engine as engine_of
from tests.integration.conftest import MakeSettings
from tests.support.browser import ChromeDriver
from tests.support.receivers import Webhook, webhook
from tests.support.stack import BROWSER_ARGS
from tests.support.supervise import free_ports

SECRET = "MARKER-77aa"


class Gate:
    """A way to a server on this machine that can be closed, with all that is under way."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._open = False
        self._pairs: list[socket.socket] = []
        (self.port,) = free_ports(1)

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._open = True
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        self._open = False
        # Nobody may be left in accept(), or the port stays taken.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._pairs:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._pairs.clear()

    def _serve(self, listener: socket.socket) -> None:
        while self._open:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._to))
            self._pairs += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def gate(port: int) -> Iterator[Gate]:
    made = Gate(port)
    made.open()
    try:
        yield made
    finally:
        with suppress(OSError):
            made.close()


def test_services_that_are_well_give_nothing(engine: Engine, make_settings: MakeSettings) -> None:
    current = make_settings()
    for probe in (probes.broker, probes.cache, probes.archive, probes.warehouse):
        assert probe(current) == []


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_services_that_are_away_are_named_without_their_login(
    make_settings: MakeSettings, scheme: str
) -> None:
    (port,) = free_ports(1)
    current = make_settings(
        broker_url=f"{scheme}://user:{SECRET}@127.0.0.1:{port}//",
        cache_url=f"redis://:{SECRET}@127.0.0.1:{port}/1",
        database_url=f"postgresql+psycopg2://user:{SECRET}@127.0.0.1:{port}/x",
    )
    found = [*probes.broker(current), *probes.cache(current), *probes.warehouse(current)]
    assert [condition.key for condition in found] == [
        ("BrokerUnavailable", "broker"),
        ("CacheUnavailable", "cache"),
        ("WarehouseUnavailable", "warehouse"),
    ]
    assert SECRET not in str(found)


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_service_that_takes_connections_and_says_nothing_is_given_up(
    make_settings: MakeSettings, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "PATIENCE_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        current = make_settings(broker_url=f"{scheme}://{where}//", cache_url=f"redis://{where}/1")
        keys = [c.key for c in (*probes.broker(current), *probes.cache(current))]
    assert keys == [("BrokerUnavailable", "broker"), ("CacheUnavailable", "cache")]


def test_an_archive_that_can_not_be_written(make_settings: MakeSettings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    current = make_settings(archive_url=(tmp_path / "file" / "archive").as_uri())
    (found,) = probes.archive(current)
    assert found.key == ("ArchiveUnavailable", "archive")


@pytest.fixture
def silent_archive(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An object store that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint_url": endpoint})
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "touchline")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield "s3://silent/archive"


def test_a_probe_that_does_not_end_is_what_is_wrong_and_all_else_is_judged(
    engine: Engine,
    make_settings: MakeSettings,
    silent_archive: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (port,) = free_ports(1)
    current = make_settings(
        archive_url=silent_archive, broker_url=f"redis://127.0.0.1:{port}/0", hub_urls="http://[::1"
    )
    late = {**probes._LATE, ARCHIVE: ("ArchiveUnavailable", "archive", 0.5)}
    monkeypatch.setattr(probes, "_LATE", late)
    chosen = {name: probes.THOROUGH[name] for name in (ARCHIVE, BROKER, CACHE)}
    found, looked = probes.probe_all(current, chosen)
    assert [condition.key for condition in found] == [
        ("ArchiveUnavailable", "archive"),
        ("BrokerUnavailable", "broker"),
    ]
    assert "has not ended within 0.5 s" in found[0].detail
    assert list(looked) == [ARCHIVE, BROKER, CACHE]
    # The ledger is judged too: here by what it says of a setting.
    opened = watch_once(engine, current, chosen).open
    assert {row["failure_class"] for row in opened} == {"ConfigInvalid"}
    with engine.connect() as connection:
        kept = connection.scalars(text("SELECT failure_class FROM ops.incident")).all()
    assert "ArchiveUnavailable" in kept, "it is told when it has lasted for a minute"


def test_the_probe_of_an_archive_that_says_nothing_ends_by_itself(
    make_settings: MakeSettings, silent_archive: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "ANSWER_SECONDS", 1.0)
    (found,) = probes.archive(make_settings(archive_url=silent_archive))
    assert found.key == ("ArchiveUnavailable", "archive")
    assert "no answer within 1 s" in found.detail


def test_a_hub_whose_probe_does_not_end_leaves_the_others_as_they_are(
    engine: Engine, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = free_ports(2)
    well, stuck = (f"http://127.0.0.1:{port}/wd/hub" for port in ports)
    over = threading.Event()

    def failure(_: Any, hub: Any) -> tuple[str, str] | None:
        if hub.url == stuck:
            over.wait(60)
        return None

    monkeypatch.setattr(probes, "_hub_failure", failure)
    monkeypatch.setattr(probes, "_HUB_SECONDS", 0.5)
    (found,) = probes.hubs(make_settings(hub_urls=[well, stuck]))
    over.set()
    assert found.key == ("BrowserUnavailable", stuck)
    assert not found.silent


def test_hubs_that_are_away_one_and_all(make_settings: MakeSettings) -> None:
    ports = free_ports(2)
    urls = [f"http://user:{SECRET}@127.0.0.1:{port}/wd/hub" for port in ports]
    found = probes.hubs(make_settings(hub_urls=urls))
    assert [c.subject for c in found] == [
        *(f"http://127.0.0.1:{port}/wd/hub" for port in ports),
        ALL_HUBS,
    ]
    assert [c.silent for c in found] == [True, True, False]
    assert SECRET not in str(found)


@pytest.mark.parametrize(
    "address", ["localhost:6379", "redis://h:port/0", "redis://h/one", "http://h"]
)
def test_an_address_that_is_no_cache_is_refused_at_start(
    make_settings: MakeSettings, address: str
) -> None:
    with pytest.raises(ConfigInvalid, match="TOUCHLINE_CACHE_URL is no address of a Redis"):
        make_settings(cache_url=address)


def test_a_setting_that_one_probe_can_not_use_is_told_and_the_others_look(
    engine: Engine, make_settings: MakeSettings
) -> None:
    (port,) = free_ports(1)
    current = make_settings(
        cache_url=f"redis://:{SECRET}@127.0.0.1:1/0?socket_timeout=soon",
        hub_urls="nonsense",
        broker_url=f"redis://127.0.0.1:{port}/0",
    )
    found, looked = probes.probe_all(current, probes.THOROUGH)
    assert [condition.key for condition in found] == [
        ("BrokerUnavailable", "broker"),
        ("ConfigInvalid", "TOUCHLINE_CACHE_URL"),
        ("ConfigInvalid", "TOUCHLINE_HUB_URLS"),
    ]
    assert list(looked) == [BROKER, ARCHIVE]
    assert SECRET not in str(found)
    opened = watch_once(engine, current, probes.THOROUGH).open
    assert {row["failure_class"] for row in opened} == {"ConfigInvalid"}


def test_an_address_of_a_hub_that_is_none_does_not_end_the_look_at_the_ledger(
    engine: Engine, make_settings: MakeSettings
) -> None:
    (row,) = watch_once(engine, make_settings(hub_urls="http://[::1"), {}).open
    assert (row["failure_class"], row["subject"]) == ("ConfigInvalid", "TOUCHLINE_HUB_URLS")


def test_the_session_of_a_probe_is_noted_while_it_lasts(
    engine: Engine, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def prove(driver: Any) -> str:
        with engine.connect() as connection:
            seen.append(connection.scalar(text("SELECT count(*) FROM ops.browser_session")) or 0)
        return str(driver.session_id)

    monkeypatch.setattr(browser_probe, "prove", prove)
    with ChromeDriver() as driver:
        assert probes.hubs(make_settings(hub_urls=driver.url, browser_args=BROWSER_ARGS)) == []
    assert seen == [1]
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM ops.browser_session")) == 0


def test_a_turn_looks_keeps_and_tells(
    engine: Engine, make_settings: MakeSettings, redis_port: int
) -> None:
    with webhook() as hook, gate(redis_port) as way:
        current = make_settings(
            cache_url=f"redis://127.0.0.1:{way.port}/1", alerts_on_call=hook.address
        )
        chosen = {CACHE: probes.cache, BROKER: probes.broker, ARCHIVE: probes.archive}
        assert watch_once(engine, current, chosen).open == ()
        way.close()
        assert watch_once(engine, current, chosen).open == (), "two minutes are given"
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE ops.incident SET opened_at = opened_at - interval '2 min'")
            )
        (open_now,) = watch_once(engine, current, chosen).open
        assert (open_now["failure_class"], open_now["severity"]) == ("CacheUnavailable", "P2")
        way.open()
        assert watch_once(engine, current, chosen).closed == (open_now["incident_id"],)
        assert len(hook.posts) == 1, "the message of its end waits for the calm"
        with engine.begin() as connection:
            connection.execute(text("UPDATE ops.notice SET due_at = now() WHERE kind = 'closed'"))
        watch_once(engine, current, chosen)
        assert [title.split("(")[0] for title in hook.titles] == [
            "[P2] The cache that keeps the rate limit can't be reached: cache ",
            "[P2] OVER: The cache that keeps the rate limit can't be reached: cache ",
        ]
        json.dumps(watch_once(engine, current, chosen).as_json())


class Clock:
    """The watchman's clock, moved by hand."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)  # the database has a clock of its own, for what is due

    def now(self, _: Any) -> datetime:
        return self.at

    fromisoformat = staticmethod(datetime.fromisoformat)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(watchman, "datetime", made)
    return made


@pytest.fixture
def outage(
    engine: Engine, make_settings: MakeSettings, tmp_path: Path, database_url: str
) -> Iterator[tuple[Gate, Webhook, Any]]:
    """A gate before PostgreSQL, a webhook, and what makes a watchman, as after a restart."""
    url = make_url(database_url)
    assert url.port
    with gate(url.port) as way, webhook(token=SECRET) as hook:
        through = url.set(port=way.port).render_as_string(hide_password=False)
        current = make_settings(database_url=through, alerts_on_call=hook.address)
        own = engine_of(current)
        state = tmp_path / "state" / "watchman.json"
        yield way, hook, lambda: Watchman(own, current, state)
        own.dispose()


def incidents(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        query = text("SELECT * FROM ops.incident WHERE failure_class = 'WarehouseUnavailable'")
        return list(connection.execute(query))


def test_the_watchman_tells_once_of_an_outage_and_records_it_with_its_times(
    engine: Engine, outage: tuple[Gate, Webhook, Any], clock: Clock, tmp_path: Path
) -> None:
    way, hook, make = outage
    began = clock.at
    make().look()
    way.close()
    make().look()
    assert hook.posts == [], "a minute is given"
    for _ in range(4):  # killed and started again each time
        clock.at += timedelta(minutes=1)
        make().look()
    (post,) = hook.posts
    assert "PostgreSQL can't be reached" in post["title"]
    assert "not recorded yet" in post["title"]
    assert SECRET not in (tmp_path / "state" / "watchman.json").read_text()
    way.open()
    clock.at += timedelta(minutes=1)
    make().look()
    (row,) = incidents(engine)
    assert (row.opened_at, row.closed_at) == (began, began + timedelta(minutes=5))
    make().look()
    assert len(incidents(engine)) == 1
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.notice SET due_at = now() WHERE sent_at IS NULL"))
    make().look()
    assert len(hook.posts) == 2
    assert (
        f"OVER: PostgreSQL can't be reached: warehouse (incident {row.incident_id})"
        in (hook.posts[1]["title"])
    )
    assert "5 min" in hook.posts[1]["message"]


def test_a_moment_without_postgresql_is_no_incident(
    engine: Engine, outage: tuple[Gate, Webhook, Any], clock: Clock
) -> None:
    way, hook, make = outage
    one = make()
    way.close()
    one.look()
    clock.at += timedelta(seconds=30)
    way.open()
    one.look()
    assert (incidents(engine), hook.posts) == ([], [])


def test_what_flaps_is_told_once(
    engine: Engine, outage: tuple[Gate, Webhook, Any], clock: Clock
) -> None:
    way, hook, make = outage
    one = make()
    for _ in range(3):
        way.close()
        for _ in range(3):
            one.look()
            clock.at += timedelta(minutes=1)
        way.open()
        one.look()
        clock.at += timedelta(minutes=1)
    assert len(hook.posts) == 1
    (row,) = incidents(engine)
    assert row.closed_at - row.opened_at == timedelta(minutes=11)


def test_a_receiver_that_is_down_too_is_tried_again(
    engine: Engine, outage: tuple[Gate, Webhook, Any], clock: Clock
) -> None:
    way, hook, make = outage
    one = make()
    hook.behaviour = "refuse"
    way.close()
    for _ in range(12):
        one.look()
        clock.at += timedelta(seconds=20)
    assert 1 < hook.tries <= 4
    hook.behaviour = "ok"
    clock.at += timedelta(minutes=1)
    one.look()
    one.look()
    assert len(hook.posts) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"outage": {"since": 1, "x": 2}}', "\x00"])
def test_a_state_file_that_is_cut_is_begun_anew(
    outage: tuple[Gate, Webhook, Any], tmp_path: Path, content: str
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "watchman.json").write_text(content)
    outage[2]().look()
    assert json.loads((tmp_path / "state" / "watchman.json").read_text()) == {"outage": None}


def test_all_scopes_of_the_thorough_look_are_probed() -> None:
    assert set(probes.THOROUGH) == {BROKER, CACHE, ARCHIVE, HUBS}
