"""The statements of a landing, written from the tables' own description.

Each merges a core table with a `source`: the batch's staged rows, one for a key, with the
lineage of their page. Rows that are the same already are not touched, not even locked.

Parameters: `keys` (targets), `batch_id`, `now`; for tables that a page replaces also the ids of
the landed pages, side by side, as `<page kind>_<id>`; for the schedule the landed feeds, side by
side: `feeds`, `stages`, `months`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql

from scrapers.warehouse.tables import CLOSE, CORE_TABLES, LINEAGE, MERGE, REPLACE, data_columns

# A feed that says one of these of a match is no witness against another month's feed in which
# the match is played.
INACTIVE = ("postponed", "cancelled", "abandoned")

_IS_INACTIVE = "s.status IN ({})".format(", ".join(f"'{status}'" for status in INACTIVE))
_FEEDS = "SELECT * FROM unnest(CAST(:stages AS integer[]), CAST(:months AS text[]))"
_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
_BATCH = "batch_id = CAST(:batch_id AS uuid), landed_at = :now"
_NEWEST = "t.fetched_at DESC NULLS LAST, s.target_key DESC, s.row_number DESC"


@dataclass(frozen=True, slots=True)
class TableSql:
    """How one table is landed.

    Attributes:
        merge: inserts and updates; gives one row: staged, inserted, updated.
        vanish: deletes what its page no longer has, or closes it; None: nothing vanishes.
        foresee: what `merge` would do, without doing it; gives one row: staged, inserted,
            updated, and for each column `changed <name>`: in how many rows, and one of them as
            [[key …], old value, new value].
        foresee_vanish: counts what `vanish` would take away.
    """

    name: str
    merge: str
    vanish: str | None
    foresee: str
    foresee_vanish: str | None


def _list(names: Sequence[str], alias: str = "") -> str:
    return ", ".join(f'{alias}"{name}"' for name in names)


def _key(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


def _columns(table: Table) -> list[str]:
    return [column.name for column in data_columns(table)]


def _others(table: Table) -> list[str]:
    key = _key(table)
    return [name for name in _columns(table) if name not in key]


def _staged(table: Table, join: str = "") -> str:
    return (
        f'FROM staging."{table.name}" s JOIN ops.target t ON t.target_key = s.target_key {join}'
        " WHERE s.target_key = ANY(:keys)"
    )


def _newest_values(table: Table) -> str:
    """Of each key the newest values; a null never hides an older page's value."""

    def newest(value: str, what: str = "") -> str:
        return f"(array_agg({value} ORDER BY {_NEWEST}){what})[1]"

    values = [
        newest(f's."{name}"', f' FILTER (WHERE s."{name}" IS NOT NULL)') + f' AS "{name}"'
        for name in _others(table)
    ]
    lineage = [f"{newest(f't.{name}')} AS {name}" for name in ("page_hash", "selector_version")]
    key = _list(_key(table), "s.")
    return f"SELECT {key}, {', '.join(values + lineage)} {_staged(table)} GROUP BY {key}"


def _as_on_the_page(table: Table) -> str:
    """The rows of a match's page; its stage stands in the schedule only."""
    columns = _list(_columns(table), "s.")
    join = ""
    if table.name == "match":
        columns = columns.replace('s."stage_id"', 'f."stage_id"')
        join = "LEFT JOIN core.fixture f USING (match_id)"
    return f"SELECT {columns}, t.page_hash, t.selector_version {_staged(table, join)}"


def _where_it_is_played(table: Table) -> str:
    """Of a match that several feeds list the row of the month in which it is played."""
    return (
        f"SELECT DISTINCT ON (s.match_id) {_list(_columns(table), 's.')},"
        f" t.page_hash, t.selector_version {_staged(table)}"
        f" ORDER BY s.match_id, {_IS_INACTIVE}, s.feed_month DESC, {_NEWEST}"
    )


_SOURCES = {MERGE: _newest_values, REPLACE: _as_on_the_page, CLOSE: _where_it_is_played}


@dataclass(frozen=True, slots=True)
class _Merging:
    """The parts of a merge of `s`, the source, into `c`, the core table.

    Attributes:
        same: they are the same row.
        may: the row there may be changed by this source.
        values: what the columns would be, by name; the lineage left out.
    """

    same: str
    may: str
    values: dict[str, str]

    @property
    def differs(self) -> str:
        """Something of the row there would change."""
        each = [f'c."{name}" IS DISTINCT FROM {value}' for name, value in self.values.items()]
        return " OR ".join(each) or "false"


def _merging(table: Table) -> _Merging:
    landing = table.info["landing"]
    same = " AND ".join(f'c."{name}" = s."{name}"' for name in _key(table))
    may = "true"
    values = {name: f's."{name}"' for name in _others(table)}
    if landing == REPLACE:
        # Said for the planner: only these pages' rows are read, not all there are.
        same += f" AND {_of_pages(table)}"
    elif landing == MERGE:
        values = {name: f'coalesce({value}, c."{name}")' for name, value in values.items()}
    elif landing == CLOSE:
        may = (
            f"(c.closed_at IS NOT NULL OR NOT {_IS_INACTIVE}"
            f" OR (c.stage_id, c.feed_month) IN ({_FEEDS}))"
        )
        values["closed_at"] = "CAST(NULL AS timestamptz)"
    return _Merging(same, may, values)


def _of_pages(table: Table) -> str:
    """Whether a core row is one of a landed page's."""
    page, scope = table.info["page"], table.info["scope"]
    if len(scope) == 1:
        return f'c."{scope[0]}" = ANY(:{page}_{scope[0]})'
    types = [table.columns[name].type.compile(dialect=_DIALECT) for name in scope]
    lists = [f"CAST(:{page}_{name} AS {type_}[])" for name, type_ in zip(scope, types, strict=True)]
    return f"({_list(scope, 'c.')}) IN (SELECT * FROM unnest({', '.join(lists)}))"


def _merge(table: Table) -> str:
    landing = table.info["landing"]
    parts = _merging(table)
    values = parts.values | {
        "page_hash": "s.page_hash",
        "selector_version": "s.selector_version",
    }
    assigned = ", ".join(f'"{name}" = {value}' for name, value in values.items())
    columns = _columns(table)
    return f"""
WITH source AS MATERIALIZED (
  {_SOURCES[landing](table)}
), merged AS (
  MERGE INTO core."{table.name}" AS c USING source AS s ON {parts.same}
  WHEN MATCHED AND {parts.may} AND ({parts.differs}) THEN UPDATE SET {assigned}, {_BATCH}
  WHEN NOT MATCHED THEN INSERT ({_list(columns)}, {_list(LINEAGE)})
    VALUES ({_list(columns, "s.")}, s.page_hash, s.selector_version,
            CAST(:batch_id AS uuid), :now)
  RETURNING merge_action() AS action
)
SELECT (SELECT count(*) FROM source) AS staged,
       count(*) FILTER (WHERE action = 'INSERT') AS inserted,
       count(*) FILTER (WHERE action = 'UPDATE') AS updated
FROM merged"""


# Rows of selector versions that are named are no evidence of what is right.
_TRUSTED = "c.selector_version <> ALL(CAST(:distrusted AS text[]))"


def _foresee(table: Table) -> str:
    parts = _merging(table)
    key = f"jsonb_build_array({_list(_key(table), 's.')})"
    counts = [
        "count(*) AS staged",
        "count(*) FILTER (WHERE c.ctid IS NULL) AS inserted",
        "count(*) FILTER (WHERE updates) AS updated",
    ]
    changes = []
    for name, value in parts.values.items():
        changed = f'FILTER (WHERE updates AND c."{name}" IS DISTINCT FROM {value})'
        held = f'c."{name}" IS NOT NULL AND {_TRUSTED}'
        replaced = f"{changed[:-1]} AND {held})"
        one = f'any_value(jsonb_build_array({key}, c."{name}", {value}))'
        example = f"coalesce({one} {replaced}, {one} {changed})"
        known = f"count(*) FILTER (WHERE {held})"
        counts_of = f"count(*) {changed}, count(*) {replaced}, {known}"
        counted = f"jsonb_build_array({counts_of}, {example})"
        changes.append(f'{counted} AS "changed {name}"')
    return f"""
WITH source AS MATERIALIZED (
  {_SOURCES[table.info["landing"]](table)}
)
SELECT {", ".join(counts + changes)}
FROM source s LEFT JOIN core."{table.name}" c ON {parts.same}
CROSS JOIN LATERAL (
  SELECT c.ctid IS NOT NULL AND {parts.may} AND ({parts.differs})
) AS compared (updates)"""


def _vanish(table: Table) -> str | None:
    landing = table.info["landing"]
    if landing == REPLACE:
        return f'DELETE FROM core."{table.name}" c WHERE {_is_gone(table)}'
    if landing == CLOSE:
        return f"""
UPDATE core."{table.name}" c
SET closed_at = :now, page_hash = t.page_hash, selector_version = t.selector_version, {_BATCH}
FROM {_LANDED_FEEDS}
JOIN ops.target t ON t.target_key = feed.target_key
WHERE {_is_gone(table)}"""
    return None


def _foresee_vanish(table: Table) -> str | None:
    landing = table.info["landing"]
    if landing not in (REPLACE, CLOSE):
        return None
    feeds = f", {_LANDED_FEEDS}" if landing == CLOSE else ""
    return (
        f"SELECT count(*) AS gone, count(*) FILTER (WHERE {_TRUSTED}) AS trusted"
        f' FROM core."{table.name}" c{feeds} WHERE {_is_gone(table)}'
    )


_LANDED_FEEDS = """
  unnest(CAST(:feeds AS text[]), CAST(:stages AS integer[]), CAST(:months AS text[]))
  AS feed (target_key, stage_id, feed_month)"""


def _is_gone(table: Table) -> str:
    """A row of `c` that its page, landed now, no longer has."""
    same = " AND ".join(f'n."{name}" = c."{name}"' for name in _key(table))
    not_staged = (
        f'NOT EXISTS (SELECT FROM staging."{table.name}" n'
        f" WHERE n.target_key = ANY(:keys) AND {same})"
    )
    if table.info["landing"] == REPLACE:
        return f"{_of_pages(table)} AND {not_staged}"
    return (
        "c.stage_id = feed.stage_id AND c.feed_month = feed.feed_month"
        f" AND c.closed_at IS NULL AND {not_staged}"
    )


# Parents before children.
TABLES: tuple[TableSql, ...] = tuple(
    TableSql(table.name, _merge(table), _vanish(table), _foresee(table), _foresee_vanish(table))
    for table in CORE_TABLES
)

# The schedule may land after the match: it tells the stage, the match's page stays its source.
STAGE_OF_MATCHES = f"""
UPDATE core.match m SET stage_id = f.stage_id, {_BATCH}
FROM core.fixture f
WHERE f.match_id = m.match_id AND m.stage_id IS DISTINCT FROM f.stage_id
  AND f.match_id IN (SELECT match_id FROM staging.fixture WHERE target_key = ANY(:keys))"""
