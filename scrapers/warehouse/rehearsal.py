"""A stage beside the stage: what landing would do with rows that nobody else sees.

On a rehearsal's connection the staging tables and the ledger's targets are temporary ones of
the same names, filled with the rows to be tried. The gate's queries and the landing's own
statements then run as they are, read the core tables, and change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, event, text

from scrapers.settings import Settings
from scrapers.targets import Target
from scrapers.warehouse.engine import single_connection, transaction
from scrapers.warehouse.landing import Foreseen, foresee
from scrapers.warehouse.records import Staged, State
from scrapers.warehouse.staging import copy_rows
from scrapers.warehouse.tables import STAGING_TABLES

_TEMPORARY = "pg_temp"
_SHARED = re.compile(r"\b(?:staging(?=\.)|ops(?=\.target\b))")
_TABLES = {table.name: table for table in STAGING_TABLES}
_TARGET = text(
    "INSERT INTO pg_temp.target"
    " (target_key, page_kind, state, planned_at, page_hash, fetched_at, selector_version,"
    " staged_id) VALUES (:target_key, :page_kind, :state, now(), :page_hash, :fetched_at,"
    " :selector_version, :staged_id)"
)


class Rehearsal:
    """Rows to be tried; see `rehearsal`.

    Attributes:
        engine: reads the temporary tables where a statement names staging or the ledger's
            targets; for the quality gate.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._staged: list[Staged] = []

    @property
    def staged(self) -> Sequence[Staged]:
        """What was put, in the order of the keys, as the ledger would tell it."""
        return sorted(self._staged, key=lambda item: item.target_key)

    def put(
        self,
        target: Target,
        rows: Mapping[str, str],
        page_hash: str,
        fetched_at: datetime,
        selector_version: str,
    ) -> None:
        """Stage a target's rows, as `staging.encode_rows` gives them.

        Raises:
            InvalidRows: PostgreSQL refuses one; nothing of the target is there then.
            WarehouseUnavailable: the rehearsal is over.
        """
        staged = Staged(target.key, uuid4())
        with transaction(self.engine) as connection:
            for name, lines in rows.items():
                copy_rows(connection, _TABLES[name], lines, _TEMPORARY)
            values = {
                "target_key": target.key,
                "page_kind": str(target.page_kind),
                "state": State.PARSED.value,
                "page_hash": page_hash,
                "fetched_at": fetched_at,
                "selector_version": selector_version,
                "staged_id": staged.staged_id,
            }
            connection.execute(_TARGET, values)
        self._staged.append(staged)

    def ready(self) -> None:
        """Tell the planner what is there; to be called when all rows are put."""
        with transaction(self.engine) as connection:
            for name in (*_TABLES, "target"):
                connection.execute(text(f'ANALYZE {_TEMPORARY}."{name}"'))

    def foresee(self, keys: Sequence[str], distrusted: Sequence[str] = ()) -> dict[str, Foreseen]:
        """What landing these of the targets would do by table; see `landing.foresee`."""
        with transaction(self.engine) as connection:
            return foresee(connection, keys, distrusted)


@contextmanager
def rehearsal(settings: Settings) -> Iterator[Rehearsal]:
    """A rehearsal, which leaves nothing behind.

    Raises:
        WarehouseUnavailable: PostgreSQL can't be reached.
    """
    engine = single_connection(settings)
    try:
        with transaction(engine) as connection:
            for name in _TABLES:
                connection.execute(
                    text(f'CREATE TEMPORARY TABLE "{name}" (LIKE staging."{name}" INCLUDING ALL)')
                )
            connection.execute(
                text("CREATE TEMPORARY TABLE target (LIKE ops.target INCLUDING ALL)")
            )
        event.listen(engine, "before_cursor_execute", _redirect, retval=True)
        yield Rehearsal(engine)
    finally:
        engine.dispose()


def _redirect(
    conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> tuple[str, Any]:
    del conn, cursor, context, executemany  # the event's signature
    return _SHARED.sub(_TEMPORARY, statement), parameters
