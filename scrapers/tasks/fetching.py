"""One page: held, waited for politely, fetched, archived; or why not."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded

from scrapers.archive.store import PageFacts
from scrapers.browser.session import LoadedPage
from scrapers.errors import (
    ArchiveUnavailable,
    BrowserUnavailable,
    LayoutChanged,
    SourceRefused,
    SourceUnavailable,
    TouchlineError,
    WarehouseUnavailable,
)
from scrapers.targets import SOURCE, Target
from scrapers.tasks.patience import holding_on, patiently
from scrapers.tasks.tools import Tools
from scrapers.warehouse import holding, source
from scrapers.warehouse.holding import FetchedPage
from scrapers.warehouse.records import Claim, State
from scrapers.whoscored.emptiness import check_page
from scrapers.whoscored.refusal import refusal_of

log = logging.getLogger(__name__)

STAGE = "fetch"
# A source that goes on refusing us is waited for so long; then the runs are told.
LONGEST_PAUSE = timedelta(hours=6)
# Share of the task's time that may go by waiting for a turn.
LONGEST_TURN = 0.5
_REFUSING = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


@dataclass
class _Seen:
    """What is known of the page when something fails.

    Attributes:
        asked: the site has been asked for it.
        page: it is in the archive.
    """

    asked: bool = False
    page: FetchedPage | None = None


def fetch_target(tools: Tools, target_key: str, holder: UUID) -> bool:
    """Fetch a target's page into the archive; whether it is there to be parsed.

    Whatever fails is recorded in the ledger by its class, which decides what follows.

    Raises:
        WarehouseUnavailable: the ledger can't be asked or told; do the same again later.
    """
    claim = holding.claim_fetch(tools.engine, target_key, holder)
    if claim is None:
        log.info("%s is not to be fetched now", target_key)
        return False
    with holding_on(tools.engine, claim):
        return _visit(tools, claim)


def _visit(tools: Tools, claim: Claim) -> bool:
    seen = _Seen()
    try:
        if _postponed(tools, claim):
            return False
        return _fetch(tools, claim, seen)
    except WarehouseUnavailable:
        raise
    except SoftTimeLimitExceeded:
        tools.put_away()
        seconds = tools.settings.fetch_soft_limit_seconds
        # Whom to blame: before the site was asked it is our own browser that is slow.
        slow = SourceUnavailable if seen.asked else BrowserUnavailable
        error = slow(f"the page was not fetched within {seconds} s")
        _fail(tools, claim, error, seen.page)
    except TouchlineError as error:
        _fail(tools, claim, error, seen.page)
    return False


def _fetch(tools: Tools, claim: Claim, seen: _Seen) -> bool:
    target = claim.target
    url = target.url(tools.settings.base_url)
    plan = tools.selectors.fetch_plan(target.page_kind)
    # First the browser, then the turn: nothing slow may come between the turn and the request.
    tools.browser.prepare(plan)
    wait = tools.politeness.reserve(urlsplit(url).hostname or "")
    if wait > tools.settings.fetch_soft_limit_seconds * LONGEST_TURN:
        # Many workers stand in line: this page comes back when its turn would have been.
        holding.postpone(tools.engine, claim, datetime.now(UTC) + timedelta(seconds=wait))
        return False
    time.sleep(wait)
    # While this page waited for its turn, another one may have been refused.
    if _postponed(tools, claim):
        return False
    seen.asked = True
    loaded = tools.browser.load(url, plan)
    seen.page = patiently(lambda: archive(tools, target, url, loaded), ArchiveUnavailable)
    check(loaded, target)
    page = seen.page
    kept = patiently(lambda: holding.archived(tools.engine, claim, page), WarehouseUnavailable)
    log.info(
        "%s: %d kB in %.1f s, archived as %s",
        target.key,
        page.size_bytes // 1000,
        page.load_seconds,
        page.page_hash[:12],
    )
    return kept


def archive(tools: Tools, target: Target, url: str, loaded: LoadedPage) -> FetchedPage:
    """Put a page into the archive, with its facts beside it.

    Raises:
        ArchiveUnavailable: it is not there.
    """
    facts = PageFacts(
        target_key=target.key,
        requested_url=url,
        final_url=loaded.final_url,
        title=loaded.title,
        status=loaded.status,
        fetched_at=loaded.fetched_at,
        load_seconds=loaded.load_seconds,
        ready=loaded.ready,
        browser=loaded.browser,
        hub=loaded.hub,
    )
    return FetchedPage(
        page_hash=tools.archive.put(loaded.html, facts),
        url=loaded.final_url,
        title=loaded.title,
        status=loaded.status,
        browser=loaded.browser,
        size_bytes=len(loaded.html),
        ready=loaded.ready,
        load_seconds=loaded.load_seconds,
        fetched_at=loaded.fetched_at,
    )


def check(loaded: LoadedPage, target: Target) -> None:
    """Let a page pass that looks like one of the site's, whatever its layout.

    Raises:
        SourceRefused: a protection's page, 403 or 429.
        SourceUnavailable: 5xx, an empty page, an error page or a cut one.
        LayoutChanged: there is no page at this address any more.
    """
    # What the page says tells more than its status, such as a refusal's incident id.
    if refusal := refusal_of(loaded.html, loaded.title):
        raise SourceRefused(refusal, status=loaded.status)
    answered = f"the site answered {loaded.status}"
    if loaded.status in _REFUSING:
        raise SourceRefused(answered, status=loaded.status)
    if loaded.status in _GONE:
        raise LayoutChanged(
            f"{answered}: no page of this kind has this address (any more)",
            fields=["address"],
            status=loaded.status,
            url=loaded.final_url,
        )
    if loaded.status is not None and loaded.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise SourceUnavailable(answered, status=loaded.status)
    check_page(loaded.html, loaded.title, target.page_kind)


def _postponed(tools: Tools, claim: Claim) -> bool:
    """Whether the source is paused; the target then waits for the pause to end."""
    pause = source.paused(tools.engine, SOURCE)
    if pause is None:
        return False
    if pause.until - pause.since > LONGEST_PAUSE:
        hours = LONGEST_PAUSE / timedelta(hours=1)
        raise SourceRefused(
            f"{SOURCE} has been refusing us for more than {hours:.0f} hours, since "
            f"{pause.since:%Y-%m-%d %H:%M} UTC"
        )
    holding.postpone(tools.engine, claim, pause.until)
    log.info("%s waits: %s is paused until %s", claim.target.key, SOURCE, pause.until)
    return True


def _fail(tools: Tools, claim: Claim, error: TouchlineError, page: FetchedPage | None) -> None:
    """Record the failure; a refusal pauses the source before anything else."""
    if isinstance(error, SourceRefused) and page is not None:
        pause = timedelta(minutes=tools.settings.refusal_pause_minutes)
        until = patiently(
            lambda: source.pause(tools.engine, SOURCE, error, pause), WarehouseUnavailable
        )
        log.error("%s refused us, it is left alone until %s", SOURCE, until)
    due = patiently(
        lambda: holding.failed(tools.engine, claim, error, STAGE, State.PLANNED, page),
        WarehouseUnavailable,
    )
    after = f"again at {due:%H:%M:%S} UTC" if due else "not tried again in this batch"
    log.warning("%s: %s: %s; %s", claim.target.key, error.failure_class, error.detail, after)
