"""What a feed of players' statistics over a stage must hold to."""

from __future__ import annotations

from scrapers.quality.checks import matching
from scrapers.quality.names import PLAYER, player_names
from scrapers.quality.season_statistics import CATEGORY, batch_rules, rules
from scrapers.quality.subjects import staged

SUITE = "player_statistics"
_TABLE = "player_season_stat"

TABLES = (
    PLAYER,
    staged(
        _TABLE,
        matching("category", CATEGORY),
        matching("subcategory", CATEGORY),
        matching("stat", r"^[A-Za-z]\w*$", "the statistic has a name of letters and digits"),
    ),
)
RULES = (*rules(_TABLE, player=True), *player_names("players.name"))
BATCH_RULES = batch_rules(_TABLE, player=True)
