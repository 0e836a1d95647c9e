"""From staging to the core tables: a batch's good targets, in one transaction.

After a landing the core tables say of each match and feed what its latest page says, whatever
order the pages came in; landing the same again changes no row. Landings take turns, so that
none of them sees another's half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, func, insert, select, text, tuple_, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from scrapers.errors import InvalidBatch
from scrapers.targets import PageKind, Target, id_names
from scrapers.warehouse import gaps
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.landing_sql import STAGE_OF_MATCHES, TABLES
from scrapers.warehouse.names import note_names
from scrapers.warehouse.ops_tables import LandingRow, QuarantineRow, TargetRow
from scrapers.warehouse.records import Staged, State
from scrapers.warehouse.staging import delete_staged

# Any constant: landings take turns on it.
_LOCK = 5_764_607_523_034_234
_SAME_ROW_TWICE = "21000"
_TOO_LARGE = "54"  # SQLSTATEs of the server's limits


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What a landing did to a table.

    Attributes:
        deleted: rows that vanished from their page; a fixture is closed, not deleted.
        unchanged: rows that were there already, the same.
    """

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A column that a landing would change.

    Attributes:
        rows: in how many rows.
        replaced: in how many of them there is a value already, of a version that is trusted.
        landed: in how many of all the rows there is one.
        key: the key of one of them, of the latter if there is one.
        old: its value there.
        new: what it would be.
    """

    rows: int
    replaced: int
    landed: int
    key: list[Any]
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a landing would do to a table; see `RowCounts`.

    Attributes:
        lost: of the rows that would be deleted, those of a version that is trusted.
    """

    counts: RowCounts
    changes: dict[str, Change]
    lost: int = 0

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        changes = {column: asdict(change) for column, change in self.changes.items()}
        return {**asdict(self.counts), "lost": self.lost, "changes": changes}


def land(engine: Engine, batch_id: UUID, good: Sequence[Staged]) -> dict[str, RowCounts]:
    """Land the staged rows of these targets, all of them or nothing.

    Targets that are no longer staged as they were judged (another run landed them, or their
    page was read anew) are left out.

    Returns:
        What was done by table, tables without any row left out.

    Raises:
        InvalidBatch: PostgreSQL refuses a row, by the constraint it names; nothing landed.
        WarehouseUnavailable: nothing landed; call again.
    """
    if not good:
        return {}
    with transaction(engine) as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        keys = _lock_targets(connection, good)
        if not keys:
            return {}
        # Taken when the turn has come, so that who reads what changed since then misses nothing.
        now = connection.scalar(select(func.clock_timestamp()))
        given = {"batch_id": str(batch_id), "now": now, "keys": keys, **_ids(keys)}
        try:
            counts = _land_rows(connection, given)
            note_names(connection, keys)
        except (IntegrityError, ProgrammingError, OperationalError) as error:
            if refused := _refused(error):
                raise refused from error
            raise
        _note(connection, batch_id, keys, counts, now)
        delete_staged(connection, keys)
    return counts


def foresee(
    connection: Connection, keys: Sequence[str], distrusted: Sequence[str] = ()
) -> dict[str, Foreseen]:
    """What landing the staged rows of these targets would do; nothing is done, nothing locked.

    Tables without any row are left out. What one row of the batch does to another (a match's
    stage, told by a feed that lands with it) is not foreseen.

    Args:
        distrusted: selector versions whose values do not count as landed ones.
    """
    given = {"keys": list(keys), "distrusted": list(distrusted), **_ids(keys)}
    _plan_for_many(connection)
    found: dict[str, Foreseen] = {}
    for table in TABLES:
        row = connection.execute(text(table.foresee), given).mappings().one()
        counted = {name: row[name] for name in ("staged", "inserted", "updated")}
        gone = lost = 0
        if table.foresee_vanish:
            gone, lost = connection.execute(text(table.foresee_vanish), given).one()
        counts = RowCounts(
            row["inserted"],
            row["updated"],
            gone,
            row["staged"] - row["inserted"] - row["updated"],
        )
        if any(asdict(counts).values()):
            changes = {
                name.removeprefix("changed "): Change(*value[:3], *value[3])
                for name, value in row.items()
                if name not in counted and value[0]
            }
            found[table.name] = Foreseen(counts, changes, lost)
    return found


def _plan_for_many(connection: Connection) -> None:
    # Statistics of the staging tables are of other targets, long gone: by them the planner may
    # expect one row and loop over all of them for each.
    connection.execute(text("SET LOCAL enable_nestloop = off"))


def _lock_targets(connection: Connection, good: Sequence[Staged]) -> list[str]:
    """Keys of those that still wait as they were judged; nobody else changes them now."""
    pairs = [(staged.target_key, staged.staged_id) for staged in good]
    query = (
        select(TargetRow.target_key)
        .where(
            TargetRow.state == State.PARSED,
            tuple_(TargetRow.target_key, TargetRow.staged_id).in_(pairs),
        )
        .order_by(TargetRow.target_key)
        .with_for_update(key_share=True)
    )
    return list(connection.scalars(query))


def _ids(keys: Sequence[str]) -> dict[str, list[Any]]:
    """The ids in the targets' keys, as the statements' parameters."""
    targets = [Target.from_key(key) for key in keys]
    feeds = [target for target in targets if target.page_kind is PageKind.SCHEDULE]
    of_pages = {
        f"{kind}_{name}": [
            int(value) if (value := target.id_map[name]).isdecimal() else value
            for target in targets
            if target.page_kind is kind
        ]
        for kind in PageKind
        for name in id_names(kind)
    }
    return of_pages | {
        "feeds": [target.key for target in feeds],
        "stages": [int(target.id_map["stage_id"]) for target in feeds],
        "months": [target.id_map["month"] for target in feeds],
    }


def _land_rows(connection: Connection, given: dict[str, Any]) -> dict[str, RowCounts]:
    _plan_for_many(connection)
    counts: dict[str, RowCounts] = {}
    for table in TABLES:
        row = connection.execute(text(table.merge), given).one()
        same = row.staged - row.inserted - row.updated
        counts[table.name] = RowCounts(row.inserted, row.updated, unchanged=same)
    # Children first, and after all merges: nothing hangs on a row that vanished any more.
    for table in reversed(TABLES):
        if table.vanish:
            gone = connection.execute(text(table.vanish), given).rowcount
            counts[table.name] = replace(counts[table.name], deleted=gone)
    if given["feeds"]:
        staged = connection.execute(text(STAGE_OF_MATCHES), given).rowcount
        counts["match"] = replace(counts["match"], updated=counts["match"].updated + staged)
    return {name: count for name, count in counts.items() if any(asdict(count).values())}


def _note(
    connection: Connection,
    batch_id: UUID,
    keys: Sequence[str],
    counts: dict[str, RowCounts],
    now: Any,
) -> None:
    connection.execute(
        update(TargetRow)
        .where(TargetRow.target_key.in_(keys))
        .values(
            state=State.LANDED,
            landed_at=now,
            landed_version=TargetRow.selector_version,
            **dict.fromkeys(
                (
                    *("holder", "lease_until", "failing_since"),
                    *("failure_class", "failure_detail", "failure_facts"),
                )
            ),
        )
    )
    connection.execute(
        update(QuarantineRow)
        .where(QuarantineRow.target_key.in_(keys), QuarantineRow.resolved_at.is_(None))
        .values(resolved_at=now)
    )
    gaps.close(connection, keys, gaps.LANDED)
    if counts:
        rows = [
            {"batch_id": batch_id, "table_name": name, "at": now, **asdict(count)}
            for name, count in counts.items()
        ]
        connection.execute(insert(LandingRow), rows)


def _refused(error: IntegrityError | ProgrammingError | OperationalError) -> InvalidBatch | None:
    """The failure by the constraint's name, without values; None: a defect of ours."""
    diagnosis = getattr(error.orig, "diag", None)
    code = getattr(error.orig, "pgcode", None)
    if code == _SAME_ROW_TWICE:
        return InvalidBatch("a page gives the same row twice: see the gate's report", sqlstate=code)
    if (code or "").startswith(_TOO_LARGE):
        # The same value would be too long the next time too: no outage to be waited for.
        return InvalidBatch("a row has a value that is too long for an index", sqlstate=code)
    if not isinstance(error, IntegrityError):
        return None
    table = getattr(diagnosis, "table_name", None) or "?"
    what = getattr(diagnosis, "constraint_name", None) or "NOT NULL"
    column = getattr(diagnosis, "column_name", None)
    return InvalidBatch(
        f"the rows can't land: core.{table} refuses one by {what}"
        + (f" of {column}" if column else ""),
        table=table,
        constraint=what,
        sqlstate=code,
    )
