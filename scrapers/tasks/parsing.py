"""One archived page: held, read, its rows staged; or why not. No request, no browser."""

from __future__ import annotations

import logging
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded

from scrapers.errors import (
    LayoutChanged,
    SourceUnavailable,
    TargetAbsent,
    TouchlineError,
    WarehouseUnavailable,
)
from scrapers.tasks.patience import holding_on, patiently
from scrapers.tasks.tools import Tools
from scrapers.warehouse import holding
from scrapers.warehouse.records import Claim, State
from scrapers.warehouse.staging import stage
from scrapers.whoscored.read import read_page

log = logging.getLogger(__name__)

STAGE = "parse"


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
    try:
        return _parse(tools, claim)
    except TargetAbsent as error:
        holding.absent(tools.engine, claim, error)
        log.info("%s: %s", claim.target.key, error.detail)
    except SoftTimeLimitExceeded:
        seconds = tools.settings.parse_soft_limit_seconds
        slow = LayoutChanged(
            f"the page was not read within {seconds} s", fields=["page"], seconds=seconds
        )
        fail(tools, claim, slow)
    except TouchlineError as error:
        # Also a warehouse that was away for a moment: given back, it is not taken for lost.
        fail(tools, claim, error)
    return False


def _parse(tools: Tools, claim: Claim) -> bool:
    target = claim.target
    if claim.page_hash is None or claim.fetched_at is None:
        raise SourceUnavailable("the ledger names no archived page")
    html = tools.archive.get(claim.page_hash)
    url = target.url(tools.settings.base_url)
    read = read_page(
        html,
        target,
        url,
        tools.selectors,
        on=claim.fetched_at.date(),
        version=claim.asked_version,
    )
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
    due = patiently(
        lambda: holding.failed(tools.engine, claim, error, STAGE, again), WarehouseUnavailable
    )
    after = f"again at {due:%H:%M:%S} UTC" if due else "not tried again in this batch"
    log.warning("%s: %s: %s; %s", claim.target.key, error.failure_class, error.detail, after)
