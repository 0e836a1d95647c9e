"""Why days have no match to collect, in words: another season is followed, or none is over yet."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, func, select

from scrapers.pipeline.request import Request, label
from scrapers.settings import FollowedStage
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.tables import Fixture

_NAMED = 5


def why_no_match(engine: Engine, request: Request, follow: Sequence[FollowedStage]) -> str | None:
    """A sentence or two about a request's days without a finished match; None: they have one.

    Args:
        follow: what is followed, for the stages' names.

    Raises:
        WarehouseUnavailable: the landed fixtures can't be read.
    """
    days = request.interval
    if days is None:
        return None
    of_stages = Fixture.stage_id.in_(request.stage_ids) & Fixture.closed_at.is_(None)
    within = (Fixture.kickoff_utc >= days.start) & (Fixture.kickoff_utc < days.end)
    count = func.count()
    with transaction(engine) as connection:
        states = {
            row[0] or "of unknown state": row[1]
            for row in connection.execute(
                select(Fixture.status, count).where(of_stages, within).group_by(Fixture.status)
            )
        }
        known = {
            row[0]: (row[1], row[2])
            for row in connection.execute(
                select(
                    Fixture.stage_id,
                    func.min(Fixture.kickoff_utc),
                    func.max(Fixture.kickoff_utc),
                )
                .where(of_stages)
                .group_by(Fixture.stage_id)
            )
        }
    if states.get("finished"):
        return None
    if states:
        told = ", ".join(f"{number} {status}" for status, number in sorted(states.items()))
        return (
            f"None of the matches of {days} is finished, as the schedule has it: {told}. Runs "
            "after the matches collect them."
        )
    return _elsewhere(str(days), request.stage_ids, known, follow)


def _elsewhere(
    days: str,
    stage_ids: Sequence[int],
    known: dict[int, tuple[datetime, datetime]],
    follow: Sequence[FollowedStage],
) -> str:
    followed = {stage.stage_id: stage for stage in follow}
    names = {stage_id: label(stage) for stage_id, stage in followed.items()}
    told = []
    for stage_id in stage_ids[:_NAMED]:
        at = known.get(stage_id)
        matches = f"matches of {at[0]:%Y-%m-%d} to {at[1]:%Y-%m-%d}" if at else "no match"
        told.append(f"{names.get(stage_id, 'stage')} ({stage_id}): {matches}")
    if len(stage_ids) > _NAMED:
        told.append(f"and {len(stage_ids) - _NAMED} stages more")
    asked = [followed[stage_id].competition for stage_id in stage_ids if stage_id in followed]
    commands = [
        f"touchline follow {shlex.quote(name)} --season <season>" for name in dict.fromkeys(asked)
    ] or ["touchline follow <competition> --season <season>"]
    return (
        f"No match of {days} is known of what was asked for. Known so far: {'; '.join(told)}. If "
        f"the days are right, follow their season, once the site has it: "
        f"{'; '.join(commands[:_NAMED])}; touchline follow --list shows what is followed."
    )
