"""The rate limit on a real Redis and a real PostgreSQL, with either of them gone.

Nearly nothing sleeps here: a reservation tells how long to wait, and what is measured is when
the turns are. `TURN` says how far two clock readings may lie apart on a busy machine.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, text

from scrapers.browser import politeness as room
from scrapers.browser.politeness import KEY, Politeness
from scrapers.errors import CacheUnavailable, ConfigInvalid
from scrapers.settings import ROOT, Settings
from scrapers.warehouse.engine import engine as engine_of
from tests.support.redis import redis_gone
from tests.support.supervise import free_ports

HOST = "www.whoscored.com"
INTERVAL = 20.0
TURN = 0.5

MakeSettings = Callable[..., Settings]


def at(limiter: Politeness, host: str = HOST) -> float:
    """The moment of the next turn; earlier by what the reservation itself took, at most."""
    now = time.monotonic()
    return now + limiter.reserve(host)


def gaps(turns: list[float]) -> list[float]:
    ordered = sorted(turns)
    return [later - sooner for sooner, later in pairwise(ordered)]


@pytest.fixture
def polite(make_settings: MakeSettings) -> MakeSettings:
    def make(**changes: Any) -> Settings:
        return make_settings(
            **{"page_interval_seconds": INTERVAL, "page_interval_jitter": 0.0, **changes}
        )

    return make


@pytest.fixture
def limiter(polite: MakeSettings, engine: Engine) -> Politeness:
    return Politeness(polite(), engine)


@pytest.fixture
def gone_redis() -> str:
    (port,) = free_ports(1)
    return f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def gone_postgres(make_settings: MakeSettings) -> Engine:
    (port,) = free_ports(1)
    url = f"postgresql+psycopg2://touchline:none@127.0.0.1:{port}/none"
    return engine_of(make_settings(database_url=url))


def test_turns_follow_one_another(limiter: Politeness) -> None:
    turns = [at(limiter) for _ in range(5)]
    assert turns[0] < time.monotonic() + TURN
    assert all(abs(gap - INTERVAL) < TURN for gap in gaps(turns))


def test_jitter_only_lengthens(polite: MakeSettings, engine: Engine) -> None:
    limiter = Politeness(polite(page_interval_jitter=0.5), engine)
    found = gaps([at(limiter) for _ in range(12)])
    assert all(INTERVAL - TURN < gap < INTERVAL * 1.5 + TURN for gap in found)
    assert max(found) - min(found) > INTERVAL * 0.1


def test_hosts_are_limited_each_by_itself(limiter: Politeness) -> None:
    assert limiter.reserve(HOST) < TURN
    assert limiter.reserve("other.example") < TURN
    assert limiter.reserve(HOST.upper()) > INTERVAL - TURN


def test_a_turn_is_waited_for(polite: MakeSettings, engine: Engine) -> None:
    limiter = Politeness(polite(page_interval_seconds=0.3), engine)
    limiter.wait_turn(HOST)
    began = time.monotonic()
    waited = limiter.wait_turn(HOST)
    assert 0 < waited <= time.monotonic() - began


def test_keys_expire_and_are_ours(limiter: Politeness, redis_port: int) -> None:
    limiter.reserve(HOST)
    with redis.Redis(port=redis_port, db=1) as client:
        assert client.keys() == [f"{KEY}{HOST}".encode()]
        assert INTERVAL < client.ttl(f"{KEY}{HOST}") <= INTERVAL + 61


def test_without_an_interval_nobody_is_asked(
    polite: MakeSettings, gone_redis: str, gone_postgres: Engine
) -> None:
    limiter = Politeness(polite(page_interval_seconds=0, cache_url=gone_redis), gone_postgres)
    assert limiter.wait_turn(HOST) == 0


def test_a_cache_address_that_is_none_is_refused(polite: MakeSettings, engine: Engine) -> None:
    with pytest.raises(ConfigInvalid, match="TOUCHLINE_CACHE_URL"):
        Politeness(polite(cache_url="http://s3cret@x"), engine)


_RESERVES = """
import sys, time
from scrapers.browser.politeness import Politeness
from scrapers.settings import load_settings
limiter = Politeness(load_settings(
    _env_file=None, database_url=sys.argv[1], broker_url="redis://x", cache_url=sys.argv[2],
    archive_url="memory://x", page_interval_seconds=10, page_interval_jitter=0))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(8):
    now = time.monotonic()
    print(now + limiter.reserve("www.whoscored.com"), flush=True)
"""


def race(*workers: Settings) -> list[float]:
    """Turns that processes with these settings reserve at the same time, eight each."""
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-c", _RESERVES),
                worker.database_url.get_secret_value(),
                worker.cache_url.get_secret_value(),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for worker in workers
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    with ThreadPoolExecutor() as pool:
        outputs = list(pool.map(lambda each: each.communicate("\n", timeout=60)[0], processes))
    turns = [float(line) for output in outputs for line in output.split()]
    assert len(turns) == 8 * len(workers)
    return turns


@pytest.mark.usefixtures("engine")
def test_processes_share_one_limit(polite: MakeSettings) -> None:
    turns = race(polite(), polite(), polite())
    assert min(gaps(turns)) > 10 - TURN


@pytest.mark.usefixtures("engine")
def test_processes_that_see_redis_and_others_that_do_not_share_one_limit(
    polite: MakeSettings, gone_redis: str
) -> None:
    turns = race(polite(), polite(cache_url=gone_redis), polite(cache_url=gone_redis))
    assert min(gaps(turns)) > 10 - TURN


def test_redis_killed_and_back_makes_no_turn_sooner(
    limiter: Politeness,
    services: Any,
    redis_port: int,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "_LOOK_AGAIN_SECONDS", 0.0)
    caplog.set_level(logging.INFO, logger=room.__name__)
    turns = [at(limiter), at(limiter)]
    with redis_gone(services.group, redis_port):
        turns += [at(limiter) for _ in range(4)]
    turns += [at(limiter) for _ in range(3)]
    assert min(gaps(turns)) > INTERVAL - TURN
    lost = [record for record in caplog.records if "CacheUnavailable" in record.message]
    assert len(lost) == 1  # once for an outage, however often it is met
    assert len([record for record in caplog.records if "is back" in record.message]) == 1


def test_a_redis_that_is_gone_is_left_alone_for_a_while(
    polite: MakeSettings, engine: Engine, gone_redis: str
) -> None:
    limiter = Politeness(polite(cache_url=gone_redis), engine)
    limiter.reserve(HOST)
    asked: list[object] = []
    limiter._take = lambda **arguments: asked.append(arguments)  # type: ignore[assignment]
    limiter.reserve(HOST)
    assert asked == []


def test_a_redis_that_forgot_makes_no_turn_sooner(limiter: Politeness, redis_port: int) -> None:
    turns = [at(limiter), at(limiter)]
    with redis.Redis(port=redis_port, db=1) as client:
        client.flushdb()
    turns += [at(limiter), at(limiter)]
    assert min(gaps(turns)) > INTERVAL - TURN


def test_redis_goes_on_alone_and_postgres_makes_up_for_it(
    polite: MakeSettings,
    engine: Engine,
    gone_postgres: Engine,
    services: Any,
    redis_port: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    limiter = Politeness(polite(), gone_postgres)
    turns = [at(limiter), at(limiter)]
    assert min(gaps(turns)) > INTERVAL - TURN
    assert len([record for record in caplog.records if "Redis alone" in record.message]) == 1
    # Nothing of this stands in PostgreSQL; the first turn there leaves an interval free.
    limiter._engine = engine
    with redis_gone(services.group, redis_port):
        assert limiter.reserve(HOST) > INTERVAL - TURN


def test_a_worker_that_is_new_in_an_outage_leaves_an_interval_free(
    polite: MakeSettings, engine: Engine, gone_redis: str
) -> None:
    limiter = Politeness(polite(cache_url=gone_redis), engine)
    assert limiter.reserve(HOST) > INTERVAL - TURN


def test_without_both_no_page_is_asked_for(
    polite: MakeSettings, gone_redis: str, gone_postgres: Engine
) -> None:
    limiter = Politeness(polite(cache_url=gone_redis), gone_postgres)
    with pytest.raises(CacheUnavailable, match="without a rate limit"):
        limiter.wait_turn(HOST)


def test_a_turn_too_far_away_is_told_and_not_taken(
    limiter: Politeness, engine: Engine, redis_port: int
) -> None:
    far = round((time.time() + 3600) * 1000)
    with redis.Redis(port=redis_port, db=1) as client:
        client.set(f"{KEY}{HOST}", far)
        with pytest.raises(CacheUnavailable, match="a clock has jumped"):
            limiter.wait_turn(HOST)
        assert int(client.get(f"{KEY}{HOST}") or 0) == far
        client.flushdb()
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO ops.host_turn VALUES (:host, now() + interval '1 hour')"),
            {"host": HOST},
        )
    with pytest.raises(CacheUnavailable, match="a clock has jumped"):
        limiter.wait_turn(HOST)
    with engine.begin() as connection:
        kept = connection.scalar(text("SELECT next_at - now() FROM ops.host_turn"))
    assert kept is not None
    assert kept.total_seconds() < 3600
