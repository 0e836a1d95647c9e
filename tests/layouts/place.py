"""Where the changes are tried: a PostgreSQL of its own, and a fresh warehouse for each trial.

A warehouse is a copy of one in which the day before has landed already; copies are made by
PostgreSQL from a template in a fraction of a second.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from scrapers.settings import PREFIX, ROOT, Settings, load_settings
from scrapers.tasks.tools import Tools
from scrapers.warehouse.engine import engine
from scrapers.warehouse.migrations import upgrade
from tests.support import postgres
from tests.support.supervise import Group, free_ports, wait_for

_TEMPLATE = "empty"


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL that answers on 127.0.0.1."""

    port: int
    password: str


@contextmanager
def server(home: Path) -> Iterator[Server]:
    """PostgreSQL in a folder, which is removed in the end."""
    (port,) = free_ports(1)
    password = secrets.token_urlsafe(24)
    group = Group(home)
    try:
        program = postgres.prepare(home / "postgres", port, password)
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        group.launch([program], own)
        group.start("postgres")
        wait_for("postgres", lambda: postgres.answers(port, password), seconds=60, group=group)
        yield Server(port, password)
    finally:
        group.end()
        shutil.rmtree(home, ignore_errors=True)


class Place:
    """The warehouses of one process, and what goes with each: archive, selector files.

    Args:
        server: its PostgreSQL.
        name: tells its databases from those of other processes.
        home: its folder.
    """

    def __init__(self, server: Server, name: str, home: Path) -> None:
        self._server = server
        self._name = name
        self._home = home
        self._made = 0
        self._kept = [_TEMPLATE]
        postgres.create_databases(server.port, server.password, f"{name}_{_TEMPLATE}")
        settings = self._settings(f"{name}_{_TEMPLATE}", home / _TEMPLATE)
        upgrade(settings)
        engine(settings).dispose()  # PostgreSQL copies no database that somebody uses

    @contextmanager
    def warehouse(self, template: str = _TEMPLATE, keep: str | None = None) -> Iterator[Tools]:
        """What a worker works with, on a copy of a warehouse; gone afterwards.

        Args:
            template: name of the warehouse to copy.
            keep: name under which it is kept as a template.
        """
        self._made += 1
        if keep is not None:
            self._kept.append(keep)
        short = keep or f"n{self._made}"
        database = f"{self._name}_{short}"
        folder = self._home / short
        self._execute(
            f'CREATE DATABASE "{database}" TEMPLATE "{self._name}_{template}" STRATEGY FILE_COPY'
        )
        if (self._home / template).exists():
            shutil.copytree(self._home / template, folder)
        else:
            shutil.copytree(ROOT / "selectors", folder / "selectors")
        tools = Tools(self._settings(database, folder))
        try:
            yield tools
        finally:
            tools.engine.dispose()
            if keep is None:
                self._execute(f'DROP DATABASE "{database}" WITH (FORCE)')
                shutil.rmtree(folder, ignore_errors=True)

    def drop(self) -> None:
        """Remove the warehouses that are kept as templates."""
        for short in self._kept:
            self._execute(f'DROP DATABASE IF EXISTS "{self._name}_{short}" WITH (FORCE)')

    def _settings(self, database: str, folder: Path) -> Settings:
        url = postgres.url(self._server.port, self._server.password, database)
        given = {
            "_env_file": None,
            "database_url": url,
            "broker_url": "redis://127.0.0.1:1/0",
            "cache_url": "redis://127.0.0.1:1/1",
            "archive_url": (folder / "archive").as_uri(),
            "data_docs_dir": folder / "data-docs",
            "selectors_dir": folder / "selectors",
        }
        return load_settings(**given)

    def _execute(self, statement: str) -> None:
        url = postgres.url(self._server.port, self._server.password, "postgres", "postgresql")
        connection = psycopg2.connect(url)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()
