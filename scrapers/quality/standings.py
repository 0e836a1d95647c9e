"""What a stage's tables must hold to: football's arithmetic."""

from __future__ import annotations

from scrapers.quality.checks import at_least, between, equal, note, one_of, whole_batch
from scrapers.quality.names import SEASON, SEASON_FORM, TEAM_NAMES
from scrapers.quality.subjects import Subject, rule, staged
from scrapers.warehouse.tables import STANDING_SCOPES

SUITE = "standings"

TABLES = (
    staged("competition"),
    SEASON,
    staged("stage"),
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

# Columns that changed places show in every row; a deduction shows in a row or two.
_TABLES = """
SELECT target_key, table_stage_id, group_number, scope,
       avg((points = 3 * won + drawn)::int)::float8 AS plain_share,
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

# What the schedule knows of a stage's finished matches can't be more than its tables count, at
# home and away each; a table may be a match late, but not for most of its teams.
_AGAINST_SCHEDULE = """
WITH sides AS (
    SELECT f.stage_id, v.*
    FROM core.fixture f
    CROSS JOIN LATERAL (VALUES
        ('home', f.home_team_id, f.home_score, f.away_score),
        ('away', f.away_team_id, f.away_score, f.home_score)
    ) AS v(scope, team_id, goals_for, goals_against)
    WHERE f.status = 'finished' AND f.closed_at IS NULL AND f.stage_id IN (
        SELECT table_stage_id FROM staging.standing WHERE target_key = ANY(:targets)
    )
), known AS (
    SELECT stage_id, scope, team_id, count(*) AS played,
           count(*) FILTER (WHERE goals_for > goals_against) AS won,
           count(*) FILTER (WHERE goals_for < goals_against) AS lost,
           sum(goals_for) AS goals_for, sum(goals_against) AS goals_against
    FROM sides GROUP BY stage_id, scope, team_id
)
SELECT count(*) AS rows, avg((
           s.played >= k.played AND s.won >= k.won AND s.lost >= k.lost
           AND s.goals_for >= k.goals_for AND s.goals_against >= k.goals_against
       )::int)::float8 AS agreeing
FROM staging.standing s
JOIN known k ON k.stage_id = s.table_stage_id AND k.scope = s.scope AND k.team_id = s.team_id
WHERE s.target_key = ANY(:targets)
HAVING count(*) >= 4
"""

RULES: tuple[Subject, ...] = (
    *SEASON_FORM,
    *TEAM_NAMES,
    rule(
        "emptied",
        _EMPTIED,
        between("listed", 1, None, "a stage that had a table still has its rows"),
    ),
    rule(
        "row",
        _ROWS,
        equal("stage_id", "asked_stage_id", "the tables are on the page that was asked for"),
        equal("played", "results", "matches played are those won, drawn and lost"),
        equal("goal_difference", "difference", "the difference is of goals_for and goals_against"),
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
        "table",
        _TABLES,
        between("plain_share", 0.5, 1, "most teams have three points a win and one a draw"),
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
        whole_batch(
            between(
                *("agreeing", 0.5, 1),
                "rank, played, won, drawn, lost, goals_for, goals_against, goal_difference and "
                "points at home and away are those of the schedule",
            )
        ),
    ),
)
