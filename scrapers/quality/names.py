"""What every page that names a season, or teams, must hold to."""

from __future__ import annotations

from scrapers.quality.checks import holds, matching
from scrapers.quality.subjects import Subject, rule, staged

_YEAR = r"(?:18|19|20)[0-9]{2}"
SEASON_NAME = rf"^{_YEAR}(?:/{_YEAR})?(?: .+)?$"

# A season that is written otherwise on one page would be renamed by it for all.
SEASON = staged("season", matching("name", SEASON_NAME, "the name begins as 2022 or 2022/2023"))

# Of two teams of a page each bears the name by which the warehouse knows the other one.
_EXCHANGED = """
SELECT a.target_key, a.team_id, a.name, b.team_id AS other_team_id, false AS names_are_kept
FROM staging.team a
JOIN staging.team b ON b.target_key = a.target_key AND b.team_id <> a.team_id
JOIN core.team known ON known.team_id = a.team_id AND known.name = b.name
JOIN core.team other ON other.team_id = b.team_id AND other.name = a.name
WHERE a.target_key = ANY(:targets) AND a.name <> b.name
"""
TEAM_NAMES: tuple[Subject, ...] = (
    rule(
        "team_names",
        _EXCHANGED,
        holds("names_are_kept", "no team_name has gone over to another team"),
    ),
)
