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
    Defect,
    LayoutChanged,
    SourceRefused,
    SourceUnavailable,
    TargetAbsent,
    TouchlineError,
    WarehouseUnavailable,
)
from scrapers.targets import SOURCE, Target
from scrapers.tasks.patience import holding_on, note_failure, patiently
from scrapers.tasks.tools import Tools
from scrapers.warehouse import gaps, holding, keeping, source
from scrapers.warehouse.holding import FetchedPage
from scrapers.warehouse.records import Claim, State
from scrapers.warehouse.source import Leave, Pause, Rules
from scrapers.warehouse.stated import is_stated
from scrapers.whoscored.emptiness import GONE, check_page
from scrapers.whoscored.refusal import refusal_of

log = logging.getLogger(__name__)

STAGE = "fetch"
# Share of the task's time that may go by waiting for a turn.
LONGEST_TURN = 0.5
_REFUSING = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
# After a page that tried the source in vain another one is to try it, for this page itself may
# be what fails: it stands back for so many sweeps.
_SWEEPS_BEHIND = 4
# Larger than a page is as it is kept: a disk that has room for it has room for the next page.
_PROOF_BYTES = 250_000
# Failures of which the page itself, or the site, may be the cause once the site was asked for it: a
# page can kill its browser.
_OF_PAGE = (
    *(SourceRefused, SourceUnavailable, LayoutChanged, TargetAbsent),
    *(BrowserUnavailable, Defect),
)


@dataclass
class _Seen:
    """What is known of the page when something fails.

    Attributes:
        leave: leave to ask the site for it; None: not given.
        asked: the site has been asked for it.
        judged: the source has been told what became of it.
        pause: the pause that the source then was in.
        told: the source has been paused, or the archive away, for longer than a run waits.
        page: it is in the archive.
        noted: it is noted whether this was a try of its gap.
        slow: whom to blame when the task's time is over now.
    """

    leave: Leave | None = None
    asked: bool = False
    judged: bool = False
    pause: Pause | None = None
    told: bool = False
    page: FetchedPage | None = None
    noted: bool = False
    # Before the site is asked it is our own browser that is slow.
    slow: type[TouchlineError] = BrowserUnavailable


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
        return _fetch(tools, claim, seen)
    except SoftTimeLimitExceeded:
        tools.put_away()
        seconds = tools.settings.fetch_soft_limit_seconds
        what = "kept" if seen.slow is ArchiveUnavailable else "fetched"
        _fail(tools, claim, seen.slow(f"the page was not {what} within {seconds} s"), seen)
    except TargetAbsent as error:
        _absent(tools, claim, error, seen)
    except TouchlineError as error:
        # Also a warehouse that was away for a moment: given back, it is not taken for lost.
        _fail(tools, claim, error, seen)
    except Exception as error:
        # A defect of ours, which the task tells. That the site was asked is known here alone.
        try:
            _note_try(tools, claim, Defect(type(error).__name__), seen)
        except TouchlineError as untold:
            log.warning("%s: its try is not noted: %s", claim.target.key, untold)
        raise
    return False


def _fetch(tools: Tools, claim: Claim, seen: _Seen) -> bool:
    target = claim.target
    url = target.url(tools.settings.base_url)
    host = urlsplit(url).hostname or ""
    plan = tools.selectors.fetch_plan(target.page_kind)
    if pause := source.look(tools.engine, SOURCE):
        return _put_off(tools, claim, seen, pause)
    if not _can_keep(tools, claim, seen):
        return False
    # First the browser, then the turn: nothing slow may come between the turn and the request.
    tools.browser.prepare(plan, avoid=claim.failed_hub)
    rules = Rules.of(tools.settings)
    leave = source.enter(tools.engine, SOURCE, rules)
    if isinstance(leave, Pause):
        return _put_off(tools, claim, seen, leave)
    seen.leave = leave
    longest = tools.settings.fetch_soft_limit_seconds * LONGEST_TURN
    wait = tools.politeness.reserve(host, _factor(tools, leave, longest), longest)
    if wait > longest:
        # Many workers stand in line: this page comes back when its turn would have been.
        source.release(tools.engine, SOURCE, leave)
        holding.postpone(tools.engine, claim, datetime.now(UTC) + timedelta(seconds=wait))
        return False
    time.sleep(wait)
    # While this page waited for its turn, another one may have been refused.
    leave = source.enter(tools.engine, SOURCE, rules, leave, host=host)
    if isinstance(leave, Pause):
        return _put_off(tools, claim, seen, leave)
    seen.leave, seen.asked, seen.slow = leave, True, SourceUnavailable
    loaded = tools.browser.load(url, plan)
    failure = _judged(loaded, target)
    seen.slow = WarehouseUnavailable
    try:
        # The source hears of it at once, whatever else goes wrong with this page.
        _tell_source(tools, claim, failure, seen)
    finally:
        # The site has been asked for it: it is kept, also while the warehouse is away.
        seen.slow = ArchiveUnavailable
        page = patiently(lambda: archive(tools, target, url, loaded), ArchiveUnavailable)
        seen.page, seen.slow = page, WarehouseUnavailable
    _note_try(tools, claim, failure, seen)
    if isinstance(failure, TargetAbsent):
        raise _not_there(tools, target, failure)
    if failure:
        raise failure
    kept = patiently(lambda: holding.archived(tools.engine, claim, page), WarehouseUnavailable)
    log.info(
        "%s: %d kB in %.1f s, archived as %s",
        target.key,
        page.size_bytes // 1000,
        page.load_seconds,
        page.page_hash[:12],
    )
    return kept


def _can_keep(tools: Tools, claim: Claim, seen: _Seen) -> bool:
    """Whether the archive takes a page; if not, the target is given back, the site not asked.

    It is tried only while the latest page could not be kept, by whichever worker.

    Raises:
        ArchiveUnavailable: it does not, and a run does not wait any longer.
    """
    since = keeping.failing_since(tools.engine)
    if since is None:
        return True
    seen.slow = ArchiveUnavailable
    try:
        tools.archive.files.prove(_PROOF_BYTES)
    except ArchiveUnavailable as error:
        lasted = datetime.now(UTC) - since
        if lasted >= _patience(tools):
            seen.told = True
            raise
        # As long again as it has lasted: soon back after a moment, seldom tried in a long outage.
        first, longest = error.retry.first_wait, error.retry.longest_wait
        wait = min(longest, max(first, lasted.total_seconds()))
        until = datetime.now(UTC) + timedelta(seconds=wait)
        holding.postpone(tools.engine, claim, until, error)
        log.warning("%s waits for the archive until %s: %s", claim.target.key, until, error.detail)
        return False
    seen.slow = BrowserUnavailable
    return True


def _factor(tools: Tools, leave: Leave, longest: float) -> float:
    """How much slower than usual; never so slow that no task lives to see its turn."""
    interval = tools.settings.page_interval_seconds * (1 + tools.settings.page_interval_jitter)
    return max(1.0, min(leave.factor, longest / interval)) if interval else 1.0


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
        TargetAbsent: the site says that it has no such page.
    """
    # What the page says tells more than its status, such as a refusal's incident id.
    if refusal := refusal_of(loaded.html, loaded.title):
        raise SourceRefused(refusal, status=loaded.status)
    answered = f"the site answered {loaded.status}"
    if loaded.status in _REFUSING:
        raise SourceRefused(answered, status=loaded.status)
    if loaded.status in GONE:
        raise TargetAbsent(
            f"{answered}: it has no such page", status=loaded.status, url=loaded.final_url
        )
    if loaded.status is not None and loaded.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise SourceUnavailable(answered, status=loaded.status)
    check_page(loaded.html, loaded.title, target.page_kind)


def _judged(loaded: LoadedPage, target: Target) -> TouchlineError | None:
    try:
        check(loaded, target)
    except TouchlineError as error:
        return error
    return None


def _not_there(tools: Tools, target: Target, error: TargetAbsent) -> TargetAbsent | LayoutChanged:
    stated = patiently(lambda: is_stated(tools.engine, target), WarehouseUnavailable)
    return _moved(error) if stated else _never_there(error, target)


def _moved(error: TargetAbsent) -> LayoutChanged:
    # The site itself has named the page: where all such pages are gone, it has moved them.
    return LayoutChanged(
        f"{error.detail} (any more), though pages that have landed name it: the addresses of "
        "this kind of page may have changed",
        **{**error.facts, "fields": ["address"]},
    )


def _never_there(error: TargetAbsent, target: Target) -> TargetAbsent:
    if target.page_kind in gaps.BY_HAND:
        return TargetAbsent(
            f"{error.detail}, though its own pages link to it, and none has ever landed: it has "
            "nothing of it yet. If that is so of every competition that you follow anew, the "
            "addresses of this kind of page have changed",
            **error.facts,
        )
    ids = ", ".join(f"{name} {value}" for name, value in target.id_map.items())
    where = " (TOUCHLINE_FOLLOW, or touchline follow --list)" if "stage_id" in target.id_map else ""
    return TargetAbsent(
        f"{error.detail}, and no page that has landed names one: look whether {ids} is right"
        f"{where}; touchline gaps drop {target.key} keeps it from being asked for",
        **error.facts,
    )


def _tell_source(tools: Tools, claim: Claim, failure: TouchlineError | None, seen: _Seen) -> None:
    """Tell the source's breaker, once, what became of the page."""
    leave = seen.leave
    if leave is None or seen.judged:
        return
    engine, rules = tools.engine, Rules.of(tools.settings)
    if not seen.asked or not isinstance(
        failure, SourceRefused | SourceUnavailable | LayoutChanged | TargetAbsent | None
    ):
        patiently(lambda: source.release(engine, SOURCE, leave), WarehouseUnavailable)
    elif isinstance(failure, SourceRefused | SourceUnavailable):
        first = claim.attempt == 1
        seen.pause = patiently(
            lambda: source.wrong(engine, SOURCE, leave, failure, rules, first=first),
            WarehouseUnavailable,
        )
        if seen.pause:
            log.error("%s is left alone until %s: %s", SOURCE, seen.pause.until, seen.pause.reason)
    else:
        # No page at this address, or one as no selector expects it: the site answers as a site.
        patiently(lambda: source.right(engine, SOURCE, leave), WarehouseUnavailable)
    seen.judged = True


def _note_try(tools: Tools, claim: Claim, failure: TouchlineError | None, seen: _Seen) -> None:
    """Note, once, that the site was asked for the page, and whether that was a try of it."""
    if seen.leave is None or not seen.asked or seen.noted:
        return
    # While the source is out, or is being tried, no page has been tried: an outage, however long,
    # is no page's fault. Nor is it one that there was nowhere to keep it.
    in_trouble = seen.leave.probe is not None or seen.pause is not None
    counts = not in_trouble and (seen.page is not None or isinstance(failure, _OF_PAGE))
    key, planned_at = claim.target.key, claim.planned_at
    patiently(
        lambda: gaps.asked(tools.engine, key, planned_at, counts=counts), WarehouseUnavailable
    )
    seen.noted = True


def _put_off(tools: Tools, claim: Claim, seen: _Seen, pause: Pause) -> bool:
    """Give the target back until the pause is over; it has used up no attempt.

    Raises:
        SourceRefused, SourceUnavailable: a run does not wait any longer.
    """
    patience, until = _patience(tools), pause.until
    if not pause.probing:
        if datetime.now(UTC) - pause.since >= patience:
            seen.told = True
            raise _told(pause)
        until = min(until, pause.since + patience)
    holding.postpone(tools.engine, claim, until, _told(pause))
    log.info("%s waits for %s until %s", claim.target.key, SOURCE, until)
    return False


def _patience(tools: Tools) -> timedelta:
    return timedelta(hours=tools.settings.source_patience_hours)


def _told(pause: Pause) -> TouchlineError:
    since = f"since {pause.since:%Y-%m-%d %H:%M} UTC"
    if pause.failure_class == SourceRefused.__name__:
        return SourceRefused(f"{SOURCE} has been refusing us {since}: {pause.reason}")
    if pause.by is not None:
        return SourceUnavailable(f"{SOURCE} is paused by {pause.by} {since}: {pause.reason}")
    return SourceUnavailable(f"{SOURCE} has been out {since}: {pause.reason}")


def _absent(tools: Tools, claim: Claim, error: TargetAbsent, seen: _Seen) -> None:
    patiently(lambda: holding.absent(tools.engine, claim, error, seen.page), WarehouseUnavailable)
    log.info("%s: %s", claim.target.key, error.detail)


def _fail(tools: Tools, claim: Claim, error: TouchlineError, seen: _Seen) -> None:
    """Record the failure, after the source has heard of it."""
    _tell_source(tools, claim, error, seen)
    _note_try(tools, claim, error, seen)
    back_at = None
    if isinstance(error, SourceUnavailable) and seen.pause is not None:
        # It is the source and not the page: the page waits like all others, behind them. If it
        # is the only one, it tries the source each time, until its run does not wait any longer.
        seen.told = datetime.now(UTC) - seen.pause.since >= _patience(tools)
        behind = _SWEEPS_BEHIND * tools.settings.sweep_interval_seconds
        back_at = None if seen.told else seen.pause.until + timedelta(seconds=behind)
    again = None if seen.told else State.PLANNED
    note_failure(
        claim,
        error,
        lambda: holding.failed(
            tools.engine,
            claim,
            error,
            STAGE,
            again,
            seen.page,
            asked=seen.asked,
            back_at=back_at,
        ),
    )
