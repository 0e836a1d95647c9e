"""What a match's preview must hold to; see `match_centre` for how suites are written."""

from __future__ import annotations

from scrapers.quality.checks import (
    between,
    differ,
    equal,
    filled,
    holds,
    matching,
    note,
    one_of,
    unlike,
    whole_batch,
)
from scrapers.quality.match_centre import POSITIONS
from scrapers.quality.names import PLAYER, TEAM_NAMES, people, player_names
from scrapers.quality.subjects import Subject, rule, staged

SUITE = "match_preview"

# The site's words as far as they are known; another one is only noted.
REASONS = frozenset({"injured", "injured doubtful", "suspended", "international duty", "other"})
STATUSES = frozenset({"Out", "Doubtful"})
NOT_BLANK = r"\S"


def _any_of(words: frozenset[str]) -> str:
    """A regular expression of nothing but one of the words, however they are written."""
    return f"(?i)^(?:{'|'.join(sorted(words))})$"


# So many previews of a batch, and nobody in any of them, is no chance.
ENOUGH = 5

TABLES = (
    staged("team"),
    PLAYER,
    staged(
        "match_preview",
        differ("home_team_id", "away_team_id"),
        filled("predicted_home_score", "the site's prediction is there"),
        filled("predicted_away_score", "the site's prediction is there for both sides"),
        between("predicted_home_score", 0, 20),
        between("predicted_away_score", 0, 20),
        note(matching("home_formation", r"^[1-9](?:-[1-9])+$")),
        note(matching("away_formation", r"^[1-9](?:-[1-9])+$")),
    ),
    staged(
        "missing_player",
        matching("reason", NOT_BLANK, "the reason is not blank"),
        matching("status", NOT_BLANK, "the status is not blank"),
        unlike("reason", _any_of(STATUSES), "the reason is none of the words for a status"),
        unlike("status", _any_of(REASONS), "the status is none of the words for a reason"),
        note(one_of("reason", REASONS)),
        note(one_of("status", STATUSES)),
        between("rating", 0, 10),
    ),
    staged(
        "predicted_line_up",
        matching("position", r"^[A-Z]+$", "the position is a word in capitals"),
        note(one_of("position", POSITIONS)),
        between("ordinal", 1, 11),
        between("rating", 0, 10),
    ),
)

_ROWS = " UNION ALL ".join(
    f"""
SELECT r.target_key, '{table}' AS of_table, r.match_id, r.player_id, r.team_id,
       CAST(split_part(r.target_key, '/', 3) AS bigint) AS asked_for,
       EXISTS (
           SELECT FROM staging.match_preview p WHERE p.target_key = r.target_key
           AND r.team_id IN (p.home_team_id, p.away_team_id)
       ) AS of_the_match
FROM staging.{table} r WHERE r.target_key = ANY(:targets)"""
    for table in ("missing_player", "predicted_line_up")
)

_PREVIEW = """
SELECT target_key, match_id, CAST(split_part(target_key, '/', 3) AS bigint) AS asked_for
FROM staging.match_preview WHERE target_key = ANY(:targets)
"""

# One row for each side of a match.
_SIDES = """
SELECT p.target_key, p.match_id, side, v.team_id, formation,
       nullif(count(l.player_id), 0) AS players,
       count(l.player_id) FILTER (WHERE l.position = 'GK') AS goalkeepers,
       formation IS NOT NULL OR count(l.player_id) = 0 AS formation_is_there
FROM staging.match_preview p
CROSS JOIN LATERAL (
    VALUES ('home', p.home_team_id, p.home_formation), ('away', p.away_team_id, p.away_formation)
) AS v(side, team_id, formation)
LEFT JOIN staging.predicted_line_up l ON l.target_key = p.target_key AND l.team_id = v.team_id
WHERE p.target_key = ANY(:targets)
GROUP BY p.target_key, p.match_id, side, v.team_id, formation
"""

_BOTH = """
SELECT m.target_key, m.match_id, m.player_id, m.status, m.status <> 'Out' AS may_play
FROM staging.missing_player m
JOIN staging.predicted_line_up l USING (target_key, player_id)
WHERE m.target_key = ANY(:targets)
"""

# What the schedule or the match centre says of the same match, if either has landed.
_AGAINST_OTHERS = """
SELECT p.target_key, p.match_id, p.home_team_id, p.away_team_id,
       coalesce(f.home_team_id, m.home_team_id) AS known_home_team_id,
       coalesce(f.away_team_id, m.away_team_id) AS known_away_team_id
FROM staging.match_preview p
LEFT JOIN core.fixture f ON f.match_id = p.match_id AND f.closed_at IS NULL
LEFT JOIN core.match m ON m.match_id = p.match_id
WHERE p.target_key = ANY(:targets)
"""

# A preview that had line-ups when it landed before.
_EMPTIED = """
SELECT p.target_key, p.match_id, (
    SELECT count(*) FROM staging.predicted_line_up l WHERE l.target_key = p.target_key
) AS listed
FROM staging.match_preview p
WHERE p.target_key = ANY(:targets)
  AND EXISTS (SELECT FROM core.predicted_line_up k WHERE k.match_id = p.match_id)
"""

# Who last played for one of the two teams plays for it still, mostly. Of others nothing is said:
# before an international match all have last played for their clubs.
_TEAMS_OF_PLAYERS = """
WITH named AS (
    SELECT target_key, player_id, team_id FROM staging.predicted_line_up
    WHERE target_key = ANY(:targets)
    UNION SELECT target_key, player_id, team_id FROM staging.missing_player
    WHERE target_key = ANY(:targets)
), known AS (
    SELECT DISTINCT ON (l.player_id) l.player_id, l.team_id
    FROM core.line_up l JOIN core.match m USING (match_id)
    WHERE l.player_id IN (SELECT player_id FROM named)
    ORDER BY l.player_id, m.kickoff_utc DESC
)
SELECT n.target_key, count(*) AS known_players,
       avg((n.team_id = k.team_id)::int)::float8 AS of_their_team
FROM named n JOIN known k USING (player_id)
JOIN staging.match_preview p ON p.target_key = n.target_key
    AND k.team_id IN (p.home_team_id, p.away_team_id)
GROUP BY n.target_key HAVING count(*) >= 6
"""

RULES = (
    rule(
        "teams_of_players",
        _TEAMS_OF_PLAYERS,
        between(
            *("of_their_team", 0.3, 1), "the players are of the team that they last played for"
        ).about("home_line_up", "away_line_up", "home_missing", "away_missing"),
    ),
    *TEAM_NAMES,
    *player_names("home_line_up.name", "away_line_up.name"),
    *people("home_line_up.name", "away_line_up.name"),
    rule(
        "page",
        _PREVIEW,
        equal("match_id", "asked_for", "the preview is of the match that was asked for"),
    ),
    rule(
        "player_of",
        _ROWS,
        equal("match_id", "asked_for", "all players are of the match that was asked for"),
        holds("of_the_match", "a player is of one of the match's two teams"),
    ),
    rule(
        "side",
        _SIDES,
        one_of("players", {11}, "eleven are expected to start, if anybody is"),
        between("goalkeepers", 0, 1, "at most one goalkeeper is expected to start"),
        holds("formation_is_there", "a side with a line-up has a formation"),
    ),
    rule("both", _BOTH, note(holds("may_play", "who is out is not expected to start"))),
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
    rule(
        "emptied",
        _EMPTIED,
        between("listed", 1, None, "a preview that had line-ups still has some").about(
            "home_line_up", "away_line_up"
        ),
    ),
)

# A week ahead there are no line-ups yet, and of some competitions nobody ever says who is missing.
# So many previews of a competition without any are no chance where the warehouse knows earlier
# ones of it that had some, and, of line-ups, where the matches were a day away or had begun.
_HAD = """EXISTS (
    SELECT FROM core.{table} k
    JOIN core.fixture f ON f.match_id = k.match_id
    JOIN core.stage g ON g.stage_id = f.stage_id
    JOIN core.season n ON n.season_id = g.season_id
    WHERE n.competition_id = c.competition_id
)"""
_TOGETHER = f"""
WITH previews AS (
    SELECT n.competition_id, f.kickoff_utc <= t.fetched_at + interval '1 day' AS is_near,
           EXISTS (
               SELECT FROM staging.predicted_line_up l WHERE l.target_key = p.target_key
           ) AS has_line_up,
           EXISTS (
               SELECT FROM staging.missing_player m WHERE m.target_key = p.target_key
           ) AS has_missing
    FROM staging.match_preview p
    JOIN ops.target t ON t.target_key = p.target_key
    JOIN core.fixture f ON f.match_id = p.match_id
    JOIN core.stage g ON g.stage_id = f.stage_id
    JOIN core.season n ON n.season_id = g.season_id
    WHERE p.target_key = ANY(:targets)
), counted AS (
    SELECT competition_id, count(*) AS previews, count(*) FILTER (WHERE is_near) AS near,
           count(*) FILTER (WHERE is_near AND has_line_up) AS line_ups,
           count(*) FILTER (WHERE has_missing) AS missing
    FROM previews GROUP BY competition_id
), earlier AS (
    SELECT c.*, {_HAD.format(table="predicted_line_up")} AS had_line_ups,
           {_HAD.format(table="missing_player")} AS had_missing
    FROM counted c
)
SELECT competition_id, previews, near,
       CASE WHEN near >= {ENOUGH} AND had_line_ups THEN line_ups END AS with_line_ups,
       CASE WHEN previews >= {ENOUGH} AND had_missing THEN missing END AS with_missing_players,
       CASE WHEN previews >= {ENOUGH} THEN line_ups END AS with_line_ups_yet,
       CASE WHEN previews >= {ENOUGH} THEN missing END AS with_missing_players_ever
FROM earlier
"""

BATCH_RULES: tuple[Subject, ...] = (
    rule(
        "batch",
        _TOGETHER,
        whole_batch(
            between(
                *("with_line_ups", 1, None),
                "some of many previews of a competition that had line-ups have line-ups",
            )
        ),
        whole_batch(
            between(
                *("with_missing_players", 1, None),
                "somebody is missing from some of many matches of a competition where somebody was",
            )
        ),
        note(between("with_line_ups_yet", 1, None, "some of many previews have line-ups")),
        note(
            between("with_missing_players_ever", 1, None, "somebody is missing from some matches")
        ),
    ),
)
