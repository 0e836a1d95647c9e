"""What a match centre says twice, or what can't be otherwise: a field that is read from another
place of the page gives sane values, and these tell that they are not its own.
"""

from __future__ import annotations

from scrapers.quality.checks import between, holds, matching
from scrapers.quality.match_events import FEWEST_EVENTS
from scrapers.quality.names import alike
from scrapers.quality.subjects import Subject, rule

# The page counts each team's shots by zone and minute, and lists them as events. Whether it counts
# those of a shoot-out, no real page has told yet: nothing is said of such a match.
_ZONES = """
WITH zones AS (
    SELECT target_key, team_id, sum(shots) AS zone_shots FROM staging.shot_zone
    WHERE target_key = ANY(:targets) GROUP BY target_key, team_id
), listed AS (
    SELECT e.target_key, e.team_id,
           count(*) FILTER (WHERE e.is_shot AND NOT e.is_own_goal) AS event_shots
    FROM staging.event e JOIN staging.match m USING (target_key)
    WHERE e.target_key = ANY(:targets) AND m.status = 'finished'
    GROUP BY e.target_key, e.team_id
    HAVING NOT EXISTS (
        SELECT FROM staging.event p WHERE p.target_key = e.target_key AND p.period_id = 5
    )
)
SELECT target_key, team_id, zone_shots, event_shots,
       abs(zone_shots - event_shots) <= greatest(2, 0.2 * event_shots) AS shots_agree
FROM zones JOIN listed USING (target_key, team_id)
"""

# A side's shirts all have other numbers, and its average age is that of its starters.
_SIDES = """
SELECT l.target_key, l.team_id,
       count(DISTINCT shirt_number)::float8 / nullif(count(shirt_number), 0) AS different_shirts,
       min(t.average_age_years) AS average_age_years,
       CASE WHEN count(age_years) FILTER (WHERE is_starter) >= 8
            THEN (min(t.average_age_years) - avg(age_years) FILTER (WHERE is_starter))::float8
       END AS years_apart
FROM staging.line_up l
LEFT JOIN staging.match_team t USING (target_key, team_id)
WHERE l.target_key = ANY(:targets) GROUP BY l.target_key, l.team_id
HAVING count(*) >= 8
"""

_EVENTS = f"""
SELECT target_key, count(*) AS events,
       CASE WHEN count(second) >= {FEWEST_EVENTS // 2} THEN count(DISTINCT second) END AS seconds,
       (count(DISTINCT (team_id, team_event_id)))::float8 / count(*) AS different_ids,
       avg(cardinality(satisfied_event_types))::float8 AS satisfied
FROM staging.event
WHERE target_key = ANY(:targets)
GROUP BY target_key HAVING count(*) >= {FEWEST_EVENTS}
"""

_SLOTS = """
SELECT target_key, avg((vertical = horizontal)::int)::float8 AS on_the_diagonal
FROM staging.formation_slot WHERE target_key = ANY(:targets) GROUP BY target_key
HAVING count(*) >= 11
"""

_MATCH = """
SELECT m.target_key, m.match_id, m.weather_code, m.elapsed, m.data_updated_page, m.kickoff_page,
       m.weather_code IS DISTINCT FROM m.elapsed OR m.elapsed IS NULL AS weather_is_none_of_it,
       m.status <> 'finished' OR m.data_updated_page > m.kickoff_page AS updated_later
FROM staging.match m WHERE m.target_key = ANY(:targets)
"""


def _venue_named_as(*names: str) -> str:
    """Matches whose venue bears one of these names of the page, which stand as `table.column`."""
    parts = (name.split(".") for name in names)
    named = " UNION ".join(
        f"SELECT target_key, {column} AS name FROM staging.{table}" for table, column in parts
    )
    return f"""
SELECT m.target_key, m.match_id, m.venue_name, false AS is_a_venue
FROM staging.match m
JOIN ({named}) AS p ON p.target_key = m.target_key AND lower(p.name) = lower(m.venue_name)
WHERE m.target_key = ANY(:targets)
"""


# A venue that bears the name of somebody, or of a place or team, on the page was read from there.
_SOMEBODY = _venue_named_as("player.name", "referee.name", "match_team.manager_name")
_PLACE = _venue_named_as(
    *("team.name", "team.country_name", "competition.name", "competition.region_name")
)

_REFEREE = f"""
SELECT r.target_key, r.referee_id, r.name, v.part, {alike("v.part", "r.name")} AS is_in_the_name
FROM staging.referee r
CROSS JOIN LATERAL (VALUES (r.first_name), (r.last_name)) AS v(part)
WHERE r.target_key = ANY(:targets) AND v.part IS NOT NULL AND length(v.part) > 2
"""

DETAIL_RULES: tuple[Subject, ...] = (
    rule(
        "shots_of_zones",
        _ZONES,
        holds(
            "shots_agree", "the shots of a team's zones are as many as its events are shots"
        ).about("shot_zones"),
    ),
    rule(
        "side_details",
        _SIDES,
        between("different_shirts", 0.8, 1, "the players of a side have different numbers").about(
            "teams.players.shirt_number"
        ),
        between("years_apart", -2, 2, "the average age is that of the starters").about(
            "teams.average_age_years"
        ),
    ),
    rule(
        "event_details",
        _EVENTS,
        between("seconds", 30, None, "the events of a match have seconds from 0 to 59").about(
            "events.second"
        ),
        between("different_ids", 0.8, 1, "a team's events have different ids").about(
            "events.team_event_id"
        ),
        between("satisfied", 1.5, None, "an event satisfies several types on average").about(
            "events.satisfied_event_types"
        ),
    ),
    rule(
        "slots",
        _SLOTS,
        between(
            "on_the_diagonal", 0, 0.5, "a formation's places lie not all on the diagonal"
        ).about("formations.positions"),
    ),
    rule(
        "match_details",
        _MATCH,
        holds("weather_is_none_of_it", "the weather is not what has elapsed").about("weather_code"),
        matching("weather_code", r"^\S{1,8}$", "the weather's code is a short one"),
        holds("updated_later", "a finished match was updated after its kick-off").about(
            "data_updated_page"
        ),
    ),
    rule(
        "venue",
        _SOMEBODY,
        holds("is_a_venue", "the venue does not bear the name of somebody on the page").about(
            "venue_name"
        ),
    ),
    rule(
        "venue_or_place",
        _PLACE,
        holds(
            "is_a_venue", "the venue does not bear the name of a team, country or competition"
        ).about("venue_name"),
    ),
    rule(
        "referee_parts",
        _REFEREE,
        holds("is_in_the_name", "a referee's first and last name are in the whole name").about(
            "referee_first_name", "referee_last_name"
        ),
    ),
)
