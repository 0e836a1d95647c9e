"""What a stage's tables must hold to: football's arithmetic."""

from __future__ import annotations

from itertools import permutations

from scrapers.quality.checks import at_least, between, equal, holds, note, one_of, whole_batch
from scrapers.quality.names import SEASON, SEASON_FORM, STAGE, TEAM_NAMES
from scrapers.quality.subjects import Subject, rule, staged
from scrapers.warehouse.tables import STANDING_SCOPES

SUITE = "standings"

TABLES = (
    staged("competition"),
    SEASON,
    STAGE,
    staged("team"),
    staged(
        "standing",
        one_of("scope", STANDING_SCOPES),
        between("rank", 1, 999),
        between("played", 0, 200),
        between("won", 0, 200),
        between("drawn", 0, 200),
        between("lost", 0, 200),
        between("goals_for", 0, 999),
        between("goals_against", 0, 999),
    ),
)

_ROWS = """
SELECT target_key, stage_id, table_stage_id, group_number, scope, team_id,
       played, won + drawn + lost AS results,
       goal_difference, goals_for - goals_against AS difference,
       points, 3 * won + drawn AS earned,
       CAST(split_part(target_key, '/', 6) AS bigint) AS asked_stage_id
FROM staging.standing WHERE target_key = ANY(:targets)
"""

_SUMS = """
SELECT target_key, table_stage_id, group_number, team_id,
       sum(played) FILTER (WHERE scope = 'overall') AS played,
       sum(played) FILTER (WHERE scope <> 'overall') AS played_parts,
       sum(won) FILTER (WHERE scope = 'overall') AS won,
       sum(won) FILTER (WHERE scope <> 'overall') AS won_parts,
       sum(drawn) FILTER (WHERE scope = 'overall') AS drawn,
       sum(drawn) FILTER (WHERE scope <> 'overall') AS drawn_parts,
       sum(goals_for) FILTER (WHERE scope = 'overall') AS goals_for,
       sum(goals_for) FILTER (WHERE scope <> 'overall') AS goals_for_parts,
       sum(goals_against) FILTER (WHERE scope = 'overall') AS goals_against,
       sum(goals_against) FILTER (WHERE scope <> 'overall') AS goals_against_parts,
       count(*) AS scopes
FROM staging.standing WHERE target_key = ANY(:targets)
GROUP BY target_key, table_stage_id, group_number, team_id
"""

_RANKS = """
SELECT target_key, table_stage_id, group_number, scope, rank, count(*) AS teams
FROM staging.standing WHERE target_key = ANY(:targets)
GROUP BY target_key, table_stage_id, group_number, scope, rank
"""
_OVERALL_RANKS = f"SELECT * FROM ({_RANKS}) AS r WHERE scope = 'overall'"

_ORDER_OF_RESULTS = ("won", "drawn", "lost")
# By column, the orders in which another one stands in its place.
_OTHER_ORDERS = {
    name: [order for order in permutations(_ORDER_OF_RESULTS) if order[place] != name]
    for place, name in enumerate(_ORDER_OF_RESULTS)
}


def _fitting(order: tuple[str, ...]) -> str:
    win, draw, _ = order
    return f"count(*) FILTER (WHERE points IN (3 * {win} + {draw}, 2 * {win} + {draw}))"


# Points tell wins from draws and defeats, by three or, long ago, two a win; where draws are shot
# out, by one more for a draw. A group that begins with a part of the points of the round before
# does so in its table overall only, which then is more than home and away.
_POINTS = f"""
WITH rows AS (
    SELECT *, max(points) FILTER (WHERE scope = 'overall') OVER of_team
           = sum(points) FILTER (WHERE scope <> 'overall') OVER of_team AS adds_up
    FROM staging.standing WHERE target_key = ANY(:targets)
    WINDOW of_team AS (PARTITION BY target_key, table_stage_id, group_number, team_id)
)
SELECT target_key, table_stage_id, group_number, count(*) AS rows,
       CASE WHEN avg(adds_up::int) >= 0.5 THEN
           avg((points BETWEEN 3 * won + drawn AND 3 * won + 2 * drawn
                OR points = 2 * won + drawn)::int) FILTER (WHERE scope <> 'overall')
       END::float8 AS points,
       {
    ", ".join(
        f"greatest({', '.join(map(_fitting, others))}) <="
        f" greatest({_fitting(_ORDER_OF_RESULTS)}, count(*) / 2) AS {name}"
        for name, others in _OTHER_ORDERS.items()
    )
}
FROM rows GROUP BY target_key, table_stage_id, group_number
"""

_TABLES = """
SELECT target_key, table_stage_id, group_number, scope,
       max(rank) AS last_rank, count(*) AS teams,
       sum(won) AS won, sum(lost) AS lost,
       sum(goals_for) AS goals_for, sum(goals_against) AS goals_against
FROM staging.standing WHERE target_key = ANY(:targets)
GROUP BY target_key, table_stage_id, group_number, scope
"""

_ORDER = """
SELECT target_key, table_stage_id, group_number, team_id, rank, points,
       lag(points) OVER (
           PARTITION BY target_key, table_stage_id, group_number ORDER BY rank, team_id
       ) AS points_above
FROM staging.standing WHERE target_key = ANY(:targets) AND scope = 'overall'
"""

# A stage that had a table, and whose page has an empty one now.
_EMPTIED = """
SELECT asked.target_key, count(k.team_id) AS known, (
    SELECT count(*) FROM staging.standing s WHERE s.target_key = asked.target_key
) AS listed
FROM unnest(CAST(:targets AS text[])) AS asked(target_key)
JOIN core.standing k ON k.stage_id = CAST(split_part(asked.target_key, '/', 6) AS bigint)
GROUP BY asked.target_key
"""

# What the schedule knows of a stage's matches that had begun when the page was fetched, against
# its tables at home and away. Where it knows as many matches of a team as the table counts, the
# numbers are the same; where it knows fewer, the table's are no lower, and of matches higher by
# those at most that it does not know; where it knows more, the table is late or leaves some out,
# and says nothing here.
_COUNTED = ("played", "won", "drawn", "lost", "goals_for", "goals_against", "goal_difference")
_MATCHES = ("played", "won", "drawn", "lost")


def _where_some_are_unknown(column: str) -> str:
    if column == "goal_difference":
        return ""
    known = f"coalesce(k.{column}, 0)"
    highest = f" AND s.{column} <= {known} + s.of_all - a.played" if column in _MATCHES else ""
    return f" ELSE s.{column} >= {known}{highest}"


_AGAINST_SCHEDULE = f"""
WITH tables AS (
    SELECT s.*, t.fetched_at, max(s.played) FILTER (WHERE scope = 'overall') OVER (
        PARTITION BY s.target_key, table_stage_id, group_number, team_id
    ) AS of_all
    FROM staging.standing s JOIN ops.target t USING (target_key)
    WHERE s.target_key = ANY(:targets)
), pages AS (
    SELECT DISTINCT target_key, table_stage_id, fetched_at FROM tables
), sides AS (
    SELECT p.target_key, p.table_stage_id, v.*
    FROM pages p
    JOIN core.fixture f ON f.stage_id = p.table_stage_id AND f.kickoff_utc < p.fetched_at
    CROSS JOIN LATERAL (VALUES
        ('home', f.home_team_id, f.home_score, f.away_score),
        ('away', f.away_team_id, f.away_score, f.home_score)
    ) AS v(scope, team_id, goals_for, goals_against)
    WHERE f.status = 'finished' AND f.closed_at IS NULL
), known AS (
    SELECT target_key, table_stage_id, scope, team_id, count(*) AS played,
           count(*) FILTER (WHERE goals_for > goals_against) AS won,
           count(*) FILTER (WHERE goals_for = goals_against) AS drawn,
           count(*) FILTER (WHERE goals_for < goals_against) AS lost,
           sum(goals_for) AS goals_for, sum(goals_against) AS goals_against,
           sum(goals_for) - sum(goals_against) AS goal_difference
    FROM sides GROUP BY target_key, table_stage_id, scope, team_id
), totals AS (
    SELECT target_key, table_stage_id, team_id, sum(played) AS played
    FROM known GROUP BY target_key, table_stage_id, team_id
)
SELECT count(*) AS rows, {
    ", ".join(
        f"avg((CASE WHEN a.played = s.of_all THEN s.{column} = coalesce(k.{column}, 0)"
        + _where_some_are_unknown(column)
        + f" END)::int)::float8 AS {column}"
        for column in _COUNTED
    )
}
FROM tables s
JOIN totals a USING (target_key, table_stage_id, team_id)
LEFT JOIN known k USING (target_key, table_stage_id, team_id, scope)
WHERE s.scope <> 'overall' AND a.played <= s.of_all
HAVING count(*) >= 4
"""

RULES: tuple[Subject, ...] = (
    *SEASON_FORM,
    *TEAM_NAMES,
    rule(
        "emptied",
        _EMPTIED,
        between("listed", 1, None, "a stage that had a table still has its rows").about("tables"),
    ),
    rule(
        "row",
        _ROWS,
        equal("stage_id", "asked_stage_id", "the tables are on the page that was asked for"),
        equal("played", "results", "matches played are those won, drawn and lost"),
        equal(
            *("goal_difference", "difference"), "the difference is of goals_for and goals_against"
        ).about("goal_difference", "goals_for", "goals_against"),
        note(equal("points", "earned", "points are three a win and one a draw")),
    ),
    rule(
        "home_and_away",
        _SUMS,
        between("scopes", 3, 3, "each team has a row overall, at home and away"),
        equal("played", "played_parts", "matches at home and away are all matches"),
        equal("won", "won_parts", "wins at home and away are all wins"),
        equal("drawn", "drawn_parts", "draws at home and away are all draws"),
        equal("goals_for", "goals_for_parts", "goals at home and away are all goals"),
        equal("goals_against", "goals_against_parts", "goals against add up as well"),
    ),
    rule(
        "places",
        _OVERALL_RANKS,
        between("teams", 1, 1, "no two teams of a group have the same place"),
    ),
    rule(
        "places_by_scope",
        _RANKS,
        note(between("teams", 1, 1, "no two teams have the same place, home and away too")),
    ),
    rule(
        "points",
        _POINTS,
        between(
            *("points", 0.5, 1),
            "most rows have three points a win and one a draw, or as was usual long ago two",
        ),
        *(
            holds(name, f"points are not of an order of won, drawn and lost that moves {name}")
            for name in _ORDER_OF_RESULTS
        ),
    ),
    rule(
        "whole",
        f"SELECT * FROM ({_TABLES}) AS t WHERE scope = 'overall'",
        equal("last_rank", "teams", "the last place is the number of teams"),
        note(equal("won", "lost", "wins and defeats of a table add up to the same")),
        note(equal("goals_for", "goals_against", "goals for and against add up to the same")),
    ),
    rule(
        "order",
        _ORDER,
        note(at_least("points_above", "points", "who stands above has no fewer", optional=True)),
    ),
)

BATCH_RULES: tuple[Subject, ...] = (
    rule(
        "against_schedule",
        _AGAINST_SCHEDULE,
        *(
            whole_batch(
                between(column, 0.5, 1, f"{column} at home and away is that of the schedule")
            )
            for column in _COUNTED
        ),
    ),
)
