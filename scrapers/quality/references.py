"""Foreign keys of the core tables, as expectations: whatever a row names must be there.

A parent that this very kind of page replaces as a whole (of a match centre: match, match_team,
formation) must be on the page itself. Others may also be in core already, or among the rows that
are about to land with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection, ForeignKeyConstraint, text

from scrapers.quality.checks import Check, holds
from scrapers.quality.subjects import KEY, Subject, frame_of
from scrapers.targets import PageKind
from scrapers.warehouse.tables import CORE_TABLES, REPLACE, staging_table

_CORE = {table.name: table for table in CORE_TABLES}


@dataclass(frozen=True, slots=True)
class Reference:
    """One foreign key: `column` names it in the suite, `sql` gives (target_key, value, known)."""

    column: str
    sql: str
    check: Check


def references_of(page_kind: PageKind, tables: Sequence[Subject]) -> tuple[Reference, ...]:
    """The foreign keys of a page kind's tables, by table and column."""
    names = {subject.name for subject in tables}
    found = [
        _reference(page_kind, constraint)
        for table in CORE_TABLES
        if table.name in names
        for constraint in table.foreign_key_constraints
    ]
    return tuple(sorted(found, key=lambda reference: reference.column))


def load(
    connection: Connection, references: Sequence[Reference], targets: Sequence[str]
) -> pd.DataFrame:
    """The distinct references of these targets: target_key, value, and a column for each key.

    A column is true where what is named is there, false where it is not, and null in the rows
    of other keys. `targets` are those that are to land together.
    """
    frames = []
    for reference in references:
        rows = connection.execute(text(reference.sql), {"targets": list(targets)}).all()
        frames.append(frame_of([KEY, "value", reference.column], rows))
    return pd.concat(frames, ignore_index=True)


def _reference(page_kind: PageKind, constraint: ForeignKeyConstraint) -> Reference:
    table, parent = _CORE[constraint.table.name], constraint.referred_table
    pairs = [(element.parent.name, element.column.name) for element in constraint.elements]
    children = [child for child, _ in pairs]
    asked = ", ".join(f"{child} AS k{n}" for n, (child, _) in enumerate(pairs))
    given = ", ".join(f"{name} AS k{n}" for n, (_, name) in enumerate(pairs))
    keys = [f"k{n}" for n in range(len(pairs))]
    none_null = " AND ".join(f"{child} IS NOT NULL" for child in children)
    value = " || ', ' || ".join(f"r.{key}" for key in keys)
    joined = ", ".join(keys)
    replaced = parent.info["landing"] == REPLACE and parent.info["page"] == page_kind
    own = "target_key, " if replaced else ""
    in_core = "" if replaced else f" UNION SELECT {given} FROM {parent.fullname}"
    sql = f"""
        WITH named AS (
            SELECT {own}{given} FROM {staging_table(parent)}
            WHERE target_key = ANY(:targets){in_core}
        ), there AS (SELECT DISTINCT {own}{joined} FROM named)
        SELECT r.target_key, CAST({value} AS text) AS value, t.k0 IS NOT NULL AS known
        FROM (
            SELECT DISTINCT target_key, {asked} FROM {staging_table(table)}
            WHERE target_key = ANY(:targets) AND {none_null}
        ) AS r LEFT JOIN there AS t USING ({own}{joined})
    """
    column = f"{table.name}.{'+'.join(children)}"
    return Reference(column, sql, holds(column, f"{column} is a {parent.name} that is known"))
