"""What is followed reaches the runs: of the settings and of the warehouse, without a restart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from scrapers.errors import ConfigInvalid
from scrapers.pipeline.find import Found, find_competition, find_season
from scrapers.pipeline.follow import followed, unfollow
from scrapers.settings import Settings
from scrapers.warehouse.name_tables import OwnNameRow
from scrapers.warehouse.ops_tables import FollowedStageRow
from scrapers.warehouse.tables import Competition, Season
from tests.integration.test_pipeline_run import LINEAGE
from touchline_airflow.scope import request_of

IN_SETTINGS = {"competition": "Spain LaLiga", "season": "2022/2023", "stage_id": 20934}


@pytest.fixture
def settings(make_settings: Any) -> Settings:
    return make_settings(follow=[IN_SETTINGS])


def store(engine: Engine, stage_id: int, season: str = "2025/2026") -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(FollowedStageRow).values(
                stage_id=stage_id,
                competition_id=2,
                season_id=10743,
                competition="England Premier League",
                season=season,
            )
        )


def test_a_night_collects_what_was_followed_meanwhile(engine: Engine, settings: Settings) -> None:
    class Run:
        partition_key = "2025-08-16"
        run_after = datetime(2025, 8, 17, 6, tzinfo=UTC)

    day = {"params": {}, "dag_run": Run()}
    form = {"params": {"date_from": "2025-08-16", "competitions": ["England Premier League"]}}
    assert request_of(day, "day", settings).stage_ids == (20934,)
    with pytest.raises(ConfigInvalid, match="'England Premier League' is not followed"):
        request_of(form, "form", settings)
    store(engine, 24533)
    store(engine, 20934)  # in the settings too: once is enough
    assert request_of(day, "day", settings).stage_ids == (20934, 24533)
    assert request_of(form, "form", settings).stage_ids == (24533,)


def test_what_the_settings_follow_is_taken_out_there(engine: Engine, settings: Settings) -> None:
    store(engine, 24533)
    store(engine, 22000, "2024/2025")
    with pytest.raises(ConfigInvalid, match="take it out of TOUCHLINE_FOLLOW"):
        unfollow(engine, settings, "Spain LaLiga", None)
    with pytest.raises(ConfigInvalid, match=r"not followed .*England Premier League 2024/2025"):
        unfollow(engine, settings, "England Premier League", "1999/2000")
    assert [s.stage_id for s in unfollow(engine, settings, "premier league", "2024/25")] == [22000]
    assert [s.stage_id for s in followed(engine, settings)] == [20934, 24533]


@pytest.fixture
def competitions(engine: Engine) -> None:
    there = [
        (2, 252, "England", "Premier League"),
        (77, 182, "Russia", "Premier League"),
        (95, 31, "Brazil", "Brasileirão"),
    ]
    with engine.begin() as connection:
        for competition_id, region_id, region, name in there:
            connection.execute(
                insert(Competition).values(
                    competition_id=competition_id,
                    region_id=region_id,
                    region_name=region,
                    name=name,
                    **LINEAGE,
                )
            )
        for season_id, name in ((1, "2024/2025"), (2, "2025/2026"), (3, "2026"), (4, "2026")):
            connection.execute(
                insert(Season).values(
                    season_id=season_id, competition_id=95 if season_id > 2 else 2, name=name,
                    **LINEAGE,
                )
            )  # fmt: skip
        connection.execute(insert(OwnNameRow).values(kind="competition", entity_id=2, name="EPL"))


@pytest.mark.usefixtures("competitions")
def test_a_competition_by_name_own_name_or_id(engine: Engine) -> None:
    for asked in ("England Premier League", "england  premier league", "EPL", "2"):
        assert find_competition(engine, asked).competition_id == 2
    assert find_competition(engine, "brasileirao").label == "Brazil Brasileirão"
    with pytest.raises(ConfigInvalid) as several:
        find_competition(engine, "Premier League")
    assert several.value.facts["candidates"] == ["England Premier League", "Russia Premier League"]
    assert "unknown" not in several.value.facts
    for asked in ("Englnd Premier League", "premier england"):
        with pytest.raises(ConfigInvalid) as near:
            find_competition(engine, asked)
        assert near.value.facts["candidates"][0] == "England Premier League"
        assert near.value.facts["unknown"]


@pytest.mark.usefixtures("competitions")
def test_a_season_by_name_or_id_or_the_newest(engine: Engine) -> None:
    league = Found(252, 2, "England", "Premier League")
    assert find_season(engine, league, None).season_id == 2
    assert find_season(engine, league, "2024/25").season_id == 1
    assert find_season(engine, league, "1").season_id == 1
    twice = Found(31, 95, "Brazil", "Brasileirão")
    for asked in (None, "2026"):
        with pytest.raises(ConfigInvalid, match=r"2026 \(id 4\), 2026 \(id 3\): write the id"):
            find_season(engine, twice, asked)
    assert find_season(engine, twice, "3").season_id == 3
