"""Rows of a page into staging: all of them and the ledger's word, in one transaction.

Staging is the last fence before PostgreSQL: what a row builder let through and a column can't
hold is `InvalidRows`, naming table, column and row. What a column may sensibly hold, nulls
included, is the quality gate's to judge.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Table, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DataError, DBAPIError

from scrapers.errors import InvalidRows
from scrapers.warehouse.copy_text import NULL, Encode, Unfit, encoder
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import PageCoverageRow, TargetRow
from scrapers.warehouse.records import Claim, State
from scrapers.warehouse.tables import STAGING, STAGING_TABLES

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

_TABLES: dict[str, Table] = {table.name: table for table in STAGING_TABLES}
_OWN = ("target_key", "row_number")
# PostgreSQL's word on where a copy stopped; the value that may follow it is not repeated.
_WHERE = re.compile(r"COPY \w+, line (\d+)(?:, column (\w+))?")


def stage(
    engine: Engine,
    claim: Claim,
    rows: Rows,
    selector_version: str,
    coverage: Mapping[str, tuple[int, int]] | None = None,
    selector_sha256: str | None = None,
) -> UUID | None:
    """Write a target's rows to staging in place of its earlier ones; it is then parsed.

    Args:
        claim: the hold on the archived target, see `holding.claim_parse`.
        rows: by table, each row with exactly the table's data columns.
        selector_version: the selector file that read them.
        coverage: how often each field had a value, to be kept with the page; the same page read
            again by the same version counts once.
        selector_sha256: SHA-256 of the file's text: they land only while it is in force. None:
            it is not known, and nothing is asked.

    Returns:
        The name of this writing; None: the hold is gone, and nothing is staged.

    Raises:
        InvalidRows: a row does not fit its table; nothing is staged.
        WarehouseUnavailable: nothing is staged; try again.
    """
    key = claim.target.key
    copies = encode_rows(key, rows)
    staged_id = uuid4()
    with transaction(engine) as connection:
        if not _still_held(connection, claim):
            return None
        delete_staged(connection, [key])
        for table, lines in copies.items():
            copy_rows(connection, _TABLES[table], lines)
        if coverage is not None:
            _keep_coverage(connection, claim, selector_version, coverage)
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key == key)
            .values(
                state=State.PARSED,
                staged_id=staged_id,
                selector_version=selector_version,
                staged_sha256=selector_sha256,
                due_at=func.now(),
                failures=0,
                **dict.fromkeys(
                    (
                        *("holder", "lease_until", "sent_at", "failing_since"),
                        *("failure_class", "failure_detail", "failure_facts"),
                    )
                ),
            )
        )
    return staged_id


def encode_rows(target_key: str, rows: Rows) -> dict[str, str]:
    """A target's rows as COPY reads them, by table; tables without rows are left out.

    Raises:
        InvalidRows: a row does not fit its table.
    """
    return {
        name: _encoded(_TABLES[name], target_key, rows[name]) for name in _known(rows) if rows[name]
    }


def _keep_coverage(
    connection: Connection, claim: Claim, version: str, coverage: Mapping[str, tuple[int, int]]
) -> None:
    said = {"fetched_at": claim.fetched_at, "read_at": func.now(), "fields": dict(coverage)}
    connection.execute(
        upsert(PageCoverageRow)
        .values(
            target_key=claim.target.key,
            page_hash=claim.page_hash,
            selector_version=version,
            page_kind=str(claim.target.page_kind),
            **said,
        )
        .on_conflict_do_update(
            index_elements=[
                PageCoverageRow.target_key,
                PageCoverageRow.page_hash,
                PageCoverageRow.selector_version,
            ],
            set_=said,
        )
    )


def delete_staged(connection: Connection, target_keys: Sequence[str]) -> None:
    """Remove the staged rows of these targets from every table."""
    connection.execute(_DELETE, {"keys": list(target_keys)})


def _delete_statement() -> str:
    names = [f"staging.{name}" for name in _TABLES]
    deletions = [
        f"d{number} AS (DELETE FROM {name} WHERE target_key = ANY(:keys))"
        for number, name in enumerate(names)
    ]
    return f"WITH {', '.join(deletions)} SELECT"


_DELETE = text(_delete_statement())


def _still_held(connection: Connection, claim: Claim) -> bool:
    held = (
        select(TargetRow.target_key)
        .where(
            TargetRow.target_key == claim.target.key,
            TargetRow.state == State.ARCHIVED,
            TargetRow.holder == claim.holder,
        )
        .with_for_update(key_share=True)
    )
    return connection.execute(held).first() is not None


def _known(names: Iterable[str]) -> list[str]:
    unknown = sorted(set(names) - set(_TABLES))
    if unknown:
        raise InvalidRows(f"there is no table {', '.join(unknown)} to stage rows in", table=unknown)
    return list(names)


@lru_cache(maxsize=len(_TABLES))
def _columns(table: Table) -> list[tuple[str, Encode]]:
    return [(c.name, encoder(c)) for c in table.columns if c.name not in _OWN]


def _encoded(table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The table's rows as COPY reads them, in the order of the table's columns."""
    columns = _columns(table)
    names = {name for name, _ in columns}
    lines = []
    for number, row in enumerate(rows, start=1):
        if row.keys() != names:
            _refuse_columns(table, number, names, set(row))
        fields = [key, str(number)]
        for name, encode in columns:
            value = row[name]
            if value is None:
                fields.append(NULL)
                continue
            try:
                fields.append(encode(value))
            except Unfit as error:
                raise _invalid(table, number, name, str(error)) from None
        lines.append("\t".join(fields))
    return "\n".join(lines) + "\n"


def _refuse_columns(table: Table, number: int, wanted: set[str], given: set[str]) -> None:
    name = sorted(wanted ^ given)[0]
    what = "is lacking" if name in wanted else "is no column of the table"
    raise _invalid(table, number, name, what)


def _invalid(table: Table, row: int, column: str, what: str) -> InvalidRows:
    return InvalidRows(
        f"{table.name}, row {row}: {column} {what}", table=table.name, column=column, row=row
    )


def copy_rows(connection: Connection, table: Table, lines: str, schema: str = STAGING) -> None:
    """Copy encoded rows into a staging table, or into its twin of another schema.

    Raises:
        InvalidRows: PostgreSQL refuses a row.
    """
    statement = f"COPY {schema}.{table.name} FROM STDIN"
    dialect = connection.dialect
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor:
            cursor.copy_expert(statement, io.StringIO(lines))
    except dialect.loaded_dbapi.Error as error:
        # As SQLAlchemy would have it, so that `transaction` knows it.
        wrapped = DBAPIError.instance(
            statement,
            None,
            error,
            dialect.loaded_dbapi.Error,
            dialect=dialect,
            hide_parameters=True,
        )
        if isinstance(wrapped, DataError):
            raise _refused(table, error) from None
        raise wrapped from error


def _refused(table: Table, error: Any) -> InvalidRows:
    """What PostgreSQL refused though it was let through here."""
    at = _WHERE.search(error.diag.context or "")
    row, column = (int(at[1]), at[2] or "?") if at else (0, "?")
    return _invalid(table, row, column, f"is refused by PostgreSQL (SQLSTATE {error.pgcode})")
