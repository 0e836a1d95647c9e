"""The watch: does the layout still read as it did, before the night asks for hundreds of pages?

Canaries are pages that have landed before, fetched anew: of each page kind the newest. They go
the usual way. A canary that no selector version reads any more names the fields that failed; a
field that is merely filled less often than it was fails nothing, and is found by comparison: such
canaries are put aside before anything lands, since what they lack would overwrite what is there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, func, select

from scrapers.errors import (
    FAILURE_CLASSES,
    InvalidBatch,
    InvalidRows,
    LayoutChanged,
    SourceUnavailable,
    TouchlineError,
)
from scrapers.pipeline.dispatch import Send, dispatch_plan
from scrapers.pipeline.falls import Fall, falls
from scrapers.pipeline.publish import publish
from scrapers.pipeline.run import OnProgress, patiently, wait
from scrapers.settings import Settings
from scrapers.targets import Target
from scrapers.warehouse import ledger
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.field_coverage import ReadPage, pages_before, pages_of_batch
from scrapers.warehouse.ops_tables import BatchRow, BatchTargetRow, TargetRow
from scrapers.warehouse.records import AT_REST, CANARY, BatchKey, PlannedTarget, State

log = logging.getLogger(__name__)

STEP = "canary"
CANARIES = "canaries"
PER_KIND = 2
# What recent pages are held against: so many of the newest pages before them.
BASELINE_PAGES = 200
LAST_DAY = timedelta(days=1)
_NAMED = 8


@dataclass(frozen=True, slots=True)
class Canary:
    """What became of a canary.

    Attributes:
        failure_class, detail, fields: why it failed; None and nothing when it did not.
    """

    target_key: str
    page_kind: str
    state: str
    failure_class: str | None = None
    detail: str | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """Recent pages held against those before.

    Attributes:
        what: the canaries, or the last day.
        pages, pages_before: how many.
        falls: fields that have fallen.
    """

    page_kind: str
    selector_version: str
    what: str
    pages: int
    pages_before: int
    falls: tuple[Fall, ...]


@dataclass(frozen=True, slots=True)
class WatchReport:
    """What the watch found.

    Attributes:
        refused: why the canaries were refused as a batch; None: they were not.
    """

    canaries: tuple[Canary, ...] = ()
    compared: tuple[Compared, ...] = ()
    refused: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "canaries": [asdict(canary) for canary in self.canaries],
            "compared": [asdict(one) for one in self.compared],
            "refused": self.refused,
        }

    def failed_fields(self) -> dict[str, list[str]]:
        """By page kind the fields that canaries failed with, or that have fallen."""
        found: dict[str, dict[str, None]] = {}
        for canary in self.canaries:
            if canary.failure_class == LayoutChanged.__name__:
                found.setdefault(canary.page_kind, {}).update(dict.fromkeys(canary.fields))
        for one in self.compared:
            if one.falls:
                names = (fall.field for fall in one.falls)
                found.setdefault(one.page_kind, {}).update(dict.fromkeys(names))
        return {kind: list(names) for kind, names in found.items()}

    def failure(self) -> TouchlineError | None:
        """What to raise; None: all is as it was, or there is too little to tell."""
        if fields := self.failed_fields():
            told = [f"{kind}: {_some(names)}" for kind, names in fields.items()]
            told += [
                f"{one.page_kind}, {one.what}: {_some(map(str, one.falls))}"
                for one in self.compared
                if one.falls
            ]
            return LayoutChanged(
                f"the layout has changed: {'; '.join(told)}",
                fields=[name for names in fields.values() for name in names],
                page_kinds=fields,
            )
        invalid = [c for c in self.canaries if c.state == State.QUARANTINED]
        if invalid or self.refused:
            why = self.refused or f"{invalid[0].target_key}: {invalid[0].detail}"
            return InvalidRows(f"pages that landed before give wrong rows now: {why}")
        unread = [c for c in self.canaries if c.failure_class and c.state == State.BLOCKED]
        if unread and len(unread) == len(self.canaries):
            first = unread[0]
            failure = FAILURE_CLASSES.get(first.failure_class or "", SourceUnavailable)
            return failure(f"no canary could be read: {first.target_key}: {first.detail}")
        return None


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _NAMED} more" if len(listed) > _NAMED else ""
    return ", ".join(listed[:_NAMED]) + more


def choose_canaries(engine: Engine, per_kind: int = PER_KIND) -> list[PlannedTarget]:
    """The newest targets of each page kind that have landed and that nobody works at now.

    Raises:
        WarehouseUnavailable: the ledger can't be read.
    """
    place = func.row_number().over(
        partition_by=TargetRow.page_kind,
        order_by=(
            TargetRow.kickoff_utc.desc().nulls_last(),
            TargetRow.landed_at.desc(),
            TargetRow.target_key.desc(),
        ),
    )
    ranked = (
        select(TargetRow.target_key, TargetRow.kickoff_utc, place.label("place"))
        .where(TargetRow.landed_at.is_not(None), TargetRow.state.in_(AT_REST))
        .subquery()
    )
    query = (
        select(ranked.c.target_key, ranked.c.kickoff_utc)
        .where(ranked.c.place <= per_kind)
        .order_by(ranked.c.target_key)
    )
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    return [PlannedTarget(Target.from_key(row[0]), CANARY, row[1]) for row in rows]


def dispatch_watch(engine: Engine, key: BatchKey, send: Send) -> UUID | None:
    """Send the canaries, or take up those under way; None: nothing has landed yet.

    Raises:
        BrokerUnavailable, WarehouseUnavailable: call again later; nothing is doubled.
    """
    return dispatch_plan(engine, key, lambda: choose_canaries(engine), send, what="canaries")


def conclude(engine: Engine, settings: Settings, batch_id: UUID) -> WatchReport:
    """Land the canaries that are as good as ever, and tell what is not; asked again, the same.

    Raises:
        WarehouseUnavailable: call again.
    """
    compared = _compare(engine, settings, batch_id)
    _put_fallen_aside(engine, batch_id, compared)
    refused = None
    try:
        publish(engine, batch_id, settings)
    except InvalidBatch as error:
        refused = error.detail
    report = WatchReport(_canaries(engine, batch_id), compared, refused)
    for canary in report.canaries:
        log.info("%s: %s %s", canary.target_key, canary.state, canary.detail or "")
    for one in report.compared:
        log.info(
            "%s, %s: %d pages against %d before, %d fields have fallen",
            one.selector_version,
            one.what,
            one.pages,
            one.pages_before,
            len(one.falls),
        )
    return report


def _put_fallen_aside(engine: Engine, batch_id: UUID, compared: Iterable[Compared]) -> None:
    """Quarantine the staged canaries of a selector version whose fields have fallen on them."""
    fallen = {
        (one.page_kind, one.selector_version): one.falls
        for one in compared
        if one.what == CANARIES and one.falls
    }
    staged = ledger.staged(engine, batch_id) if fallen else []
    if not staged:
        return
    # It imports Great Expectations, which takes seconds: only where something is put aside.
    from scrapers.quality.verdicts import Refusal, write

    with transaction(engine) as connection:
        read_by = {
            page.target_key: (page.page_kind, page.selector_version)
            for page in pages_of_batch(connection, batch_id)
        }
    refusals = {
        item.target_key: Refusal(_fallen(found), [_reason(fall) for fall in found])
        for item in staged
        if (found := fallen.get(read_by.get(item.target_key, ("", ""))))
    }
    write(engine, batch_id, staged, [], refusals)


def _fallen(found: Sequence[Fall]) -> InvalidRows:
    return InvalidRows(
        f"fields are filled less often than they were: {_some(map(str, found))}",
        fields=[fall.field for fall in found],
    )


def _reason(fall: Fall) -> dict[str, Any]:
    """As the gate's reasons are; the watch has no suite."""
    return {
        "suite": STEP,
        "table": "field_coverage",
        "expectation": "as filled as before",
        "column": fall.field,
        "what": f"{fall.field} is filled as often as it was",
        "rows": fall.pages,
        "examples": [{"now": fall.now, "before": fall.before}],
    }


def _canaries(engine: Engine, batch_id: UUID) -> tuple[Canary, ...]:
    query = (
        select(
            TargetRow.target_key,
            TargetRow.page_kind,
            TargetRow.state,
            TargetRow.failure_class,
            TargetRow.failure_detail,
            TargetRow.failure_facts,
        )
        .join(BatchTargetRow, BatchTargetRow.target_key == TargetRow.target_key)
        .where(BatchTargetRow.batch_id == batch_id)
        .order_by(TargetRow.target_key)
    )
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    return tuple(
        Canary(
            row.target_key,
            row.page_kind,
            row.state,
            row.failure_class,
            row.failure_detail,
            tuple((row.failure_facts or {}).get("fields", ())),
        )
        for row in rows
    )


def _compare(engine: Engine, settings: Settings, batch_id: UUID) -> tuple[Compared, ...]:
    """The canaries, and the last day's pages, against the pages before, by selector version."""
    found = []
    with transaction(engine) as connection:
        begun = connection.scalar(select(BatchRow.created_at).where(BatchRow.batch_id == batch_id))
        if begun is None:
            return ()
        canaries = pages_of_batch(connection, batch_id)
        for kind, version in sorted({(p.page_kind, p.selector_version) for p in canaries}):
            own = [p for p in canaries if (p.page_kind, p.selector_version) == (kind, version)]
            day = pages_before(
                *(connection, kind, version, begun, BASELINE_PAGES), since=begun - LAST_DAY, but=own
            )
            older = pages_before(
                *(connection, kind, version, begun - LAST_DAY, BASELINE_PAGES), but=own
            )
            for what, recent, baseline in (
                (CANARIES, own, [*day, *older][:BASELINE_PAGES]),
                ("the last day", day, older),
            ):
                if recent:
                    fallen = _falls(baseline, recent, settings)
                    found.append(Compared(kind, version, what, len(recent), len(baseline), fallen))
    return tuple(found)


def _falls(
    baseline: Sequence[ReadPage], recent: Sequence[ReadPage], settings: Settings
) -> tuple[Fall, ...]:
    return tuple(
        falls(
            [page.counts for page in baseline],
            [page.counts for page in recent],
            settings.coverage_margin,
            settings.coverage_min_pages,
        )
    )


def run_watch(
    engine: Engine,
    settings: Settings,
    send: Send,
    *,
    run_id: str,
    dag_id: str = "touchline",
    on_progress: OnProgress | None = None,
    poll_seconds: float = 1.0,
) -> WatchReport:
    """Watch to the end, waiting for the workers; see `WatchReport.failure`."""
    batch_id = dispatch_watch(engine, BatchKey(dag_id, run_id, STEP), send)
    if batch_id is None:
        return WatchReport()
    wait(engine, batch_id, None, on_progress, poll_seconds, send)
    return patiently(conclude, engine, settings, batch_id)
