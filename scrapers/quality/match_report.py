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

# Teams of the page that the schedule or the match centre, if either has landed, does not name.
_AGAINST_OTHERS = """
SELECT t.target_key, t.team_id,
       t.team_id IN (
           coalesce(f.home_team_id, m.home_team_id), coalesce(f.away_team_id, m.away_team_id)
       ) AS of_the_match
FROM staging.team t
CROSS JOIN LATERAL (
    SELECT CAST(split_part(t.target_key, '/', 3) AS integer) AS match_id
) AS asked
LEFT JOIN core.fixture f ON f.match_id = asked.match_id AND f.closed_at IS NULL
LEFT JOIN core.match m ON m.match_id = asked.match_id
WHERE t.target_key = ANY(:targets)
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
        holds("of_the_match", "the teams are those of the schedule"),
    ),
)

BATCH_RULES: tuple[Subject, ...] = ()
