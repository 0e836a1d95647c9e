"""Gaps: pages that a run wanted and did not get, for reasons that say nothing of the page.

A gap is recorded in the transaction that closes the run's batch, and closed in the one that
lands the page or finds it absent, so neither can be without the other. `pipeline.catch_up`
asks for the pages again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from scrapers.errors import (
    ArchiveUnavailable,
    BrokerUnavailable,
    BrowserUnavailable,
    CacheUnavailable,
    ConfigInvalid,
    Defect,
    SourceRefused,
    SourceUnavailable,
    WarehouseUnavailable,
    WorkerLost,
)
from scrapers.targets import PageKind
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.health_tables import GapRow
from scrapers.warehouse.ops_tables import BatchRow, BatchTargetRow, FailureRow, TargetRow
from scrapers.warehouse.records import CANARY, State

# Failures that say nothing of the page: it may well be there.
GAP_CLASSES = tuple(
    cls.__name__
    for cls in (
        SourceUnavailable,
        SourceRefused,
        BrowserUnavailable,
        WorkerLost,
        ArchiveUnavailable,
        BrokerUnavailable,
        CacheUnavailable,
        WarehouseUnavailable,
    )
)
# Failures of ours: at the fetch they say nothing of the page either.
OURS = (ConfigInvalid.__name__, Defect.__name__)
LANDED, ABSENT, GIVEN_UP = "landed", "absent", "given up"
# The catalogue's pages: whoever asks for them is there to ask again.
BY_HAND = (PageKind.TOURNAMENTS, PageKind.SEASONS, PageKind.STAGES)
_NOT_DONE = (State.PLANNED, State.FETCHING, State.ARCHIVED)


@dataclass(frozen=True, slots=True)
class Gap:
    """An open gap.

    Attributes:
        kickoff_utc: of its match; None: of no match, or not known.
        tries: times that the site was asked for it and was not in trouble itself, or that a
            worker was lost over it.
        tried_at: when that was last so, or the site was asked for it while it was in trouble.
    """

    target_key: str
    page_kind: PageKind
    failure_class: str
    kickoff_utc: datetime | None
    opened_at: datetime
    tries: int
    tried_at: datetime | None


@dataclass(frozen=True, slots=True)
class PutAside:
    """Pages of a kind that are blocked or quarantined and are no gap: no catch-up asks for them.

    Attributes:
        failure_class: of their latest failure; None: none is recorded.
    """

    failure_class: str | None
    page_kind: PageKind
    state: State
    targets: int


def record(connection: Connection, batch_id: UUID, *, abandoned: bool = False) -> None:
    """Open a gap for each page that a batch, which is being closed, did not get.

    A page that is a gap already keeps its gap; one that has failed for reasons of its own by now
    is given up: no catch-up would get it.

    Args:
        abandoned: nobody publishes the batch any more: what was read for it and not landed is a
            gap too.
    """
    # Of two batches that wait for the same page and close at once, the second one looks when the
    # first one is closed: else each would leave the page to the other.
    connection.execute(
        select(TargetRow.target_key)
        .join(BatchTargetRow, BatchTargetRow.target_key == TargetRow.target_key)
        .where(BatchTargetRow.batch_id == batch_id)
        .order_by(TargetRow.target_key)
        .with_for_update(key_share=True, of=TargetRow)
    )
    other = (
        select(BatchTargetRow.batch_id)
        .join(BatchRow, BatchRow.batch_id == BatchTargetRow.batch_id)
        .where(
            BatchTargetRow.target_key == TargetRow.target_key,
            BatchRow.state == "open",
            BatchRow.batch_id != batch_id,
        )
        .exists()
    )
    of_batch = (
        select(TargetRow.target_key)
        .join(BatchTargetRow, BatchTargetRow.target_key == TargetRow.target_key)
        .where(BatchTargetRow.batch_id == batch_id)
        .order_by(TargetRow.target_key)
    )
    stage = (
        select(FailureRow.stage)
        .where(FailureRow.target_key == TargetRow.target_key)
        .order_by(FailureRow.failure_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    says_nothing = or_(
        TargetRow.failure_class.in_(GAP_CLASSES),
        and_(TargetRow.failure_class.in_(OURS), func.coalesce(stage, "") == "fetch"),
    )
    not_done = (*_NOT_DONE, State.PARSED) if abandoned else _NOT_DONE
    not_got = or_(
        and_(TargetRow.state == State.BLOCKED, says_nothing),
        # Never sent, or on its way when the run was ended; unless another run waits for it.
        and_(TargetRow.state.in_(not_done), ~other),
    )
    known = case((says_nothing, TargetRow.failure_class))
    missing = of_batch.add_columns(
        func.coalesce(known, literal(BrokerUnavailable.__name__)), func.clock_timestamp()
    ).where(
        not_got,
        BatchTargetRow.reason != CANARY,
        TargetRow.archive_only.is_(False),
        TargetRow.page_kind.not_in(BY_HAND),
    )
    given = upsert(GapRow).from_select(["target_key", "failure_class", "opened_at"], missing)
    connection.execute(
        given.on_conflict_do_update(
            index_elements=[GapRow.target_key],
            index_where=GapRow.closed_at.is_(None),
            set_={"failure_class": given.excluded.failure_class},
        )
    )
    hopeless = of_batch.where(
        or_(
            TargetRow.state == State.QUARANTINED,
            and_(
                TargetRow.state == State.BLOCKED,
                TargetRow.failure_class.is_not(None),
                ~says_nothing,
            ),
        )
    )
    close(connection, list(connection.scalars(hopeless)), GIVEN_UP)


def close(connection: Connection, target_keys: Sequence[str], by: str) -> None:
    """Close the gaps of these targets, if they are any: they landed, are absent or given up."""
    if not target_keys:
        return
    mine = _locked(GapRow.target_key.in_(target_keys))
    connection.execute(
        update(GapRow)
        .where(GapRow.gap_id.in_(connection.scalars(mine).all()))
        .values(closed_at=func.clock_timestamp(), closed_by=by)
    )


def _locked(*conditions: ColumnElement[bool]) -> Select[int]:
    """Open gaps, locked in the order of their keys: two who close gaps never block each other."""
    return (
        select(GapRow.gap_id)
        .where(GapRow.closed_at.is_(None), *conditions)
        .order_by(GapRow.target_key)
        .with_for_update()
    )


def asked(engine: Engine, target_key: str, planned_at: datetime | None, *, counts: bool) -> None:
    """Note that the site was asked for this target, if it is a gap.

    Args:
        planned_at: when it was planned: however often it is asked for since, it is one try.
        counts: it was a try of the page; False: the source was in trouble.

    Raises:
        WarehouseUnavailable: nothing is noted.
    """
    with transaction(engine) as connection:
        note_asked(connection, target_key, planned_at, counts=counts)


def note_asked(
    connection: Connection, target_key: str, planned_at: datetime | None, *, counts: bool
) -> None:
    """The same, in a transaction of the caller's."""
    first = func.coalesce(GapRow.tried_at < planned_at, True)  # also if the plan is not known
    connection.execute(
        update(GapRow)
        .where(GapRow.target_key == target_key, GapRow.closed_at.is_(None), first)
        .values(
            tries=GapRow.tries + (1 if counts else 0),
            tried_at=func.clock_timestamp(),
        )
    )


def give_up(engine: Engine, *, tries: int, older_than: timedelta) -> list[str]:
    """Close gaps that were tried so often, or are older; the keys of their targets.

    One that is under way just now is left to its batch.
    """
    under_way = (
        select(BatchTargetRow.batch_id)
        .join(BatchRow, BatchRow.batch_id == BatchTargetRow.batch_id)
        .where(BatchTargetRow.target_key == GapRow.target_key, BatchRow.state == "open")
        .exists()
    )
    hopeless = _locked(
        or_(GapRow.tries >= tries, GapRow.opened_at < func.now() - older_than), ~under_way
    )
    with transaction(engine) as connection:
        query = (
            update(GapRow)
            .where(GapRow.gap_id.in_(connection.scalars(hopeless).all()))
            .values(closed_at=func.clock_timestamp(), closed_by=GIVEN_UP)
            .returning(GapRow.target_key)
        )
        return sorted(connection.scalars(query))


def open_gaps(engine: Engine) -> list[Gap]:
    """All open gaps: feeds first, for matches are found by them, then the newest matches."""
    query = (
        select(
            GapRow.target_key,
            TargetRow.page_kind,
            GapRow.failure_class,
            TargetRow.kickoff_utc,
            GapRow.opened_at,
            GapRow.tries,
            GapRow.tried_at,
        )
        .join(TargetRow, TargetRow.target_key == GapRow.target_key)
        .where(GapRow.closed_at.is_(None))
        .order_by(
            (TargetRow.page_kind == PageKind.SCHEDULE).desc(),
            TargetRow.kickoff_utc.desc().nulls_last(),
            GapRow.target_key.desc(),
        )
    )
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    return [Gap(row[0], PageKind(row[1]), *row[2:]) for row in rows]


def put_aside(engine: Engine) -> list[PutAside]:
    """Pages that are blocked or quarantined without being a gap, the most frequent first.

    Most say something of the page itself, such as a changed layout; the others were given up, or
    belong to a run that is not over yet.

    Raises:
        WarehouseUnavailable: the ledger can't be read.
    """
    is_gap = (
        select(GapRow.gap_id)
        .where(GapRow.target_key == TargetRow.target_key, GapRow.closed_at.is_(None))
        .exists()
    )
    count = func.count()
    query = (
        select(TargetRow.failure_class, TargetRow.page_kind, TargetRow.state, count)
        .where(TargetRow.state.in_((State.BLOCKED, State.QUARANTINED)), ~is_gap)
        .group_by(TargetRow.failure_class, TargetRow.page_kind, TargetRow.state)
        .order_by(count.desc(), TargetRow.failure_class, TargetRow.page_kind)
    )
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    return [PutAside(row[0], PageKind(row[1]), State(row[2]), row[3]) for row in rows]
