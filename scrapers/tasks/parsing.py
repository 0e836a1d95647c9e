"""One archived page: held, read, its rows staged; or why not. No request, no browser."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded

from scrapers.errors import (
    ArchiveUnavailable,
    LayoutChanged,
    SourceUnavailable,
    TargetAbsent,
    TouchlineError,
    WarehouseUnavailable,
    WorkerLost,
)
from scrapers.tasks.patience import holding_on, note_failure
from scrapers.tasks.tools import Tools
from scrapers.warehouse import holding
from scrapers.warehouse.records import Claim, State
from scrapers.warehouse.staging import stage
from scrapers.whoscored.read import read_page

log = logging.getLogger(__name__)

STAGE = "parse"
# A page is read in a fraction of a second. One that takes all the time that it is given keeps its
# process busy, on a loaded machine too; below this share the process stood still.
_BUSY = 0.1


@dataclass
class _Doing:
    """What is under way, for whom to blame when the task's time is over.

    Attributes:
        what: class of the failure that it is then.
        since, worked: when it began, and what this thread had worked until then, in seconds.
    """

    what: type[TouchlineError] = ArchiveUnavailable
    since: float = 0.0
    worked: float = 0.0

    def begin(self, what: type[TouchlineError]) -> None:
        """Something else is under way from now on."""
        self.what, self.since, self.worked = what, time.monotonic(), time.thread_time()

    def out_of_time(self, seconds: float) -> TouchlineError:
        """The failure that it is when the task's time, so many `seconds`, is over."""
        limit = f"within {seconds:g} s"
        if self.what is ArchiveUnavailable:
            return ArchiveUnavailable(f"the archive did not hand out the page {limit}")
        if self.what is WarehouseUnavailable:
            return WarehouseUnavailable(f"the page's rows were not staged {limit}")
        took = time.monotonic() - self.since
        worked = time.thread_time() - self.worked
        if worked < _BUSY * took:
            return WorkerLost(
                f"the page was not read {limit}: of {took:.0f} s its worker worked {worked:.0f}"
            )
        return LayoutChanged(f"the page was not read {limit}", fields=["page"], seconds=seconds)


def parse_target(tools: Tools, target_key: str, holder: UUID) -> bool:
    """Read a target's archived page and stage its rows; whether they wait in staging.

    Raises:
        WarehouseUnavailable: the ledger can't be asked or told; do the same again later.
    """
    claim = holding.claim_parse(tools.engine, target_key, holder)
    if claim is None:
        log.info("%s is not to be parsed now", target_key)
        return False
    with holding_on(tools.engine, claim):
        return _read(tools, claim)


def _read(tools: Tools, claim: Claim) -> bool:
    doing = _Doing()
    try:
        return _parse(tools, claim, doing)
    except TargetAbsent as error:
        holding.absent(tools.engine, claim, error)
        log.info("%s: %s", claim.target.key, error.detail)
    except SoftTimeLimitExceeded:
        fail(tools, claim, doing.out_of_time(tools.settings.parse_soft_limit_seconds))
    except TouchlineError as error:
        # Also a warehouse that was away for a moment: given back, it is not taken for lost.
        fail(tools, claim, error)
    return False


def _parse(tools: Tools, claim: Claim, doing: _Doing) -> bool:
    target = claim.target
    if claim.page_hash is None or claim.fetched_at is None:
        raise SourceUnavailable("the ledger names no archived page")
    doing.begin(ArchiveUnavailable)
    html = tools.archive.get(claim.page_hash)
    doing.begin(LayoutChanged)
    url = target.url(tools.settings.base_url)
    read = read_page(
        html,
        target,
        url,
        tools.selectors,
        on=claim.fetched_at.date(),
        version=claim.asked_version,
    )
    doing.begin(WarehouseUnavailable)
    staged_id = stage(
        tools.engine,
        claim,
        read.rows,
        read.selector_version,
        read.coverage,
        read.selector_sha256,
    )
    if staged_id is None:
        log.info("%s: another worker holds it by now", target.key)
        return False
    rows = sum(map(len, read.rows.values()))
    log.info("%s: %d rows by %s", target.key, rows, read.selector_version)
    return True


def fail(tools: Tools, claim: Claim, error: TouchlineError) -> None:
    """Record a failure; a page that turns out to be none is fetched again, others read again.

    A plan that asks for the archived page never fetches: the page then stays what it is.
    """
    again: State | None = State.ARCHIVED
    if isinstance(error, SourceUnavailable):
        again = None if claim.archive_only else State.PLANNED
    note_failure(claim, error, lambda: holding.failed(tools.engine, claim, error, STAGE, again))
