"""What a worker says to the ledger of the target that it holds.

Whatever it has to say counts only while it holds the target: a worker that was taken for dead
and was not can do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, case, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from scrapers.errors import BrowserUnavailable, TouchlineError
from scrapers.targets import Target
from scrapers.warehouse import gaps
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import FailureRow, PageRow, TargetRow
from scrapers.warehouse.records import Claim, State


@dataclass(slots=True)
class _Lease:
    """How long a hold lasts without a sign of life; a living worker prolongs it well before."""

    length: timedelta = timedelta(seconds=30)


_lease = _Lease()
_LONG_SILENT = 20  # so many holds; ten minutes, as a rule


def set_lease(seconds: float) -> None:
    """How long the holds of this process last, in seconds; see the setting `lease_seconds`."""
    _lease.length = timedelta(seconds=seconds)


def renew_seconds() -> float:
    """Pause after which a hold is to be prolonged: three tries fit into it."""
    return _lease.length.total_seconds() / 4


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


def claim_fetch(engine: Engine, target_key: str, holder: UUID) -> Claim | None:
    """Hold a planned target, to fetch it; None: it is not to be fetched, or somebody holds it.

    A message that the broker delivers twice gives no second hold: whether the first worker is
    dead is for the lease to say.

    Args:
        holder: a new id for each try, so that no two workers can be taken for one.
    """
    return _claim(engine, target_key, holder, State.PLANNED, State.FETCHING)


def claim_parse(engine: Engine, target_key: str, holder: UUID) -> Claim | None:
    """Hold an archived target, to parse it; see `claim_fetch`."""
    return _claim(engine, target_key, holder, State.ARCHIVED, State.ARCHIVED)


_CLAIM = (
    TargetRow.target_key,
    TargetRow.holder,
    TargetRow.attempts,
    TargetRow.page_hash,
    TargetRow.fetched_at,
    TargetRow.planned_at,
    TargetRow.asked_version,
    TargetRow.archive_only,
    TargetRow.failure_class,
    TargetRow.failure_facts,
)


def _claim(
    engine: Engine, target_key: str, holder: UUID, waiting: State, held: State
) -> Claim | None:
    query = (
        select(*_CLAIM)
        .where(
            TargetRow.target_key == target_key,
            TargetRow.state == waiting,
            TargetRow.holder.is_(None),
            TargetRow.due_at <= func.now(),
        )
        .with_for_update()
    )
    with transaction(engine) as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        # A parse is no try of its own: only fetches count.
        attempts = row.attempts + (1 if held is State.FETCHING else 0)
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key == target_key)
            .values(
                state=held, holder=holder, lease_until=func.now() + _lease.length, attempts=attempts
            )
        )
    return _claim_of(row, holder, attempts)


def _claim_of(row: Any, holder: UUID, attempts: int) -> Claim:
    return Claim(
        Target.from_key(row.target_key),
        holder,
        attempts,
        row.page_hash,
        row.fetched_at,
        row.planned_at,
        row.asked_version,
        row.archive_only,
        _failed_hub(row.failure_class, row.failure_facts),
    )


def _failed_hub(failure_class: str | None, facts: dict[str, Any] | None) -> str:
    if failure_class != BrowserUnavailable.__name__ or not facts:
        return ""
    return str(facts.get("hub", ""))


def prolong(engine: Engine, claim: Claim) -> bool:
    """Hold the target for another `LEASE`; False: the hold is gone."""
    with transaction(engine) as connection:
        kept = connection.execute(
            update(TargetRow).where(_held(claim)).values(lease_until=func.now() + _lease.length)
        )
        return bool(kept.rowcount)


def lost_claims(
    engine: Engine, held: State, *, late: timedelta = timedelta(seconds=15)
) -> list[Claim]:
    """Holds whose workers are gone. Each is to be told as `WorkerLost`.

    That a hold ran out proves nothing: while PostgreSQL was away, or could not be reached, no
    worker could prolong any. So a worker is gone that was seen to be silent, half of its hold
    long, and was not heard of for a whole hold's time after that, in which PostgreSQL was there
    to be told. What was seen stands in the ledger, in `due_at`, which means nothing else while a
    target is held: whichever process sweeps next knows it, and a hold that is prolonged is at
    once no silent one any more. A note that nobody acted on soon after it came due
    was not seen: PostgreSQL was away again, and the worker is given another hold's time; but not
    for ever, as the sweeps themselves may be late.

    Args:
        held: FETCHING or ARCHIVED.
        late: how long after a note came due a sweep has seen it, if any could; several times
            what lies between two sweeps.
    """
    is_held = (TargetRow.state == held) & TargetRow.holder.is_not(None)
    # When it was taken, a target was due long before its hold could run out.
    is_seen = (TargetRow.due_at > func.now() - late) | (
        TargetRow.lease_until < func.now() - _LONG_SILENT * _lease.length
    )
    is_noted = (TargetRow.due_at > TargetRow.lease_until) & is_seen
    silent = (
        select(TargetRow.target_key)
        .where(is_held, TargetRow.lease_until < func.now() + _lease.length / 2, ~is_noted)
        .order_by(TargetRow.target_key)
        # Whoever has it just now prolongs it, ends it or notes it himself.
        .with_for_update(skip_locked=True)
    )
    lost = select(*_CLAIM).where(
        is_held, TargetRow.lease_until < func.now(), is_noted, TargetRow.due_at <= func.now()
    )
    with transaction(engine) as connection:
        if keys := connection.scalars(silent).all():
            connection.execute(
                update(TargetRow)
                .where(TargetRow.target_key.in_(keys))
                .values(due_at=func.now() + _lease.length)
            )
        rows = connection.execute(lost).all()
    return [_claim_of(row, row.holder, row.attempts) for row in rows if row.holder is not None]


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


def absent(
    engine: Engine, claim: Claim, error: TouchlineError, page: FetchedPage | None = None
) -> bool:
    """The page says that there is nothing to read; False: the hold is gone.

    Args:
        page: the site's answer that there is no such page. It is noted as fetched, and never
            becomes the target's own page: there is nothing in it for any selector.
    """
    with transaction(engine) as connection:
        if page is not None:
            _note_page(connection, claim, page)
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
        if taken.rowcount:
            gaps.close(connection, [claim.target.key], gaps.ABSENT)
        return bool(taken.rowcount)


def failed(
    engine: Engine,
    claim: Claim,
    error: TouchlineError,
    stage: str,
    again: State | None,
    page: FetchedPage | None = None,
    *,
    asked: bool = False,
    expired: bool = False,
    tried: bool | None = None,
    back_at: datetime | None = None,
) -> datetime | None:
    """Record a failure; its class decides whether the target is tried again, and when.

    Args:
        stage: where it failed: fetch or parse.
        again: the state from which it is tried again: PLANNED or ARCHIVED; None: whatever its
            class says, it is not tried again.
        page: the page that was archived before it failed; the failure names it, the target
            keeps its last good one.
        asked: the site has been asked for the page: whatever failed then, an attempt is used up.
            A page that kills its browser looks like a browser that dies, and each try of it is
            another request.
        expired: only if the hold has run out and nobody has prolonged it meanwhile.
        tried: whether it counts as a try of its gap, if it is one; None: nothing is said of that.
        back_at: it is the source that fails, and it is left alone: the target has used up no
            attempt, whatever the class says, and is tried again then.

    Returns:
        When it is tried again; None: it is blocked, or another holds it by now.
    """
    policy = error.retry
    with transaction(engine) as connection:
        if page is not None:
            _note_page(connection, claim, page)
        row = connection.execute(
            select(
                TargetRow.attempts,
                TargetRow.failures,
                TargetRow.failing_since,
                TargetRow.failure_class,
            )
            .where(_held(claim), *([TargetRow.lease_until < func.now()] if expired else []))
            .with_for_update()
        ).one_or_none()
        if row is None:
            return None
        now = datetime.now(UTC)
        # Patience is for one and the same trouble: another one begins anew.
        is_same = row.failure_class == error.failure_class
        since = (row.failing_since if is_same else None) or now
        failures = row.failures + (0 if back_at else 1)
        tries = row.attempts if again is State.PLANNED else failures
        retries = back_at or (
            again is not None and policy.allows_retry(tries, now - since, asked=asked)
        )
        due = back_at or (now + policy.wait_before(failures) if retries else None)
        says_nothing = not (policy.uses_attempt or asked)
        is_free = back_at or (retries and says_nothing and again is State.PLANNED)
        connection.execute(
            update(TargetRow)
            .where(_held(claim))
            .values(
                state=again if retries else State.BLOCKED,
                due_at=due or now,
                attempts=TargetRow.attempts - (1 if is_free else 0),
                failures=failures,
                # Without one it waits for the source alone, and is woken with it; see `postpone`.
                failing_since=None if back_at else since,
                failure_class=error.failure_class,
                failure_detail=error.detail,
                failure_facts=error.facts,
                **_FREE,
            )
        )
        _note_failure(connection, claim, error, stage, row.attempts, due, page)
        if tried is not None:
            gaps.note_asked(connection, claim.target.key, claim.planned_at, counts=tried)
    return due


def postpone(
    engine: Engine, claim: Claim, until: datetime, waits_for: TouchlineError | None = None
) -> None:
    """Give a target back untouched, to be taken up at `until`.

    Args:
        waits_for: what is wrong with its source, which is paused, or with the archive: it is noted.
            What waits for the source is woken with it. None: the target waits for its turn,
            whatever becomes of others.
    """
    noted: dict[str, Any]
    if waits_for is not None:
        noted = {
            "failing_since": None,
            "failure_class": waits_for.failure_class,
            "failure_detail": waits_for.detail,
            "failure_facts": waits_for.facts,
        }
    else:
        # A failure of its own stays; that it waited for the source is over.
        own = TargetRow.failing_since.is_not(None)
        noted = {
            name: case((own, getattr(TargetRow, name)))
            for name in ("failure_class", "failure_detail", "failure_facts")
        }
    with transaction(engine) as connection:
        connection.execute(
            update(TargetRow)
            .where(_held(claim))
            .values(
                state=State.PLANNED,
                due_at=until,
                attempts=TargetRow.attempts - 1,
                **noted,
                **_FREE,
            )
        )


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
            # A fetch that fails without a page says nothing of the page that was there before.
            page_hash=page.page_hash if page else claim.page_hash if stage == "parse" else None,
        )
    )
