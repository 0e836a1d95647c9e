"""What is exported: the core tables, their columns as Arrow types, and how each is divided.

`SCHEMA_VERSION` counts the shapes that readers know. A new column is an addition and keeps it;
whatever else changes (a column gone, renamed or of another type, another division) needs the
next number, and `check_additions` refuses an export that forgot it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    Numeric,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from scrapers.errors import ExportFailed
from scrapers.warehouse.tables import CORE_TABLES

SCHEMA_VERSION = 1


class Division(StrEnum):
    """How a table's rows are divided into files."""

    WHOLE = "whole"  # one file: names and ids
    STAGE = "stage"  # by competition and season
    MATCH = "match"  # by competition, season and month of the kick-off


@dataclass(frozen=True, slots=True)
class Exported:
    """A table as it is exported.

    Attributes:
        table: the core table.
        division: how its rows are divided.
        columns: its columns in order.
        key: names of its primary key's columns, match and event first: the order of rows.
    """

    table: Table
    division: Division
    columns: tuple[Column[Any], ...]
    key: tuple[str, ...]

    @property
    def name(self) -> str:
        """The table's name."""
        return str(self.table.name)

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema; the columns' meaning stands in their metadata."""
        return pa.schema(
            [
                pa.field(
                    column.name,
                    arrow_type(column),
                    nullable=bool(column.nullable),
                    metadata={"comment": column.comment or ""},
                )
                for column in self.columns
            ],
            metadata={"table": self.name, "schema_version": str(SCHEMA_VERSION)},
        )


def arrow_type(column: Column[Any]) -> pa.DataType:
    """Arrow's type of a column; JSON is text, numbers with a fraction are doubles."""
    kind = column.type
    if isinstance(kind, BigInteger):
        return pa.int64()
    if isinstance(kind, Integer):
        return pa.int32()
    if isinstance(kind, Boolean):
        return pa.bool_()
    if isinstance(kind, Numeric):
        return pa.float64()
    if isinstance(kind, DateTime):
        return pa.timestamp("us", tz="UTC" if kind.timezone else None)
    if isinstance(kind, ARRAY):
        return pa.list_(pa.int32())
    if isinstance(kind, Text | Uuid | JSONB):
        return pa.string()
    raise TypeError(f"no Arrow type for {column}: {kind!r}")


def _division(table: Table) -> Division:
    names = set(table.columns.keys())
    if "match_id" in names:
        return Division.MATCH
    if "stage_id" in names and table.name != "stage":
        return Division.STAGE
    return Division.WHOLE


def _exported(table: Table) -> Exported:
    key = tuple(column.name for column in table.primary_key.columns)
    return Exported(table, _division(table), tuple(table.columns), key)


EXPORTED: tuple[Exported, ...] = tuple(_exported(table) for table in CORE_TABLES)


def columns_of(exported: Exported) -> dict[str, str]:
    """Its columns and their types, as the manifest tells them."""
    return {field.name: str(field.type) for field in exported.schema}


def check_additions(before: dict[str, dict[str, str]], before_version: int) -> None:
    """Refuse a shape that is not the earlier one with additions, unless its version is higher.

    Args:
        before: columns and types by table, of the manifest that readers know.

    Raises:
        ExportFailed: names what is gone or of another type.
    """
    if before_version > SCHEMA_VERSION:
        raise ExportFailed(
            f"the exported files have schema version {before_version}, this release knows "
            f"{SCHEMA_VERSION}: install the newer release, or export to another place"
        )
    if before_version < SCHEMA_VERSION:
        return
    now = {exported.name: columns_of(exported) for exported in EXPORTED}
    lost = [
        f"{table}.{column}: {kind} became {now.get(table, {}).get(column, 'nothing')}"
        for table, columns in before.items()
        for column, kind in columns.items()
        if now.get(table, {}).get(column) != kind
    ]
    if lost:
        raise ExportFailed(
            "the shape of the exported tables is no addition to the one that readers know "
            f"({'; '.join(lost)}): raise SCHEMA_VERSION in scrapers/export/shape.py"
        )
