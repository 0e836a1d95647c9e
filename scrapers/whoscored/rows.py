"""What row builders give: rows by table, with exactly the columns of the warehouse."""

from __future__ import annotations

from typing import Any

from scrapers.parsing.extract import Row
from scrapers.warehouse.tables import CORE_TABLES, data_columns

RowSet = dict[str, list[dict[str, Any]]]

COLUMNS: dict[str, tuple[str, ...]] = {
    table.name: tuple(column.name for column in data_columns(table)) for table in CORE_TABLES
}


def pick(table: str, values: Row, **more: Any) -> Row:
    """A row of `table`: its columns, from `more` first, then from `values` by the same name."""
    return {name: more[name] if name in more else values[name] for name in COLUMNS[table]}
