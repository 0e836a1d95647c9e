"""What is known of a page's values before it is read: its ids, and what the schedule says."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from scrapers.parsing.extract import Extracted, Row
from scrapers.targets import PageKind, Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.tables import Fixture, Team

_fixture: Any = Fixture.__table__
_team: Any = Team.__table__
# The site's own clock, whatever the country of the match; see the selector files.
_SITE = ZoneInfo("Europe/London")


def known_values(engine: Engine, target: Target) -> Extracted | None:
    """Values that a target's page must state, by field; None if nothing is known.

    A field that is not named is not known; nothing here is guessed.

    Raises:
        WarehouseUnavailable: PostgreSQL can't be reached.
    """
    if target.page_kind == PageKind.MATCH_CENTRE:
        return _match(engine, int(target.id_map["match_id"]))
    if target.page_kind == PageKind.SCHEDULE:
        return _month(engine, int(target.id_map["stage_id"]), target.id_map["month"])
    if target.page_kind in (PageKind.MATCH_PREVIEW, PageKind.MATCH_REPORT):
        return _sides(engine, int(target.id_map["match_id"]))
    ids = {name: int(value) for name, value in target.id_map.items() if value.isdecimal()}
    return Extracted(dict(ids), {}) if ids else None


def _match(engine: Engine, match_id: int) -> Extracted:
    rows = _fixtures(engine, _fixture.c.match_id == match_id)
    fields: Row = {"match_id": match_id, "header_match_id": match_id}
    if not rows:
        return Extracted(fields, {})
    (row,) = rows
    kickoff = row["kickoff_utc"].astimezone(_SITE).replace(tzinfo=None)
    fields |= {
        "header_home_team_id": row["home_team_id"],
        "header_away_team_id": row["away_team_id"],
        "kickoff_utc": row["kickoff_utc"],
        "kickoff_page": kickoff,
        "header_kickoff_page": kickoff,
        "status": row["status"],
    }
    if row["home_score"] is not None:
        fields |= {"home_score": row["home_score"], "away_score": row["away_score"]}
    sides = [{"team_id": row[f"{side}_team_id"], "side": side} for side in ("home", "away")]
    return Extracted(fields, {"teams": sides})


def _sides(engine: Engine, match_id: int) -> Extracted:
    """Who plays whom, as the header of each page of a match says."""
    fields: Row = {"match_id": match_id}
    for row in _fixtures(engine, _fixture.c.match_id == match_id):
        fields |= {
            f"{side}_team_{what}": row[f"{side}_team_{what}"]
            for side in ("home", "away")
            for what in ("id", "name")
        }
    return Extracted(fields, {})


def _month(engine: Engine, stage_id: int, month: str) -> Extracted:
    rows = _fixtures(
        engine,
        (_fixture.c.stage_id == stage_id)
        & (_fixture.c.feed_month == month)
        & _fixture.c.closed_at.is_(None),
    )
    stage: Row = {"stage_id": stage_id}
    if rows:
        stage["matches"] = rows
    return Extracted({}, {"tournaments": [stage]})


def _fixtures(engine: Engine, which: Any) -> list[Row]:
    home, away = _team.alias(), _team.alias()
    query = (
        select(
            *(
                _fixture.c[name]
                for name in (
                    *("match_id", "stage_id", "kickoff_utc", "status", "home_team_id"),
                    *("away_team_id", "home_score", "away_score", "is_opta"),
                )
            ),
            home.c.name.label("home_team_name"),
            away.c.name.label("away_team_name"),
        )
        .join(home, home.c.team_id == _fixture.c.home_team_id)
        .join(away, away.c.team_id == _fixture.c.away_team_id)
        .where(which)
        .order_by(_fixture.c.kickoff_utc, _fixture.c.match_id)
    )
    with transaction(engine) as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
