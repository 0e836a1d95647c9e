"""Whether a request's days are complete: what the schedule promises against what landed."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, Text, func, literal, select

from scrapers.errors import InvalidBatch
from scrapers.pipeline.intervals import Interval
from scrapers.pipeline.plan import finished_matches
from scrapers.pipeline.request import Request
from scrapers.settings import Settings
from scrapers.targets import SOURCE, PageKind, Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import State
from scrapers.warehouse.tables import Fixture

log = logging.getLogger(__name__)

# A match that kicked off this long before the interval's end ought to be over.
LONGEST_MATCH = timedelta(hours=4)
NO_FEEDS: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completeness:
    """The matches of a request, by what became of them.

    Attributes:
        expected: finished matches that have, or may have, a match centre.
        landed: those that have landed.
        absent: those whose page says that there is no match centre.
        missing: the others by ledger state and failure class, '3 blocked SourceRefused'; a
            match that no run has planned yet counts as 'unplanned'.
        overdue: matches that ought to be over, but that the schedule does not call so.
        feeds_missing: month feeds of the days that never landed.
    """

    expected: int
    landed: int
    absent: int
    missing: dict[str, int]
    overdue: int
    feeds_missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """Landed matches over those that have a match centre, 0 to 1; 1 without any."""
        readable = self.expected - self.absent
        return self.landed / readable if readable else 1.0

    def as_json(self) -> dict[str, Any]:
        """As plain values, for the run's summary and the asset's event."""
        return {
            "expected": self.expected,
            "landed": self.landed,
            "absent": self.absent,
            "missing": self.missing,
            "overdue": self.overdue,
            "feeds_missing": list(self.feeds_missing),
        }

    def __str__(self) -> str:
        text = f"{self.landed} of {self.expected} finished matches landed, {self.absent} absent"
        if self.missing:
            text += ", missing: " + ", ".join(
                f"{count} {what}" for what, count in sorted(self.missing.items())
            )
        if self.overdue:
            text += f", {self.overdue} not called finished yet"
        if self.feeds_missing:
            text += f", feeds missing: {', '.join(self.feeds_missing)}"
        return text


def completeness(engine: Engine, request: Request) -> Completeness:
    """Count the request's matches and feeds; its days alone, without the look-back."""
    with transaction(engine) as connection:
        key = literal(f"{SOURCE}/{PageKind.MATCH_CENTRE}/").concat(Fixture.match_id.cast(Text))
        if request.interval is None:
            wanted = [Target.match_centre(match_id).key for match_id in request.match_ids]
            rows = connection.execute(
                select(TargetRow.state, TargetRow.landed_at, TargetRow.failure_class).where(
                    TargetRow.target_key.in_(wanted)
                )
            ).all()
            outcomes = [_outcome(*row) for row in rows]
            outcomes += ["unplanned"] * (len(wanted) - len(rows))
            overdue, feeds = 0, NO_FEEDS
        else:
            finished = finished_matches(request.interval, request.stage_ids)
            rows = connection.execute(
                finished.with_only_columns(
                    TargetRow.state, TargetRow.landed_at, TargetRow.failure_class
                )
                .join_from(Fixture, TargetRow, TargetRow.target_key == key, isouter=True)
                .order_by(None)
            ).all()
            outcomes = [_outcome(*row) for row in rows]
            overdue = connection.scalar(_overdue(request.interval, request.stage_ids)) or 0
            wanted = _feeds(request)
            landed = set(
                connection.scalars(
                    select(TargetRow.target_key).where(
                        TargetRow.target_key.in_(wanted), TargetRow.landed_at.is_not(None)
                    )
                )
            )
            feeds = tuple(feed for feed in wanted if feed not in landed)
    counts = Counter(outcomes)
    landed_matches, absent = counts.pop(State.LANDED, 0), counts.pop(State.ABSENT, 0)
    return Completeness(len(outcomes), landed_matches, absent, dict(counts), overdue, feeds)


def check_completeness(engine: Engine, settings: Settings, request: Request) -> Completeness:
    """Count, log, and refuse a request that is too incomplete to be called done.

    Raises:
        InvalidBatch: a feed of the days never landed, or fewer of the matches landed than
            `completeness_floor` asks for.
    """
    found = completeness(engine, request)
    log.info("%s: %s", request, found)
    if found.feeds_missing or found.share < settings.completeness_floor:
        raise InvalidBatch(
            f"{request} is incomplete: {found} (the floor is {settings.completeness_floor:.0%})",
            **found.as_json(),
        )
    return found


def _outcome(state: str | None, landed_at: Any, failure_class: str | None) -> str:
    # A landed match that is under way again for a correction has its rows all the same.
    if landed_at is not None:
        return State.LANDED
    if state is None:
        return "unplanned"
    return state if failure_class is None or state == State.ABSENT else f"{state} {failure_class}"


def _overdue(interval: Interval, stage_ids: tuple[int, ...]) -> Any:
    return (
        select(func.count())
        .select_from(Fixture)
        .where(
            Fixture.stage_id.in_(stage_ids),
            Fixture.kickoff_utc >= interval.start,
            Fixture.kickoff_utc < interval.end - LONGEST_MATCH,
            Fixture.status.in_(("scheduled", "live")),
            Fixture.closed_at.is_(None),
        )
    )


def _feeds(request: Request) -> list[str]:
    if request.interval is None or PageKind.SCHEDULE not in request.page_kinds:
        return []
    return [
        Target.schedule(stage_id, month).key
        for stage_id in request.stage_ids
        for month in request.interval.months()
    ]
