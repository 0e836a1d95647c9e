"""What the statistics of teams and players over a stage have in common."""

from __future__ import annotations

from scrapers.quality.checks import at_least, between, equal, filled, holds, note, whole_batch
from scrapers.quality.names import TEAM_NAMES
from scrapers.quality.subjects import Subject, rule

CATEGORY = r"^[a-z][a-z-]+$"
# A feed that lists less than this share of those who were there before is a broken one.
KEPT = 0.5

# Lowest and highest sane values, by the feed's names. Shares: of a team's feed of 1, of a
# player's in per cent. Others are at least 0 and less than any count of a season.
_COMMON = {"rating": (0, 10), "apps": (0, 100), "yellowCard": (0, 300), "redCard": (0, 60)}
_OF_TEAMS = _COMMON | {"possession": (0, 1), "passSuccess": (0, 1), "goal": (0, 400)}
_OF_PLAYERS = _COMMON | {
    "passSuccess": (0, 100),
    "goal": (0, 120),
    "assistTotal": (0, 120),
    "subOn": (0, 100),
    "minsPlayed": (0, 12_000),
    "manOfTheMatch": (0, 100),
}
_ANY = (0, 1_000_000)
# A statistic that is for most more than so many times what it was, or less than that part of it,
# by itself and by the match, is told in another unit. Compared are those with at most twice the
# matches they had: by the luck of a few matches what they do by the match is halved at most.
FACTOR = 3
# Of so many teams or players with several matches some rate is no whole number; of two matches
# every second one is by chance.
ENOUGH, ENOUGH_OF_TWO = 8, 20


def rules(table: str, player: bool) -> tuple[Subject, ...]:
    """Rules of a page's rows in `table`; of players, who have several teams, or of teams."""
    key = "player_id, team_id" if player else "team_id"
    bounds = _OF_PLAYERS if player else _OF_TEAMS
    listed = ", ".join(f"('{name}', {low}, {high})" for name, (low, high) in bounds.items())
    return (
        *TEAM_NAMES,
        rule(
            "page",
            f"""
            SELECT target_key, stage_id, category, subcategory,
                   CAST(split_part(target_key, '/', 5) AS bigint) AS asked_stage_id,
                   split_part(target_key, '/', 3) AS asked_category,
                   split_part(target_key, '/', 4) AS asked_subcategory
            FROM (
                SELECT DISTINCT target_key, stage_id, category, subcategory
                FROM staging.{table} WHERE target_key = ANY(:targets)
            ) AS rows""",
            equal("stage_id", "asked_stage_id", "all rows are of the stage that was asked for"),
            equal("category", "asked_category", "all rows are of the category asked for"),
            equal("subcategory", "asked_subcategory", "all rows are of the subcategory asked for"),
        ),
        rule(
            "value_of",
            f"""
            SELECT r.target_key, {key}, r.stat, r.value::float8 AS value,
                   coalesce(b.low, {_ANY[0]})::float8 AS low,
                   coalesce(b.high, {_ANY[1]})::float8 AS high
            FROM staging.{table} r LEFT JOIN (VALUES {listed}) AS b(stat, low, high) USING (stat)
            WHERE r.target_key = ANY(:targets)""",
            at_least("value", "low", "a statistic is not below what it can be"),
            at_least("high", "value", "a statistic is not above what it can be"),
        ),
        rule(
            "row",
            f"""
            SELECT target_key, {key}, max(value) FILTER (WHERE stat = 'apps')::float8 AS apps,
                   (130 * sum(value) FILTER (WHERE stat IN ('apps', 'subOn')))::float8 AS most,
                   max(value) FILTER (WHERE stat = 'minsPlayed')::float8 AS minutes
            FROM staging.{table} WHERE target_key = ANY(:targets) GROUP BY target_key, {key}""",
            note(filled("apps", "a row says how many matches it is of")),
            at_least("most", "minutes", "nobody plays longer than matches", optional=True),
        ),
        rule(
            "unit",
            f"""
            SELECT r.target_key, r.stat,
                   CASE WHEN r.stat = 'passSuccess' THEN max(r.value) >= {1.5 if player else 0}
                        WHEN r.stat LIKE '%PerGame' AND (
                            count(*) FILTER (WHERE a.value >= 3) >= {ENOUGH}
                            OR count(*) >= {ENOUGH_OF_TWO}
                        ) THEN bool_or(r.value <> trunc(r.value)) END AS value
            FROM staging.{table} r JOIN staging.{table} a
                ON a.target_key = r.target_key AND a.stat = 'apps' AND a.value >= 2
                AND a.team_id = r.team_id {"AND a.player_id = r.player_id" if player else ""}
            WHERE r.target_key = ANY(:targets) AND r.value <> 0
            GROUP BY r.target_key, r.stat""",
            holds(
                "value",
                "a value per game is a rate and no total, a player's passSuccess is in per cent",
            ),
        ),
        rule(
            "names",
            f"""
            SELECT asked.target_key, known.stat, EXISTS (
                SELECT FROM staging.{table} r
                WHERE r.target_key = asked.target_key AND r.stat = known.stat
            ) AS is_there
            FROM unnest(CAST(:targets AS text[])) AS asked(target_key)
            CROSS JOIN LATERAL (
                SELECT DISTINCT stat FROM core.{table} c WHERE {_same_page("c")}
            ) AS known
            WHERE EXISTS (SELECT FROM staging.{table} r WHERE r.target_key = asked.target_key)""",
            holds(
                "is_there", "a statistic that was there is still there, with its name and a value"
            ).about("stat", "value"),
        ),
        rule(
            "stage",
            f"""
            SELECT target_key, count(*) AS teams, count(*) FILTER (WHERE plays) AS teams_that_play
            FROM (
                SELECT DISTINCT r.target_key, r.team_id, EXISTS (
                    SELECT FROM core.fixture f WHERE f.stage_id = r.stage_id
                    AND r.team_id IN (f.home_team_id, f.away_team_id)
                ) AS plays
                FROM staging.{table} r
                WHERE r.target_key = ANY(:targets)
                  AND EXISTS (SELECT FROM core.fixture f WHERE f.stage_id = r.stage_id)
            ) AS teams GROUP BY target_key""",
            between("teams_that_play", 1, None, "some of the teams play in the stage"),
            note(equal("teams_that_play", "teams", "all teams play in the stage")),
        ),
    )


def batch_rules(table: str, player: bool) -> tuple[Subject, ...]:
    """A feed that lists nobody, or few of those who were there, is not to replace them."""
    who = "(player_id, team_id)" if player else "team_id"
    same = (
        "r.player_id = c.player_id AND r.team_id = c.team_id"
        if player
        else ("r.team_id = c.team_id")
    )
    rows = "players" if player else "teams"
    key = "r.player_id, r.team_id" if player else "r.team_id"
    return (
        rule(
            "units",
            f"""
            WITH pairs AS (
                SELECT r.stat, (r.value / nullif(c.value, 0))::float8 AS times,
                       -- Who only came on as a substitute has no other apps.
                       sum(r.value) FILTER (WHERE r.stat IN ('apps', 'subOn')) OVER of_row
                           AS matches,
                       sum(c.value) FILTER (WHERE r.stat IN ('apps', 'subOn')) OVER of_row
                           AS matches_known
                FROM staging.{table} r JOIN core.{table} c
                    ON c.stage_id = r.stage_id AND c.category = r.category
                    AND c.subcategory = r.subcategory AND c.stat = r.stat AND {same}
                WHERE r.target_key = ANY(:targets)
                WINDOW of_row AS (PARTITION BY r.target_key, {key})
            ), medians AS (
                SELECT stat, count(*) AS rows,
                       percentile_cont(0.5) WITHIN GROUP (ORDER BY times) AS times,
                       percentile_cont(0.5) WITHIN GROUP (
                           ORDER BY times * (matches_known / matches)::float8
                       ) AS times_a_match
                FROM pairs
                WHERE times IS NOT NULL AND matches > 0 AND matches <= 2 * matches_known
                GROUP BY stat HAVING count(*) >= {ENOUGH}
            )
            SELECT stat, rows, times, times_a_match,
                   times BETWEEN {1 / FACTOR} AND {FACTOR}
                   OR times_a_match BETWEEN {1 / FACTOR} AND {FACTOR} AS value
            FROM medians""",
            whole_batch(holds("value", "the value of a stat is in the unit it was in")),
        ),
        rule(
            "feed",
            f"""
            SELECT asked.target_key, known.count AS known, listed.count AS listed,
                   listed.count::float8 / known.count AS kept
            FROM unnest(CAST(:targets AS text[])) AS asked(target_key)
            CROSS JOIN LATERAL (
                SELECT count(DISTINCT {who}) FROM core.{table} c WHERE {_same_page("c")}
            ) AS known
            CROSS JOIN LATERAL (
                SELECT count(DISTINCT {who}) FROM staging.{table} r
                WHERE r.target_key = asked.target_key
            ) AS listed
            WHERE known.count > 0""",
            whole_batch(
                between(
                    "kept",
                    KEPT,
                    None,
                    f"a feed of {rows} lists most of those whom it listed before",
                ).about(rows)
            ),
        ),
    )


def _same_page(alias: str) -> str:
    """Whether a core row is of the page asked for; keys end in /category/subcategory/stage."""
    return (
        f"{alias}.category = split_part(asked.target_key, '/', 3)"
        f" AND {alias}.subcategory = split_part(asked.target_key, '/', 4)"
        f" AND {alias}.stage_id = CAST(split_part(asked.target_key, '/', 5) AS integer)"
    )
