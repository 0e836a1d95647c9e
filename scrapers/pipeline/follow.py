"""What is followed: the settings' stages, and those that `touchline follow` has stored.

`follow` needs no ids: it asks the site's own menu for the tournament, the tournament's page for
the season, the season's page for its stages, through the workers as any run does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from scrapers.errors import ConfigInvalid, TargetAbsent
from scrapers.pipeline.catalogue import BELIEVED, Catalogue, refresh
from scrapers.pipeline.dispatch import Send
from scrapers.pipeline.find import (
    Found,
    SeasonFound,
    competition_named,
    find_competition,
    find_season,
    season_named,
)
from scrapers.pipeline.run import OnProgress
from scrapers.pipeline.steps import Step
from scrapers.settings import FollowedStage, Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import FollowedStageRow
from scrapers.warehouse.tables import Stage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Following:
    """A season that is followed now.

    Attributes:
        competition: its name for people, with its region.
        season: its name.
        stages: ids and names of its stages.
        added: ids of those that were not followed before.
    """

    competition: str
    competition_id: int
    season: str
    season_id: int
    stages: tuple[tuple[int, str | None], ...]
    added: tuple[int, ...]


def followed(engine: Engine, settings: Settings) -> list[FollowedStage]:
    """All stages that runs collect, each once: the settings' first.

    Raises:
        WarehouseUnavailable: the stored ones can't be read.
    """
    given = {stage.stage_id for stage in settings.follow}
    return [*settings.follow, *(s for s in stored(engine) if s.stage_id not in given)]


def stored(engine: Engine) -> list[FollowedStage]:
    """The stages that `follow` has stored, by competition, newest season first."""
    query = select(
        FollowedStageRow.competition, FollowedStageRow.season, FollowedStageRow.stage_id
    ).order_by(
        FollowedStageRow.competition, FollowedStageRow.season.desc(), FollowedStageRow.stage_id
    )
    with transaction(engine) as connection:
        return [
            FollowedStage(competition=row.competition, season=row.season, stage_id=row.stage_id)
            for row in connection.execute(query)
        ]


def follow(
    engine: Engine,
    settings: Settings,
    name: str,
    season: str | None,
    send: Send,
    *,
    on_progress: OnProgress | None = None,
    poll_seconds: float = 1.0,
) -> Following:
    """Find a competition's season by names, and follow all its stages from now on.

    Pages of the catalogue that landed in the last days are not asked for again, unless they do
    not know the name.

    Args:
        name: 'England Premier League', 'Premier League' if there is one of it, or its id.
        season: its name or id; None: the newest.
        send: scrapers.tasks.send.send_batch.

    Raises:
        ConfigInvalid: the name is unknown or ambiguous; the detail has the candidates.
        TargetAbsent: the site names the competition or season, and has no page of it.
        TouchlineError: of the class that stopped a page.
    """
    site = Catalogue(engine, settings, send, on_progress, poll_seconds)
    competition: Found = _found(
        site,
        Step.TOURNAMENTS,
        Target.of(PageKind.TOURNAMENTS),
        lambda: find_competition(engine, name),
    )
    ids = {"region_id": competition.region_id, "competition_id": competition.competition_id}
    with _named(competition.label):
        chosen: SeasonFound = _found(
            site,
            Step.SEASONS,
            Target.of(PageKind.SEASONS, **ids),
            lambda: find_season(engine, competition, season),
        )
    target = Target.of(PageKind.STAGES, **ids, season_id=chosen.season_id)
    with _named(f"{competition.label} {chosen.name}"):
        refresh(site, Step.STAGES, target)
    return _store(engine, competition, chosen)


def unfollow(
    engine: Engine, settings: Settings, name: str, season: str | None
) -> list[FollowedStage]:
    """Take stored stages away, by the names under which they are followed; gives those taken.

    Raises:
        ConfigInvalid: no such stage is stored; what is followed is named.
    """
    there = stored(engine)
    wanted = [
        stage
        for stage in there
        if competition_named(name, stage.competition)
        and (season is None or season_named(season, stage.season))
    ] or [stage for stage in there if season is None and name == str(stage.stage_id)]
    if not wanted:
        asked = f"{name} {season or ''}".strip()
        if any(competition_named(name, stage.competition) for stage in settings.follow):
            raise ConfigInvalid(
                f"{asked!r} is followed by the settings: take it out of TOUCHLINE_FOLLOW"
            )
        known = ", ".join(sorted({f"{s.competition} {s.season}" for s in there})) or "none"
        raise ConfigInvalid(f"{asked!r} is not followed by `touchline follow` (these are: {known})")
    ids = [stage.stage_id for stage in wanted]
    with transaction(engine) as connection:
        connection.execute(delete(FollowedStageRow).where(FollowedStageRow.stage_id.in_(ids)))
    return wanted


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Says by name what the site has no page of; its target has ids alone."""
    try:
        yield
    except TargetAbsent as error:
        raise TargetAbsent(f"{name} can't be followed: {error.detail}", **error.facts) from error


def _found(site: Catalogue, step: Step, target: Target, find: Callable[[], T]) -> T:
    """What `find` finds with the page landed; of a name that an older page does not know, anew."""
    refresh(site, step, target)
    try:
        return find()
    except ConfigInvalid as error:
        if not error.facts.get("unknown") or not refresh(site, step, target, max_age=BELIEVED):
            raise
    return find()


def _store(engine: Engine, competition: Found, season: SeasonFound) -> Following:
    stages = (
        select(Stage.stage_id, Stage.name)
        .where(Stage.season_id == season.season_id)
        .order_by(Stage.stage_id)
    )
    with transaction(engine) as connection:
        found: Sequence[tuple[int, str | None]] = [
            (row.stage_id, row.name) for row in connection.execute(stages)
        ]
        statement = insert(FollowedStageRow).values(
            [
                {
                    "stage_id": stage_id,
                    "competition_id": competition.competition_id,
                    "season_id": season.season_id,
                    "competition": competition.label,
                    "season": season.name,
                    "stage": stage,
                }
                for stage_id, stage in found
            ]
        )
        before = set(connection.scalars(select(FollowedStageRow.stage_id)))
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[FollowedStageRow.stage_id],
                set_={
                    "competition": statement.excluded.competition,
                    "season": statement.excluded.season,
                    "stage": func.coalesce(statement.excluded.stage, FollowedStageRow.stage),
                },
            )
        )
    return Following(
        competition.label,
        competition.competition_id,
        season.name,
        season.season_id,
        tuple(found),
        tuple(stage_id for stage_id, _ in found if stage_id not in before),
    )
