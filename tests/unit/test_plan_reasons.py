"""Why a target is fetched, and why not: the planning rules, one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scrapers.pipeline.plan_pages import preview_reason, stage_reason
from scrapers.pipeline.reasons import (
    ABSENT_PATIENCE,
    ABSENT_PAUSE,
    CORRECTION,
    NEW,
    RECHECK,
    Known,
    match_reason,
    schedule_reason,
)
from scrapers.warehouse.records import State

KICKOFF = datetime(2022, 8, 13, 19, 0, tzinfo=UTC)
SETTLE = timedelta(hours=36)
HOUR = timedelta(hours=1)


def reason(state: State | None, *, fetched: timedelta | None = None, now: timedelta) -> str | None:
    """The reason `now` after kick-off for a match in `state`, `fetched` so long after it."""
    known = None
    if state is not None:
        known = Known(state, None if fetched is None else KICKOFF + fetched)
    return match_reason(known, KICKOFF, now=KICKOFF + now, settle=SETTLE)


def test_a_match_nobody_fetched_is_new():
    assert reason(None, now=3 * HOUR) == NEW
    assert match_reason(None, None, now=KICKOFF, settle=SETTLE) == NEW


def test_a_match_fetched_in_the_first_hours_is_corrected_once_it_has_settled():
    assert reason(State.LANDED, fetched=10 * HOUR, now=34 * HOUR) is None
    assert reason(State.LANDED, fetched=10 * HOUR, now=36 * HOUR) == CORRECTION
    assert reason(State.LANDED, fetched=10 * HOUR, now=400 * HOUR) == CORRECTION


def test_a_settled_match_is_never_fetched_again():
    assert reason(State.LANDED, fetched=36 * HOUR, now=37 * HOUR) is None
    assert reason(State.LANDED, fetched=36 * HOUR, now=9999 * HOUR) is None


def test_a_match_landed_by_id_without_a_fixture_is_left_alone():
    known = Known(State.LANDED, KICKOFF)
    assert match_reason(known, None, now=KICKOFF + 99 * HOUR, settle=SETTLE) is None


@pytest.mark.parametrize("state", [State.BLOCKED, State.QUARANTINED])
def test_what_failed_is_tried_again_by_every_run(state: State):
    assert reason(state, fetched=10 * HOUR, now=11 * HOUR) == RECHECK
    assert reason(state, now=9999 * HOUR) == RECHECK


def test_what_was_absent_is_looked_at_again_after_a_pause_until_patience_ends():
    fetched = 10 * HOUR
    assert reason(State.ABSENT, fetched=fetched, now=fetched + ABSENT_PAUSE - HOUR) is None
    assert reason(State.ABSENT, fetched=fetched, now=fetched + ABSENT_PAUSE) == RECHECK
    assert reason(State.ABSENT, fetched=fetched, now=ABSENT_PATIENCE - HOUR) == RECHECK
    assert reason(State.ABSENT, fetched=fetched, now=ABSENT_PATIENCE) is None


def test_what_was_not_there_by_its_id_alone_is_asked_for_again_once_a_feed_names_it() -> None:
    assert reason(State.ABSENT, now=9999 * HOUR) == RECHECK
    unread, now = Known(State.ABSENT, None), KICKOFF + 9999 * HOUR
    assert preview_reason(unread, KICKOFF, now=now) == RECHECK
    assert preview_reason(unread, None, now=now) is None
    assert stage_reason(unread, KICKOFF) == RECHECK
    # What its own page has told once is believed.
    assert preview_reason(Known(State.ABSENT, KICKOFF), KICKOFF, now=now) is None


@pytest.mark.parametrize("state", [State.PLANNED, State.FETCHING, State.ARCHIVED, State.PARSED])
def test_what_another_run_is_at_is_planned_too_so_that_this_run_waits_for_it(state: State):
    assert reason(state, fetched=10 * HOUR, now=11 * HOUR) == NEW
    assert schedule_reason(Known(state, None), KICKOFF) == NEW


def test_a_feed_is_fetched_until_it_was_fetched_after_its_month_had_settled():
    settled_at = datetime(2022, 9, 6, 23, tzinfo=UTC)
    assert schedule_reason(None, settled_at) == NEW
    assert schedule_reason(Known(State.LANDED, settled_at - HOUR), settled_at) == RECHECK
    assert schedule_reason(Known(State.LANDED, settled_at), settled_at) is None


@pytest.mark.parametrize("state", [State.BLOCKED, State.QUARANTINED, State.ABSENT])
def test_a_feed_that_failed_is_tried_again(state: State):
    assert schedule_reason(Known(state, KICKOFF), KICKOFF - HOUR) == RECHECK


@pytest.mark.parametrize("now", [11 * HOUR, 9999 * HOUR])
def test_what_a_person_has_dropped_is_never_planned(now: timedelta) -> None:
    known = Known(State.DROPPED, None)
    assert reason(State.DROPPED, now=now) is None
    assert schedule_reason(known, KICKOFF + now) is None
    assert stage_reason(known, KICKOFF) is None
    assert preview_reason(known, KICKOFF + now, now=KICKOFF) is None
