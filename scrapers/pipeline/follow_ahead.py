"""What `follow` would ask the site for, and what it would follow, as far as it is known already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select

from scrapers.errors import ConfigInvalid
from scrapers.pipeline.catalogue import BELIEVED, MAX_AGE, catalogue_reason
from scrapers.pipeline.find import find_competition, find_season
from scrapers.pipeline.reasons import known_targets
from scrapers.targets import PageKind, Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.records import PlannedTarget
from scrapers.warehouse.tables import Stage


@dataclass(frozen=True, slots=True)
class FollowAhead:
    """What following a name would come to.

    Attributes:
        planned: pages of the catalogue that would be asked for.
        competition: its name, None: the pages asked for have to tell first.
        season: the season's name, likewise.
        stages: ids and names of its stages that are known already.
        unknown: which pages can't be told yet, since others have to land first; empty: all are.
    """

    planned: tuple[PlannedTarget, ...]
    competition: str | None = None
    season: str | None = None
    stages: tuple[tuple[int, str | None], ...] = ()
    unknown: str = ""


def follow_ahead(engine: Engine, name: str, season: str | None) -> FollowAhead:
    """What `follow` would do with the same arguments; nothing is asked or changed.

    Raises:
        ConfigInvalid: the name is ambiguous, or unknown to pages that are young enough to be
            believed; the detail has the candidates.
        WarehouseUnavailable: what has landed can't be read.
    """
    menu = _due(engine, Target.of(PageKind.TOURNAMENTS))
    try:
        competition = find_competition(engine, name)
    except ConfigInvalid as error:
        pages = menu or _anew(engine, Target.of(PageKind.TOURNAMENTS), error)
        return FollowAhead(pages, unknown="the competition's and the season's page")
    ids = {"region_id": competition.region_id, "competition_id": competition.competition_id}
    seasons = Target.of(PageKind.SEASONS, **ids)
    pages = menu + _due(engine, seasons)
    try:
        chosen = find_season(engine, competition, season)
    except ConfigInvalid as error:
        if seasons not in {item.target for item in pages}:
            pages += _anew(engine, seasons, error)
        return FollowAhead(pages, competition.label, unknown="the season's page")
    pages += _due(engine, Target.of(PageKind.STAGES, **ids, season_id=chosen.season_id))
    query = (
        select(Stage.stage_id, Stage.name)
        .where(Stage.season_id == chosen.season_id)
        .order_by(Stage.stage_id)
    )
    with transaction(engine) as connection:
        stages = tuple((row[0], row[1]) for row in connection.execute(query))
    # Without a season's name the newest is meant, and a page asked for now may know a newer one.
    is_sure = season is not None or seasons not in {item.target for item in pages}
    return FollowAhead(
        pages,
        competition.label,
        chosen.name,
        stages,
        "" if is_sure else "the page of a newer season, if there is one",
    )


def _due(engine: Engine, target: Target, max_age: timedelta = MAX_AGE) -> tuple[PlannedTarget, ...]:
    known = known_targets(engine, [target]).get(target.key)
    reason = catalogue_reason(known, now=datetime.now(UTC), max_age=max_age)
    return (PlannedTarget(target, reason),) if reason else ()


def _anew(engine: Engine, target: Target, error: ConfigInvalid) -> tuple[PlannedTarget, ...]:
    """The page once more, as the name is unknown to it; unless it is believed, as in `follow`."""
    pages = _due(engine, target, BELIEVED) if error.facts.get("unknown") else ()
    if not pages:
        raise error
    return pages
