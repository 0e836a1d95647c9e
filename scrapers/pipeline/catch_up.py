"""The catch-up: what runs did not get is asked for again, within a budget of requests.

Gaps come first in the order of `gaps.open_gaps`: feeds, then the newest matches. A night whose
feed failed has planned no matches, so once a feed has been caught up the days of the runs that
wanted it are planned as those runs would have done.

A gap is asked for again after an hour, then two, four, … up to a day, `gap_tries` times in all,
and given up when it is older than `gap_days`. Only asking the site for it is a try, and only while
the site is not in trouble itself: however long an outage, it uses up no try. A worker that is lost
over it counts as one that has asked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, func, or_, select

from scrapers.pipeline.dispatch import Send, close_if_hopeless, dispatch_plan
from scrapers.pipeline.intervals import Interval
from scrapers.pipeline.plan import plan
from scrapers.pipeline.progress import noun
from scrapers.pipeline.publish import PublishSummary, publish
from scrapers.pipeline.request import Request
from scrapers.pipeline.run import OnProgress, patiently, wait
from scrapers.pipeline.steps import KINDS, RUN_STEPS, Step
from scrapers.settings import Settings
from scrapers.targets import SOURCE, PageKind, Target
from scrapers.warehouse import gaps, ledger, source
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.health_tables import GapRow
from scrapers.warehouse.ops_tables import BatchRow, BatchTargetRow, TargetRow
from scrapers.warehouse.records import CATCH_UP, BatchKey, PlannedTarget

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
# A little under an hour: an hourly catch-up that comes a minute early must not wait for the next.
FIRST_WAIT = timedelta(minutes=50)
LONGEST_WAIT = timedelta(hours=24)
# A gap's time and its batch's lie this close together: both are of one transaction.
_SAME_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CatchUpSummary:
    """What a catch-up did.

    Attributes:
        published: by step; one with nothing to do, or without a readable page, is missing.
        failed: by step why none of its pages could be read.
        idle: why there was nothing to do at all; None: there was.
    """

    published: dict[Step, PublishSummary]
    failed: dict[Step, str]
    idle: str | None = None


@dataclass(frozen=True, slots=True)
class _Days:
    """Days of one stage that runs wanted and could not plan, since its feed was a gap.

    Attributes:
        since: when the feed was caught up: pages planned after that have been planned with it.
    """

    stage_id: int
    interval: Interval
    since: datetime


def idle(engine: Engine, settings: Settings) -> str | None:
    """Why there is nothing to catch up with now; None: there is something.

    Gaps that have been tried too often or are too old are given up here.

    Raises:
        WarehouseUnavailable: the ledger can't be read.
    """
    older_than = settings.gap_days * DAY
    for key in gaps.give_up(engine, tries=settings.gap_tries, older_than=older_than):
        log.warning("%s is given up: it could not be got", key)
    if pause := source.look(engine, SOURCE):
        return f"{SOURCE} is paused until {pause.until:%Y-%m-%d %H:%M} UTC"
    if not budget(engine, settings):
        return f"the day's {settings.catch_up_requests_per_day} requests are used up"
    if not any(plan_catch_up(engine, settings, step) for step in RUN_STEPS):
        return "no gap is open, or none is due"
    return None


def budget(engine: Engine, settings: Settings) -> int:
    """Pages that may still be asked for; counted are those of the last 24 hours.

    Those that were planned and not asked for do not count, once their batch is closed.

    Raises:
        WarehouseUnavailable: the ledger can't be read.
    """
    # A gap that was one before and has not been asked for since: the source, or a hub, was away.
    not_asked = (
        select(GapRow.gap_id)
        .where(
            GapRow.target_key == BatchTargetRow.target_key,
            GapRow.closed_at.is_(None),
            GapRow.opened_at < BatchRow.created_at,
            func.coalesce(GapRow.tried_at < BatchRow.created_at, True),
        )
        .exists()
    )
    query = (
        select(func.count())
        .select_from(BatchTargetRow)
        .join(BatchRow, BatchRow.batch_id == BatchTargetRow.batch_id)
        .where(
            BatchTargetRow.reason == CATCH_UP,
            BatchRow.created_at > func.now() - DAY,
            or_(BatchRow.state == ledger.OPEN, ~not_asked),
        )
    )
    with transaction(engine) as connection:
        used = connection.scalar(query) or 0
    return max(0, settings.catch_up_requests_per_day - used)


def plan_catch_up(
    engine: Engine, settings: Settings, step: str, *, now: datetime | None = None
) -> list[PlannedTarget]:
    """What a step of the catch-up asks for, the most wanted first, as far as the budget goes.

    Raises:
        WarehouseUnavailable: the ledger or the fixtures can't be read.
    """
    now = now or datetime.now(UTC)
    kinds = KINDS[Step(step)]
    planned = {
        gap.target_key: PlannedTarget(Target.from_key(gap.target_key), CATCH_UP, gap.kickoff_utc)
        for gap in gaps.open_gaps(engine)
        if gap.page_kind in kinds and is_due(gap, now)
    }
    wanted = [kind for kind in kinds if kind in settings.page_kinds]
    for days in _days_without_feed(engine, settings, now) if wanted else ():
        for found in _of_days(engine, settings, days, wanted, now):
            planned.setdefault(found.target.key, found)
    # After a pause one page tries the source; as long as it is out, the others would only wait,
    # and fail without having been asked for.
    most = budget(engine, settings)
    if source.is_to_be_tried(engine, SOURCE):
        most = min(most, 1)
    return list(planned.values())[:most]


def is_due(gap: gaps.Gap, now: datetime) -> bool:
    """Whether a gap's time to be asked for has come; each try makes the next one later."""
    if gap.tried_at is None:
        return True
    longer: int = 2 ** max(0, min(gap.tries - 1, 10))
    return now >= gap.tried_at + min(FIRST_WAIT * longer, LONGEST_WAIT)


def dispatch_catch_up(engine: Engine, settings: Settings, key: BatchKey, send: Send) -> UUID | None:
    """Send a step's gaps, or take up those under way; None: nothing to do.

    Raises:
        BrokerUnavailable, WarehouseUnavailable: call again later; nothing is doubled.
    """
    return dispatch_plan(
        engine,
        key,
        lambda: plan_catch_up(engine, settings, key.step),
        send,
        what=f"catch-up, {noun(key.step)}",
    )


def run_catch_up(
    engine: Engine,
    settings: Settings,
    send: Send,
    *,
    run_id: str,
    dag_id: str = "touchline",
    on_progress: OnProgress | None = None,
    poll_seconds: float = 1.0,
) -> CatchUpSummary:
    """Catch up with what is due, waiting for the workers; run again with the same id, it goes on.

    Pages that can't be got this time either stay gaps; that is no failure of the catch-up.

    Raises:
        InvalidBatch: what was got can't be trusted; see `publish`.
        BrokerUnavailable, WarehouseUnavailable: run it again; nothing is doubled.
    """
    keys = {step: BatchKey(dag_id, run_id, step) for step in RUN_STEPS}
    begun = [ledger.open_batch_id(engine, key) for key in keys.values()]
    if not any(begun) and (why := idle(engine, settings)):
        return CatchUpSummary({}, {}, why)
    published: dict[Step, PublishSummary] = {}
    failed: dict[Step, str] = {}
    for step, key in keys.items():
        batch_id = dispatch_catch_up(engine, settings, key, send)
        if batch_id is None:
            continue
        progress = wait(engine, batch_id, step, on_progress, poll_seconds, send)
        if failure := close_if_hopeless(engine, progress, step):
            failed[step] = f"{failure.failure_class}: {failure.detail}"
            log.warning("catch-up: %s", failed[step])
            continue
        published[step] = patiently(publish, engine, batch_id, settings)
    return CatchUpSummary(published, failed)


def _of_days(
    engine: Engine, settings: Settings, days: _Days, kinds: Iterable[PageKind], now: datetime
) -> list[PlannedTarget]:
    """What the runs of these days would have planned, and nobody has planned since."""
    request = Request(days.interval, (days.stage_id,), page_kinds=tuple(kinds))
    found = [
        item
        for kind in kinds
        if kind is not PageKind.SCHEDULE
        for item in plan(engine, settings, request, kind, now=now)
    ]
    query = select(TargetRow.target_key).where(
        TargetRow.target_key.in_([item.target.key for item in found]),
        TargetRow.planned_at >= days.since,
    )
    with transaction(engine) as connection:
        known = set(connection.scalars(query))
    newest_first = sorted(
        (item for item in found if item.target.key not in known),
        key=lambda item: (item.kickoff_utc or days.interval.start, item.target.key),
        reverse=True,
    )
    return [replace(item, reason=CATCH_UP) for item in newest_first]


def _days_without_feed(engine: Engine, settings: Settings, now: datetime) -> list[_Days]:
    """Days of runs that had to do without a feed that has landed meanwhile, newest first."""
    query = (
        select(GapRow.target_key, GapRow.closed_at, BatchRow.interval_start, BatchRow.interval_end)
        .join(TargetRow, TargetRow.target_key == GapRow.target_key)
        .join(BatchTargetRow, BatchTargetRow.target_key == GapRow.target_key)
        .join(BatchRow, BatchRow.batch_id == BatchTargetRow.batch_id)
        .where(
            TargetRow.page_kind == PageKind.SCHEDULE,
            GapRow.closed_by == gaps.LANDED,
            GapRow.closed_at > now - settings.gap_days * DAY,
            BatchRow.interval_start.is_not(None),
            # Of the runs that wanted the feed, those that ended without it.
            BatchRow.closed_at > GapRow.opened_at - _SAME_MOMENT,
            BatchRow.closed_at < GapRow.closed_at,
        )
        .order_by(BatchRow.interval_end.desc(), GapRow.target_key)
        .distinct()
    )
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    return [
        _Days(
            int(Target.from_key(row.target_key).id_map["stage_id"]),
            Interval(row.interval_start, row.interval_end),
            row.closed_at,
        )
        for row in rows
        if row.interval_start and row.interval_end and row.closed_at
    ]
