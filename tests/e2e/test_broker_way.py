"""The whole way over each of the two brokers: workers and brokers are killed in mid-batch.

What lands is what lands undisturbed, no page is asked for twice that need not be, and waiting
for a broker uses up no attempt.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import pytest
from sqlalchemy import Engine, func, select, text

from scrapers.pipeline.intervals import parse_day
from scrapers.settings import PREFIX
from scrapers.warehouse.engine import engine as open_engine
from scrapers.warehouse.ops_tables import BatchRow, FailureRow, TargetRow
from scrapers.warehouse.records import State
from tests.site.world import World
from tests.support import landed
from tests.support import stack as stacks
from tests.support.airflow import wait_until
from tests.support.redis import redis_gone
from tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(600)]

READABLE = [
    match
    for match in World().matches_on(parse_day("2022-08-13"))
    if match.status == "finished" and match.has_match_centre
][:6]
IDS = [word for match in READABLE for word in ("--match", str(match.id))]


@dataclass(frozen=True)
class Platform:
    """A platform and what it lands when nothing happens to it.

    Attributes:
        name: of its broker: redis or rabbitmq.
        contents: a hash of each core table.
    """

    name: str
    stack: Stack
    engine: Engine
    contents: dict[str, str]


@pytest.fixture(scope="module", params=["redis", "rabbitmq"])
def undisturbed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    stack = stacks.start(
        tmp_path_factory.mktemp(request.param) / "stack",
        airflow=False,
        broker=request.param,
        settings={
            "page_interval_seconds": "0.05",
            "resend_after_seconds": "3",
            "sweep_interval_seconds": "1",
        },
    )
    engine = open_engine(stack.settings)
    try:
        stack.touchline("scrape", *IDS)
        yield Platform(request.param, stack, engine, landed.contents(engine))
    finally:
        engine.dispose()
        stack.stop()


@pytest.fixture
def platform(undisturbed: Platform) -> Platform:
    """Nothing landed, nothing planned, no request seen, each page a second late."""
    tables = text(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN "
        "('raw', 'staging', 'core', 'ops') AND tablename <> 'alembic_version'"
    )
    with undisturbed.engine.begin() as connection:
        names = ", ".join(connection.scalars(tables))
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
    slow = {"pattern": "/matches/", "kind": "slow", "seconds": 1}
    undisturbed.stack.control("faults/clear", b"{}")
    undisturbed.stack.control("faults", json.dumps(slow).encode())
    undisturbed.stack.control("requests/clear", b"{}")
    return undisturbed


def visits(platform: Platform) -> Counter[str]:
    """How often each match's page was asked for."""
    paths = (item["path"] for item in json.loads(platform.stack.control("requests")))
    return Counter(path for path in paths if path.startswith("/matches/"))


def targets(platform: Platform) -> list[tuple[str, int]]:
    """State and attempts of each match."""
    query = select(TargetRow.state, TargetRow.attempts).where(TargetRow.page_kind == "match_centre")
    with platform.engine.connect() as connection:
        return [(str(state), attempts) for state, attempts in connection.execute(query)]


def failures(platform: Platform) -> Counter[str]:
    with platform.engine.connect() as connection:
        return Counter(connection.scalars(select(FailureRow.failure_class)))


def batches(platform: Platform) -> int:
    with platform.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(BatchRow)) or 0


def scraping(platform: Platform) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [platform.stack.home / "touchline", "scrape", *IDS],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=platform.stack.group.work,
    )


def in_mid_batch(platform: Platform) -> subprocess.Popen[str]:
    """A run of which some pages are archived, and some are being fetched."""

    def reached() -> bool:
        with platform.engine.connect() as connection:
            archived, fetching = connection.execute(
                select(
                    func.count().filter(TargetRow.page_hash.is_not(None)),
                    func.count().filter(TargetRow.state == State.FETCHING),
                )
            ).one()
        return bool(archived and fetching)

    running = scraping(platform)
    wait_until("the middle of the batch", reached, every=0.1)
    return running


def ended_whole(platform: Platform, running: subprocess.Popen[str]) -> None:
    """The run is green, and what landed is what lands undisturbed."""
    try:
        output, _ = running.communicate(timeout=240)
    finally:
        running.kill()
    assert running.returncode == 0, output
    assert landed.contents(platform.engine) == platform.contents
    assert batches(platform) == 1


def kill_the_broker(platform: Platform) -> None:
    """It comes back at once: RabbitMQ with its messages, Redis without."""
    if platform.name == "rabbitmq":
        platform.stack.node.kill(platform.stack.group)
    else:
        os.kill(platform.stack.group.pid("redis"), signal.SIGKILL)


def lose_the_broker(platform: Platform) -> None:
    """It is away for a while, and empty when it is back: another node, as it were."""
    if platform.name == "rabbitmq":
        with platform.stack.node.gone(platform.stack.group, data_too=True):
            pass
    else:
        with redis_gone(platform.stack.group, platform.stack.ports["redis"]):
            pass


@pytest.mark.parametrize("strike", [kill_the_broker, lose_the_broker])
def test_a_broker_that_dies_in_mid_batch_doubles_nothing_and_loses_nothing(
    platform: Platform, strike: Callable[[Platform], None]
) -> None:
    running = in_mid_batch(platform)
    strike(platform)
    ended_whole(platform, running)
    assert set(visits(platform).values()) == {1}, "the pages under way are not fetched again"
    assert targets(platform) == [("landed", 1)] * len(READABLE)
    assert not failures(platform)


def test_a_worker_killed_in_mid_batch_costs_the_pages_it_held_and_no_more(
    platform: Platform,
) -> None:
    running = in_mid_batch(platform)
    worker = psutil.Process(platform.stack.group.pid("fetch"))
    for process in [worker, *worker.children(recursive=True)]:
        process.kill()
    ended_whole(platform, running)
    lost = failures(platform)["WorkerLost"]
    assert 1 <= lost <= 2, "as many as it has slots"
    assert sum(visits(platform).values()) <= len(READABLE) + lost
    assert (
        sorted(attempts for _, attempts in targets(platform))
        == [1] * (len(READABLE) - lost) + [2] * lost
    )


def test_a_dispatch_waits_for_the_broker_and_uses_up_no_attempt(platform: Platform) -> None:
    group = platform.stack.group
    away = (
        platform.stack.node.gone(group)
        if platform.name == "rabbitmq"
        else redis_gone(group, platform.stack.ports["redis"])
    )
    with away:
        told = platform.stack.touchline("scrape", *IDS, check=False)
        assert told.returncode == 1
        assert "BrokerUnavailable: the broker can't be reached" in told.stderr
        assert targets(platform) == [("planned", 0)] * len(READABLE)
    # Once it is back, nobody has to do anything: the sweep sends what the ledger knows.
    wait_until(
        "every page is read",
        lambda: {state for state, _ in targets(platform)} == {"parsed"},
    )
    # The same command takes the batch up and lands it.
    ended_whole(platform, scraping(platform))
    assert set(visits(platform).values()) == {1}
    assert targets(platform) == [("landed", 1)] * len(READABLE)
    assert not failures(platform)


def test_no_secret_of_the_broker_is_in_any_log(undisturbed: Platform) -> None:
    password = undisturbed.stack.environment.get("RABBITMQ_PASSWORD")
    if undisturbed.name == "redis":
        assert password is None
        return
    assert password is not None
    assert password in undisturbed.stack.environment[f"{PREFIX}BROKER_URL"]
    for log in undisturbed.stack.group.logs.glob("*.log"):
        assert password not in log.read_text(errors="replace"), log.name
