"""What every page that names a season, or teams, must hold to.

A page that writes a name otherwise than all others would rename the season or team for all.
"""

from __future__ import annotations

from scrapers.quality.checks import holds, matching, note, unlike
from scrapers.quality.subjects import Subject, rule, staged

_YEAR = "(18|19|20)[0-9]{2}"
# Without a colon, which would be a parameter in SQL.
SEASON_NAME = f"^{_YEAR}(/{_YEAR})?( .+)?$"


def _uncaught(regex: str) -> str:
    """The same without groups that catch, of which pandas warns at every judgement."""
    return regex.replace("(", "(?:")


_NAMED = matching("name", _uncaught(SEASON_NAME), "the name begins as 2022 or 2022/2023")

SEASON = staged("season", note(_NAMED))
# Of pages that list what seasons there are: an odd name, as Clausura 2022, has a year as well.
LISTED_SEASON = staged(
    "season",
    matching("name", _uncaught(_YEAR), "the name has a year, as 2022 or 2022/2023"),
    note(_NAMED),
)

# A choice of seasons in the place of the choice of stages would name the stages.
_SEASON_ALONE = _uncaught(f"^{_YEAR}(/{_YEAR})?$")
STAGE = staged("stage", unlike("name", _SEASON_ALONE, "the name is no season's"))

# Two years that are written otherwise: 2022-23, 22/23. An odd name, as Clausura 2022, is none.
_TWO_YEARS = "[0-9]{2,4} ?[-–/.] ?[0-9]{2,4}"
_FORM = f"""
SELECT s.target_key, s.season_id, s.name AS season_name, k.name AS known_name,
       s.name ~ '{SEASON_NAME}' OR (
           s.name !~ '{_TWO_YEARS}' AND coalesce(k.name !~ '{SEASON_NAME}', true)
       ) AS form_is_kept
FROM staging.season s LEFT JOIN core.season k USING (season_id)
WHERE s.target_key = ANY(:targets)
"""

# Of two teams of a page each bears the name by which the warehouse knows the other one.
_EXCHANGED = """
SELECT a.target_key, a.team_id, a.name, b.team_id AS other_team_id, false AS name_is_its_own
FROM staging.team a
JOIN staging.team b ON b.target_key = a.target_key AND b.team_id <> a.team_id
JOIN core.team known ON known.team_id = a.team_id AND known.name = b.name
JOIN core.team other ON other.team_id = b.team_id AND other.name = a.name
WHERE a.target_key = ANY(:targets) AND a.name <> b.name
"""


def _season_form(field: str) -> tuple[Subject, ...]:
    kept = holds("form_is_kept", "the season's name keeps its form, as 2022 or 2022/2023")
    return (rule("season_form", _FORM, kept.about(field)),)


SEASON_FORM = _season_form("season_name")
# Of pages that list seasons.
LISTED_SEASON_FORM = _season_form("seasons.name")
TEAM_NAMES: tuple[Subject, ...] = (
    rule(
        "team_names",
        _EXCHANGED,
        holds("name_is_its_own", "no team's name has gone over to another team").about("team_name"),
    ),
)
