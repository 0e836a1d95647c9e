"""What stands in the core tables, as values to compare."""

from __future__ import annotations

from sqlalchemy import Engine, text

from scrapers.warehouse.tables import CORE_TABLES, LINEAGE


def contents(engine: Engine) -> dict[str, str]:
    """A hash of each core table's rows without their lineage: what the pages said."""
    return _hashes(engine, "to_jsonb(t) - CAST(:lineage AS text[])")


def versions(engine: Engine) -> dict[str, str]:
    """A hash of each core table's row versions: it changes with any row that was touched."""
    return _hashes(engine, "to_jsonb(t)::text || t.xmin || t.ctid")


def _hashes(engine: Engine, row: str) -> dict[str, str]:
    with engine.connect() as connection:
        return {
            table.name: connection.scalar(
                text(
                    f"SELECT md5(coalesce(string_agg(({row})::text, ',' ORDER BY ({row})::text), "
                    f"'')) FROM {table.fullname} t"
                ).bindparams(**({"lineage": list(LINEAGE)} if ":lineage" in row else {}))
            )
            for table in CORE_TABLES
        }
