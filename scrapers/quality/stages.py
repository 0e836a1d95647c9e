"""What a season's list of stages must hold to."""

from __future__ import annotations

from scrapers.quality.checks import between, empty, equal, note
from scrapers.quality.names import LISTED_SEASON, SEASON_FORM, STAGE
from scrapers.quality.subjects import Subject, rule, staged

SUITE = "stages"

TABLES = (
    staged("competition"),
    LISTED_SEASON,
    STAGE,
)

_ASKED = """
SELECT g.target_key, g.stage_id, g.season_id, s.competition_id, c.region_id,
       CAST(split_part(g.target_key, '/', 3) AS bigint) AS asked_region_id,
       CAST(split_part(g.target_key, '/', 4) AS bigint) AS asked_competition_id,
       CAST(split_part(g.target_key, '/', 5) AS bigint) AS asked_season_id
FROM staging.stage g
LEFT JOIN staging.season s ON s.target_key = g.target_key
LEFT JOIN staging.competition c ON c.target_key = g.target_key
WHERE g.target_key = ANY(:targets)
"""

_NAMES = """
SELECT target_key, name, count(*) AS stages
FROM staging.stage WHERE target_key = ANY(:targets) AND name IS NOT NULL
GROUP BY target_key, name
"""

_NAMELESS = """
SELECT target_key, count(*) FILTER (WHERE name IS NULL) AS nameless, count(*) AS stages,
       CASE WHEN count(*) > 1 AND bool_or(name IS NULL) THEN true END AS some_lack_a_name
FROM staging.stage WHERE target_key = ANY(:targets) GROUP BY target_key
"""

# A stage does not change its season.
_MOVED = """
SELECT g.target_key, g.stage_id, g.season_id, k.season_id AS known_season_id
FROM staging.stage g JOIN core.stage k USING (stage_id)
WHERE g.target_key = ANY(:targets)
"""

RULES: tuple[Subject, ...] = (
    *SEASON_FORM,
    rule(
        "page",
        _ASKED,
        equal("season_id", "asked_season_id", "the stages are of the season asked for"),
        equal("competition_id", "asked_competition_id", "the season is of what was asked for"),
        equal("region_id", "asked_region_id", "the region is the one that was asked for"),
    ),
    rule("names", _NAMES, note(between("stages", 1, 1, "no two stages have the same name"))),
    rule(
        "nameless",
        _NAMELESS,
        empty("some_lack_a_name", "of several stages each has a name"),
    ),
    rule("moved", _MOVED, equal("season_id", "known_season_id", "a stage stays in its season")),
)

BATCH_RULES: tuple[Subject, ...] = ()
