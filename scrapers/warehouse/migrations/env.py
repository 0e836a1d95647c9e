"""What Alembic runs for each command: one connection and transaction, given by the caller."""

from __future__ import annotations

from typing import Any

from alembic import context

from scrapers.warehouse import ops_tables
from scrapers.warehouse.tables import CORE, OPS, RAW, STAGING

_OURS = {RAW, STAGING, CORE, OPS}


def _ours(name: str | None, kind: str, parents: Any) -> bool:
    if kind == "schema":
        return name in _OURS
    return (kind, name, parents.get("schema_name")) != ("table", "alembic_version", OPS)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=ops_tables.metadata,
    include_schemas=True,
    include_name=_ours,
    compare_server_default=True,
    version_table_schema=OPS,
)
with context.begin_transaction():
    context.run_migrations()
