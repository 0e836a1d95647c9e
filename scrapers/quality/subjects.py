"""What is judged: staged tables, and what SQL works out of them for rules across tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import (
    ARRAY,
    Connection,
    Double,
    Executable,
    Numeric,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from scrapers.quality.checks import Check, filled, matching, unique
from scrapers.warehouse.tables import CORE_TABLES, data_columns, staging_table

KEY = "target_key"
# U+FFFD stands for a letter that was lost when bytes were decoded. No index keeps a name or key
# of thousands of letters: the landing would fail, and with it the whole batch.
LONGEST_NAME, LONGEST_TEXT = 300, 1_000
# A name that is a mark between two others, such as », was read from the wrong place.
_SAYS_SOMETHING = r"[^\s!-/:-@\[-`{-~¡-¿×÷‐-※]"
_WORDS = "^[^\ufffd]{0,%d}$"
_CORE = {table.name: table for table in CORE_TABLES}


@dataclass(frozen=True, slots=True)
class Subject:
    """Rows to judge and what they must hold to.

    Attributes:
        name: the staged table, or the rule's name.
        query: gives the rows of the targets bound as `targets`, a list of keys. Rows that are
            judged for their targets have a column `target_key`.
        checks: what must hold.
        identity: columns that tell its rows apart, for examples; none: all columns.
    """

    name: str
    query: Executable
    checks: tuple[Check, ...]
    identity: tuple[str, ...] = ()

    def load(self, connection: Connection, targets: Sequence[str]) -> pd.DataFrame:
        """The rows, numbered from 0."""
        result = connection.execute(self.query, {"targets": list(targets)})
        return frame_of(list(result.keys()), result.all())


def staged(table: str, *checks: Check) -> Subject:
    """A staged table; that its key is unique and what may not be null its definition says.

    Names and keys in words are whole and of a sane length.

    JSON columns are judged by their type ('object', 'array'), lists by their length.
    """
    core = _CORE[table]
    staging = staging_table(core)
    columns: list[Any] = [staging.c.target_key, staging.c.row_number]
    for column in data_columns(core):
        given: Any = staging.c[column.name]
        if isinstance(column.type, JSONB):
            # JSON's own null counts as null too.
            given = func.nullif(func.jsonb_typeof(given), "null")
        elif isinstance(column.type, ARRAY):
            given = func.cardinality(given)
        elif isinstance(column.type, Numeric):
            given = cast(given, Double)
        columns.append(given.label(column.name))
    targets: Any = any_(bindparam("targets", type_=ARRAY(Text)))
    derived = [
        *(filled(column.name) for column in data_columns(core) if not column.nullable),
        *_words(core),
        unique(
            KEY,
            *(column.name for column in core.primary_key),
            says=f"{', '.join(c.name for c in core.primary_key)} are unique on a page",
        ),
    ]
    query = select(*columns).where(staging.c.target_key == targets)
    identity = ("row_number", *(column.name for column in core.primary_key))
    return Subject(table, query, (*derived, *checks), identity)


def _words(core: Table) -> Iterator[Check]:
    """Names, texts and keys in words are whole, and no longer than any is."""
    if core.name == "event":
        return  # its names are those of its page's dictionaries, in `type_name`
    keys = {column.name for column in core.primary_key}
    for column in data_columns(core):
        name = column.name
        if not isinstance(column.type, Text):
            continue
        if name == "text" or name.endswith("name") or name in keys:
            longest = LONGEST_TEXT if name == "text" else LONGEST_NAME
            yield matching(
                name, _WORDS % longest, f"{name} has lost no letter, and has at most {longest}"
            )
            yield matching(name, _SAYS_SOMETHING, f"{name} holds a letter or a digit")


def rule(name: str, sql: str, *checks: Check) -> Subject:
    """What a query gives; `:targets` stands for the list of target keys."""
    return Subject(name, text(sql), checks)


def frame_of(columns: Sequence[str], rows: Sequence[Any]) -> pd.DataFrame:
    """A data frame of rows of a query; numbers are numbers also where some are missing."""
    frame = pd.DataFrame([tuple(row) for row in rows], columns=list(columns))
    for name in columns:
        if frame[name].dtype == object and pd.api.types.infer_dtype(frame[name]) in _NUMBERS:
            frame[name] = pd.to_numeric(frame[name].astype("float64"))
    return frame


_NUMBERS = frozenset({"integer", "floating", "mixed-integer-float", "decimal", "integer-na"})
