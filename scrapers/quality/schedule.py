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
from scrapers.quality.names import SEASON, SEASON_FORM, TEAM_NAMES
from scrapers.quality.subjects import Subject, rule, staged

SUITE = "schedule"
# Of so many finished matches that are known, this share at least must be as it was.
ENOUGH, KEPT = 3, 0.5

TABLES = (
    staged("competition"),
    SEASON,
    staged("stage"),
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
       CASE WHEN s.name ~ '^[0-9]{4}(/[0-9]{4})?$' THEN left(s.name, 4)::float8 END
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
FROM staging.fixture WHERE target_key = ANY(:targets) AND status IN ('scheduled', 'postponed')
"""

_LISTED_TWICE = """
SELECT match_id, count(DISTINCT target_key) AS feeds
FROM staging.fixture WHERE target_key = ANY(:targets) GROUP BY match_id
"""

# Fixtures that the warehouse knows in this month and that no feed of the batch lists any more.
_EMPTIED = """
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
"""

# Fixtures of the batch that the warehouse knows as finished: what is over does not change any
# more. One may be corrected, most of a feed are not: then the feed has come to mean another thing,
# in feeds of which nothing is known yet as well.
_KEPT = f"""
SELECT count(*) AS known,
       CASE WHEN count(*) >= {ENOUGH} THEN avg((s.home_team_id = f.home_team_id
           OR s.away_team_id = f.away_team_id)::int)::float8 END AS sides_kept,
       CASE WHEN count(*) >= {ENOUGH} THEN avg((
           s.kickoff_utc = f.kickoff_utc
           OR abs(extract(epoch FROM s.kickoff_utc - f.kickoff_utc)) >= 86400
       )::int)::float8 END AS kickoffs_kept,
       CASE WHEN count(*) >= {ENOUGH} THEN avg((s.home_score IS NOT DISTINCT FROM f.home_score
           AND s.away_score IS NOT DISTINCT FROM f.away_score)::int)::float8 END AS scores_kept
FROM staging.fixture s
JOIN core.fixture f ON f.match_id = s.match_id AND f.closed_at IS NULL
WHERE s.target_key = ANY(:targets) AND s.status = 'finished' AND f.status = 'finished'
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
        at_least("year", "season_begins", "kick-off is not before the season", optional=True),
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
    # An emptied feed would close all its matches.
    rule("feed", _EMPTIED, between("listed", 1, None, "a month that had matches still has some")),
)

BATCH_RULES: tuple[Subject, ...] = (
    rule(
        "kept",
        _KEPT,
        whole_batch(
            between(
                *("sides_kept", KEPT, 1),
                "most finished matches keep home_team_id and away_team_id, with names and scores",
            )
        ),
        whole_batch(
            between(
                *("kickoffs_kept", KEPT, 1),
                "most finished matches keep their kickoff_utc, to the hour",
            )
        ),
        whole_batch(
            between("scores_kept", KEPT, 1, "most finished matches keep home_score and away_score")
        ),
    ),
    rule(
        "feeds",
        _LISTED_TWICE,
        note(between("feeds", 1, 1, "a match is listed by one feed of the batch")),
    ),
)
