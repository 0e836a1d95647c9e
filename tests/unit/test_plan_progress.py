"""The words for a batch's progress, and when a batch fails as a whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from scrapers.errors import BrowserUnavailable, SourceRefused
from scrapers.pipeline.progress import describe, hopeless
from scrapers.targets import PageKind
from scrapers.warehouse.records import DISPATCH_DONE, Progress, State
from scrapers.warehouse.source import FOR_GOOD

BATCH = UUID(int=1)


def progress(failures: dict[str, int] | None = None, **by_state: int) -> Progress:
    states = {State(name): count for name, count in by_state.items()}
    done = all(state in DISPATCH_DONE for state in states)
    return Progress(BATCH, sum(states.values()), states, failures or {}, done)


def test_a_line_tells_what_is_done_and_what_is_left():
    under_way = progress(parsed=10, absent=2, fetching=3, planned=25)
    assert describe(under_way, PageKind.MATCH_CENTRE) == (
        "matches: 12 of 40 done (10 parsed, 2 absent), 3 fetching, 25 waiting"
    )


def test_a_line_says_why_pages_wait():
    until = datetime(2026, 11, 29, 3, 12, 5, tzinfo=UTC)
    refused = replace(
        progress(parsed=10, planned=30), paused_until=until, paused_for="SourceRefused"
    )
    assert describe(refused, PageKind.MATCH_CENTRE) == (
        "matches: 10 of 40 done (10 parsed), 30 waiting "
        "(whoscored is paused until 2026-11-29 03:12:05 UTC, SourceRefused)"
    )
    by_hand = replace(refused, paused_until=FOR_GOOD, paused_for="by ada")
    assert describe(by_hand, PageKind.MATCH_CENTRE).endswith(
        "30 waiting (whoscored is paused until it is resumed, by ada)"
    )
    # What is parsed or done with waits for no site.
    done = replace(progress(parsed=10, archived=30), paused_until=until)
    assert "paused" not in describe(done, PageKind.MATCH_CENTRE)


def test_a_line_names_failures_by_class():
    failed = progress({"LayoutChanged": 1, "SourceRefused": 3}, landed=1, blocked=4, archived=1)
    assert describe(failed, PageKind.SCHEDULE) == (
        "schedule feeds: 5 of 6 done (1 landed, 4 blocked), 1 to parse; "
        "failures: 3 SourceRefused, 1 LayoutChanged"
    )


def test_a_batch_without_a_readable_page_fails_as_most_of_its_targets_failed():
    failure = hopeless(
        progress({"SourceRefused": 39, "BrowserUnavailable": 1}, blocked=40),
        PageKind.MATCH_CENTRE,
    )
    assert isinstance(failure, SourceRefused)
    assert failure.detail == (
        "no matches could be read: 40 of 40 blocked (39 SourceRefused, 1 BrowserUnavailable)"
    )
    assert failure.facts["failures"] == {"SourceRefused": 39, "BrowserUnavailable": 1}


def test_absent_pages_do_not_save_a_batch():
    failure = hopeless(
        progress({"BrowserUnavailable": 3}, blocked=3, absent=2), PageKind.MATCH_CENTRE
    )
    assert isinstance(failure, BrowserUnavailable)


def test_one_readable_page_lets_the_batch_go_on():
    failures = {"SourceRefused": 39}
    for state in ("parsed", "landed", "quarantined"):
        assert hopeless(progress(failures, blocked=39, **{state: 1}), PageKind.SCHEDULE) is None


def test_absence_alone_is_no_failure():
    assert hopeless(progress(absent=5), PageKind.MATCH_CENTRE) is None


def test_a_running_batch_has_not_failed_yet():
    running = progress({"SourceRefused": 39}, blocked=39, planned=1)
    assert hopeless(running, PageKind.MATCH_CENTRE) is None
