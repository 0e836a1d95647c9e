"""The ledger: the one truth about work.

A batch is what one step of a run asked for. A target belongs to every batch that waits for it,
and is fetched once for all of them. This module opens batches, tells how far they are, and
closes them; `sending` hands their targets to the broker, `holding` is what a worker says of a
target that it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import insert as upsert

from scrapers.errors import WarehouseUnavailable
from scrapers.settings import settings as current_settings
from scrapers.targets import SOURCE
from scrapers.warehouse import gaps
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import (
    BatchRow,
    BatchTargetRow,
    SourceStateRow,
    TargetRow,
)
from scrapers.warehouse.records import (
    AT_REST,
    DISPATCH_DONE,
    FORCE,
    BatchKey,
    PlannedTarget,
    Progress,
    Staged,
    State,
)

OPEN, PUBLISHED, FAILED = "open", "published", "failed"
# Airflow stops a run after 20 hours; one of the command line may take longer, and moves.
ABANDONED_AGE, ABANDONED_STILL = timedelta(hours=24), timedelta(hours=6)
_ASYNC_SECONDS = 15


def open_batch_id(engine: Engine, key: BatchKey) -> UUID | None:
    """The open batch of a run's step; None if there is none."""
    with transaction(engine) as connection:
        return _open_id(connection, key)


def open_batch(
    engine: Engine,
    key: BatchKey,
    planned: Sequence[PlannedTarget],
    interval: tuple[datetime, datetime] | None,
) -> UUID:
    """Open a batch of these targets; the one that is open already if another was quicker.

    Targets at rest start over, to be fetched, or to be read from the archived page that the plan
    names; those under way for another batch go on as they are, and this batch waits for them too.
    What a person has dropped, also since it was planned, stays dropped but by force.
    """
    start, end = interval or (None, None)
    with transaction(engine) as connection:
        latest = (
            select(func.coalesce(func.max(BatchRow.round), 0) + 1)
            .where(
                BatchRow.dag_id == key.dag_id,
                BatchRow.run_id == key.run_id,
                BatchRow.step == key.step,
            )
            .scalar_subquery()
        )
        batch_id: UUID | None = connection.scalar(
            upsert(BatchRow)
            .values(
                batch_id=uuid4(),
                dag_id=key.dag_id,
                run_id=key.run_id,
                step=str(key.step),
                round=latest,
                state=OPEN,
                interval_start=start,
                interval_end=end,
            )
            .on_conflict_do_nothing()
            .returning(BatchRow.batch_id)
        )
        if batch_id is None:
            found = _open_id(connection, key)
            if found is None:  # opened and closed by another in this very moment
                raise WarehouseUnavailable(f"the batch of {key} changed under our hands: try again")
            return found
        _plan(connection, batch_id, planned)
    return batch_id


def _open_id(connection: Connection, key: BatchKey) -> UUID | None:
    found: UUID | None = connection.scalar(
        select(BatchRow.batch_id).where(
            BatchRow.dag_id == key.dag_id,
            BatchRow.run_id == key.run_id,
            BatchRow.step == str(key.step),
            BatchRow.state == OPEN,
        )
    )
    return found


def _plan(connection: Connection, batch_id: UUID, planned: Sequence[PlannedTarget]) -> None:
    # In the order of their keys, so that two dispatches never wait for each other's rows.
    unique = {item.target.key: item for item in planned}
    if not unique:
        return
    rows = [
        {
            "target_key": key,
            "page_kind": str(unique[key].target.page_kind),
            "state": State.ARCHIVED if item.page else State.PLANNED,
            "kickoff_utc": item.kickoff_utc,
            "planned_at": func.now(),
            "due_at": func.now(),
            "page_hash": item.page.page_hash if item.page else None,
            "fetched_at": item.page.fetched_at if item.page else None,
            "asked_version": item.version,
            "archive_only": item.page is not None,
        }
        for key, item in sorted(unique.items())
    ]
    given = upsert(TargetRow).values(rows)
    _free_forgotten(connection, sorted(unique))
    forced = [key for key, item in unique.items() if item.reason == FORCE]
    startable: ColumnElement[bool] = TargetRow.state.in_(AT_REST - {State.DROPPED})
    startable |= (TargetRow.state == State.DROPPED) & TargetRow.target_key.in_(forced)
    if chosen := [item.page.chosen_at for item in unique.values() if item.page]:
        # A page that was chosen must not take the place of a newer one.
        startable &= given.excluded.page_hash.is_(None) | (TargetRow.updated_at <= min(chosen))
    connection.execute(
        given.on_conflict_do_update(
            index_elements=[TargetRow.target_key],
            set_={
                "state": given.excluded.state,
                "kickoff_utc": func.coalesce(given.excluded.kickoff_utc, TargetRow.kickoff_utc),
                "planned_at": func.now(),
                "due_at": func.now(),
                "attempts": 0,
                "failures": 0,
                "page_hash": func.coalesce(given.excluded.page_hash, TargetRow.page_hash),
                "fetched_at": func.coalesce(given.excluded.fetched_at, TargetRow.fetched_at),
                "asked_version": given.excluded.asked_version,
                "archive_only": given.excluded.archive_only,
                "updated_at": func.clock_timestamp(),
                **dict.fromkeys(
                    (
                        *("sent_at", "holder", "lease_until", "failing_since"),
                        *("failure_class", "failure_detail", "failure_facts"),
                        "staged_sha256",
                    )
                ),
            },
            where=startable,
        )
    )
    links = [
        {"batch_id": batch_id, "target_key": key, "reason": unique[key].reason}
        for key in sorted(unique)
    ]
    connection.execute(insert(BatchTargetRow), links)


def _free_forgotten(connection: Connection, keys: Sequence[str]) -> None:
    """Let targets rest whose rows were staged for a batch that failed: they may be old."""
    waited_for = (
        select(BatchTargetRow.batch_id)
        .join(BatchRow, BatchRow.batch_id == BatchTargetRow.batch_id)
        .where(BatchTargetRow.target_key == TargetRow.target_key, BatchRow.state == OPEN)
        .exists()
    )
    connection.execute(
        update(TargetRow)
        .where(TargetRow.target_key.in_(keys), TargetRow.state == State.PARSED, ~waited_for)
        .values(state=State.BLOCKED)
    )


def close_batch(
    engine: Engine,
    batch_id: UUID,
    state: str,
    summary: dict[str, Any],
    *,
    abandoned: bool = False,
) -> bool:
    """Close a batch as `published` or `failed`; what it was closed as first stays.

    What it did not get, though it may well be there, is recorded as gaps; see `gaps`.

    Args:
        abandoned: nobody will publish what was read for it.

    Returns:
        False: it was closed already.
    """
    with transaction(engine) as connection:
        closed = connection.execute(
            update(BatchRow)
            .where(BatchRow.batch_id == batch_id, BatchRow.state == OPEN)
            .values(state=state, summary=summary, closed_at=func.clock_timestamp())
        )
        if closed.rowcount:
            gaps.record(connection, batch_id, abandoned=abandoned)
        return bool(closed.rowcount)


def close_run(engine: Engine, dag_id: str, run_id: str, why: str) -> int:
    """Close as failed what a run, which has ended, has left open; how many batches.

    Raises:
        WarehouseUnavailable: what was not closed `close_abandoned` closes.
    """
    of_run = select(BatchRow.batch_id).where(
        BatchRow.dag_id == dag_id, BatchRow.run_id == run_id, BatchRow.state == OPEN
    )
    with transaction(engine) as connection:
        left = connection.scalars(of_run).all()
    return sum(
        close_batch(engine, batch_id, FAILED, {"failure": why}, abandoned=True) for batch_id in left
    )


def close_abandoned(engine: Engine) -> list[UUID]:
    """Close as failed what nobody waits for any more: its run was killed, or never taken up again.

    That is a batch that is older than any run of Airflow may become, and whose pages have not
    moved for hours.

    Raises:
        WarehouseUnavailable: the next call closes the rest.
    """
    moving = (
        select(BatchTargetRow.target_key)
        .join(TargetRow, TargetRow.target_key == BatchTargetRow.target_key)
        .where(
            BatchTargetRow.batch_id == BatchRow.batch_id,
            TargetRow.updated_at > func.now() - ABANDONED_STILL,
        )
        .exists()
    )
    query = (
        select(BatchRow.batch_id)
        .where(BatchRow.state == OPEN, BatchRow.created_at < func.now() - ABANDONED_AGE, ~moving)
        .order_by(BatchRow.created_at)
    )
    with transaction(engine) as connection:
        left = connection.scalars(query).all()
    why = {"failure": "nobody has waited for it any more: its run was stopped"}
    return [
        batch_id for batch_id in left if close_batch(engine, batch_id, FAILED, why, abandoned=True)
    ]


def staged(engine: Engine, batch_id: UUID) -> list[Staged]:
    """The batch's targets whose rows wait in staging, by key."""
    query = (
        select(TargetRow.target_key, TargetRow.staged_id)
        .join(BatchTargetRow, BatchTargetRow.target_key == TargetRow.target_key)
        .where(BatchTargetRow.batch_id == batch_id, TargetRow.state == State.PARSED)
        .order_by(TargetRow.target_key)
    )
    with transaction(engine) as connection:
        return [Staged(row.target_key, row.staged_id) for row in connection.execute(query)]


_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def _of_pause(what: Any) -> Any:
    """A column of the source's pause, null while it is asked for pages."""
    return (
        select(what)
        .where(SourceStateRow.source == SOURCE, SourceStateRow.paused_until > func.now())
        .scalar_subquery()
    )


_PROGRESS = (
    select(
        TargetRow.state,
        TargetRow.failure_class,
        func.count().label("targets"),
        _of_pause(SourceStateRow.paused_until).label("paused_until"),
        _of_pause(
            func.coalesce("by " + SourceStateRow.paused_by, SourceStateRow.failure_class, "")
        ).label("paused_for"),
    )
    .join(BatchTargetRow, BatchTargetRow.target_key == TargetRow.target_key)
    .group_by(TargetRow.state, TargetRow.failure_class)
)


def progress(engine: Engine, batch_id: UUID) -> Progress:
    """How far a batch is."""
    with transaction(engine) as connection:
        rows = connection.execute(_PROGRESS.where(BatchTargetRow.batch_id == batch_id)).all()
    return _progress(batch_id, (tuple(row) for row in rows))


async def async_progress(batch_id: UUID) -> Progress:
    """The same without a thread, for Airflow's triggerer; the settings' database.

    Raises:
        WarehouseUnavailable: it can't be reached.
    """
    import asyncpg  # only the triggerer needs it
    from sqlalchemy import make_url

    url = make_url(current_settings().database_url.get_secret_value())
    query = _PROGRESS.where(BatchTargetRow.batch_id == text("$1"))
    try:
        connection = await asyncpg.connect(
            # Not the address itself: asyncpg takes options of libpq for settings of the server.
            host=url.host,
            port=url.port,
            user=url.username,
            password=url.password,
            database=url.database,
            ssl=url.query.get("sslmode"),
            timeout=_ASYNC_SECONDS,
            command_timeout=_ASYNC_SECONDS,
        )
        try:
            told = query.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})
            rows = await connection.fetch(str(told), batch_id)
        finally:
            await connection.close(timeout=_ASYNC_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise WarehouseUnavailable(f"PostgreSQL: {error or type(error).__name__}") from error
    return _progress(batch_id, (tuple(row.values()) for row in rows))


def _progress(batch_id: UUID, rows: Iterable[tuple[Any, ...]]) -> Progress:
    by_state: dict[State, int] = {}
    failures: dict[str, int] = {}
    paused_until, paused_for = None, ""
    for name, failure_class, count, until, why in rows:
        paused_until, paused_for = until, why or ""
        state = State(name)
        by_state[state] = by_state.get(state, 0) + count
        if failure_class and state in (State.BLOCKED, State.QUARANTINED):
            failures[failure_class] = failures.get(failure_class, 0) + count
    done = all(state in DISPATCH_DONE for state in by_state)
    return Progress(
        batch_id, sum(by_state.values()), by_state, failures, done, paused_until, paused_for
    )
