"""From the archive to rows again: no browser, no request to the site.

The pages go the usual way from where they are: read by the parse workers, judged, landed.
Targets that are under way for a fetch are left alone and waited for.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Engine,
    Text,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union,
)

from scrapers.errors import (
    ArchiveUnavailable,
    ConfigInvalid,
    LayoutChanged,
    SourceRefused,
    SourceUnavailable,
    TargetAbsent,
)
from scrapers.pipeline.dispatch import Send, close_if_hopeless, dispatch_plan
from scrapers.pipeline.publish import PublishSummary, publish
from scrapers.pipeline.reparse_request import ReparseRequest
from scrapers.pipeline.run import OnProgress, patiently, wait
from scrapers.settings import Settings
from scrapers.targets import SOURCE, PageKind, Target, id_names
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import FailureRow, PageRow, TargetRow
from scrapers.warehouse.records import (
    AT_REST,
    MEND,
    REPARSE,
    ArchivedPage,
    BatchKey,
    PlannedTarget,
    State,
)
from scrapers.warehouse.tables import Fixture, Match
from scrapers.whoscored.emptiness import GONE
from scrapers.whoscored.read import selectors_in_force

STEP = "reparse"
_BY_MATCH = tuple(kind for kind in PageKind if id_names(kind) == ("match_id",))
_BY_MONTH = tuple(kind for kind in PageKind if id_names(kind)[-1:] == ("month",))
# Failures that say that the page is none, or none of this target.
_NO_PAGE = (SourceRefused.__name__, SourceUnavailable.__name__)
_NOT_THERE = (LayoutChanged.__name__, TargetAbsent.__name__)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a request comes to.

    Attributes:
        planned: targets to be read again, by key.
        under_way: how many of them others work at; they are left alone.
    """

    planned: list[PlannedTarget]
    under_way: int


def choose(engine: Engine, request: ReparseRequest) -> Chosen:
    """The targets of a request, each with its latest page that is a page at all.

    Pages of the site's protection, error pages and cut ones are passed over, and answers that there
    is no such page, by status or in words. Nothing is changed.

    Raises:
        WarehouseUnavailable: the ledger can't be read.
    """
    page = (
        select(PageRow.page_hash, PageRow.last_fetched_at)
        .where(PageRow.target_key == TargetRow.target_key, _is_own(), ~_is_none(), ~_is_gone())
        .order_by(PageRow.last_fetched_at.desc(), PageRow.page_hash)
        .limit(1)
        .lateral("latest_page")
    )
    query = (
        select(
            TargetRow.target_key,
            TargetRow.state,
            TargetRow.kickoff_utc,
            page.c.page_hash,
            page.c.last_fetched_at,
        )
        .join(page, true())
        .where(*_conditions(request))
        .order_by(TargetRow.target_key)
    )
    if request.fetched:
        query = query.where(
            page.c.last_fetched_at >= request.fetched.start,
            page.c.last_fetched_at < request.fetched.end,
        )
    with transaction(engine) as connection:
        chosen_at = connection.execute(select(func.clock_timestamp())).scalar_one()
        rows = connection.execute(query).all()
    planned = [
        PlannedTarget(
            Target.from_key(row.target_key),
            REPARSE if row.state == State.LANDED else MEND,
            row.kickoff_utc,
            ArchivedPage(row.page_hash, row.last_fetched_at, chosen_at),
            request.version,
        )
        for row in rows
    ]
    return Chosen(planned, sum(row.state not in AT_REST for row in rows))


def _is_own() -> ColumnElement[bool]:
    """Whether the page is, or may once have been, the target's own.

    One that was fetched later, or for a target without a page of its own, was never taken for it:
    the site said in words, with a status that says nothing, that it has no such page; see
    `holding.absent`. Unless nobody could look at it when the archive was adopted.
    """
    own = (PageRow.page_hash == TargetRow.page_hash) | (
        PageRow.last_fetched_at <= TargetRow.fetched_at
    )
    not_looked_at = exists().where(
        FailureRow.target_key == PageRow.target_key,
        FailureRow.page_hash == PageRow.page_hash,
        FailureRow.failure_class == ArchiveUnavailable.__name__,
    )
    return func.coalesce(own, False) | not_looked_at


def _is_none() -> ColumnElement[bool]:
    """Whether a failure tells that the page is no page of the target."""
    return exists().where(
        FailureRow.target_key == PageRow.target_key,
        FailureRow.page_hash == PageRow.page_hash,
        or_(
            FailureRow.failure_class.in_(_NO_PAGE),
            # The address is not there any more, or never was: 404.
            (FailureRow.stage == "fetch") & FailureRow.failure_class.in_(_NOT_THERE),
        ),
    )


def _is_gone() -> ColumnElement[bool]:
    """Whether the site answered that it has no such page, which is no failure in the ledger."""
    return func.coalesce(PageRow.status, 0).in_([int(status) for status in GONE])


def _conditions(request: ReparseRequest) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [TargetRow.state != State.DROPPED]
    if request.page_kinds:
        found.append(TargetRow.page_kind.in_([str(kind) for kind in request.page_kinds]))
    if request.match_ids:
        keys = [
            f"{SOURCE}/{kind}/{match_id}" for kind in _BY_MATCH for match_id in request.match_ids
        ]
        found.append(TargetRow.target_key.in_(keys))
    if request.kickoff:
        start, end = request.kickoff.start, request.kickoff.end
        matches = union(
            *(
                select(table.match_id).where(table.kickoff_utc >= start, table.kickoff_utc < end)
                for table in (Fixture, Match)
            )
        ).subquery()
        months = [f"{month:%Y%m}" for month in request.kickoff.months()]
        found.append(
            or_(
                (TargetRow.kickoff_utc >= start) & (TargetRow.kickoff_utc < end),
                *(
                    TargetRow.target_key.in_(
                        select(literal(f"{SOURCE}/{kind}/").concat(matches.c.match_id.cast(Text)))
                    )
                    for kind in _BY_MATCH
                ),
                TargetRow.page_kind.in_([str(kind) for kind in _BY_MONTH])
                & func.split_part(TargetRow.target_key, "/", -1).in_(months),
            )
        )
    if request.read_by:
        read_last, landed = TargetRow.selector_version, TargetRow.landed_version
        found.append((read_last == request.read_by) | (landed == request.read_by))
    if request.failure:
        found.append(TargetRow.failure_class == request.failure)
        found.append(TargetRow.state.in_((State.BLOCKED, State.QUARANTINED)))
    return found


def dispatch_reparse(
    engine: Engine, settings: Settings, key: BatchKey, request: ReparseRequest, send: Send
) -> UUID | None:
    """Open the batch of a re-parse, or take up the open one, and send it; None: nothing to do.

    Raises:
        ConfigInvalid: the version asked for is not in force.
        BrokerUnavailable, WarehouseUnavailable: call again later; nothing is doubled.
    """

    def make_plan() -> list[PlannedTarget]:
        check_in_force(engine, settings, request.version)
        return choose(engine, request).planned

    interval = request.kickoff
    return dispatch_plan(
        engine,
        key,
        make_plan,
        send,
        what=f"re-parse of {request}",
        interval=(interval.start, interval.end) if interval else None,
    )


def check_in_force(engine: Engine, settings: Settings, version: str | None) -> None:
    """Let a version pass that workers may read with; None: whichever fits.

    Raises:
        ConfigInvalid: it is not in force.
    """
    if version is None:
        return
    kind = PageKind(version.partition("/")[0])
    there = selectors_in_force(engine, settings.selectors_dir).for_kind(kind)
    if version not in [selector.name for selector in there]:
        raise ConfigInvalid(
            f"version: {version} is not in force: choose of "
            f"{', '.join(selector.name for selector in there)}, or promote it with "
            f"touchline selectors promote {version}"
        )


def run_reparse(
    engine: Engine,
    settings: Settings,
    request: ReparseRequest,
    send: Send,
    *,
    run_id: str,
    dag_id: str = "touchline",
    on_progress: OnProgress | None = None,
    poll_seconds: float = 1.0,
) -> PublishSummary | None:
    """Re-parse to the end, waiting for the parse workers; None when there is nothing to do.

    Run again with the same `run_id` after a kill, it takes up what is open and repeats nothing.

    Args:
        send: scrapers.tasks.send.send_batch.
        run_id: names the run in the ledger.
        on_progress: called with the batch's progress at each look, changed or not.

    Raises:
        TouchlineError: of the class that stopped it; see `close_if_hopeless` and `publish`.
    """
    key = BatchKey(dag_id, run_id, STEP)
    batch_id = dispatch_reparse(engine, settings, key, request, send)
    if batch_id is None:
        return None
    progress = wait(engine, batch_id, None, on_progress, poll_seconds, send)
    if failure := close_if_hopeless(engine, progress, None):
        raise failure
    return patiently(publish, engine, batch_id, settings)
