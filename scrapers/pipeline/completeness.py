"""Whether a request's days are complete: what the schedule promises against what landed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Text, func, literal, select

from scrapers.errors import InvalidBatch
from scrapers.pipeline.intervals import Interval
from scrapers.pipeline.plan import finished_matches
from scrapers.pipeline.plan_pages import pages_of
from scrapers.pipeline.reasons import known_targets
from scrapers.pipeline.request import Request
from scrapers.pipeline.steps import KINDS, Step
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
FINISHED, BY_ID = "finished matches", "matches asked for by id"
UNPLANNED = "unplanned"


@dataclass(frozen=True, slots=True)
class Completeness:
    """The matches of a request, by what became of them.

    Attributes:
        expected: finished matches that have, or may have, a match centre, or those that were
            asked for by id; those that a person has dropped are none.
        landed: those that have landed.
        absent: those whose page says that there is no match centre.
        outdated: landed matches whose latest reading, for a correction, failed.
        missing: the others by ledger state and failure class, '3 blocked SourceRefused'; a
            match that no run has planned yet counts as 'unplanned'.
        overdue: matches that ought to be over, but that the schedule does not call so.
        feeds_missing: month feeds of the days that have not landed since the days ended.
        suspicious: most matches are absent, though the stages have had match centres before.
        feeds: month feeds of the days, if schedules were asked for.
        of_what: whose match centres were asked for: 'finished matches', or 'matches asked for by
            id'; None: nobody's, so that no match is expected.
        pages: the pages of the further kinds that were asked for, by kind and ledger state; one
            that no run has planned yet counts as 'unplanned'. They don't count for `share`, and
            only a run's own check counts them.
    """

    expected: int
    landed: int
    absent: int
    missing: dict[str, int]
    overdue: int
    feeds_missing: tuple[str, ...]
    outdated: int = 0
    suspicious: bool = False
    feeds: int = 0
    of_what: str | None = FINISHED
    pages: dict[PageKind, dict[str, int]] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Landed matches over those that have, or ought to have, a match centre; 1 without any."""
        readable = self.expected - self.absent + self.overdue
        return self.landed / readable if readable else 1.0

    def as_json(self) -> dict[str, Any]:
        """As plain values, for the run's summary and the asset's event."""
        found: dict[str, Any] = {
            "expected": self.expected,
            "landed": self.landed,
            "absent": self.absent,
            "missing": self.missing,
            "overdue": self.overdue,
            "outdated": self.outdated,
            "feeds_missing": list(self.feeds_missing),
        }
        if self.pages:
            found["pages"] = {str(kind): states for kind, states in self.pages.items()}
        return found

    def __str__(self) -> str:
        parts = [self._matches()] if self.of_what else []
        if self.feeds and (self.feeds_missing or not (parts or self.pages)):
            landed = self.feeds - len(self.feeds_missing)
            parts.append(f"{landed} of {self.feeds} schedule feeds landed")
            if self.feeds_missing:
                parts.append(f"feeds missing: {', '.join(self.feeds_missing)}")
        for kind, states in self.pages.items():
            told = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
            parts.append(f"{kind}: {told or 'no page'}")
        if not self.of_what:
            parts.append("no match centre was asked for")
        return "; ".join(parts)

    def _matches(self) -> str:
        text = f"{self.landed} of {self.expected} {self.of_what} landed"
        if self.of_what == FINISHED:
            text += f", {self.absent} absent"
        elif self.absent:
            # Nobody knows of a match that only its id tells whether there is one.
            text += f", {self.absent} not there (TargetAbsent)"
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
        wanted = _feeds(request)
        missing = _feeds_missing(connection, request, wanted, now)
    counts.pop(State.DROPPED, None)
    expected = counts.total()
    landed, absent = counts.pop(State.LANDED, 0), counts.pop(State.ABSENT, 0)
    return Completeness(
        expected,
        landed,
        absent,
        dict(counts),
        overdue,
        missing,
        outdated,
        suspicious,
        len(wanted),
        _of_what(request),
    )


def _of_what(request: Request) -> str | None:
    if PageKind.MATCH_CENTRE not in request.page_kinds:
        return None
    return FINISHED if request.interval else BY_ID


def _pages(engine: Engine, settings: Settings, request: Request) -> dict[PageKind, dict[str, int]]:
    """The pages that the request covers beside feeds and match centres, by kind and state."""
    now = datetime.now(UTC)
    found = {}
    for kind in KINDS[Step.MORE_PAGES]:
        if kind in request.page_kinds:
            targets = pages_of(engine, settings, request, kind, now=now)
            known = known_targets(engine, targets)
            states = (known.get(target.key) for target in targets)
            found[kind] = dict(Counter(str(one.state) if one else UNPLANNED for one in states))
    return found


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


def _feeds(request: Request) -> list[str]:
    """Keys of the month feeds of the request's days, if it asks for schedules."""
    if request.interval is None or PageKind.SCHEDULE not in request.page_kinds:
        return []
    return [
        Target.schedule(stage_id, month).key
        for stage_id in request.stage_ids
        for month in request.interval.months()
    ]


def _feeds_missing(
    connection: Connection, request: Request, wanted: Sequence[str], now: datetime
) -> tuple[str, ...]:
    """Feeds that have not landed since the days ended; of a day that runs, not lately."""
    if request.interval is None or not wanted:
        return ()
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
    """Count, further pages too, log, and refuse a request that is too incomplete to be called done.

    Raises:
        InvalidBatch: a feed of the days has not landed since they ended, fewer of the matches
            landed than `completeness_floor` asks for, or most are absent all at once.
    """
    found = completeness(engine, request)
    found = replace(found, pages=_pages(engine, settings, request))
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
        return UNPLANNED
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
