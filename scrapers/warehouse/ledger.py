"""The ledger: the one truth about work. Every step that a target takes is taken here.

A batch is what one step of a run asked for. A target belongs to every batch that waits for it,
and is fetched once for all of them. A worker *claims* a target, and whatever it has to say
afterwards counts only while it holds it: a worker that was taken for dead and was not can do
no harm. A message lost between broker and worker costs time and nothing else, because the
sweep (`release_lost`, `to_send`) finds by the ledger what is due.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import insert as upsert

from scrapers.errors import BrowserUnavailable, TouchlineError, WarehouseUnavailable
from scrapers.settings import settings as current_settings
from scrapers.targets import Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import (
    BatchRow,
    BatchTargetRow,
    FailureRow,
    PageRow,
    TargetRow,
)
from scrapers.warehouse.records import (
    AT_REST,
    DISPATCH_DONE,
    BatchKey,
    Claim,
    PlannedTarget,
    Progress,
    Staged,
    State,
)

OPEN, PUBLISHED, FAILED = "open", "published", "failed"
_ASYNC_SECONDS = 15
# A worker that dies over a target again and again is given up like a browser that stays away.
_LOST = BrowserUnavailable.retry


# --- batches --------------------------------------------------------------------------------


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

    Targets at rest start over as planned; those under way for another batch go on as they
    are, and this batch waits for them too.
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
            "state": State.PLANNED,
            "kickoff_utc": unique[key].kickoff_utc,
            "planned_at": func.now(),
            "due_at": func.now(),
        }
        for key in sorted(unique)
    ]
    given = upsert(TargetRow).values(rows)
    connection.execute(
        given.on_conflict_do_update(
            index_elements=[TargetRow.target_key],
            set_={
                "state": State.PLANNED,
                "kickoff_utc": func.coalesce(given.excluded.kickoff_utc, TargetRow.kickoff_utc),
                "planned_at": func.now(),
                "due_at": func.now(),
                "attempts": 0,
                "failures": 0,
                "updated_at": func.clock_timestamp(),
                **dict.fromkeys(
                    (
                        *("sent_at", "holder", "lease_until", "failing_since"),
                        *("failure_class", "failure_detail", "failure_facts"),
                    )
                ),
            },
            where=TargetRow.state.in_(AT_REST),
        )
    )
    links = [
        {"batch_id": batch_id, "target_key": key, "reason": unique[key].reason}
        for key in sorted(unique)
    ]
    connection.execute(insert(BatchTargetRow), links)


def close_batch(engine: Engine, batch_id: UUID, state: str, summary: dict[str, Any]) -> None:
    """Close a batch as `published` or `failed`; what it was closed as first stays."""
    with transaction(engine) as connection:
        connection.execute(
            update(BatchRow)
            .where(BatchRow.batch_id == batch_id, BatchRow.state == OPEN)
            .values(state=state, summary=summary, closed_at=func.now())
        )


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

# --- progress -------------------------------------------------------------------------------

_PROGRESS = (
    select(TargetRow.state, TargetRow.failure_class, func.count().label("targets"))
    .join(BatchTargetRow, BatchTargetRow.target_key == TargetRow.target_key)
    .group_by(TargetRow.state, TargetRow.failure_class)
)


def progress(engine: Engine, batch_id: UUID) -> Progress:
    """How far a batch is."""
    with transaction(engine) as connection:
        rows = connection.execute(_PROGRESS.where(BatchTargetRow.batch_id == batch_id)).all()
    return _progress(batch_id, ((row[0], row[1], row[2]) for row in rows))


async def async_progress(batch_id: UUID) -> Progress:
    """The same without a thread, for Airflow's triggerer; the settings' database.

    Raises:
        WarehouseUnavailable: it can't be reached.
    """
    import asyncpg  # only the triggerer needs it
    from sqlalchemy import make_url

    url = make_url(current_settings().database_url.get_secret_value()).set(drivername="postgresql")
    query = _PROGRESS.where(BatchTargetRow.batch_id == text("$1"))
    try:
        connection = await asyncpg.connect(
            url.render_as_string(hide_password=False),
            timeout=_ASYNC_SECONDS,
            command_timeout=_ASYNC_SECONDS,
        )
        try:
            rows = await connection.fetch(str(query.compile(dialect=_DIALECT)), batch_id)
        finally:
            await connection.close(timeout=_ASYNC_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise WarehouseUnavailable(f"PostgreSQL: {error or type(error).__name__}") from error
    return _progress(batch_id, ((row[0], row[1], row[2]) for row in rows))


def _progress(batch_id: UUID, rows: Iterable[tuple[str, str | None, int]]) -> Progress:
    by_state: dict[State, int] = {}
    failures: dict[str, int] = {}
    for name, failure_class, count in rows:
        state = State(name)
        by_state[state] = by_state.get(state, 0) + count
        if failure_class and state in (State.BLOCKED, State.QUARANTINED):
            failures[failure_class] = failures.get(failure_class, 0) + count
    done = all(state in DISPATCH_DONE for state in by_state)
    return Progress(batch_id, sum(by_state.values()), by_state, failures, done)


# --- sending --------------------------------------------------------------------------------


def to_send(engine: Engine, state: State, limit: int, *, batch_id: UUID | None = None) -> list[str]:
    """Take up to `limit` targets that are due and not sent yet, marked as sent; earliest first.

    Args:
        state: PLANNED for the fetch workers, ARCHIVED for the parse workers.
        batch_id: only of this batch.
    """
    due = (
        select(TargetRow.target_key)
        .where(
            TargetRow.state == state, TargetRow.due_at <= func.now(), TargetRow.sent_at.is_(None)
        )
        .order_by(TargetRow.planned_at, TargetRow.kickoff_utc.nulls_first(), TargetRow.target_key)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if batch_id is not None:
        due = due.where(
            TargetRow.target_key.in_(
                select(BatchTargetRow.target_key).where(BatchTargetRow.batch_id == batch_id)
            )
        )
    with transaction(engine) as connection:
        keys = list(connection.scalars(due))
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key.in_(keys))
            .values(sent_at=func.clock_timestamp())
        )
    return keys


def not_sent(engine: Engine, target_keys: Sequence[str]) -> None:
    """Take back that these were sent: the broker did not take them."""
    with transaction(engine) as connection:
        connection.execute(
            update(TargetRow)
            .where(
                TargetRow.target_key.in_(target_keys),
                TargetRow.state.in_((State.PLANNED, State.ARCHIVED)),
                TargetRow.holder.is_(None),
            )
            .values(sent_at=None)
        )


def outstanding(engine: Engine, state: State) -> int:
    """Targets sent in this state that no worker has taken up."""
    query = (
        select(func.count())
        .select_from(TargetRow)
        .where(TargetRow.state == state, TargetRow.sent_at.is_not(None), TargetRow.holder.is_(None))
    )
    with transaction(engine) as connection:
        return connection.scalar(query) or 0


def release_lost(
    engine: Engine, state: State, *, sent_before: timedelta, at_most: int
) -> tuple[int, int]:
    """Make ready to be sent again what got lost; (lost by workers, lost by the broker).

    A worker's hold that ran out is lost for sure. A message that nobody took up for
    `sent_before` may be lost; of these the `at_most` oldest, which the caller counts as those
    that the broker does not hold any more.

    Args:
        state: PLANNED or ARCHIVED.
    """
    held = State.FETCHING if state is State.PLANNED else State.ARCHIVED
    with transaction(engine) as connection:
        by_workers = connection.execute(
            update(TargetRow)
            .where(
                TargetRow.state == held,
                TargetRow.holder.is_not(None),
                TargetRow.lease_until < func.now(),
            )
            .values(
                state=state,
                holder=None,
                lease_until=None,
                sent_at=None,
                failing_since=func.coalesce(TargetRow.failing_since, func.now()),
            )
        ).rowcount
        oldest = (
            select(TargetRow.target_key)
            .where(
                TargetRow.state == state,
                TargetRow.holder.is_(None),
                TargetRow.sent_at < func.now() - sent_before,
            )
            .order_by(TargetRow.sent_at)
            .limit(max(at_most, 0))
            .with_for_update(skip_locked=True)
        )
        keys = list(connection.scalars(oldest)) if at_most > 0 else []
        connection.execute(
            update(TargetRow).where(TargetRow.target_key.in_(keys)).values(sent_at=None)
        )
    return by_workers, len(keys)


# --- a worker's words -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """What the ledger keeps of an archived page; the archive's facts have more."""

    page_hash: str
    url: str
    title: str
    status: int | None
    browser: str
    size_bytes: int
    ready: bool
    load_seconds: float
    fetched_at: datetime


def claim_fetch(engine: Engine, target_key: str, holder: UUID, lease: timedelta) -> Claim | None:
    """Hold a planned target, to fetch it; None: it is not to be fetched, or another holds it.

    Claimed again by the same `holder`, its worker died and the message was delivered again.
    """
    return _claim(engine, target_key, holder, lease, State.PLANNED, State.FETCHING)


def claim_parse(engine: Engine, target_key: str, holder: UUID, lease: timedelta) -> Claim | None:
    """Hold an archived target, to parse it; None: it is not to be parsed, or another holds it."""
    return _claim(engine, target_key, holder, lease, State.ARCHIVED, State.ARCHIVED)


def _claim(
    engine: Engine, target_key: str, holder: UUID, lease: timedelta, waiting: State, held: State
) -> Claim | None:
    lost = (TargetRow.state == held) & TargetRow.holder.is_not(None)
    free = (TargetRow.state == waiting) & TargetRow.holder.is_(None)
    query = (
        update(TargetRow)
        .where(
            TargetRow.target_key == target_key,
            or_(
                free & (TargetRow.due_at <= func.now()),
                lost & or_(TargetRow.holder == holder, TargetRow.lease_until < func.now()),
            ),
        )
        .values(
            state=held,
            holder=holder,
            lease_until=func.now() + lease,
            # A parse is no try of its own: only fetches count.
            attempts=TargetRow.attempts
            + (case((lost, 0), else_=1) if held is State.FETCHING else literal(0)),
            failing_since=case(
                (lost, func.coalesce(TargetRow.failing_since, func.now())),
                else_=TargetRow.failing_since,
            ),
        )
        .returning(
            TargetRow.attempts,
            TargetRow.page_hash,
            TargetRow.fetched_at,
        )
    )
    with transaction(engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Claim(
        Target.from_key(target_key), holder, max(row.attempts, 1), row.page_hash, row.fetched_at
    )


def _held(claim: Claim) -> Any:
    return (TargetRow.target_key == claim.target.key) & (TargetRow.holder == claim.holder)


_FREE = {"holder": None, "lease_until": None, "sent_at": None}
_WELL = dict.fromkeys(("failure_class", "failure_detail", "failure_facts", "failing_since"))


def archived(engine: Engine, claim: Claim, page: FetchedPage) -> bool:
    """The page is in the archive, to be parsed next; False: the hold is gone."""
    with transaction(engine) as connection:
        _note_page(connection, claim, page)
        taken = connection.execute(
            update(TargetRow)
            .where(_held(claim), TargetRow.state == State.FETCHING)
            .values(
                state=State.ARCHIVED,
                page_hash=page.page_hash,
                fetched_at=page.fetched_at,
                due_at=func.now(),
                failures=0,
                **_FREE,
                **_WELL,
            )
        )
        return bool(taken.rowcount)


def absent(engine: Engine, claim: Claim, error: TouchlineError) -> bool:
    """The page says that there is nothing to read; False: the hold is gone."""
    with transaction(engine) as connection:
        taken = connection.execute(
            update(TargetRow)
            .where(_held(claim))
            .values(
                state=State.ABSENT,
                failure_class=error.failure_class,
                failure_detail=error.detail,
                failure_facts=error.facts,
                failing_since=None,
                **_FREE,
            )
        )
        return bool(taken.rowcount)


def failed(
    engine: Engine,
    claim: Claim,
    error: TouchlineError,
    stage: str,
    again: State,
    page: FetchedPage | None = None,
) -> datetime | None:
    """Record a failure; its class decides whether the target is tried again, and when.

    Args:
        stage: where it failed: fetch or parse.
        again: the state from which it is tried again: PLANNED or ARCHIVED.
        page: the page that was archived before it failed.

    Returns:
        When it is tried again; None: it is blocked, or another holds it by now.
    """
    policy = error.retry
    with transaction(engine) as connection:
        if page is not None:
            _note_page(connection, claim, page)
        row = connection.execute(
            select(TargetRow.attempts, TargetRow.failures, TargetRow.failing_since)
            .where(_held(claim))
            .with_for_update()
        ).one_or_none()
        if row is None:
            return None
        now = datetime.now(UTC)
        since = row.failing_since or now
        failures = row.failures + 1
        tries = row.attempts if again is State.PLANNED else failures
        retries = policy.allows_retry(tries, now - since)
        due = now + policy.wait_before(failures) if retries else None
        connection.execute(
            update(TargetRow)
            .where(_held(claim))
            .values(
                state=again if retries else State.BLOCKED,
                due_at=due or now,
                attempts=TargetRow.attempts
                - (1 if retries and not policy.uses_attempt and again is State.PLANNED else 0),
                failures=failures,
                failing_since=since,
                failure_class=error.failure_class,
                failure_detail=error.detail,
                failure_facts=error.facts,
                **({"page_hash": page.page_hash, "fetched_at": page.fetched_at} if page else {}),
                **_FREE,
            )
        )
        _note_failure(connection, claim, error, stage, row.attempts, due, page)
    return due


def postpone(engine: Engine, claim: Claim, until: datetime) -> None:
    """Give a target back untouched, to be taken up at `until`: its source is paused."""
    with transaction(engine) as connection:
        connection.execute(
            update(TargetRow)
            .where(_held(claim))
            .values(state=State.PLANNED, due_at=until, attempts=TargetRow.attempts - 1, **_FREE)
        )


def given_up(engine: Engine, claim: Claim) -> bool:
    """Whether workers have been dying over this target for too long, one after the other."""
    query = select(TargetRow.failing_since, TargetRow.failures).where(_held(claim))
    with transaction(engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None or row.failing_since is None or row.failures:
        return False
    return not _LOST.allows_retry(1, datetime.now(UTC) - row.failing_since)


def _note_page(connection: Connection, claim: Claim, page: FetchedPage) -> None:
    facts = {
        "url": page.url,
        "title": page.title,
        "status": page.status,
        "browser": page.browser,
        "size_bytes": page.size_bytes,
        "ready": page.ready,
        "load_seconds": page.load_seconds,
        "last_fetched_at": page.fetched_at,
    }
    connection.execute(
        upsert(PageRow)
        .values(
            page_hash=page.page_hash,
            target_key=claim.target.key,
            first_fetched_at=page.fetched_at,
            **facts,
        )
        .on_conflict_do_update(index_elements=[PageRow.page_hash, PageRow.target_key], set_=facts)
    )


def _note_failure(
    connection: Connection,
    claim: Claim,
    error: TouchlineError,
    stage: str,
    attempt: int,
    retry_at: datetime | None,
    page: FetchedPage | None,
) -> None:
    connection.execute(
        insert(FailureRow).values(
            target_key=claim.target.key,
            stage=stage,
            failure_class=error.failure_class,
            severity=error.severity,
            detail=error.detail,
            facts=error.facts,
            attempt=attempt,
            retry_at=retry_at,
            page_hash=page.page_hash if page else claim.page_hash,
        )
    )
