"""What stands in the warehouse, as values to compare; and how it is emptied between two nights."""

from __future__ import annotations

from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError

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


def row_counts(engine: Engine) -> dict[str, int]:
    """Rows by core table, parents first."""
    with engine.connect() as connection:
        return {
            table.fullname: int(connection.scalar(select(func.count()).select_from(table)) or 0)
            for table in CORE_TABLES
        }


def doubled_batches(engine: Engine) -> int:
    """Batches of which there is more than one for a step of a run."""
    query = (
        "SELECT count(*) FROM (SELECT 1 FROM ops.batch GROUP BY dag_id, run_id, step, round "
        "HAVING count(*) > 1) AS twice"
    )
    with engine.connect() as connection:
        return int(connection.scalar(text(query)) or 0)


# Sessions of browsers stay noted: the browsers are there.
_TABLES = (
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN "
    "('raw', 'staging', 'core', 'ops') AND tablename NOT IN "
    "('alembic_version', 'selector_release', 'browser_session')"
)


def emptied(engine: Engine, last_release: int) -> bool:
    """Remove every row, and releases of selector files after this one, in one transaction.

    Returns:
        False: a sweep or a watch, say, holds a row just now; nothing is removed, try again.
    """
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '2s'"))
            names = ", ".join(connection.scalars(text(_TABLES)))
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
            connection.execute(
                text("DELETE FROM ops.selector_release WHERE release_id > :last"),
                {"last": last_release},
            )
    except DBAPIError:
        return False
    return True
