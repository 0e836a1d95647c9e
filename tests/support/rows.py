"""Rows for tests, the smallest that land, and targets brought into staging without a worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from scrapers.warehouse.ops_tables import BatchRow, TargetRow
from scrapers.warehouse.records import Claim, Staged, State
from scrapers.warehouse.staging import stage
from scrapers.whoscored.read import read_page, selector_files
from scrapers.whoscored.rows import COLUMNS, RowSet
from tests.support.pages import REAL_MATCH_ID, real_match_page

STAGE = 20934
HOME, AWAY = 65, 64
KEEPER, STRIKER = 1, 2  # the players of a small match
FETCHED = datetime(2022, 8, 14, 6, tzinfo=UTC)
VERSIONS = {kind: f"{kind}/test" for kind in PageKind}


def row(table: str, **values: Any) -> dict[str, Any]:
    """A row of a table; columns that are not named are null."""
    assert values.keys() <= set(COLUMNS[table]), values.keys() - set(COLUMNS[table])
    return {**dict.fromkeys(COLUMNS[table]), **values}


def league() -> RowSet:
    """Competition, season and two teams, as every page gives them."""
    return {
        "competition": [row("competition", competition_id=4, name="LaLiga")],
        "season": [row("season", season_id=9149, competition_id=4, name="2022/2023")],
        "team": [
            row("team", team_id=HOME, name="Barcelona"),
            row("team", team_id=AWAY, name="Rayo Vallecano"),
        ],
    }


def feed_rows(
    month: str, matches: Mapping[int, str | Mapping[str, Any]], stage_id: int = STAGE
) -> RowSet:
    """A month feed: match ids with their status, or with columns of the fixture."""
    rows: RowSet = {
        **league(),
        "stage": [row("stage", stage_id=stage_id, season_id=9149, name="LaLiga")],
        "fixture": [],
    }
    for match_id, said in matches.items():
        columns = {"status": said} if isinstance(said, str) else said
        rows["fixture"].append(
            row(
                "fixture",
                **{
                    "match_id": match_id,
                    "stage_id": stage_id,
                    "feed_month": month,
                    "kickoff_utc": datetime(int(month[:4]), int(month[4:]), 13, 19, tzinfo=UTC),
                    "home_team_id": HOME,
                    "away_team_id": AWAY,
                    **columns,
                },
            )
        )
    return rows


def match_rows(match_id: int, events: int = 3) -> RowSet:
    """A match of two teams, a player each, and some passes of theirs."""
    sides = ((HOME, "home", KEEPER), (AWAY, "away", STRIKER))
    return {
        **league(),
        "player": [row("player", player_id=p, name=f"player {p}") for _, _, p in sides],
        "match": [
            row(
                "match",
                match_id=match_id,
                competition_id=4,
                season_id=9149,
                home_team_id=HOME,
                away_team_id=AWAY,
                kickoff_utc=datetime(2022, 8, 13, 19, tzinfo=UTC),
                kickoff_page=datetime(2022, 8, 13, 20),  # noqa: DTZ001 - the page's clock
                status="finished",
                home_score=0,
                away_score=0,
            )
        ],
        "match_team": [
            row("match_team", match_id=match_id, team_id=team_id, side=side)
            for team_id, side, _ in sides
        ],
        "line_up": [
            row(
                "line_up",
                match_id=match_id,
                player_id=player_id,
                team_id=team_id,
                position="Sub",
                is_starter=False,
                is_captain=False,
                is_man_of_the_match=False,
                minutes_played=0,
            )
            for team_id, _, player_id in sides
        ],
        "event": [event_row(match_id, number) for number in range(1, events + 1)],
    }


def event_row(match_id: int, number: int, **columns: Any) -> dict[str, Any]:
    """A pass of the home team's player."""
    given = {
        "match_id": match_id,
        "event_id": match_id * 1000 + number,
        "ordinal": number,
        "team_id": HOME,
        "player_id": KEEPER,
        "period_id": 1,
        "minute": number,
        "type_id": 1,
        "type_name": "Pass",
        **dict.fromkeys(("outcome", "is_touch", "is_shot", "is_goal", "is_own_goal"), False),
        "x": 50.0,
        "y": 50.0,
        "qualifiers": [],
        "satisfied_event_types": [],
        **columns,
    }
    return row("event", **given)


@lru_cache(maxsize=1)
def real_match_rows(shared_data: Path) -> RowSet:
    """Rows of the captured match centre, read as the parse task reads it; not to be changed."""
    page = real_match_page(shared_data)
    target = Target.match_centre(REAL_MATCH_ID)
    return read_page(page, target, "the captured page", selector_files(ROOT / "selectors")).rows


def hold(
    engine: Engine, target: Target, fetched_at: datetime = FETCHED, page_hash: str = "a" * 64
) -> Claim:
    """Bring a target to where its page is archived and held by a worker that parses it."""
    holder = uuid4()
    values = {
        "state": State.ARCHIVED,
        "holder": holder,
        "page_hash": page_hash,
        "fetched_at": fetched_at,
    }
    with engine.begin() as connection:
        connection.execute(
            upsert(TargetRow)
            .values(
                target_key=target.key,
                page_kind=str(target.page_kind),
                planned_at=fetched_at,
                **values,
            )
            .on_conflict_do_update(index_elements=[TargetRow.target_key], set_=values)
        )
    return Claim(target, holder, 1, page_hash, fetched_at)


def put(
    engine: Engine,
    target: Target,
    rows: RowSet,
    fetched_at: datetime = FETCHED,
    page_hash: str = "a" * 64,
) -> Staged:
    """Stage a target's rows; it is parsed then."""
    claim = hold(engine, target, fetched_at, page_hash)
    staged_id = stage(engine, claim, rows, VERSIONS[target.page_kind])
    assert staged_id is not None
    return Staged(target.key, staged_id)


def new_batch(engine: Engine) -> UUID:
    """A batch to land under."""
    batch_id = uuid4()
    with engine.begin() as connection:
        connection.execute(
            insert(BatchRow).values(
                batch_id=batch_id,
                dag_id="test",
                run_id=str(batch_id),
                step="any",
                round=1,
                state="open",
            )
        )
    return batch_id
