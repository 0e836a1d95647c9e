"""Whether a request's days are complete: what the schedule promises against what landed."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Text, func, literal, select

from scrapers.errors import InvalidBatch
from scrapers.pipeline.intervals import Interval
from scrapers.pipeline.plan import finished_matches
from scrapers.pipeline.request import Request
from scrapers.settings import Settings
from scrapers.targets import SOURCE, PageKind, Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import State
from scrapers.warehouse.tables import Fixture, Match

log = logging.getLogger(__name__)

# A match that kicked off this long before the interval's end ought to be over.
LONGEST_MATCH = timedelta(hours=4)
# A day that is not over yet is told by a feed that landed within this.
LATELY = timedelta(hours=12)
FEW = 3  # so many absences at once are no chance
_FAILED = (State.BLOCKED, State.QUARANTINED)
NO_FEEDS: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completeness:
    """The matches of a request, by what became of them.

    Attributes:
        expected: finished matches that have, or may have, a match centre; those that a person
            has dropped are none.
        landed: those that have landed.
        absent: those whose page says that there is no match centre.
        outdated: landed matches whose latest reading, for a correction, failed.
        missing: the others by ledger state and failure class, '3 blocked SourceRefused'; a
            match that no run has planned yet counts as 'unplanned'.
        overdue: matches that ought to be over, but that the schedule does not call so.
        feeds_missing: month feeds of the days that have not landed since the days ended.
        suspicious: most matches are absent, though the stages have had match centres before.
    """

    expected: int
    landed: int
    absent: int
    missing: dict[str, int]
    overdue: int
    feeds_missing: tuple[str, ...]
    outdated: int = 0
    suspicious: bool = False

    @property
    def share(self) -> float:
        """Landed matches over those that have, or ought to have, a match centre; 1 without any."""
        readable = self.expected - self.absent + self.overdue
        return self.landed / readable if readable else 1.0

    def as_json(self) -> dict[str, Any]:
        """As plain values, for the run's summary and the asset's event."""
        return {
            "expected": self.expected,
            "landed": self.landed,
            "absent": self.absent,
            "missing": self.missing,
            "overdue": self.overdue,
            "outdated": self.outdated,
            "feeds_missing": list(self.feeds_missing),
        }

    def __str__(self) -> str:
        text = f"{self.landed} of {self.expected} finished matches landed, {self.absent} absent"
        if self.missing:
            text += ", missing: " + ", ".join(
                f"{count} {what}" for what, count in sorted(self.missing.items())
            )
        if self.outdated:
            text += f", {self.outdated} of them outdated: their correction could not be read"
        if self.suspicious:
            text += ", most are absent though these stages have had match centres"
        if self.overdue:
            text += f", {self.overdue} not called finished yet"
        if self.feeds_missing:
            text += f", feeds missing: {', '.join(self.feeds_missing)}"
        return text


def completeness(engine: Engine, request: Request, *, now: datetime | None = None) -> Completeness:
    """Count the request's matches and feeds; its days alone, without the look-back."""
    now = now or datetime.now(UTC)
    counts: Counter[str] = Counter()
    overdue = outdated = 0
    suspicious = False
    with transaction(engine) as connection:
        if PageKind.MATCH_CENTRE in request.page_kinds:
            rows = _matches(connection, request)
            counts.update(_outcome(*row) for row in rows)
            outdated = sum(landed is not None and state in _FAILED for state, landed, _ in rows)
            if request.interval is not None:
                overdue = connection.scalar(_overdue(request.interval, request.stage_ids)) or 0
            suspicious = _most_absent(counts) and bool(
                connection.scalar(
                    select(func.count())
                    .select_from(Match)
                    .where(Match.stage_id.in_(request.stage_ids))
                )
            )
        feeds = _feeds_missing(connection, request, now)
    counts.pop(State.DROPPED, None)
    expected = counts.total()
    landed, absent = counts.pop(State.LANDED, 0), counts.pop(State.ABSENT, 0)
    return Completeness(
        expected, landed, absent, dict(counts), overdue, feeds, outdated, suspicious
    )


def _matches(
    connection: Connection, request: Request
) -> list[tuple[str | None, datetime | None, str | None]]:
    """State, time of landing and failure class of each match that is expected."""
    columns = (TargetRow.state, TargetRow.landed_at, TargetRow.failure_class)
    if request.interval is None:
        wanted = [Target.match_centre(match_id).key for match_id in request.match_ids]
        rows = connection.execute(select(*columns).where(TargetRow.target_key.in_(wanted))).all()
        found = [(row.state, row.landed_at, row.failure_class) for row in rows]
        return [*found, *[(None, None, None)] * (len(wanted) - len(rows))]
    key = literal(f"{SOURCE}/{PageKind.MATCH_CENTRE}/").concat(Fixture.match_id.cast(Text))
    finished = finished_matches(request.interval, request.stage_ids)
    rows = connection.execute(
        finished.with_only_columns(*columns)
        .join_from(Fixture, TargetRow, TargetRow.target_key == key, isouter=True)
        .order_by(None)
    ).all()
    return [(row.state, row.landed_at, row.failure_class) for row in rows]


def _most_absent(counts: Counter[str]) -> bool:
    return counts[State.ABSENT] >= FEW and counts[State.ABSENT] * 2 > counts.total()


def _feeds_missing(connection: Connection, request: Request, now: datetime) -> tuple[str, ...]:
    """Feeds that have not landed since the days ended; of a day that runs, not lately."""
    if request.interval is None or PageKind.SCHEDULE not in request.page_kinds:
        return NO_FEEDS
    wanted = [
        Target.schedule(stage_id, month).key
        for stage_id in request.stage_ids
        for month in request.interval.months()
    ]
    since = min(request.interval.end, now - LATELY)
    done = set(
        connection.scalars(
            select(TargetRow.target_key).where(
                TargetRow.target_key.in_(wanted),
                (TargetRow.landed_at >= since) | (TargetRow.state == State.DROPPED),
            )
        )
    )
    return tuple(feed for feed in wanted if feed not in done)


def check_completeness(engine: Engine, settings: Settings, request: Request) -> Completeness:
    """Count, log, and refuse a request that is too incomplete to be called done.

    Raises:
        InvalidBatch: a feed of the days has not landed since they ended, fewer of the matches
            landed than `completeness_floor` asks for, or most are absent all at once.
    """
    found = completeness(engine, request)
    log.info("%s: %s", request, found)
    if found.feeds_missing or found.suspicious or found.share < settings.completeness_floor:
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
