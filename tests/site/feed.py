"""A month feed as the site serves it: JSON."""

from __future__ import annotations

from collections.abc import Sequence

from tests.site.codes import Json
from tests.site.match import Match
from tests.site.match_data import site_time
from tests.site.pages import compact
from tests.site.season import Stage


def feed(stage: Stage, matches: Sequence[Match]) -> bytes:
    """The month feed of a stage; a month without matches has no tournament."""
    if not matches:
        return b'{"tournaments":[]}'
    competition = stage.competition
    content = {
        "tournamentId": competition.id,
        "tournamentName": competition.name,
        "regionId": competition.region.id,
        "regionName": competition.region.name,
        "seasonId": competition.season_id,
        "seasonName": competition.season,
        "stageId": stage.id,
        "stageName": stage.name,
        "sex": 1,
        "matches": [_feed_match(match) for match in matches],
    }
    return compact({"tournaments": [content]}).encode()


def _feed_match(match: Match) -> Json:
    score = match.score or (None, None)
    penalties = match.penalties or (None, None)
    return {
        "id": match.id,
        "stageId": match.stage.id,
        "status": match.code,
        "startTime": site_time(match.kickoff_utc),
        "startTimeUtc": f"{match.kickoff_utc:%Y-%m-%dT%H:%M:%SZ}",
        "homeTeamId": match.home.id,
        "homeTeamName": match.home.name,
        "homeTeamCountryName": match.home.region.name,
        "awayTeamId": match.away.id,
        "awayTeamName": match.away.name,
        "awayTeamCountryName": match.away.region.name,
        "homeScore": score[0],
        "awayScore": score[1],
        "homePenaltyScore": penalties[0],
        "awayPenaltyScore": penalties[1],
        "elapsed": match.elapsed,
        "matchIsOpta": match.opta,
        "incidents": [],
    }
