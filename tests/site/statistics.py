"""What the page counts: statistics by minute, ratings, zones of shots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.site.codes import SATISFIED, Json

_PLAYED = frozenset({1, 2, 3, 4})

# Statistics that an event adds to, by what it counts as.
_ADDS: dict[str, tuple[str, ...]] = {
    "pos": ("possession",),
    "touches": ("touches",),
    "shotsTotal": ("shotsTotal",),
    "shotOnTarget": ("shotsOnTarget",),
    "shotOffTarget": ("shotsOffTarget",),
    "shotBlocked": ("shotsBlocked",),
    "shotOnPost": ("shotsOnPost",),
    "clearanceTotal": ("clearances",),
    "interceptionAll": ("interceptions",),
    "passAccurate": ("passesTotal", "passesAccurate"),
    "passInaccurate": ("passesTotal",),
    "passKey": ("passesKey",),
    "duelAerialWon": ("aerialsTotal", "aerialsWon"),
    "duelAerialLost": ("aerialsTotal",),
    "offensiveDuel": ("offensiveAerials",),
    "defensiveDuel": ("defensiveAerials",),
    "passCornerAccurate": ("cornersTotal", "cornersAccurate"),
    "passCornerInaccurate": ("cornersTotal",),
    "offsideGiven": ("offsidesCaught",),
    "foulCommitted": ("foulsCommited",),
    "tackleWon": ("tacklesTotal", "tackleSuccessful"),
    "tackleLost": ("tacklesTotal", "tackleSuccessful"),
    "challengeLost": ("tacklesTotal", "tackleUnsuccesful", "dribbledPast"),
    "dribbleWon": ("dribblesAttempted", "dribblesWon"),
    "dribbleLost": ("dribblesAttempted", "dribblesLost"),
    "dispossessed": ("dispossessed",),
    "keeperSaveTotal": ("totalSaves",),
    "collected": ("collected",),
    "parriedSafe": ("parriedSafe",),
    "parriedDanger": ("parriedDanger",),
}
# Counted for the goalkeeper, not for his team.
_OF_PLAYERS = frozenset({"totalSaves", "collected", "parriedSafe", "parriedDanger"})
# A share in per cent: of the first, by the second; under the site's own names.
_SHARES = {
    "passSuccess": ("passesTotal", "passesAccurate"),
    "aerialSuccess": ("aerialsTotal", "aerialsWon"),
    "throwInAccuracy": ("cornersTotal", "cornersAccurate"),
    "tackleSuccess": ("tacklesTotal", "tackleSuccessful"),
    "dribbleSuccess": ("dribblesAttempted", "dribblesWon"),
}
_ORDER_NAMES = (
    "ratings shotsTotal shotsOnTarget shotsOffTarget shotsOnPost shotsBlocked clearances "
    "interceptions possession touches passesTotal passesAccurate passesKey passSuccess "
    "aerialsTotal aerialsWon aerialSuccess offensiveAerials defensiveAerials cornersTotal "
    "cornersAccurate throwInsTotal throwInsAccurate throwInAccuracy offsidesCaught foulsCommited "
    "tacklesTotal tackleSuccessful tackleUnsuccesful tackleSuccess dribbledPast dribblesWon "
    "dribblesAttempted dribblesLost dribbleSuccess dispossessed"
)
_ORDER = {name: number for number, name in enumerate(_ORDER_NAMES.split())}
_RATES = {
    "goalNormal": 0.95, "goalOwn": -0.9, "assist": 0.6, "passKey": 0.08, "shotOnTarget": 0.12,
    "passAccurate": 0.012, "passInaccurate": -0.025, "tackleWon": 0.09, "interceptionAll": 0.09,
    "keeperSaveTotal": 0.22, "clearanceTotal": 0.06, "dribbleWon": 0.06, "dribbleLost": -0.03,
    "turnover": -0.03, "foulCommitted": -0.06, "yellowCard": -0.2, "redCard": -1.2,
    "dispossessed": -0.05, "offsideGiven": -0.04, "duelAerialWon": 0.05, "duelAerialLost": -0.03,
}  # fmt: skip
_ADDS_BY_ID = {SATISFIED[name]: stats for name, stats in _ADDS.items()}
_RATES_BY_ID = {SATISFIED[name]: change for name, change in _RATES.items()}
_THROW_IN = SATISFIED["throwIn"]

_ZONE_NAMES = (
    "missHighLeft missHighCentre missHighRight missLeft missRight postLeft postCentre postRight "
    "onTargetHighLeft onTargetHighCentre onTargetHighRight onTargetLowLeft onTargetLowCentre "
    "onTargetLowRight"
)
_ZONES = _ZONE_NAMES.split()
_SHOTS = {"MissedShots", "ShotOnPost", "SavedShot", "Goal"}

ByMinute = dict[str, dict[int, float]]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is counted in a match.

    Attributes:
        players: statistics by player id, for who took part.
        teams: statistics by team id, minutesWithStats included.
        best: the player whose rating is the highest at the end.
    """

    players: dict[int, Json]
    teams: dict[int, Json]
    best: int


class _Count:
    """The count as it stands while a match's events are gone through."""

    def __init__(self, starters: Mapping[int, Iterable[int]]) -> None:
        self.players: dict[int, ByMinute] = {}
        self.teams: dict[int, ByMinute] = {team: defaultdict(dict) for team in starters}
        self.rating: dict[int, float] = {}
        self.team_of: dict[int, int] = {}
        for team, players in starters.items():
            for player in players:
                self.meet(player, team)

    def meet(self, player: int, team: int) -> None:
        """A player takes part, from the rating with which all begin."""
        self.players[player] = defaultdict(dict)
        self.rating[player], self.team_of[player] = 6.0, team

    def add(self, event: Json) -> None:
        """Count a player's event."""
        player, team, minute = event["playerId"], event["teamId"], event["expandedMinute"]
        if player not in self.rating:
            self.meet(player, team)
        for number in event["satisfiedEventsTypes"]:
            stats = _ADDS_BY_ID.get(number, ())
            if number == _THROW_IN:
                stats = ("throwInsTotal", "throwInsAccurate")[: 1 + event["outcomeType"]["value"]]
            for stat in stats:
                of_player = self.players[player][stat]
                of_player[minute] = of_player.get(minute, 0.0) + 1
                if stat not in _OF_PLAYERS:
                    of_team = self.teams[team][stat]
                    of_team[minute] = of_team.get(minute, 0.0) + 1
            self.rating[player] += _RATES_BY_ID.get(number, 0.0)
        self.rating[player] = min(10.0, max(3.0, self.rating[player]))
        self.players[player]["ratings"][minute] = round(self.rating[player], 2)

    def close(self, minute: int) -> None:
        """A team's rating at the end of a minute: the mean of those who have taken part."""
        for team, by_minute in self.teams.items():
            ratings = [r for player, r in self.rating.items() if self.team_of[player] == team]
            by_minute["ratings"][minute] = round(sum(ratings) / len(ratings), 14)


def count(
    events: Iterable[Json], starters: Mapping[int, Iterable[int]], last_minute: int
) -> Statistics:
    """Count a match.

    Args:
        starters: player ids by team id; all of them have a rating.
        last_minute: the match's last expanded minute, at which every rating is stated.
    """
    counted, running = _Count(starters), 0
    minutes = []
    for event in events:
        if event["period"]["value"] not in _PLAYED or "playerId" not in event:
            continue
        if event["expandedMinute"] != running:
            minutes.append(running)
            counted.close(running)
            running = event["expandedMinute"]
        counted.add(event)
    for player, value in counted.rating.items():
        counted.players[player]["ratings"][last_minute] = round(value, 2)
    for minute in (running, last_minute):
        counted.close(minute)
    teams = {
        team: {"minutesWithStats": [*minutes, running]} | _finished(stats)
        for team, stats in counted.teams.items()
    }
    players = {player: _finished(stats) for player, stats in counted.players.items()}
    best = max(counted.rating, key=lambda player: (counted.rating[player], -player))
    return Statistics(players, teams, best)


def _finished(stats: ByMinute) -> Json:
    for share, (of, by) in _SHARES.items():
        if stats.get(of):
            done = stats.get(by, {})
            stats[share] = {
                minute: round(100 * done.get(minute, 0.0) / total, 2)
                for minute, total in stats[of].items()
            }
    return {
        name: {str(minute): value for minute, value in stats[name].items()}
        for name in sorted(stats, key=lambda name: _ORDER.get(name, len(_ORDER)))
        if stats[name]
    }


def shot_zones(events: Iterable[Json], team: int) -> Json:
    """Shots of a team by where they went, and the goals among them, by expanded minute."""
    zones: dict[str, Json] = {name: {"stats": {}} for name in _ZONES}
    for event in events:
        if (
            event["teamId"] != team
            or event["type"]["displayName"] not in _SHOTS
            or event["period"]["value"] not in _PLAYED
            or event.get("isOwnGoal")
        ):
            continue
        cell = zones[_zone(event)]["stats"].setdefault(
            str(event["expandedMinute"]), {"goalCount": 0, "count": 0}
        )
        cell["count"] += 1
        cell["goalCount"] += event.get("isGoal", False)
    return zones


def _zone(shot: Json) -> str:
    kind, across, height = shot["type"]["displayName"], shot["goalMouthY"], shot["goalMouthZ"]
    side = "Left" if across > 51.8 else "Right" if across < 48.2 else "Centre"
    if kind == "MissedShots":
        return f"missHigh{side}" if height > 38 else "missLeft" if across > 50 else "missRight"
    if kind == "ShotOnPost":
        return f"post{side}"
    return f"onTarget{'High' if height > 19 else 'Low'}{side}"
