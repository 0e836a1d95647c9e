"""The data dictionary: every table and column, with meaning, unit, origin and keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from scrapers.reference.markdown import GENERATED, code, plain, table
from scrapers.warehouse import ops_tables  # noqa: F401 - part of the metadata
from scrapers.warehouse.tables import (
    CLOSE,
    CORE,
    CORE_TABLES,
    LINEAGE,
    MERGE,
    OPS,
    RAW,
    REPLACE,
    Base,
    Lineage,
    metadata,
)

_HEAD = f"""\
# Tables

{GENERATED.format(source="scrapers/warehouse/*tables.py")}
The same stands in the database: `\\d+ core.event`. Moments are in UTC unless the column says
otherwise. `staging` has a twin of each table of `core` that is read from pages, with the same data
columns, all nullable, `target_key` and `row_number`; rows wait there for the quality gate.

"""
_TITLES = {
    CORE: "core: what the pages say",
    OPS: "ops: the work, the ledger, the health of the platform",
    RAW: "raw: the archived pages",
}
_MODELS = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}


def tables_page() -> str:
    """The page, Markdown."""
    parts = [_contents()]
    for schema, title in _TITLES.items():
        parts.append(f"## {title}\n")
        if schema == CORE:
            parts.append(_lineage())
        parts += [_section(each) for each in _tables(schema)]
    return _HEAD + "\n".join(parts)


def _tables(schema: str) -> list[Table]:
    """Parents before children; then by name those that no page is read to."""
    first = [each for each in CORE_TABLES if each.schema == schema]
    others = (t for t in metadata.tables.values() if t.schema == schema and t not in first)
    return [*first, *sorted(others, key=lambda each: each.name)]


def _contents() -> str:
    rows = (
        (f"[`{each.schema}.{each.name}`](#{_anchor(each)})", plain(_summary(each)))
        for schema in _TITLES
        for each in _tables(schema)
    )
    return table(("table", "one row is"), rows)


def _anchor(each: Table) -> str:
    # As GitHub and Python-Markdown both make it of `core.line_up`.
    return f"{each.schema}{each.name}"


def _summary(each: Table) -> str:
    return (_MODELS[each].__doc__ or "").strip().split("\n\n")[0]


def _lineage() -> str:
    columns = {
        name: each
        for name, each in CORE_TABLES[0].columns.items()
        if name in LINEAGE and hasattr(Lineage, name)
    }
    rows = (_column(each) for each in columns.values())
    return (
        "Each table that is read from pages carries besides its own columns where a row came "
        "from:\n\n" + table(("column", "type", "null", "meaning"), rows)
    )


def _section(each: Table) -> str:
    paragraphs = [f"### {each.schema}.{each.name}\n"]
    paragraphs += [plain(text) + "\n" for text in (_MODELS[each].__doc__ or "").split("\n\n")]
    paragraphs += [f"{fact}\n" for fact in _facts(each)]
    own = [c for c in each.columns if not (each in CORE_TABLES and c.name in LINEAGE)]
    paragraphs.append(table(("column", "type", "null", "meaning"), map(_column, own)))
    return "\n".join(paragraphs)


def _facts(each: Table) -> Iterator[str]:
    key = ", ".join(code(column.name) for column in each.primary_key)
    yield f"Key: {key}."
    how = each.info.get("landing")
    if how == MERGE:
        yield "Landing: rows are added or changed, never deleted; a null never overwrites a value."
    elif how == CLOSE:
        scope = ", ".join(map(code, each.info["closed_by"]))
        yield f"Landing: rows that their feed ({scope}) no longer lists get `closed_at`."
    elif how == REPLACE:
        scope = ", ".join(map(code, each.info["scope"]))
        yield (
            f"Landing: a page of kind `{each.info['page'].value}` replaces the rows of its {scope}."
        )


def _column(column: Column[Any]) -> tuple[str, str, str, str]:
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
    kind = column.type.compile(dialect=dialect).lower()
    kind = kind.replace("timestamp with time zone", "timestamptz")
    kind = kind.replace("timestamp without time zone", "timestamp")
    meaning = plain(column.comment or "")
    for key in sorted(column.foreign_keys, key=lambda each: each.target_fullname):
        meaning += f" → `{key.target_fullname}`"
    return code(column.name), kind, "yes" if column.nullable else "", meaning
