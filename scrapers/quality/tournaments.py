"""What the menu of regions and tournaments must hold to."""

from __future__ import annotations

from scrapers.quality.checks import between, differ, equal, note, one_of, whole_batch
from scrapers.quality.subjects import Subject, rule, staged

SUITE = "tournaments"

TABLES = (
    staged("region", one_of("kind", ("country", "international"))),
    staged("competition"),
)

_OF_A_REGION = """
SELECT c.target_key, c.competition_id, c.region_id, r.region_id AS listed_region_id
FROM staging.competition c
LEFT JOIN staging.region r ON r.target_key = c.target_key AND r.region_id = c.region_id
WHERE c.target_key = ANY(:targets)
"""

# Two regions of one name would make names useless for finding a competition.
_NAMES = """
SELECT target_key, name, count(*) AS regions
FROM staging.region WHERE target_key = ANY(:targets) GROUP BY target_key, name
"""

# A menu of ids that stand for both a region and its only competition is a shifted one.
_SAME_NAME = """
SELECT target_key, region_id, region_name, name
FROM staging.competition WHERE target_key = ANY(:targets)
"""

RULES: tuple[Subject, ...] = (
    rule(
        "competition_region",
        _OF_A_REGION,
        equal("region_id", "listed_region_id", "a competition is of a region of the menu"),
    ),
    rule("region_names", _NAMES, between("regions", 1, 1, "no two regions have the same name")),
    rule("competition_names", _SAME_NAME, note(differ("name", "region_name"))),
)

# Competitions that the warehouse knows from the menu, and how many of them it still lists.
_KEPT = """
SELECT count(*) AS known,
       count(s.competition_id)::float8 / count(*) AS kept_share
FROM core.competition c
LEFT JOIN (
    SELECT DISTINCT competition_id FROM staging.competition WHERE target_key = ANY(:targets)
) AS s USING (competition_id)
WHERE c.selector_version LIKE 'tournaments/%'
HAVING count(*) > 0
"""

BATCH_RULES: tuple[Subject, ...] = (
    rule(
        "menu",
        _KEPT,
        whole_batch(
            between("kept_share", 0.5, 1, "the menu still lists half of the competitions it had")
        ),
    ),
)
