"""What a stage's month feed must hold to; see `match_centre` for how suites are written."""

from __future__ import annotations

from scrapers.quality.checks import (
    at_least,
    between,
    differ,
    empty,
    equal,
    filled,
    holds,
    note,
    one_of,
    whole_batch,
)
from scrapers.quality.match_centre import GOALS, STATUSES
from scrapers.quality.names import SEASON, SEASON_FORM, STAGE, TEAM_NAMES
from scrapers.quality.subjects import Subject, rule, staged

SUITE = "schedule"
# Of so many matches that are known, this share at least must be as it was.
ENOUGH, KEPT = 3, 0.5
# More of the planned matches than this share move by the same time: the clock has changed.
MOVED_TOGETHER = 0.9

TABLES = (
    staged("competition"),
    SEASON,
    STAGE,
    staged("team"),
    staged(
        "fixture",
        one_of("status", STATUSES),
        differ("home_team_id", "away_team_id"),
        between("home_score", *GOALS),
        between("away_score", *GOALS),
        between("home_penalty_score", *GOALS),
        between("away_penalty_score", *GOALS),
    ),
)

# The site cuts months on its own clock: a day's grace on both ends.
_KICK_OFF = """
SELECT f.target_key, f.match_id, f.kickoff_utc, s.name AS season, f.stage_id, f.feed_month,
       CAST(split_part(f.target_key, '/', 3) AS bigint) AS asked_stage_id,
       split_part(f.target_key, '/', 4) AS asked_month,
       f.kickoff_utc >= month.begins - interval '1 day'
           AND f.kickoff_utc < month.begins + interval '1 month 1 day' AS in_month,
       date_part('year', f.kickoff_utc)::float8 AS year,
       -- Qualifying rounds are played in the year before, what was put off in the year after.
       CASE WHEN s.name ~ '^[0-9]{4}(/[0-9]{4})?$' THEN left(s.name, 4)::float8 - 1 END
           AS season_begins,
       CASE WHEN s.name ~ '^[0-9]{4}(/[0-9]{4})?$' THEN right(s.name, 4)::float8 + 1 END
           AS season_ends
FROM staging.fixture f
CROSS JOIN LATERAL (
    SELECT to_timestamp(split_part(f.target_key, '/', 4), 'YYYYMM') AS begins
) AS month
LEFT JOIN staging.stage g ON g.target_key = f.target_key AND g.stage_id = f.stage_id
LEFT JOIN staging.season s ON s.target_key = f.target_key AND s.season_id = g.season_id
WHERE f.target_key = ANY(:targets)
"""

_FINISHED = """
SELECT target_key, match_id, home_score, away_score, kickoff_utc <= now() AS has_begun
FROM staging.fixture WHERE target_key = ANY(:targets) AND status = 'finished'
"""

_NOT_PLAYED = """
SELECT target_key, match_id, status, home_score, away_score
FROM staging.fixture WHERE target_key = ANY(:targets) AND status = 'scheduled'
"""

# A match that was broken off and put off can keep the score that it had.
_PUT_OFF = """
SELECT target_key, match_id, home_score, away_score
FROM staging.fixture WHERE target_key = ANY(:targets) AND status = 'postponed'
"""

_LISTED_TWICE = """
SELECT match_id, count(DISTINCT target_key) AS feeds
FROM staging.fixture WHERE target_key = ANY(:targets) GROUP BY match_id
"""

# A feed that lists nothing, of a month in which the warehouse knows matches that no feed of the
# batch lists any more. Judged over all feeds of the batch together. A match that was put off may
# go to a month that is not asked for, a few that were only planned as well.
_EMPTIED = f"""
SELECT asked.target_key, count(f.match_id) AS known, (
    SELECT count(*) FROM staging.fixture l WHERE l.target_key = asked.target_key
) AS listed
FROM unnest(CAST(:targets AS text[])) AS asked(target_key)
JOIN core.fixture f ON f.closed_at IS NULL
    AND f.stage_id = CAST(split_part(asked.target_key, '/', 3) AS bigint)
    AND f.feed_month = split_part(asked.target_key, '/', 4)
WHERE NOT EXISTS (
    SELECT FROM staging.fixture l WHERE l.match_id = f.match_id AND l.target_key = ANY(:targets)
)
GROUP BY asked.target_key
HAVING count(*) FILTER (WHERE f.status IN ('finished', 'live')) > 0
    OR count(*) FILTER (WHERE f.status = 'scheduled') >= {ENOUGH}
"""

# Fixtures of the batch that the warehouse knows. What is over does not change any more: one match
# may be corrected, most are not. What is planned moves, but each match by itself, and only some
# change their ground. Where most have changed alike, the feed has come to mean another thing, in
# feeds of which nothing is known yet as well.
_KEPT = f"""
WITH known AS (
    SELECT s.status = 'finished' AND f.status = 'finished' AS is_over,
           s.home_team_id = f.away_team_id AND s.away_team_id = f.home_team_id AS is_exchanged,
           s.home_team_id = f.home_team_id AS home_team_id,
           s.away_team_id = f.away_team_id AS away_team_id,
           extract(epoch FROM s.kickoff_utc - f.kickoff_utc) AS moved,
           s.home_score IS NOT DISTINCT FROM f.home_score AS home_score,
           s.away_score IS NOT DISTINCT FROM f.away_score AS away_score
    FROM staging.fixture s
    JOIN core.fixture f ON f.match_id = s.match_id AND f.closed_at IS NULL
    WHERE s.target_key = ANY(:targets)
), counted AS (
    SELECT count(*) AS known, count(*) FILTER (WHERE is_over) AS over,
           mode() WITHIN GROUP (ORDER BY moved)
               FILTER (WHERE moved <> 0 AND abs(moved) < 86400) AS most_moved
    FROM known
)
SELECT max(known) AS known, max(over) AS over,
       CASE WHEN max(known) >= {ENOUGH} THEN
           avg((CASE WHEN is_over THEN home_team_id ELSE NOT is_exchanged END)::int)
       END::float8 AS home_team_id,
       CASE WHEN max(known) >= {ENOUGH} THEN
           avg((CASE WHEN is_over THEN away_team_id ELSE NOT is_exchanged END)::int)
       END::float8 AS away_team_id,
       CASE WHEN max(over) >= {ENOUGH} THEN
           avg((moved = 0 OR abs(moved) >= 86400)::int) FILTER (WHERE is_over)
       WHEN max(known) >= {ENOUGH} THEN
           (coalesce(avg((moved = most_moved)::int), 0) <= {MOVED_TOGETHER})::int
       END::float8 AS kickoff_utc,
       CASE WHEN max(over) >= {ENOUGH} THEN
           avg(home_score::int) FILTER (WHERE is_over)
       END::float8 AS home_score,
       CASE WHEN max(over) >= {ENOUGH} THEN
           avg(away_score::int) FILTER (WHERE is_over)
       END::float8 AS away_score
FROM known CROSS JOIN counted
"""

RULES = (
    *SEASON_FORM,
    *TEAM_NAMES,
    rule(
        "page",
        _KICK_OFF,
        equal("stage_id", "asked_stage_id", "all matches are of the stage that was asked for"),
        equal("feed_month", "asked_month", "all matches are of the month that was asked for"),
        holds("in_month", "kick-off is in the feed's month, give or take a day"),
        at_least(
            "year",
            "season_begins",
            "kick-off is not before the year before the season",
            optional=True,
        ),
        at_least("season_ends", "year", "kick-off is not after the season", optional=True),
    ),
    rule(
        "finished",
        _FINISHED,
        filled("home_score"),
        filled("away_score"),
        note(holds("has_begun", "a finished match has begun")),
    ),
    rule("not_played", _NOT_PLAYED, empty("home_score"), empty("away_score")),
    rule("put_off", _PUT_OFF, note(empty("home_score")), note(empty("away_score"))),
)

BATCH_RULES: tuple[Subject, ...] = (
    # An emptied feed would close all its matches.
    rule(
        "feed",
        _EMPTIED,
        between("listed", 1, None, "a month that had matches still has some").about("tournaments"),
    ),
    rule(
        "kept",
        _KEPT,
        *(
            whole_batch(
                between(column, KEPT, 1, f"most matches that are known keep their {column}")
            )
            for column in ("home_team_id", "away_team_id")
        ),
        *(
            whole_batch(between(column, KEPT, 1, f"most finished matches keep their {column}"))
            for column in ("home_score", "away_score")
        ),
        whole_batch(
            between(
                *("kickoff_utc", KEPT, 1),
                "most finished matches keep their kickoff_utc; where few are known, it has not "
                "moved by the same time for nearly all",
            )
        ),
    ),
    rule(
        "feeds",
        _LISTED_TWICE,
        note(between("feeds", 1, 1, "a match is listed by one feed of the batch")),
    ),
)
