"""Rows of a stage's month feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scrapers.parsing.extract import Extracted, Row
from scrapers.parsing.failures import Failures
from scrapers.targets import Target
from scrapers.whoscored.rows import RowSet, pick


def build(page: Extracted, target: Target, failures: Failures) -> RowSet:
    """Rows by table; an empty month gives none. A feed of another stage or month is refused."""
    month = target.id_map["month"]
    rows: RowSet = {name: [] for name in ("competition", "season", "stage", "team", "fixture")}
    teams: dict[int, Row] = {}
    for stage in page.groups["tournaments"]:
        _agree(stage, target, failures)
        rows["competition"].append(pick("competition", stage, name=stage["competition_name"]))
        rows["season"].append(pick("season", stage, name=stage["season_name"]))
        rows["stage"].append(pick("stage", stage, name=stage["stage_name"]))
        for match in stage["matches"]:
            for side in ("home", "away"):
                team_id = match[f"{side}_team_id"]
                teams[team_id] = {
                    "team_id": team_id,
                    "name": match[f"{side}_team_name"],
                    "country_name": match[f"{side}_country_name"],
                }
            rows["fixture"].append(pick("fixture", match, feed_month=month))
    rows["team"] = list(teams.values())
    return rows


def _agree(stage: Row, target: Target, failures: Failures) -> None:
    asked = int(target.id_map["stage_id"])
    if stage["stage_id"] != asked:
        failures.add("tournaments.stage_id", f"is {stage['stage_id']}, asked for was {asked}")
    matches = stage["matches"]
    strangers = [m["stage_id"] for m in matches if m["stage_id"] != stage["stage_id"]]
    if strangers:
        what = f"is {strangers[0]} in stage {stage['stage_id']}"
        failures.add("tournaments.matches.stage_id", what, len(strangers), len(matches))
    first = datetime.strptime(target.id_map["month"], "%Y%m").replace(tzinfo=UTC)
    # The site cuts months on its own clock, we count in UTC: a day's grace on both ends.
    begin = first - timedelta(days=1)
    end = (first + timedelta(days=32)).replace(day=1) + timedelta(days=1)
    outside = [m["kickoff_utc"] for m in matches if not begin <= m["kickoff_utc"] < end]
    if outside:
        what = f"is {outside[0]:%Y-%m-%d %H:%M}, asked for was {target.id_map['month']}"
        failures.add("tournaments.matches.kickoff_utc", what, len(outside), len(matches))
