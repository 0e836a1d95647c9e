"""Rows of a stage's own pages: its tables, its referees."""

from __future__ import annotations

from scrapers.parsing.extract import Extracted, Row
from scrapers.parsing.failures import Failures
from scrapers.targets import Target
from scrapers.warehouse.tables import STANDING_SCOPES
from scrapers.whoscored.catalogue import check_ids, competition_row, season_row
from scrapers.whoscored.rows import RowSet, pick

_COUNTS = (
    *("rank", "played", "won", "drawn", "lost"),
    *("goals_for", "goals_against", "goal_difference", "points"),
)


def build_standings(page: Extracted, target: Target, failures: Failures) -> RowSet:
    """Standings overall, at home and away of every table on the page.

    Old pages have a row of noughts, without a rank, for a club that was renamed: it is no
    place in the table and is left out.
    """
    rows = _stage(page, target, failures)
    teams: dict[int, Row] = {}
    standings: list[Row] = []
    for table in page.groups["tables"]:
        for line in table["rows"]:
            teams[line["team_id"]] = {
                "team_id": line["team_id"],
                "name": line["team_name"],
                "country_name": line["team_country_name"],
            }
            if not any(line[f"{scope}_{name}"] for scope in STANDING_SCOPES for name in _COUNTS):
                continue
            for scope in STANDING_SCOPES:
                counts = {name: line[f"{scope}_{name}"] for name in _COUNTS}
                standings.append(
                    pick(
                        "standing",
                        counts,
                        stage_id=page.fields["stage_id"],
                        table_stage_id=line["table_stage_id"],
                        group_number=table["group_number"],
                        scope=scope,
                        team_id=line["team_id"],
                    )
                )
    return {**rows, "team": list(teams.values()), "standing": standings}


def build_referees(page: Extracted, target: Target, failures: Failures) -> RowSet:
    """The stage's referees and their statistics."""
    rows = _stage(page, target, failures)
    referees = page.groups["referees"]
    return {
        **rows,
        "referee": [pick("referee", one, first_name=None, last_name=None) for one in referees],
        "referee_statistic": [
            pick("referee_statistic", one, stage_id=page.fields["stage_id"]) for one in referees
        ],
    }


def _stage(page: Extracted, target: Target, failures: Failures) -> RowSet:
    """Competition, season and stage of the page, which must be the ones asked for."""
    fields = page.fields
    check_ids(fields, target, failures, "competition_id", "season_id", "stage_id")
    return {
        "competition": [competition_row(fields, target)],
        "season": [season_row(fields)],
        "stage": [pick("stage", fields, name=fields["stage_name"])],
    }
