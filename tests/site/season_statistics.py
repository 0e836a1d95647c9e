"""The statistics of a stage's teams and players as the site's feeds give them.

Matches, goals, cards and minutes come from the stage's finished matches; who scored and what
else is counted is drawn for each match, apart from its match centre: playing a season's matches
for one answer would take too long.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.site.chance import poisson, stream
from tests.site.clubs import Club, Player
from tests.site.codes import Json
from tests.site.pages import compact

if TYPE_CHECKING:
    from tests.site.match import Match
    from tests.site.season import Stage

# What each part of the feeds shows beside apps and rating.
_TEAM_PARTS = {
    "all": ("goal", "shotsPerGame", "yellowCard", "redCard", "possession", "passSuccess",
            "aerialWonPerGame"),
    "defensive": ("shotsConcededPerGame", "tacklePerGame", "interceptionPerGame", "foulsPerGame",
                  "offsideGivenPerGame"),
    "offensive": ("shotsPerGame", "shotOnTargetPerGame", "dribbleWonPerGame", "foulGivenPerGame"),
    "passing": ("goal", "keyPassPerGame", "possession", "passSuccess"),
}  # fmt: skip
_PLAYER_PARTS = {
    "all": ("goal", "assistTotal", "yellowCard", "redCard", "shotsPerGame", "passSuccess",
            "aerialWonPerGame", "manOfTheMatch"),
    "defensive": ("tacklePerGame", "interceptionPerGame", "foulsPerGame", "clearancePerGame"),
    "offensive": ("goal", "assistTotal", "shotsPerGame", "keyPassPerGame", "dribbleWonPerGame"),
    "passing": ("assistTotal", "keyPassPerGame", "totalPassesPerGame", "passSuccess"),
}  # fmt: skip
# A match's counts by their mean, for a team; a player has about a twelfth of it.
_MEANS = {
    "shotsPerGame": 12.5, "shotOnTargetPerGame": 4.4, "aerialWonPerGame": 15.0,
    "shotsConcededPerGame": 12.5, "tacklePerGame": 17.0, "interceptionPerGame": 9.0,
    "foulsPerGame": 12.0, "foulGivenPerGame": 11.0, "offsideGivenPerGame": 1.8,
    "dribbleWonPerGame": 8.0, "keyPassPerGame": 9.0, "clearancePerGame": 18.0,
    "totalPassesPerGame": 430.0,
}  # fmt: skip
_PAGING = dict.fromkeys(
    ("totalPages", "resultsPerPage", "totalResults", "firstRecordIndex", "lastRecordIndex"), 0
)


@dataclass
class Record:
    """What has been counted of a team or a player.

    Attributes:
        shares: possession, passSuccess and rating, match by match.
    """

    apps: int = 0
    sub_on: int = 0
    minutes: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    shares: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class SeasonRecords:
    """The records of a stage's teams, and of its players with their clubs."""

    teams: dict[Club, Record]
    players: dict[tuple[Player, Club], Record]


def records(matches: Iterable[Match]) -> SeasonRecords:
    """Add finished matches up; `matches` may hold others too."""
    teams: defaultdict[Club, Record] = defaultdict(Record)
    players: defaultdict[tuple[Player, Club], Record] = defaultdict(Record)
    for match in matches:
        if match.status == "finished":
            _add(match, teams, players)
    return SeasonRecords(dict(teams), dict(players))


def _add(
    match: Match, teams: dict[Club, Record], players: dict[tuple[Player, Club], Record]
) -> None:
    rng = stream(match.world.seed, match.id, "season")
    home_share = round(rng.uniform(0.35, 0.65), 4)
    for side, club in enumerate((match.home, match.away)):
        team = teams[club]
        team.apps += 1
        team.counts["goal"] += (match.score or (0, 0))[side]
        team.counts["redCard"] += sum(one.side == side for one in match.outcome.dismissals)
        team.counts["yellowCard"] += poisson(rng, 1.9)
        team.shares["possession"].append(abs(side - home_share))
        team.shares["passSuccess"].append(rng.uniform(0.68, 0.9))
        team.shares["rating"].append(rng.uniform(6.1, 7.3))
        for name, mean in _MEANS.items():
            team.counts[name] += poisson(rng, mean) if mean < 100 else int(rng.gauss(mean, 60))
        _add_players(rng, match, side, club, players)


def _add_players(
    rng: random.Random, match: Match, side: int, club: Club,
    players: dict[tuple[Player, Club], Record],
) -> None:  # fmt: skip
    keeper, *others = club.squad
    field_players = [player for player in others if player.line != "G"]
    eleven = [keeper, *sorted(rng.sample(field_players, 10), key=lambda p: p.id)]
    bench = [player for player in field_players if player not in eleven]
    fresh = rng.sample(bench, 3)
    for player in eleven:
        record = players[player, club]
        record.apps += 1
        record.minutes += 90
    for off, on in zip(rng.sample(eleven[1:], 3), fresh, strict=True):
        minute = rng.randrange(46, 89)
        players[off, club].minutes -= 90 - minute
        players[on, club].minutes += 90 - minute
        players[on, club].sub_on += 1
    for player in (*eleven, *fresh):
        record = players[player, club]
        record.shares["rating"].append(rng.uniform(5.6, 8.4))
        record.shares["passSuccess"].append(rng.uniform(55, 97))
        for name, mean in _MEANS.items():
            record.counts[name] += poisson(rng, mean / 12)
    for goal in match.outcome.goals:
        if goal.side == side and goal.how != "own":
            scorer, helper = rng.sample(eleven[1:], 2)
            players[scorer, club].counts["goal"] += 1
            players[helper, club].counts["assistTotal"] += goal.how == "open"
    for one in match.outcome.dismissals:
        if one.side == side:
            players[rng.choice(eleven[1:]), club].counts["redCard"] += 1
    if side == (match.outcome.winner or 0):
        players[rng.choice(eleven), club].counts["manOfTheMatch"] += 1


def team_feed(stage: Stage, matches: Iterable[Match], part: str) -> bytes:
    """The feed of a stage's teams; the answer begins with a blank, as the site's does."""
    names = _TEAM_PARTS.get(part, ())
    rows = [
        {
            **_tournament(stage),
            "teamId": club.id,
            "teamName": club.name,
            "teamRegionName": club.region.name,
            "regionCode": club.region.flag.removeprefix("flg-"),
            "name": _short(club.name),
            "seasonId": 0,
            "seasonName": None,
            **_values(record, names),
        }
        for club, record in records(matches).teams.items()
    ]
    return _answer("teamTableStats", rows, ("apps", *names))


def player_feed(stage: Stage, matches: Iterable[Match], part: str) -> bytes:
    """The feed of a stage's players; it shortens their teams' names."""
    names = _PLAYER_PARTS.get(part, ())
    rows = []
    for (player, club), record in records(matches).players.items():
        first, _, last = player.name.partition(" ")
        rows.append(
            {
                "height": player.height,
                "weight": player.weight,
                "age": 2023 - player.born.year,
                "isManOfTheMatch": False,
                "isActive": True,
                "playedPositions": f"-{player.line}-",
                "playedPositionsShort": player.line,
                "positionText": player.line,
                "teamRegionName": club.region.name,
                "regionCode": club.region.flag.removeprefix("flg-"),
                "tournamentShortName": stage.competition.name[:3].upper(),
                "subOn": record.sub_on,
                "minsPlayed": record.minutes,
                "name": player.name,
                "firstName": first,
                "lastName": last,
                "playerId": player.id,
                "teamId": club.id,
                "teamName": _short(club.name),
                "seasonId": stage.competition.season_id,
                "seasonName": stage.competition.season,
                **_tournament(stage),
                **_values(record, names),
            }
        )
    return _answer("playerTableStats", rows, ("apps", "subOn", "minsPlayed", *names))


def _tournament(stage: Stage) -> Json:
    competition = stage.competition
    return {
        "tournamentId": competition.id,
        "tournamentName": competition.name,
        "tournamentRegionId": competition.region.id,
        "tournamentRegionName": competition.region.name,
        "tournamentRegionCode": competition.region.flag.removeprefix("flg-"),
        "isOpta": True,
    }


def _values(record: Record, names: Sequence[str]) -> Json:
    values: Json = {"apps": record.apps, "rating": _mean(record.shares["rating"])}
    games = max(record.apps + record.sub_on, 1)
    for name in names:
        if name in record.shares:
            values[name] = _mean(record.shares[name])
        elif name in _MEANS:
            values[name] = record.counts[name] / games
        else:
            values[name] = float(record.counts[name])
    return values


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _short(name: str) -> str:
    return name if len(name) < 12 else name.split(" ")[0]


def _answer(key: str, rows: list[Json], columns: Iterable[str]) -> bytes:
    ordered = sorted(rows, key=lambda row: -row["rating"])
    ranked = [{**row, "ranking": number} for number, row in enumerate(ordered, start=1)]
    content = {key: ranked, "paging": {"currentPage": 1, **_PAGING}, "statColumns": list(columns)}
    return b" " + compact(content).encode()
