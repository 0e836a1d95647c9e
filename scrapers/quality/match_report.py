"""What a match's report must hold to; see `match_centre` for how suites are written."""

from __future__ import annotations

from scrapers.quality.checks import between, equal, filled, holds, matching, one_of
from scrapers.quality.names import TEAM_NAMES
from scrapers.quality.subjects import Subject, rule, staged

SUITE = "match_report"

KINDS = frozenset({"strength", "weakness", "style"})

TABLES = (
    staged("team"),
    staged(
        "match_trait",
        one_of("kind", KINDS),
        between("ordinal", 1, 50),
        matching("text", r"\S", "the sentence is not blank"),
    ),
)

_ROWS = """
SELECT target_key, match_id, team_id, kind, ordinal,
       CAST(split_part(target_key, '/', 3) AS bigint) AS asked_for,
       lag(ordinal, 1, 0) OVER (
           PARTITION BY target_key, team_id, kind ORDER BY ordinal
       ) + 1 AS expected
FROM staging.match_trait WHERE target_key = ANY(:targets)
"""

# One row for each report, also one without a sentence.
_REPORT = """
SELECT asked.target_key,
       (SELECT count(*) FROM staging.team t WHERE t.target_key = asked.target_key) AS teams,
       (SELECT count(*) FROM staging.match_trait t WHERE t.target_key = asked.target_key)
           AS sentences
FROM unnest(CAST(:targets AS text[])) AS asked(target_key)
"""

# What the schedule or the match centre says of the match, if either has landed. A report names
# the home team first.
_AGAINST_OTHERS = """
WITH sides AS (
    SELECT target_key, CAST(split_part(target_key, '/', 3) AS integer) AS match_id,
           (array_agg(team_id ORDER BY row_number))[1] AS home_team_id,
           (array_agg(team_id ORDER BY row_number))[2] AS away_team_id
    FROM staging.team WHERE target_key = ANY(:targets) GROUP BY target_key
)
SELECT s.*, coalesce(f.home_team_id, m.home_team_id) AS known_home_team_id,
       coalesce(f.away_team_id, m.away_team_id) AS known_away_team_id
FROM sides s
LEFT JOIN core.fixture f ON f.match_id = s.match_id AND f.closed_at IS NULL
LEFT JOIN core.match m ON m.match_id = s.match_id
"""

_TEAMS = """
SELECT r.target_key, r.team_id, r.kind, EXISTS (
    SELECT FROM staging.team t WHERE t.target_key = r.target_key AND t.team_id = r.team_id
) AS on_the_page
FROM staging.match_trait r WHERE r.target_key = ANY(:targets)
"""

RULES = (
    *TEAM_NAMES,
    rule(
        "page",
        _ROWS,
        equal("match_id", "asked_for", "all sentences are of the match that was asked for"),
        equal("ordinal", "expected", "the sentences of a kind are numbered from 1"),
    ),
    rule(
        "report",
        _REPORT,
        one_of("teams", {2}, "a report is of two teams"),
        between("sentences", 1, None, "a report says something of a team"),
    ),
    rule(
        "team_of",
        _TEAMS,
        filled("team_id", "a sentence is of a team"),
        holds("on_the_page", "a sentence is of one of the page's two teams"),
    ),
    rule(
        "against_others",
        _AGAINST_OTHERS,
        equal(
            "home_team_id", "known_home_team_id", "the home team is the schedule's", optional=True
        ),
        equal(
            "away_team_id", "known_away_team_id", "the away team is the schedule's", optional=True
        ),
    ),
)

BATCH_RULES: tuple[Subject, ...] = ()
