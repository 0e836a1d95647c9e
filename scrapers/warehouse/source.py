"""Whether a source may be asked for a page, and how gently: one row that all workers obey.

A source is asked freely until it refuses us, or until so many different pages running fail that
it must be the source and not the pages. Then it is paused, for all workers at once. After the
pause exactly one page tries it. If that page is right the source is asked again, gently at
first; if not it is paused for longer.

Every change is one transaction over the row, so a worker that dies between any two lines leaves
either the old state or the new one. A page that was trying the source when its worker died counts
as under way until its time is over; then another takes its place.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, case, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from scrapers.errors import SourceRefused, SourceUnavailable, TouchlineError
from scrapers.settings import Settings
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.health_tables import RequestHourRow
from scrapers.warehouse.ops_tables import SourceStateRow, TargetRow
from scrapers.warehouse.records import State

# After a pause: the pause between two pages is so many times the usual one, for so many right
# pages each; then it is the usual one again, and the trouble is over.
GENTLE_FACTORS = (8.0, 4.0, 2.0)
PAGES_EACH = 3
GENTLE_PAGES = len(GENTLE_FACTORS) * PAGES_EACH
REFUSAL_FACTOR, OUTAGE_FACTOR = 3, 2
# A source that is asked again for so long has no trouble any more, even if too few pages were
# wanted since to end it.
FORGOTTEN = timedelta(hours=2)
# A pause by hand without an end; far enough for any date arithmetic.
FOR_GOOD = datetime(9000, 1, 1, tzinfo=UTC)
_REFUSED = SourceRefused.__name__
_OF_SOURCE = (_REFUSED, SourceUnavailable.__name__)
# Beyond the hard limit of the task that asks for the page: then its worker is gone for sure.
_SPARE = timedelta(seconds=30)


def end_of_pause(until: datetime) -> str:
    """In words: until 2026-11-29 03:12:05 UTC, or until it is resumed."""
    return "until it is resumed" if until >= FOR_GOOD else f"until {until:%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True)
class Rules:
    """When a source is paused, and for how long.

    Attributes:
        refusal, refusal_longest: the first pause after a refusal, and the longest.
        outage, outage_longest: the first pause of an outage, and the longest.
        failures: so many pages running that fail are an outage.
        probe: how long the page that tries the source counts as under way.
        patience: so long after the first failure runs wait.
    """

    refusal: timedelta
    refusal_longest: timedelta
    outage: timedelta
    outage_longest: timedelta
    failures: int
    probe: timedelta
    patience: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """Those of the settings."""
        return cls(
            timedelta(minutes=settings.refusal_pause_minutes),
            timedelta(hours=settings.refusal_longest_pause_hours),
            timedelta(seconds=settings.outage_pause_seconds),
            timedelta(minutes=settings.outage_longest_pause_minutes),
            settings.outage_failures,
            timedelta(seconds=settings.fetch_hard_limit_seconds) + _SPARE,
            timedelta(hours=settings.source_patience_hours),
        )

    def length(self, *, refusing: bool, before: int) -> timedelta:
        """Length of a pause after `before` others of the same trouble."""
        first, factor, longest = (
            (self.refusal, REFUSAL_FACTOR, self.refusal_longest)
            if refusing
            else (self.outage, OUTAGE_FACTOR, self.outage_longest)
        )
        # Capped before multiplying on: a long trouble must not overflow.
        return min(max(longest, first), first * int(factor ** min(before, 20)))


@dataclass(frozen=True, slots=True)
class Pause:
    """A source that is not to be asked now.

    Attributes:
        since: since when there has been trouble with it, or it was paused by hand.
        until: no page is asked for before this.
        reason: sentence of the latest failure, or why it was paused by hand.
        failure_class: class of the failure; None: it was paused by hand.
        by: who paused it by hand; None: the platform did.
        probing: its pause is over, and one page is trying it until then.
    """

    since: datetime
    until: datetime
    reason: str = ""
    failure_class: str | None = None
    by: str | None = None
    probing: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave to ask for one page.

    Attributes:
        factor: the pause after this page is so many times the usual one.
        probe: the page tries the source after a pause; names the try. None: it does not.
    """

    factor: float = 1.0
    probe: datetime | None = None


def look(engine: Engine, source: str) -> Pause | None:
    """The pause of a source; None: a page may be asked for, or may try it after a pause.

    Raises:
        WarehouseUnavailable: the state can't be read.
    """
    with transaction(engine) as connection:
        row = _read(connection, source)
    return None if row is None else _pause(row)


def is_to_be_tried(engine: Engine, source: str) -> bool:
    """Whether its pause is over and no page has been right since.

    Raises:
        WarehouseUnavailable: the state can't be read.
    """
    with transaction(engine) as connection:
        row = _read(connection, source)
    return row is not None and row.paused_until is not None and row.paused_until <= row.now


def enter(
    engine: Engine,
    source: str,
    rules: Rules,
    held: Leave | None = None,
    *,
    host: str | None = None,
) -> Leave | Pause:
    """Ask for leave to ask for a page; after a pause the first who comes is to try the source.

    Args:
        held: the leave given before the page waited for its turn, to be confirmed.
        host: count a page asked of this host, if leave is given: the next thing is to ask.

    Raises:
        WarehouseUnavailable: the state can't be read or written; no leave is given.
    """
    with transaction(engine) as connection:
        row = _read(connection, source)
        answer: Leave | Pause = Leave()
        if row is not None:
            if row.paused_until is not None:
                row = _read(connection, source, lock=True) or row
            answer = _answer(connection, source, row, rules, held)
        if host is not None and isinstance(answer, Leave):
            _count(connection, host)
    return answer


def right(engine: Engine, source: str, leave: Leave) -> None:
    """Tell that the site answered a page as a site does.

    A page that was asked for before the pause began says nothing of what is after it.

    Raises:
        WarehouseUnavailable: nothing is told.
    """
    with transaction(engine) as connection:
        row = _read(connection, source)
        if row is None or not (row.failures or row.resumed_at or row.paused_until):
            return
        row = _read(connection, source, lock=True)
        if row is None:
            return
        if row.paused_until is not None:
            if not _is_probe(row, leave) or row.paused_until > row.now:
                return
            values = {"paused_until": None, "resumed_at": row.now, "gentle_pages": 1}
            if row.resumed_at is not None:
                values["reason"] = None  # of the pause by hand; the trouble before it has no more
            _wake(connection)
        elif row.resumed_at is not None:
            done = row.gentle_pages + 1 >= GENTLE_PAGES
            values = {"gentle_pages": row.gentle_pages + 1} if not done else _WELL
        else:
            values = {}
        _write(connection, source, probe_until=None, paused_by=None, failures=0, **values)


def wrong(
    engine: Engine,
    source: str,
    leave: Leave,
    error: TouchlineError,
    rules: Rules,
    *,
    first: bool = True,
) -> Pause | None:
    """Tell that the site refused a page or did not answer it; the pause that is on now, if any.

    Args:
        error: SourceRefused or SourceUnavailable.
        first: it was the first try of the page; others do not count, or one page that fails for
            ever would be taken for an outage.

    Raises:
        WarehouseUnavailable: nothing is told.
    """
    refused = isinstance(error, SourceRefused)
    with transaction(engine) as connection:
        connection.execute(upsert(SourceStateRow).values(source=source).on_conflict_do_nothing())
        row = _read(connection, source, lock=True)
        assert row is not None  # written above, and nobody deletes it
        # Yesterday's trouble says nothing of tonight's.
        pauses = 0 if _asked_since(row) >= FORGOTTEN else row.pauses
        refusing = pauses > 0 and row.failure_class == _REFUSED
        failures = row.failures + (1 if first else 0)
        if row.paused_until is not None and not _is_probe(row, leave):
            # Asked for before the pause began: it is the same trouble, unless it is a worse one,
            # or the pause is one by hand, after a trouble.
            begins = refused and (not refusing or row.resumed_at is not None)
        elif row.paused_until is not None or refused:
            begins = True
        else:
            begins = failures >= rules.failures
        if not begins:
            _write(connection, source, failures=failures)
            return _pause(row)
        same = refusing == (refused or refusing)
        before = pauses if same else 0
        until = row.now + rules.length(refusing=refused or refusing, before=before)
        if row.paused_until is not None:
            until = max(until, row.paused_until)
        # As old as the first failure since a page was last right: so long do runs wait.
        is_on = pauses > 0 and row.resumed_at is None
        since = row.paused_at if is_on and row.paused_at else row.now
        _write(
            connection,
            source,
            paused_until=until,
            paused_at=since,
            reason=error.detail,
            # A source that refuses us and then does not answer is one that refuses us.
            failure_class=_REFUSED if refusing else error.failure_class,
            failures=failures,
            pauses=before + 1,
            probe_until=None,
            resumed_at=None,
            gentle_pages=0,
        )
        # What waited for this page's try need not wait for the end of its lease; nor for the
        # pause's end, when runs do not wait any longer: else only one page would be told so in
        # each pause, the one that tries the source.
        _wake(connection, min(until, since + rules.patience))
        return Pause(since, until, error.detail, error.failure_class, row.paused_by)


def release(engine: Engine, source: str, leave: Leave) -> None:
    """Give back the leave of a page that was not asked for, or that says nothing of the source.

    Raises:
        WarehouseUnavailable: it is given back by itself, when its time is over.
    """
    if leave.probe is None:
        return
    with transaction(engine) as connection:
        given_back = connection.execute(
            update(SourceStateRow)
            .where(SourceStateRow.source == source, SourceStateRow.probe_until == leave.probe)
            .values(probe_until=None)
        )
        # If another tries it by now, all others go on waiting for that one.
        if given_back.rowcount:
            _wake(connection)


def pause_by_hand(
    engine: Engine, source: str, *, who: str, until: datetime | None, reason: str
) -> datetime:
    """Pause the source until `until`, or for good; a longer pause that is on stays as long.

    Runs wait for it as from now, unless the source is in trouble: then from the trouble's start.
    A trouble after which the source is asked again is none, however few pages were right since;
    that it was there is kept, for the length of the platform's next pause.

    Returns:
        Until when it is paused.

    Raises:
        WarehouseUnavailable: it is not paused.
    """
    with transaction(engine) as connection:
        connection.execute(upsert(SourceStateRow).values(source=source).on_conflict_do_nothing())
        row = _read(connection, source, lock=True)
        assert row is not None
        end = until or FOR_GOOD
        if row.paused_until is not None:
            end = max(end, row.paused_until)
        values: dict[str, Any] = {"paused_until": end, "paused_by": who, "reason": reason}
        if not row.pauses:
            values |= {"paused_at": row.now, "failure_class": None}
        elif row.resumed_at is not None:
            values |= {"paused_at": row.now}
        _write(connection, source, **values, probe_until=None)
    return end


def resume(engine: Engine, source: str) -> bool:
    """End the pause, whoever made it: one page tries the source, then it is asked gently.

    Returns:
        False if it was not paused.

    Raises:
        WarehouseUnavailable: it stays as it is.
    """
    with transaction(engine) as connection:
        row = _read(connection, source, lock=True)
        if row is None or row.paused_until is None:
            return False
        _write(
            connection,
            source,
            paused_until=func.least(SourceStateRow.paused_until, row.now),
            paused_by=None,
            failures=0,
        )
        _wake(connection)
    return True


_COLUMNS = (
    SourceStateRow.paused_until,
    SourceStateRow.paused_at,
    SourceStateRow.paused_by,
    SourceStateRow.reason,
    SourceStateRow.failure_class,
    SourceStateRow.failures,
    SourceStateRow.pauses,
    SourceStateRow.probe_until,
    SourceStateRow.resumed_at,
    SourceStateRow.gentle_pages,
)
# What a trouble that is over leaves behind.
_WELL: dict[str, Any] = {
    **dict.fromkeys(("resumed_at", "paused_at", "reason", "failure_class")),
    "gentle_pages": 0,
    "pauses": 0,
}


@dataclass(frozen=True, slots=True)
class _Row:
    """The state, and the database's clock: no other is compared with it."""

    now: datetime
    paused_until: datetime | None
    paused_at: datetime | None
    paused_by: str | None
    reason: str | None
    failure_class: str | None
    failures: int
    pauses: int
    probe_until: datetime | None
    resumed_at: datetime | None
    gentle_pages: int


def _read(connection: Connection, source: str, *, lock: bool = False) -> _Row | None:
    query = select(*_COLUMNS).where(SourceStateRow.source == source)
    if lock:
        # The lock first: it may have to be waited for, and the clock goes on.
        held = select(SourceStateRow.source).where(SourceStateRow.source == source)
        connection.execute(held.with_for_update())
    row = connection.execute(query.add_columns(func.clock_timestamp())).one_or_none()
    return None if row is None else _Row(row[-1], *row[:-1])


def _write(connection: Connection, source: str, **values: Any) -> None:
    connection.execute(
        update(SourceStateRow).where(SourceStateRow.source == source).values(**values)
    )


def _pause(row: _Row) -> Pause | None:
    if row.paused_until is None:
        return None
    since = row.paused_at or row.paused_until
    told = (row.reason or "", _trouble(row), row.paused_by)
    if row.paused_until > row.now:
        return Pause(since, row.paused_until, *told)
    if row.probe_until is not None and row.probe_until > row.now:
        return Pause(since, row.probe_until, *told, probing=True)
    return None


def _trouble(row: _Row) -> str | None:
    """Class of the failure that a pause is for; None: it is one by hand, whatever was before."""
    return row.failure_class if row.resumed_at is None else None


def _asked_since(row: _Row) -> timedelta:
    """For how long the source has been asked again after its latest trouble."""
    if row.resumed_at is None:
        return timedelta()
    # While it is paused by hand nothing is learned of it.
    paused = row.paused_at if row.paused_until is not None else None
    return (paused or row.now) - row.resumed_at


def _is_probe(row: _Row, leave: Leave) -> bool:
    return leave.probe is not None and row.probe_until == leave.probe


def _answer(
    connection: Connection, source: str, row: _Row, rules: Rules, held: Leave | None
) -> Leave | Pause:
    if row.paused_until is None:
        return Leave(_factor(row))
    if row.paused_until <= row.now and held is not None and _is_probe(row, held):
        return held
    if pause := _pause(row):
        return pause
    until = row.now + rules.probe
    _write(connection, source, probe_until=until)
    return Leave(GENTLE_FACTORS[0], until)


def _factor(row: _Row) -> float:
    if row.resumed_at is None:
        return 1.0
    return GENTLE_FACTORS[min(row.gentle_pages // PAGES_EACH, len(GENTLE_FACTORS) - 1)]


def _count(connection: Connection, host: str) -> None:
    given = upsert(RequestHourRow).values(
        host=host, hour=func.date_trunc("hour", func.now()), requests=1
    )
    connection.execute(
        given.on_conflict_do_update(
            index_elements=[RequestHourRow.host, RequestHourRow.hour],
            set_={"requests": RequestHourRow.requests + 1},
        )
    )


def _wake(connection: Connection, at: datetime | None = None) -> None:
    """Make due at `at`, or now, what waits for longer, for the source and for nothing else.

    See `holding.postpone` for what waits so.
    """
    when = func.now() if at is None else at
    waiting = (
        select(TargetRow.target_key)
        .where(
            TargetRow.state == State.PLANNED,
            TargetRow.holder.is_(None),
            TargetRow.due_at > when,
            TargetRow.failing_since.is_(None),
            TargetRow.failure_class.in_(_OF_SOURCE),
        )
        .order_by(TargetRow.target_key)
        # Whoever plans or holds one of them just now sets its time himself.
        .with_for_update(skip_locked=True)
    )
    connection.execute(
        update(TargetRow).where(TargetRow.target_key.in_(waiting)).values(due_at=when)
    )


def describe(engine: Engine, source: str) -> dict[str, Any]:
    """The source's state for a person, and the pages asked of its hosts.

    `state` is asked, paused, half-open (the pause is over, nobody has tried it yet), probing or
    gentle; `requests` has by host the pages of this `hour` and of the last 24 hours (`day`).

    Raises:
        WarehouseUnavailable: it can't be read.
    """
    hour = func.date_trunc("hour", func.now())
    counts = (
        select(
            RequestHourRow.host,
            func.sum(case((RequestHourRow.hour == hour, RequestHourRow.requests), else_=0)),
            func.sum(RequestHourRow.requests),
        )
        .where(RequestHourRow.hour > func.now() - timedelta(hours=24))
        .group_by(RequestHourRow.host)
        .order_by(RequestHourRow.host)
    )
    with transaction(engine) as connection:
        row = _read(connection, source)
        requests = {
            host: {"hour": int(this), "day": int(day)}
            for host, this, day in connection.execute(counts)
        }
    row = row or _Row(datetime.now(UTC), None, None, None, None, None, 0, 0, None, None, 0)
    pause = _pause(row)
    if pause is not None:
        state = "probing" if pause.probing else "paused"
    elif row.paused_until is not None:
        state = "half-open"
    else:
        state = "asked" if row.resumed_at is None else "gentle"
    told = {name: value for name, value in asdict(row).items() if name != "now"}
    if row.paused_until is not None:
        told["failure_class"] = _trouble(row)
    return {
        "source": source,
        "state": state,
        "factor": _factor(row),
        **told,
        "requests": requests,
    }
