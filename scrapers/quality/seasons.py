"""What a tournament's list of seasons must hold to."""

from __future__ import annotations

from scrapers.quality.checks import at_least, between, equal, note
from scrapers.quality.names import LISTED_SEASON, LISTED_SEASON_FORM
from scrapers.quality.subjects import Subject, rule, staged

SUITE = "seasons"

TABLES = (staged("competition"), LISTED_SEASON)

_ASKED = """
SELECT s.target_key, s.season_id, s.competition_id, c.region_id,
       CAST(split_part(s.target_key, '/', 3) AS bigint) AS asked_region_id,
       CAST(split_part(s.target_key, '/', 4) AS bigint) AS asked_competition_id
FROM staging.season s
JOIN staging.competition c ON c.target_key = s.target_key
WHERE s.target_key = ANY(:targets)
"""

_YEARS = """
SELECT target_key, season_id, name, left(name, 4)::float8 AS begins,
       CASE WHEN name ~ '^[0-9]{4}/[0-9]{4}' THEN substr(name, 6, 4)::float8 END AS ends,
       date_part('year', now())::float8 + 2 AS at_most
FROM staging.season WHERE target_key = ANY(:targets) AND name ~ '^[0-9]{4}'
"""

_SAME_NAME = """
SELECT target_key, name, count(*) AS seasons
FROM staging.season WHERE target_key = ANY(:targets) GROUP BY target_key, name
"""

RULES: tuple[Subject, ...] = (
    *LISTED_SEASON_FORM,
    rule(
        "page",
        _ASKED,
        equal("competition_id", "asked_competition_id", "the seasons are of what was asked for"),
        equal("region_id", "asked_region_id", "the region is the one that was asked for"),
    ),
    rule(
        "years",
        _YEARS,
        at_least("ends", "begins", "a season does not end before it begins", optional=True),
        at_least("at_most", "begins", "a season does not begin years from now"),
    ),
    rule(
        "names",
        _SAME_NAME,
        note(between("seasons", 1, 1, "no two seasons have the same name")),
    ),
)

BATCH_RULES: tuple[Subject, ...] = ()
