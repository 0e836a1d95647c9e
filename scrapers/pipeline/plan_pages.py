"""Planning of the pages beside schedules and match centres.

- A preview is fetched once for each match of the request's days, and for those that kick off in
  the next `preview_days`; for these again when it is older than `PREVIEW_AGE`, because line-ups
  and absences change until kick-off.
- A report is fetched like a match centre: once, and once more when the match has settled.
- A stage's tables and statistics are fetched once, and again after each day on which a match of
  the stage has ended since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, func, or_, select

from scrapers.pipeline.reasons import (
    FAILED,
    NEW,
    RECHECK,
    Known,
    is_unread,
    known_targets,
    match_reason,
)
from scrapers.pipeline.request import Request
from scrapers.settings import Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.records import FORCE, PlannedTarget, State
from scrapers.warehouse.tables import Competition, Fixture, Season, Stage

PREVIEW_AGE = timedelta(hours=12)
LONGEST_MATCH = timedelta(hours=4)
TEAM_CATEGORIES = tuple(
    ("summaryteam", part) for part in ("all", "defensive", "offensive", "passing")
)
PLAYER_CATEGORIES = tuple(
    ("summary", part) for part in ("all", "defensive", "offensive", "passing")
)


@dataclass(frozen=True, slots=True)
class StageIds:
    """The ids in the address of a stage's pages, and when its latest match kicked off."""

    region_id: int
    competition_id: int
    season_id: int
    stage_id: int
    latest: datetime | None


def plan_pages(
    engine: Engine, settings: Settings, request: Request, page_kind: PageKind, *, now: datetime
) -> list[PlannedTarget]:
    """The targets of a kind of page beside schedule and match centre; see the module."""
    targets = pages_of(engine, settings, request, page_kind, now=now)
    known = known_targets(engine, targets)
    settle = timedelta(hours=settings.settle_hours)
    planned = []
    for target, at in targets.items():
        found = known.get(target.key)
        if request.force:
            reason: str | None = FORCE
        elif page_kind is PageKind.MATCH_REPORT:
            reason = match_reason(found, at, now=now, settle=settle)
        elif page_kind is PageKind.MATCH_PREVIEW:
            reason = preview_reason(found, at, now=now)
        else:
            reason = stage_reason(found, at)
        if reason:
            planned.append(PlannedTarget(target, reason, at if page_kind in _OF_MATCHES else None))
    return planned


def pages_of(
    engine: Engine, settings: Settings, request: Request, page_kind: PageKind, *, now: datetime
) -> dict[Target, datetime | None]:
    """All pages of such a kind that the request covers, be they landed or not.

    Returns:
        Each with a moment: of a match's page its kick-off, None if no feed told it; of a stage's
        page the kick-off of the stage's latest finished match, None if none is finished.

    Raises:
        WarehouseUnavailable: the landed fixtures can't be read.
    """
    if page_kind in _OF_MATCHES:
        kickoffs = _kickoffs(engine, settings, request, page_kind, now)
        return {Target.of(page_kind, match_id=match_id): at for match_id, at in kickoffs.items()}
    # The catalogue's pages are planned by `touchline follow`; a match id names no stage.
    if page_kind not in _OF_STAGES or request.interval is None:
        return {}
    stages = _stages(engine, request.stage_ids, now)
    return {target: stage.latest for stage in stages for target in _OF_STAGES[page_kind](stage)}


def stage_reason(known: Known | None, latest: datetime | None) -> str | None:
    """Why to fetch a stage's page now; None: no match has ended since it was fetched.

    Args:
        latest: kick-off of the stage's latest finished match; None: none is finished.
    """
    if known is None:
        return NEW
    if known.state is State.DROPPED:
        return None
    if known.state in FAILED or known.state is State.ABSENT:
        return RECHECK
    if known.state is not State.LANDED:
        return NEW
    if latest is None or known.fetched_at is None:
        return None
    return RECHECK if known.fetched_at < latest + LONGEST_MATCH else None


def preview_reason(known: Known | None, kickoff: datetime | None, *, now: datetime) -> str | None:
    """Why to fetch a match's preview now; None: it is there, or was not there after the match.

    Args:
        kickoff: the match's kick-off; None when no feed told it.
    """
    if known is None:
        return NEW
    if known.state is State.DROPPED:
        return None
    if known.state in FAILED or is_unread(known, kickoff):
        return RECHECK
    if known.state not in (State.LANDED, State.ABSENT):
        return NEW
    is_old = known.fetched_at is None or known.fetched_at < now - PREVIEW_AGE
    return RECHECK if kickoff and kickoff > now and is_old else None


def _kickoffs(
    engine: Engine, settings: Settings, request: Request, kind: PageKind, now: datetime
) -> Mapping[int, datetime | None]:
    query = select(Fixture.match_id, Fixture.kickoff_utc)
    if request.interval is None:
        with transaction(engine) as connection:
            rows = connection.execute(query.where(Fixture.match_id.in_(request.match_ids))).all()
        found = {row.match_id: row.kickoff_utc for row in rows}
        return {match_id: found.get(match_id) for match_id in request.match_ids}
    days = request.interval
    if kind is PageKind.MATCH_REPORT:
        days = days.with_lookback(settings.lookback_days)
    when: ColumnElement[bool] = (Fixture.kickoff_utc >= days.start) & (
        Fixture.kickoff_utc < days.end
    )
    what = Fixture.status == "finished"
    if kind is PageKind.MATCH_PREVIEW:
        coming = now + timedelta(days=settings.preview_days)
        when = or_(when, (Fixture.kickoff_utc >= now) & (Fixture.kickoff_utc < coming))
        what = Fixture.status.in_(("scheduled", "live", "finished"))
    query = query.where(
        Fixture.stage_id.in_(request.stage_ids), when, what, Fixture.closed_at.is_(None)
    ).order_by(Fixture.kickoff_utc, Fixture.match_id)
    with transaction(engine) as connection:
        return {row.match_id: row.kickoff_utc for row in connection.execute(query)}


def _stages(engine: Engine, stage_ids: Iterable[int], now: datetime) -> list[StageIds]:
    """The stages that have landed, in the order of their ids; others have no address yet."""
    latest = (
        select(func.max(Fixture.kickoff_utc))
        .where(
            Fixture.stage_id == Stage.stage_id,
            Fixture.status == "finished",
            Fixture.kickoff_utc <= now,
        )
        .scalar_subquery()
    )
    query = (
        select(
            Competition.region_id,
            Competition.competition_id,
            Season.season_id,
            Stage.stage_id,
            latest.label("latest"),
        )
        .join(Season, Season.competition_id == Competition.competition_id)
        .join(Stage, Stage.season_id == Season.season_id)
        .where(Stage.stage_id.in_(list(stage_ids)), Competition.region_id.is_not(None))
        .order_by(Stage.stage_id)
    )
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    return [
        StageIds(row.region_id, row.competition_id, row.season_id, row.stage_id, row.latest)
        for row in rows
        if row.region_id is not None
    ]


def _whole_page(kind: PageKind) -> Callable[[StageIds], list[Target]]:
    return lambda stage: [
        Target.of(
            kind,
            region_id=stage.region_id,
            competition_id=stage.competition_id,
            season_id=stage.season_id,
            stage_id=stage.stage_id,
        )
    ]


def _feeds(
    kind: PageKind, categories: tuple[tuple[str, str], ...]
) -> Callable[[StageIds], list[Target]]:
    return lambda stage: [
        Target.of(kind, stage_id=stage.stage_id, category=category, subcategory=part)
        for category, part in categories
    ]


_OF_MATCHES = (PageKind.MATCH_PREVIEW, PageKind.MATCH_REPORT)
_OF_STAGES: dict[PageKind, Callable[[StageIds], list[Target]]] = {
    PageKind.STANDINGS: _whole_page(PageKind.STANDINGS),
    PageKind.REFEREE_STATISTICS: _whole_page(PageKind.REFEREE_STATISTICS),
    PageKind.TEAM_STATISTICS: _feeds(PageKind.TEAM_STATISTICS, TEAM_CATEGORIES),
    PageKind.PLAYER_STATISTICS: _feeds(PageKind.PLAYER_STATISTICS, PLAYER_CATEGORIES),
}
