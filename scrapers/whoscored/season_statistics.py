"""Rows of the statistics feeds of a stage: a row for each team or player and statistic."""

from __future__ import annotations

from collections.abc import Sequence

from scrapers.parsing.extract import Extracted, Row
from scrapers.parsing.failures import Failures
from scrapers.targets import Target
from scrapers.whoscored.rows import RowSet, pick


def build_teams(page: Extracted, target: Target, failures: Failures) -> RowSet:
    """A stage's teams and their statistics of a category."""
    teams = page.groups["teams"]
    _check_columns("teams", page, teams, failures)
    place = _place(target)
    return {
        "team": [pick("team", team, name=team["team_name"]) for team in _once(teams, "team_id")],
        "team_season_stat": [
            pick("team_season_stat", stat, **place, team_id=team["team_id"])
            for team in _unlike(teams)
            for stat in team["stats"]
            if stat["value"] is not None
        ],
    }


def build_players(page: Extracted, target: Target, failures: Failures) -> RowSet:
    """A stage's players and their statistics of a category.

    Their teams are not given as rows of `team`: this feed shortens names that others write out.
    """
    players = page.groups["players"]
    _check_columns("players", page, players, failures)
    place = _place(target)
    return {
        "player": [pick("player", player) for player in _once(players, "player_id")],
        "player_season_stat": [
            pick(
                "player_season_stat",
                stat,
                **place,
                player_id=player["player_id"],
                team_id=player["team_id"],
            )
            for player in _unlike(players)
            for stat in player["stats"]
            if stat["value"] is not None
        ],
    }


def _place(target: Target) -> Row:
    ids = target.id_map
    return {
        "stage_id": int(ids["stage_id"]),
        "category": ids["category"],
        "subcategory": ids["subcategory"],
    }


def _once(rows: Sequence[Row], key: str) -> list[Row]:
    """The rows, of those with the same key the last."""
    return list({row[key]: row for row in rows}.values())


def _unlike(rows: Sequence[Row]) -> list[Row]:
    """The rows without repetitions; the feed of a cup may list a team twice, the same."""
    found: list[Row] = []
    for row in rows:
        if row not in found:
            found.append(row)
    return found


def _check_columns(group: str, page: Extracted, rows: Sequence[Row], failures: Failures) -> None:
    """The statistics that the feed says it shows are among the rows' members."""
    stated = {stat["stat"] for row in rows for stat in row["stats"]}
    lacking = [one["stat"] for one in page.groups["stat_columns"] if one["stat"] not in stated]
    if rows and lacking:
        failures.add(
            f"{group}.stats.stat", f"is never {', '.join(lacking)}, which the feed announces"
        )
