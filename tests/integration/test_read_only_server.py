"""A PostgreSQL that may only be read for a while: a standby that has not taken over yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, make_url, text

from scrapers.errors import WarehouseUnavailable
from scrapers.settings import Settings
from scrapers.warehouse.engine import engine as engine_of
from scrapers.warehouse.engine import transaction
from tests.integration.conftest import Services

Only = Callable[[bool], None]


def open_at(url: str) -> Engine:
    return engine_of(Settings.model_construct(database_url=SecretStr(url)))


@pytest.fixture
def warehouse(empty_database: str) -> Iterator[Engine]:
    made = open_at(empty_database)
    with transaction(made) as connection:
        connection.execute(text("CREATE TABLE noted (what text)"))
    yield made
    made.dispose()


@pytest.fixture
def read_only(services: Services, warehouse: Engine) -> Iterator[Only]:
    """Sets whether sessions that begin from now on may only read."""
    name = make_url(str(warehouse.url)).database
    server = open_at(services.database_url("postgres"))

    def only(yes: bool) -> None:
        with transaction(server) as connection:
            value = "on" if yes else "off"
            connection.execute(
                text(f"ALTER DATABASE {name} SET default_transaction_read_only = {value}")
            )

    yield only
    server.dispose()


def note(warehouse: Engine, what: str) -> None:
    with transaction(warehouse) as connection:
        connection.execute(text("INSERT INTO noted VALUES (:what)"), {"what": what})


def test_it_is_waited_for_and_no_session_of_then_is_used_again(
    warehouse: Engine, read_only: Only
) -> None:
    read_only(True)
    warehouse.dispose()  # the next session is one of a server that may only be read
    with pytest.raises(WarehouseUnavailable) as caught:
        note(warehouse, "lost")
    assert caught.value.facts["sqlstate"] == "25006"
    assert "read-only" in caught.value.detail
    with transaction(warehouse) as connection:  # what only reads goes on
        assert connection.scalar(text("SELECT count(*) FROM noted")) == 0

    read_only(False)
    with pytest.raises(WarehouseUnavailable):
        note(warehouse, "by the session of then")
    note(warehouse, "kept")
    with transaction(warehouse) as connection:
        assert connection.scalars(text("SELECT what FROM noted")).all() == ["kept"]
