"""The page's matchCentreData of a match, from its events and line-ups."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.site.chance import stream
from tests.site.clubs import Player, referees
from tests.site.codes import PERIOD_BEGINS, PERIOD_LIMITS, POST_GAME, SHOOT_OUT, Json
from tests.site.outcome import Score
from tests.site.play import Played
from tests.site.side import Side
from tests.site.statistics import Statistics, count, shot_zones

SITE_CLOCK = ZoneInfo("Europe/London")
FINISHED_CODE = 7
_INCIDENTS = {
    "Card", "SubstitutionOff", "SubstitutionOn", "FormationChange", "FormationSet", "Goal",
}  # fmt: skip


def site_time(moment: datetime) -> str:
    """A moment as the page states it: on London's clock, without a zone."""
    return moment.astimezone(SITE_CLOCK).strftime("%Y-%m-%dT%H:%M:%S")


def goals(events: Iterable[Json], home_id: int, periods: Iterable[int] = (1, 2, 3, 4)) -> Score:
    """Goals of both sides in these periods; an own goal is the other side's."""
    wanted, score = set(periods), [0, 0]
    for event in events:
        if event.get("isGoal") and event["period"]["value"] in wanted:
            by_home = (event["teamId"] == home_id) != bool(event.get("isOwnGoal"))
            score[0 if by_home else 1] += 1
    return score[0], score[1]


def _text(score: Score) -> str:
    return f"{score[0]} : {score[1]}"


def scores(played: Played) -> dict[str, str]:
    """The five scores as the page writes them, empty where the match has not come to them."""
    events, home = played.events, played.sides[0].club.id
    begun = set(played.expanded_begins)

    def up_to(last: int) -> str:
        return _text(goals(events, home, range(1, last + 1)))

    return {
        "score": up_to(4),
        "htScore": up_to(1) if 1 in played.ends else "",
        "ftScore": up_to(2) if 2 in played.ends else "",
        "etScore": up_to(4) if 4 in played.ends else "",
        "pkScore": _text(goals(events, home, (SHOOT_OUT,))) if SHOOT_OUT in begun else "",
    }


def match_data(
    seed: str, match_id: int, played: Played, kickoff: datetime, status: int, elapsed: str,
    now: datetime,
) -> Json:  # fmt: skip
    """matchCentreData.

    Args:
        kickoff: UTC.
        status: the site's number: 3 live, 5 abandoned, 6 finished.
        elapsed: its word for how far the match is.
        now: when the page is served; ages are those of that day.
    """
    rng = stream(seed, match_id, "facts")
    seconds = {**played.ends, played.period: played.now}
    last = max(period for period in seconds if period != POST_GAME)
    limits = {p: PERIOD_BEGINS[p] + s // 60 for p, s in played.ends.items()}
    max_minute = PERIOD_BEGINS[last] + seconds[last] // 60
    expanded_end = played.expanded_begins.get(last, 0) + seconds[last] // 60
    starters = {s.club.id: [p.id for p in s.starters.values()] for s in played.sides}
    counted = count(played.events, starters, expanded_end)
    referee = rng.choice(referees())
    day = kickoff.astimezone(SITE_CLOCK).date()
    crowd = int(played.sides[0].club.capacity * rng.uniform(0.45, 1))
    names = {str(p.id): p.name for side in played.sides for p, _ in _squad(side)}
    return {
        "playerIdNameDictionary": names,
        "periodMinuteLimits": {str(period): minute for period, minute in PERIOD_LIMITS.items()},
        "timeStamp": _updated(kickoff, now).strftime("%Y-%m-%d %H:%M:%S"),
        "attendance": 0 if rng.random() < 0.06 else crowd,
        "venueName": played.sides[0].club.venue,
        "referee": {
            "officialId": referee.id,
            "firstName": referee.first_name,
            "lastName": referee.last_name,
            "hasParticipatedMatches": False,
            "name": f"{referee.first_name} {referee.last_name}",
        },
        "weatherCode": "",
        "elapsed": elapsed,
        "startTime": site_time(kickoff),
        "startDate": f"{day}T00:00:00",
        **scores(played),
        "statusCode": status,
        "periodCode": FINISHED_CODE if status == 6 else last,
        **{side.field: _team(side, played, counted, day_of=now.date(), end=max_minute)
           for side in played.sides},
        "maxMinute": max_minute,
        "minuteExpanded": expanded_end,
        "maxPeriod": last,
        "expandedMinutes": {
            str(period): {
                str(PERIOD_BEGINS[period] + n): begin + n
                for n in range(seconds.get(period, 0) // 60 + 1)
            }
            for period, begin in played.expanded_begins.items()
        },
        "expandedMaxMinute": expanded_end,
        "periodEndMinutes": {str(period): minute for period, minute in limits.items()},
        "commonEvents": [],
        "events": played.events,
        "timeoutInSeconds": 0,
    }  # fmt: skip


def _updated(kickoff: datetime, now: datetime) -> datetime:
    """When the site last touched the match: within a day of it, but not in the future."""
    return min(now, kickoff + timedelta(hours=20)).astimezone(SITE_CLOCK)


def _squad(side: Side) -> list[tuple[Player, bool]]:
    """Everybody of a side as the page lists them: starters, used substitutes, the others."""
    starters = sorted(side.starters.items(), key=lambda held: _rank(side, held[0]))
    others = [p for p in side.squad if p not in side.starters.values()]
    others.sort(key=lambda p: (p.id not in side.changes, p.shirt))
    return [(p, True) for _, p in starters] + [(p, False) for p in others]


def _rank(side: Side, slot: int) -> tuple[float, int]:
    return side.first_formation.slots[slot - 1].vertical, slot


def _team(side: Side, played: Played, counted: Statistics, day_of: date, end: int) -> Json:
    own = [e for e in played.events if e["teamId"] == side.club.id]
    entries = [dict(entry) for entry in side.entries]
    # The site closes the last formation with the match clock, not with the expanded one.
    entries[-1]["endMinuteExpanded"] = max(end, entries[-1]["startMinuteExpanded"])
    ages = [p.age(day_of) for p in side.starters.values()]
    index = 0 if side.field == "home" else 1
    home_id = played.sides[0].club.id
    return {
        "teamId": side.club.id,
        "formations": entries,
        "stats": counted.teams[side.club.id],
        "incidentEvents": [e for e in own if e["type"]["displayName"] in _INCIDENTS],
        "shotZones": shot_zones(own, side.club.id),
        "name": side.club.name,
        "countryName": side.club.region.name,
        "players": [
            {
                "playerId": p.id,
                "shirtNo": p.shirt,
                "name": p.name,
                "position": side.positions.get(p.id, "Sub"),
                "height": p.height,
                "weight": p.weight,
                "age": p.age(day_of),
                **({"isFirstEleven": True} if first else {}),
                **side.changes.get(p.id, {}),
                "isManOfTheMatch": p.id == counted.best,
                "field": side.field,
                "stats": counted.players.get(p.id, {}),
            }
            for p, first in _squad(side)
        ],
        "managerName": side.club.manager,
        "scores": {
            "halftime": goals(played.events, home_id, (1,))[index],
            "fulltime": goals(played.events, home_id, (1, 2))[index],
            "running": goals(played.events, home_id)[index],
        },
        "field": side.field,
        "averageAge": round(sum(ages) / len(ages), 1),
    }
