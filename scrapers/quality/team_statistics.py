"""What a feed of teams' statistics over a stage must hold to."""

from __future__ import annotations

from scrapers.quality.checks import matching
from scrapers.quality.season_statistics import CATEGORY, batch_rules, rules
from scrapers.quality.subjects import staged

SUITE = "team_statistics"
_TABLE = "team_season_stat"

TABLES = (
    staged("team"),
    staged(
        _TABLE,
        matching("category", CATEGORY),
        matching("subcategory", CATEGORY),
        matching("stat", r"^[A-Za-z]\w*$", "the statistic has a name of letters and digits"),
    ),
)
RULES = rules(_TABLE, player=False)
BATCH_RULES = batch_rules(_TABLE, player=False)
