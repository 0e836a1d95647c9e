"""A page in hand while PostgreSQL is away for a moment is given back, not taken for lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select, text

from scrapers.pipeline.intervals import parse_day
from scrapers.targets import Target
from scrapers.tasks.parsing import parse_target
from scrapers.tasks.tools import Tools
from scrapers.warehouse.ops_tables import FailureRow, TargetRow
from scrapers.warehouse.records import State
from tests.site.world import World
from tests.support.archived import fetched, open_for_fetch
from tests.support.site_pages import page_of

WORLD = World()
MATCH = next(
    match
    for match in WORLD.matches_on(parse_day("2022-08-13"))
    if match.status == "finished" and match.has_match_centre
)


@pytest.fixture
def dies_once(engine: Engine) -> Iterator[None]:
    """The connection dies over the first event that is staged, and never again."""
    with engine.begin() as connection:
        for statement in (
            "CREATE SEQUENCE staging.deaths",
            "CREATE FUNCTION staging.die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF nextval('staging.deaths') = 1 THEN "
            "PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END $$",
            "CREATE TRIGGER die BEFORE INSERT ON staging.event "
            "FOR EACH ROW EXECUTE FUNCTION staging.die()",
        ):
            connection.execute(text(statement))
    yield
    with engine.begin() as connection:
        connection.execute(text("DROP FUNCTION staging.die() CASCADE"))
        connection.execute(text("DROP SEQUENCE staging.deaths"))


def test_a_page_in_hand_is_given_back_and_read_again(
    engine: Engine, make_settings: Any, dies_once: None
) -> None:
    tools = Tools(make_settings())
    target = Target.match_centre(MATCH.id)
    open_for_fetch(engine, target)
    fetched(tools, target, page_of(target))
    assert not parse_target(tools, target.key, uuid4())
    with engine.connect() as connection:
        row = connection.execute(select(TargetRow.__table__)).one()
        failures = connection.scalars(select(FailureRow.failure_class)).all()
    assert (row.state, row.holder) == (State.ARCHIVED, None)
    assert failures == ["WarehouseUnavailable"]
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.target SET due_at = now()"))
    assert parse_target(tools, target.key, uuid4())
