"""Databases for a run: a PostgreSQL of its own, ended whatever happens."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scrapers.settings import Settings, load_settings
from scrapers.warehouse.migrations import upgrade
from tests.support import postgres
from tests.support.supervise import Group, free_ports, wait_for


@contextmanager
def databases(home: Path, count: int) -> Iterator[list[Settings]]:
    """Settings of migrated, empty databases."""
    Group(home).end()
    shutil.rmtree(home / "postgres", ignore_errors=True)
    (port,) = free_ports(1)
    password = secrets.token_urlsafe(24)
    group = Group(home)
    try:
        server = postgres.prepare(home / "postgres", port, password)
        group.launch([server], {})
        group.start("postgres")
        wait_for("postgres", lambda: postgres.answers(port, password), seconds=60, group=group)
        names = [f"mutations{number}" for number in range(count)]
        postgres.create_databases(port, password, *names)
        made = [settings_of(postgres.url(port, password, name), home / name) for name in names]
        for one in made:
            upgrade(one)
        yield made
    finally:
        group.end()


def settings_of(database_url: str, folder: Path) -> Settings:
    """Settings of a database; nothing else of the platform is asked for anything."""
    return load_settings(
        _env_file=None,
        database_url=database_url,
        broker_url="redis://127.0.0.1:1/0",
        cache_url="redis://127.0.0.1:1/1",
        archive_url=(folder / "archive").as_uri(),
        data_docs_dir=folder / "data-docs",
    )
