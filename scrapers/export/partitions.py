"""The partitions of a table as they stand now, each with a signature that changes with its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from scrapers.export.shape import Division, Exported

_NONE = "none"
# Where a row belongs: by its match if that has landed, else by the schedule's fixture.
_OF_FIXTURE = """
  LEFT JOIN core.stage of_stage ON of_stage.stage_id = of_fixture.stage_id
  LEFT JOIN core.season of_season
         ON of_season.season_id = coalesce(of_match.season_id, of_stage.season_id)
"""
_OF_MATCH = f"""
  LEFT JOIN core.match of_match ON of_match.match_id = r.match_id
  LEFT JOIN core.fixture of_fixture ON of_fixture.match_id = r.match_id{_OF_FIXTURE}"""
_OF_STAGE = """
  LEFT JOIN core.stage of_stage ON of_stage.stage_id = r.stage_id
  LEFT JOIN core.season of_season ON of_season.season_id = of_stage.season_id
"""
_MONTH = "to_char(coalesce(of_match.kickoff_utc, of_fixture.kickoff_utc), 'YYYY-MM')"


@dataclass(frozen=True, slots=True)
class Place:
    """Which rows of a table: null where the warehouse does not know where a row belongs.

    Attributes:
        competition, season: the site's ids.
        month: of the kick-off, YYYY-MM, UTC.
    """

    competition: int | None = None
    season: int | None = None
    month: str | None = None

    @property
    def folder(self) -> str:
        """As a path, the way Hive names partitions."""
        return (
            f"competition={self.competition or _NONE}/season={self.season or _NONE}"
            f"/month={self.month or _NONE}"
        )


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition as it stands.

    Attributes:
        place: which rows.
        rows: how many.
        signature: changes whenever a row is added, changed or taken away.
    """

    place: Place
    rows: int
    signature: str


def partitions(connection: Connection, exported: Exported) -> list[Partition]:
    """The partitions of a table, in order; none for an empty table."""
    key = ", ".join(f"r.{name}" for name in exported.key)
    query = text(
        f"""
        SELECT {_place(exported)},
               count(*) AS n,
               to_char(max(r.landed_at), 'YYYYMMDDHH24MISSUS') AS newest,
               bit_xor(hashtextextended(concat_ws(',', {key}, r.landed_at), 0)) AS keys
          FROM core.{exported.name} r {_joins(exported)}
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """
    )
    found = []
    for row in connection.execute(query):
        place = Place(row[0], row[1], row[2])
        found.append(Partition(place, row.n, f"{row.n}-{row.newest}-{row.keys & (2**64 - 1):x}"))
    return found


def matches_by_place(connection: Connection) -> dict[Place, list[int]]:
    """Ids of the matches by where their rows belong, as far as the warehouse knows where."""
    query = text(
        f"""
        SELECT of_season.competition_id, of_season.season_id, {_MONTH},
               array_agg(coalesce(of_match.match_id, of_fixture.match_id))
          FROM core.match of_match
          FULL JOIN core.fixture of_fixture ON of_fixture.match_id = of_match.match_id{_OF_FIXTURE}
         GROUP BY 1, 2, 3
        """
    )
    found = {Place(row[0], row[1], row[2]): list(row[3]) for row in connection.execute(query)}
    # Rows of matches that it does not know at all belong here too.
    found.pop(Place(), None)
    return found


def rows_of(
    exported: Exported, place: Place, matches: Mapping[Place, list[int]]
) -> tuple[str, dict[str, object]]:
    """Condition and joins that give the rows of a partition, and its values.

    Args:
        matches: as `matches_by_place` gives them in the same transaction. By their ids a month's
            rows are found through the index: by a join the whole table would be read for each.
    """
    if exported.division is Division.WHOLE:
        return _joins(exported), {}
    if exported.division is Division.MATCH and place in matches:
        return "WHERE r.match_id = ANY(%(matches)s)", {"matches": matches[place]}
    values = {"competition": place.competition, "season": place.season, "month": place.month}
    names = ("competition", "season", "month")[: 3 if exported.division is Division.MATCH else 2]
    conditions = " AND ".join(
        f"{expression} IS NOT DISTINCT FROM %({name})s"
        for name, expression in zip(names, _expressions(exported), strict=False)
    )
    return f"{_joins(exported)} WHERE {conditions}", {name: values[name] for name in names}


def _expressions(exported: Exported) -> tuple[str, ...]:
    if exported.division is Division.MATCH:
        return ("of_season.competition_id", "of_season.season_id", _MONTH)
    if exported.division is Division.STAGE:
        return ("of_season.competition_id", "of_season.season_id", "NULL::text")
    return ("NULL::int", "NULL::int", "NULL::text")


def _place(exported: Exported) -> str:
    return ", ".join(_expressions(exported))


def _joins(exported: Exported) -> str:
    return {Division.MATCH: _OF_MATCH, Division.STAGE: _OF_STAGE, Division.WHOLE: ""}[
        exported.division
    ]
