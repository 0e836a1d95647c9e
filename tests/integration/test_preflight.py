"""Workers and beat check before their first message: wait for what comes, end for what can't."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine, text

from scrapers.settings import ROOT
from tests.integration.conftest import Services
from tests.support.doctor import MARKER, Patient, patient, with_password
from tests.support.forward import Forward
from tests.support.supervise import free_ports, wait_for


@pytest.fixture
def sick(
    database_url: str,
    engine: Engine,
    redis_port: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Patient:
    del engine  # emptied
    return patient(database_url, redis_port, tmp_path, monkeypatch)


class Running:
    """A program of Celery's, and what it has said."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self._log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "--app=scrapers.tasks.app", *arguments],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=file,
                stderr=file,
            )

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def says(self, words: str, seconds: float = 60) -> None:
        """Wait until it has said this."""

        def ready() -> bool:
            assert self.process.poll() is None or words in self.said, self.said
            return words in self.said

        wait_for(f"{words!r} in the log", ready, seconds=seconds)

    def end(self) -> None:
        for process in [*psutil.Process(self.process.pid).children(recursive=True)]:
            process.kill()
        self.process.kill()
        self.process.wait(timeout=20)


@contextmanager
def program(folder: Path, *arguments: str) -> Iterator[Running]:
    running = Running(folder / "log", *arguments)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end()


def worker(queues: str) -> list[str]:
    options = ["--concurrency=1", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
    return ["worker", f"--queues={queues}", *options]


BEAT = ["beat", "--pidfile=", "--schedule=beat-schedule", "--loglevel=INFO"]


def test_a_worker_that_comes_before_postgresql_waits_for_it(
    sick: Patient, services: Services, database_url: str, tmp_path: Path
) -> None:
    port = services.ports["postgres"]
    with Forward(port) as forward:
        sick.set(database_url=database_url.replace(f":{port}/", f":{forward.port}/"))
        with program(tmp_path, *worker("parse,sweep")) as running:
            running.says("WarehouseUnavailable")
            running.says("waiting for it")
            assert " ready." not in running.said, "it takes no message yet"
            forward.start()
            running.says(" ready.")
            assert "checks, ready after" in running.said
    assert "mend: start PostgreSQL, or correct TOUCHLINE_DATABASE_URL" in running.said


def test_a_fetch_worker_waits_for_a_hub(sick: Patient, tmp_path: Path) -> None:
    """One of them is enough; the sweep goes on by the parse workers meanwhile."""
    from tests.support.browser import ChromeDriver

    with ChromeDriver() as driver, Forward(driver.port) as forward:
        hubs = [f"http://127.0.0.1:{p}/wd/hub" for p in (free_ports(1)[0], forward.port)]
        sick.set(hub_urls=",".join(hubs))
        with program(tmp_path, *worker("fetch,sweep")) as running:
            running.says("BrowserUnavailable")
            forward.start()
            running.says(" ready.")
    assert "mend: start the hub, or correct TOUCHLINE_HUB_URLS" in running.said


def test_a_database_that_is_migrated_a_moment_later(
    sick: Patient, engine: Engine, tmp_path: Path
) -> None:
    with engine.begin() as connection:
        head = connection.scalar(text("SELECT version_num FROM ops.alembic_version"))
        connection.execute(text("UPDATE ops.alembic_version SET version_num = '0001'"))
    try:
        with program(tmp_path, *worker("parse")) as running:
            running.says("mend: run touchline db upgrade")
            with engine.begin() as connection:
                connection.execute(
                    text("UPDATE ops.alembic_version SET version_num = :head"), {"head": head}
                )
            running.says(" ready.")
    finally:
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE ops.alembic_version SET version_num = :head"), {"head": head}
            )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"archive_url": "nowhere://x"}, "TOUCHLINE_ARCHIVE_URL"),
        ({"hub_urls": f"ftp://user:{MARKER}@host/wd/hub"}, "TOUCHLINE_HUB_URLS"),
    ],
)
def test_what_only_a_person_can_mend_ends_a_worker(
    sick: Patient, tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    """At once, with the exit code of wrong settings, before it takes a message."""
    sick.set(**changes)
    with program(tmp_path, *worker("fetch")) as running:
        assert running.process.wait(timeout=90) == 2
    assert words in running.said
    assert "mend: " in running.said
    assert " ready." not in running.said
    assert MARKER not in running.said


def test_what_stays_wrong_ends_it_after_a_while(
    sick: Patient,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A login that is refused may be one that a set-up makes just now; not for ever."""
    from scrapers.doctor.run import Service
    from scrapers.tasks import preflight

    sick.set(database_url=with_password(database_url, MARKER))
    monkeypatch.setattr(preflight, "GRACE_SECONDS", 2.0)
    with pytest.raises(SystemExit) as ended:
        preflight.check([Service.PARSE])
    assert ended.value.code == preflight.EXIT_CONFIG == 2
    told = [record for record in caplog.records if "warehouse.connection" in record.message]
    assert len(told) == 1, "the same is told once, not at each look"
    assert "TOUCHLINE_DATABASE_URL" in told[0].message
    assert MARKER not in caplog.text


def test_what_is_not_needed_is_told_and_holds_nobody_up(
    sick: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the cache PostgreSQL keeps the rate limit."""
    from scrapers.doctor.run import Service
    from scrapers.tasks import preflight
    from tests.support.browser import ChromeDriver

    with ChromeDriver() as driver:
        sick.set(hub_urls=driver.url, cache_url=f"redis://127.0.0.1:{free_ports(1)[0]}")
        preflight.check([Service.FETCH])
    assert "CacheUnavailable" in caplog.text
    assert "mend: start Redis, or correct TOUCHLINE_CACHE_URL" in caplog.text


def test_beat_waits_for_the_broker(sick: Patient, redis_port: int, tmp_path: Path) -> None:
    with Forward(redis_port) as forward:
        sick.set(broker_url=f"redis://127.0.0.1:{forward.port}/0")
        with program(tmp_path, *BEAT) as running:
            running.says("BrokerUnavailable")
            forward.start()
            running.says("checks, ready after")


def test_needed_checks_are_of_the_catalogue() -> None:
    from scrapers.doctor.run import catalogue
    from scrapers.tasks.preflight import NEEDED

    assert set(catalogue()) >= NEEDED
