"""Pages that tell what there is: asked for when they are not there or old, and landed.

Each is a batch of one target, dispatched, waited for and published as any run's step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select

from scrapers.errors import FAILURE_CLASSES, InvalidRows
from scrapers.pipeline.dispatch import Send, close_if_hopeless, dispatch_plan
from scrapers.pipeline.publish import publish
from scrapers.pipeline.reasons import FAILED, NEW, RECHECK, Known, known_targets
from scrapers.pipeline.run import OnProgress, patiently, wait
from scrapers.pipeline.steps import Step
from scrapers.settings import Settings
from scrapers.targets import Target
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import BatchKey, PlannedTarget, State

MAX_AGE = timedelta(days=7)
# A page this young is believed also when it does not know a name.
BELIEVED = timedelta(hours=1)
_DAG_ID = "touchline"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What refreshing a page needs: the warehouse, the settings, and who sends to the workers."""

    engine: Engine
    settings: Settings
    send: Send
    on_progress: OnProgress | None = None
    poll_seconds: float = 1.0


def catalogue_reason(
    known: Known | None, *, now: datetime, max_age: timedelta = MAX_AGE
) -> str | None:
    """Why to fetch a page of the catalogue now; None: the one that landed is young enough."""
    if known is None:
        return NEW
    if known.state in FAILED or known.state is State.ABSENT:
        return RECHECK
    if known.state is not State.LANDED:
        return NEW
    return RECHECK if known.fetched_at is None or known.fetched_at < now - max_age else None


def refresh(site: Catalogue, step: Step, target: Target, *, max_age: timedelta = MAX_AGE) -> bool:
    """Have a page fetched, read, judged and landed, unless one has landed that is young enough.

    Args:
        max_age: how old a page that has landed may be.

    Returns:
        Whether it was fetched now.

    Raises:
        TouchlineError: of the class that stopped the page.
    """

    def planned() -> list[PlannedTarget]:
        known = known_targets(site.engine, [target]).get(target.key)
        reason = catalogue_reason(known, now=datetime.now(UTC), max_age=max_age)
        return [PlannedTarget(target, reason)] if reason else []

    # Named by the page: who asks for it meanwhile takes the same batch up.
    key = BatchKey(_DAG_ID, f"follow__{target.key}", step)
    batch_id = dispatch_plan(site.engine, key, planned, site.send, what=target.key)
    if batch_id is None:
        return False
    progress = wait(site.engine, batch_id, step, site.on_progress, site.poll_seconds)
    if failure := close_if_hopeless(site.engine, progress, step):
        _refuse_failed(site.engine, target)  # one page: what failed it says more than a count
        raise failure
    patiently(publish, site.engine, batch_id, site.settings)
    _refuse_failed(site.engine, target)
    return True


def _refuse_failed(engine: Engine, target: Target) -> None:
    query = select(TargetRow.state, TargetRow.failure_class, TargetRow.failure_detail).where(
        TargetRow.target_key == target.key
    )
    with transaction(engine) as connection:
        row = connection.execute(query).one()
    if row.state in FAILED or row.state == State.ABSENT:
        failure = FAILURE_CLASSES.get(row.failure_class or "", InvalidRows)
        raise failure(f"{target.key}: {row.failure_detail or row.state}", target=target.key)
