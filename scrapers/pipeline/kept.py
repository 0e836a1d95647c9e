"""Rows that stay where a target fails: a page that can't be read again takes nothing away."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, Engine, Select, func, select

from scrapers.parsing import registry
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import BatchTargetRow, TargetRow


def kept_rows(engine: Engine, keys: Sequence[str]) -> dict[str, int]:
    """How many of these targets have landed before, by the selector version that read them.

    Raises:
        WarehouseUnavailable: the ledger can't be read.
    """
    return _count(engine, _landed(TargetRow.target_key == func.any(list(keys)))) if keys else {}


def kept_of_batch(engine: Engine, batch_id: object, states: Collection[str]) -> dict[str, int]:
    """The same of a batch's targets that are in one of these states."""
    query = _landed(TargetRow.state.in_(states), BatchTargetRow.batch_id == batch_id)
    return _count(
        engine, query.join(BatchTargetRow, BatchTargetRow.target_key == TargetRow.target_key)
    )


def read_by(engine: Engine, version: str) -> int:
    """How many targets have landed whose rows this selector version, `kind/version`, read.

    Raises:
        WarehouseUnavailable: the ledger can't be read.
    """
    return _count(engine, _landed(TargetRow.landed_version == version)).get(version, 0)


def landed_out_of_force(engine: Engine) -> dict[str, int]:
    """How many targets have rows of a version that was taken back, by version.

    Raises:
        WarehouseUnavailable: ledger or registry can't be read.
    """
    return _out_of_force(engine, _count(engine, _landed()))


def untrusted(engine: Engine, kept: Mapping[str, int]) -> str | None:
    """A sentence about rows that stay though their version was taken back; None: there are none.

    Args:
        kept: targets by version, as `kept_rows` gives them.

    Raises:
        WarehouseUnavailable: the registry can't be read.
    """
    told = [
        f"{targets} keep the rows that {version} landed"
        for version, targets in _out_of_force(engine, kept).items()
    ]
    if not told:
        return None
    return (
        f"Of them {' and '.join(told)}, which is not in force any more: take these rows for wrong "
        "until a version in force reads the pages, and read them again then"
    )


def _out_of_force(engine: Engine, targets: Mapping[str, int]) -> dict[str, int]:
    in_force = registry.names_in_force(engine) if targets else set()
    return {version: count for version, count in sorted(targets.items()) if version not in in_force}


def _landed(*conditions: ColumnElement[bool]) -> Select[str | None, int]:
    return (
        select(TargetRow.landed_version, func.count())
        .where(TargetRow.landed_at.is_not(None), *conditions)
        .group_by(TargetRow.landed_version)
    )


def _count(engine: Engine, query: Select[str | None, int]) -> dict[str, int]:
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    return {version: count for version, count in rows if version}
