"""What a stage's table of referees must hold to."""

from __future__ import annotations

from scrapers.quality.checks import at_least, between, equal, note
from scrapers.quality.names import SEASON, SEASON_FORM, STAGE, referee_names
from scrapers.quality.subjects import Subject, rule, staged

SUITE = "referee_statistics"

TABLES = (
    staged("competition"),
    SEASON,
    STAGE,
    staged("referee"),
    staged(
        "referee_statistic",
        between("matches", 1, 99),
        between("fouls_per_match", 0, 80),
        between("fouls_per_tackle", 0, 10),
        between("penalties_per_match", 0, 8),
        between("yellow_cards", 0, 999),
        between("yellow_cards_per_match", 0, 25),
        between("red_cards", 0, 99),
        between("red_cards_per_match", 0, 10),
    ),
)

# The page rounds what is per match; the margin is half of its last digit, of two, and a bit.
_CARDS = """
SELECT target_key, stage_id, referee_id, yellow_cards, red_cards,
       CAST(split_part(target_key, '/', 6) AS bigint) AS asked_stage_id,
       abs(yellow_cards_per_match - yellow_cards::numeric / nullif(matches, 0))::float8
           AS yellow_gap,
       abs(red_cards_per_match - red_cards::numeric / nullif(matches, 0))::float8 AS red_gap
FROM staging.referee_statistic WHERE target_key = ANY(:targets)
"""

# In a few matches there can be a red card and no yellow one.
ENOUGH_MATCHES = 5
_TOTALS = f"""
SELECT target_key, sum(yellow_cards) AS yellow_cards, sum(red_cards) AS red_cards
FROM staging.referee_statistic WHERE target_key = ANY(:targets) GROUP BY target_key
HAVING sum(matches) >= {ENOUGH_MATCHES}
"""

RULES: tuple[Subject, ...] = (
    *SEASON_FORM,
    *referee_names("referees.name"),
    rule(
        "row",
        _CARDS,
        equal("stage_id", "asked_stage_id", "the referees are of the stage that was asked for"),
        between("yellow_gap", 0, 0.06, "yellow cards a match are the cards over the matches"),
        between("red_gap", 0, 0.06, "red cards a match are the cards over the matches"),
        note(at_least("yellow_cards", "red_cards", "a referee shows more yellow than red")),
    ),
    rule(
        "cards",
        _TOTALS,
        at_least("yellow_cards", "red_cards", "more yellow cards are shown than red ones"),
    ),
)

BATCH_RULES: tuple[Subject, ...] = ()
