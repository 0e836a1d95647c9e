"""The statistics feeds: every number of a row is a statistic, whatever else comes is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scrapers.errors import LayoutChanged, SourceUnavailable
from scrapers.parsing import SelectorFiles
from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from scrapers.whoscored.read import read_page, selector_files
from scrapers.whoscored.rows import RowSet
from tests.site.season_statistics import player_feed, records, team_feed
from tests.site.world import World
from tests.support.pages import bare_page, feed_page

STAGE = 21501
TEAMS = Target.of(
    PageKind.TEAM_STATISTICS, stage_id=STAGE, category="summaryteam", subcategory="all"
)
PLAYERS = Target.of(
    PageKind.PLAYER_STATISTICS, stage_id=STAGE, category="summary", subcategory="all"
)
TABLES = {TEAMS: ("team_season_stat", "teams"), PLAYERS: ("player_season_stat", "players")}
BOTH = pytest.mark.parametrize("target", [TEAMS, PLAYERS], ids=["teams", "players"])

WORLD = World()
MATCHES = [match for match in WORLD.matches() if match.stage_id == STAGE]

# Rows as the site gives them, with every member that they have.
TEAM = {
    "ranking": 1, "tournamentName": "Premier League", "tournamentId": 2, "isOpta": True,
    "tournamentRegionId": 252, "tournamentRegionName": "England",
    "tournamentRegionCode": "gb-eng", "regionCode": "gb-eng", "teamId": 167,
    "teamName": "Manchester City", "teamRegionName": "England", "apps": 38, "rating": 7.05,
    "shotsPerGame": 19.631578947368421, "redCard": 4.0, "yellowCard": 60.0,
    "possession": 0.62570263157894734, "aerialWonPerGame": 13.605263157894736, "goal": 102.0,
    "name": "Man City", "seasonId": 0, "seasonName": None, "passSuccess": 0.89319355818900026,
}  # fmt: skip
TEAM_COLUMNS = [
    "apps", "goal", "shotsPerGame", "yellowCard", "redCard", "possession", "passSuccess",
    "aerialWonPerGame",
]  # fmt: skip
PLAYER = {
    "height": 176, "weight": 64, "age": 29, "isManOfTheMatch": False, "isActive": True,
    "playedPositions": "-AMC-AML-AMR-FW-", "playedPositionsShort": "AM(CLR),FW",
    "teamRegionName": "Spain", "regionCode": "br", "tournamentShortName": "SLL", "apps": 7,
    "subOn": 0, "manOfTheMatch": 2, "goal": 12, "assistTotal": 3,
    "shotsPerGame": 3.5714285714285716, "aerialWonPerGame": 0.14285714285714285,
    "name": "Raphinha", "firstName": "Raphael", "lastName": "Dias Belloli", "playerId": 300447,
    "positionText": "Forward", "teamId": 65, "teamName": "Barcelona", "seasonId": 11213,
    "seasonName": "2026/2027", "isOpta": True, "tournamentId": 4, "tournamentRegionId": 206,
    "tournamentRegionCode": "es", "tournamentRegionName": "Spain", "tournamentName": "LaLiga",
    "rating": 8.9485714285714284, "minsPlayed": 555, "yellowCard": 0.0, "redCard": 0.0,
    "passSuccess": 84.210526315789465, "ranking": 1,
}  # fmt: skip
PLAYER_COLUMNS = [
    "apps", "subOn", "minsPlayed", "goal", "assistTotal", "yellowCard", "redCard", "shotsPerGame",
    "passSuccess", "aerialWonPerGame", "manOfTheMatch",
]  # fmt: skip
PLACE = {"stage_id": STAGE, "subcategory": "all"}


@pytest.fixture(scope="module")
def files() -> SelectorFiles:
    return selector_files(ROOT / "selectors")


def feed(target: Target, *rows: Any, **changes: Any) -> dict[str, Any]:
    teams = target is TEAMS
    return {
        "teamTableStats" if teams else "playerTableStats": list(rows),
        "paging": {"currentPage": 1, "totalPages": 0},
        "statColumns": TEAM_COLUMNS if teams else PLAYER_COLUMNS,
        **changes,
    }


def plain(target: Target, **changes: Any) -> dict[str, Any]:
    """A real row with some members changed; None takes one out."""
    row = {**(TEAM if target is TEAMS else PLAYER), **changes}
    return {name: value for name, value in row.items() if value is not ...}


def read(content: Any, files: SelectorFiles, target: Target) -> RowSet:
    return read_page(bare_page(content), target, "http://x/", files).rows


def fields_of(content: Any, files: SelectorFiles, target: Target) -> tuple[list[str], str]:
    with pytest.raises(LayoutChanged) as caught:
        read(content, files, target)
    fields = caught.value.facts["fields"]
    assert isinstance(fields, list)
    return fields, str(caught.value)


def test_a_team(files: SelectorFiles) -> None:
    rows = read(feed(TEAMS, TEAM), files, TEAMS)
    assert rows["team"] == [{"team_id": 167, "name": "Manchester City", "country_name": "England"}]
    found = {row["stat"]: row["value"] for row in rows["team_season_stat"]}
    assert found == {name: TEAM[name] for name in [*TEAM_COLUMNS, "rating"]}
    for row in rows["team_season_stat"]:
        assert row == {
            **PLACE, "category": "summaryteam", "team_id": 167, "stat": row["stat"],
            "value": row["value"],
        }  # fmt: skip


def test_a_player(files: SelectorFiles) -> None:
    rows = read(feed(PLAYERS, PLAYER), files, PLAYERS)
    assert rows["player"] == [
        {"player_id": 300447, "name": "Raphinha", "height_cm": 176, "weight_kg": 64}
    ]
    found = {row["stat"]: row["value"] for row in rows["player_season_stat"]}
    assert found == {name: PLAYER[name] for name in [*PLAYER_COLUMNS, "rating"]}
    keys = {(row["player_id"], row["team_id"], row["category"]) for row in
            rows["player_season_stat"]}  # fmt: skip
    assert keys == {(300447, 65, "summary")}


def test_a_player_of_two_teams_has_rows_of_both(files: SelectorFiles) -> None:
    rows = read(feed(PLAYERS, PLAYER, plain(PLAYERS, teamId=15, apps=2)), files, PLAYERS)
    assert len(rows["player"]) == 1
    apps = {r["team_id"]: r["value"] for r in rows["player_season_stat"] if r["stat"] == "apps"}
    assert apps == {65: 7, 15: 2}


def test_a_new_statistic_lands_and_a_null_gives_no_row(files: SelectorFiles) -> None:
    rows = read(feed(TEAMS, plain(TEAMS, xG=71.25, redCard=None)), files, TEAMS)
    stats = {row["stat"]: row["value"] for row in rows["team_season_stat"]}
    assert stats["xG"] == 71.25
    assert "redCard" not in stats


def test_rows_that_are_the_same_are_one(files: SelectorFiles) -> None:
    once = read(feed(TEAMS, TEAM), files, TEAMS)
    assert read(feed(TEAMS, TEAM, TEAM), files, TEAMS) == once
    # Others stay two, which the gate does not let pass.
    rows = read(feed(TEAMS, TEAM, plain(TEAMS, apps=7)), files, TEAMS)
    assert [r["value"] for r in rows["team_season_stat"] if r["stat"] == "apps"] == [38, 7]


@BOTH
def test_nobody_is_listed(target: Target, files: SelectorFiles) -> None:
    rows = read(feed(target, statColumns=[]), files, target)
    assert all(found == [] for found in rows.values())


@BOTH
def test_shown_in_either_way_it_is_the_same(target: Target, files: SelectorFiles) -> None:
    content = feed(target, plain(target, name="A & B <c>", teamName="A & B <c>"))
    in_pre = read_page(feed_page(" " + json.dumps(content)), target, "http://x/", files)
    assert in_pre.rows == read(content, files, target)


@BOTH
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"apps": "7"}, "stats.value"),
        ({"apps": True}, "stats.value"),
        ({"apps": {"all": 7}}, "stats.value"),
        ({"apps": [7]}, "stats.value"),
        ({"apps": 1e9}, "stats.value"),
        ({"isNew": True}, "stats.value"),
        ({"note": "new"}, "stats.value"),
        ({"teamId": ...}, "team_id"),
        ({"teamId": "65"}, "team_id"),
        ({"goal": ..., "goals": 12}, "stats.stat"),
    ],
)
def test_odd_values_are_named(
    target: Target, files: SelectorFiles, changes: dict[str, Any], field: str
) -> None:
    group = TABLES[target][1]
    fields, _ = fields_of(feed(target, plain(target, **changes)), files, target)
    assert fields == [f"{group}.{field}"]


def test_wrong_values_of_a_player_are_named(files: SelectorFiles) -> None:
    for changes, field in (
        ({"playerId": ...}, "player_id"), ({"name": ""}, "name"), ({"name": None}, "name"),
        ({"height": 1.76}, "height_cm"), ({"weight": 640}, "weight_kg"),
    ):  # fmt: skip
        fields, _ = fields_of(feed(PLAYERS, plain(PLAYERS, **changes)), files, PLAYERS)
        assert fields == [f"players.{field}"]
    rows = read(feed(PLAYERS, plain(PLAYERS, height=0, weight=0)), files, PLAYERS)
    assert (rows["player"][0]["height_cm"], rows["player"][0]["weight_kg"]) == (None, None)


@BOTH
def test_an_announced_statistic_that_no_row_has_is_told(
    target: Target, files: SelectorFiles
) -> None:
    fields, told = fields_of(feed(target, plain(target, goal=...)), files, target)
    assert fields == [f"{TABLES[target][1]}.stats.stat"]
    assert "goal" in told


@BOTH
def test_what_is_no_feed(target: Target, files: SelectorFiles) -> None:
    assert fields_of({"tableStats": []}, files, target)[0] == [
        *("fingerprint", "stat_columns", TABLES[target][1])
    ]
    without = feed(target, plain(target))
    del without["statColumns"]
    assert fields_of(without, files, target)[0] == ["stat_columns"]
    for text in ("", ' {"teamTableStats":[{"te'):
        with pytest.raises(SourceUnavailable):
            read_page(bare_page(text), target, "http://x/", files)


@pytest.mark.parametrize("part", ["all", "defensive", "offensive", "passing"])
def test_the_stand_in_counts_what_its_matches_say(part: str, files: SelectorFiles) -> None:
    stage = WORLD.stage(STAGE)
    assert stage is not None
    counted = records(MATCHES)
    for kind, category, table, answer in (
        (PageKind.TEAM_STATISTICS, "summaryteam", "team_season_stat", team_feed),
        (PageKind.PLAYER_STATISTICS, "summary", "player_season_stat", player_feed),
    ):
        target = Target.of(kind, stage_id=STAGE, category=category, subcategory=part)
        body = answer(stage, MATCHES, part).decode()
        assert body.startswith(" ")
        rows = read_page(bare_page(body), target, "http://x/", files).rows
        apps = {
            (row.get("player_id"), row["team_id"]): row["value"]
            for row in rows[table]
            if row["stat"] == "apps"
        }
        if table == "team_season_stat":
            assert apps == {(None, club.id): one.apps for club, one in counted.teams.items()}
        else:
            assert apps == {(p.id, club.id): one.apps for (p, club), one in counted.players.items()}


def test_the_stand_in_s_goals_are_those_of_its_matches() -> None:
    counted = records(MATCHES)
    scores = [match.score for match in MATCHES if match.status == "finished"]
    goals = sum(sum(score) for score in scores if score)
    own = sum(
        goal.how == "own"
        for match in MATCHES
        if match.status == "finished"
        for goal in match.outcome.goals
    )
    assert sum(record.counts["goal"] for record in counted.teams.values()) == goals
    assert sum(record.counts["goal"] for record in counted.players.values()) == goals - own
