"""Planning: from a request to targets, using what is landed already.

Planning asks the site nothing and changes nothing, so it can be done again at any time; what
it gives depends on the landed fixtures, the ledger and the clock alone.

- A month's feed is fetched until it was fetched once after its month had ended and the
  look-back had passed: then it is settled.
- A finished match is fetched once, and once more as soon as `settle_hours` have passed since
  its kick-off, because the site corrects matches in the first days.
- What failed is tried again by every run that covers it. What the page said is absent is
  looked at again after `ABSENT_PAUSE`, until `ABSENT_PATIENCE` after kick-off. What the site did
  not have when it was asked for by its id alone is asked for once more when a feed names it.
- What a person has dropped (`touchline gaps drop`) is asked for by force alone.
- Work that is under way for another run is planned too: the ledger links it, so that this run
  waits for it instead of asking the site a second time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, Select, select

from scrapers.pipeline.intervals import Interval, month_end
from scrapers.pipeline.plan_pages import plan_pages
from scrapers.pipeline.reasons import known_targets, match_reason, schedule_reason
from scrapers.pipeline.request import Request
from scrapers.settings import Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.records import FORCE, PlannedTarget
from scrapers.warehouse.tables import Fixture


def plan(
    engine: Engine,
    settings: Settings,
    request: Request,
    page_kind: PageKind,
    *,
    now: datetime | None = None,
) -> list[PlannedTarget]:
    """The targets of one page kind that `request` needs fetched.

    Args:
        now: the moment for which to plan; the current one by default.

    Raises:
        WarehouseUnavailable: the landed fixtures or the ledger can't be read.
    """
    now = now or datetime.now(UTC)
    if page_kind not in request.page_kinds:
        return []
    if page_kind is PageKind.SCHEDULE:
        return plan_schedules(engine, settings, request, now=now)
    if page_kind is PageKind.MATCH_CENTRE:
        return plan_matches(engine, settings, request, now=now)
    return plan_pages(engine, settings, request, page_kind, now=now)


def plan_schedules(
    engine: Engine, settings: Settings, request: Request, *, now: datetime
) -> list[PlannedTarget]:
    """Month feeds of the request's stages, for the months its look-back and days touch."""
    if request.interval is None:
        return []
    months = list(request.interval.with_lookback(settings.lookback_days).months())
    targets = {
        Target.schedule(stage_id, month): month
        for stage_id in request.stage_ids
        for month in months
    }
    known = known_targets(engine, targets)
    lookback = timedelta(days=settings.lookback_days)
    planned = []
    for target, month in targets.items():
        settled_at = month_end(month) + lookback
        reason = FORCE if request.force else schedule_reason(known.get(target.key), settled_at)
        if reason:
            planned.append(PlannedTarget(target, reason))
    return planned


def plan_matches(
    engine: Engine, settings: Settings, request: Request, *, now: datetime
) -> list[PlannedTarget]:
    """Match centres of finished matches, of the request's days with look-back or of its ids."""
    settle = timedelta(hours=settings.settle_hours)
    kickoffs = _kickoffs(engine, settings, request)
    targets = {match_id: Target.match_centre(match_id) for match_id in kickoffs}
    known = known_targets(engine, targets.values())
    planned = []
    for match_id, kickoff in kickoffs.items():
        target = targets[match_id]
        if request.force:
            reason: str | None = FORCE
        else:
            reason = match_reason(known.get(target.key), kickoff, now=now, settle=settle)
        if reason:
            planned.append(PlannedTarget(target, reason, kickoff))
    return planned


def _kickoffs(
    engine: Engine, settings: Settings, request: Request
) -> Mapping[int, datetime | None]:
    """Matches to consider, oldest first, with their kick-off as the schedule has it."""
    with transaction(engine) as connection:
        if request.interval is None:
            rows = connection.execute(
                select(Fixture.match_id, Fixture.kickoff_utc).where(
                    Fixture.match_id.in_(request.match_ids)
                )
            ).all()
            found = {row.match_id: row.kickoff_utc for row in rows}
            return {match_id: found.get(match_id) for match_id in request.match_ids}
        days = request.interval.with_lookback(settings.lookback_days)
        rows = connection.execute(finished_matches(days, request.stage_ids)).all()
        return {row.match_id: row.kickoff_utc for row in rows}


def finished_matches(interval: Interval, stage_ids: Sequence[int]) -> Select[int, datetime]:
    """Finished matches of the stages in the interval that have, or may have, a match centre."""
    return (
        select(Fixture.match_id, Fixture.kickoff_utc)
        .where(
            Fixture.stage_id.in_(stage_ids),
            Fixture.kickoff_utc >= interval.start,
            Fixture.kickoff_utc < interval.end,
            Fixture.status == "finished",
            Fixture.closed_at.is_(None),
        )
        .order_by(Fixture.kickoff_utc, Fixture.match_id)
    )
