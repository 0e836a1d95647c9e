"""Lineage on a real warehouse: of every row the page, version, batch, run and verdict."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from scrapers.errors import ConfigInvalid
from scrapers.pipeline.intervals import parse_day
from scrapers.targets import Target
from scrapers.tasks.tools import Tools
from scrapers.warehouse.lineage import lineage
from scrapers.warehouse.ops_tables import BatchRow, PageRow, ValidationRow
from scrapers.warehouse.tables import CORE_TABLES
from tests.site.world import World
from tests.support.archived import FETCHED, land_pages
from tests.support.pages import match_data, with_match_data

WORLD = World()
MATCH, OTHER = [
    m
    for m in WORLD.matches_on(parse_day("2022-08-13"))
    if m.status == "finished" and m.has_match_centre
][:2]
TARGET = Target.match_centre(MATCH.id)


def page(match: Any = MATCH) -> bytes:
    html = WORLD.page(match.id)
    assert html is not None
    return html


@pytest.fixture
def landed(tools: Tools) -> None:
    land_pages(tools, {TARGET: page(), Target.match_centre(OTHER.id): page(OTHER)})


def counted(engine: Engine, column: str, value: int) -> dict[str, int]:
    """Rows of every core table that names the thing."""
    with engine.connect() as connection:
        found = {
            table.name: connection.scalar(
                text(f"SELECT count(*) FROM {table.fullname} WHERE {column} = :value"),
                {"value": value},
            )
            for table in CORE_TABLES
            if column in table.columns
        }
    return {name: count for name, count in found.items() if count}


def summed(found: Any) -> dict[str, int]:
    rows: dict[str, int] = {}
    for one in found.rows:
        rows[one.table] = rows.get(one.table, 0) + one.rows
    return rows


def test_every_row_of_a_match_is_told_with_its_page_version_batch_run_and_verdict(
    tools, engine, landed
):
    found = lineage(engine, "match", MATCH.id)
    assert summed(found) == counted(engine, "match_id", MATCH.id)
    assert summed(found)["event"] == MATCH.events
    with engine.connect() as connection:
        stored = connection.execute(
            select(PageRow.__table__).where(PageRow.target_key == TARGET.key)
        ).one()
        batch = connection.execute(select(BatchRow.__table__)).one()
        judged = len(connection.scalars(select(ValidationRow.validation_id)).all())
    for one in found.rows:
        assert one.pages == (stored.page_hash,)
        assert one.versions == ("match_centre/2022-08",)
        assert one.batches == (batch.batch_id,)
    assert [dict(stored._mapping)] == list(found.pages)
    (told,) = found.batches
    assert (told["dag_id"], told["run_id"], told["state"]) == ("test", batch.run_id, "published")
    assert told["expectations"] == judged > 50
    assert told["unmet_of_this"] == []
    assert [target["target_key"] for target in found.targets] == [TARGET.key]
    assert found.quarantines == ()


def test_rows_that_a_later_page_changed_name_that_page_and_the_others_stay(tools, engine, landed):
    corrected = page().replace(b"</html>", b"<!-- corrected --></html>")
    data = match_data(corrected)
    data["venueName"] = "Elsewhere"
    land_pages(tools, {TARGET: with_match_data(corrected, data)}, FETCHED + timedelta(days=2))
    found = lineage(engine, "match", MATCH.id)
    by_table = {name: [r for r in found.rows if r.table == name] for name in ("match", "event")}
    assert len(found.pages) == len(found.batches) == 2
    assert by_table["match"][0].batches == (found.batches[1]["batch_id"],)
    assert by_table["event"][0].batches == (found.batches[0]["batch_id"],)


def test_what_the_gate_put_aside_is_told_though_nothing_landed_of_it(tools, engine):
    data = match_data(page())
    data["events"][7]["id"] = data["events"][8]["id"]
    land_pages(tools, {TARGET: with_match_data(page(), data)})
    found = lineage(engine, "match", MATCH.id)
    assert found.rows == ()
    assert found.targets[0]["failure_class"] == "InvalidRows"
    (aside,) = found.quarantines
    assert aside["resolved_at"] is None
    assert aside["reasons"][0]["table"] == "event"


def test_a_team_and_a_player_are_told_by_their_own_rows_and_in_sum(tools, engine, landed):
    team = MATCH.home.id
    found = lineage(engine, "team", team)
    assert summed(found) == counted(engine, "team_id", team)
    own = [one for one in found.rows if one.table == "team"]
    assert len(own) == 1
    assert own[0].pages
    events = next(one for one in found.rows if one.table == "event")
    assert (events.page_count, events.pages) == (1, ())
    with engine.connect() as connection:
        player = connection.scalar(text("SELECT player_id FROM core.line_up LIMIT 1"))
    assert player is not None
    assert summed(lineage(engine, "player", player)) == counted(engine, "player_id", player)


def test_an_unknown_thing_is_refused_and_an_unknown_id_has_no_rows(engine):
    with pytest.raises(ConfigInvalid, match="ask for one of match, fixture, team, player"):
        lineage(engine, "weather", 1)
    assert lineage(engine, "fixture", 1).rows == ()
