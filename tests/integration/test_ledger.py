"""The ledger on a real PostgreSQL: batches, holds, failures by class, what is sent and lost."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, select, text, update

from scrapers.errors import (
    BrowserUnavailable,
    LayoutChanged,
    SourceRefused,
    SourceUnavailable,
    TargetAbsent,
    WarehouseUnavailable,
    WorkerLost,
)
from scrapers.targets import SOURCE, PageKind, Target
from scrapers.warehouse import holding, ledger, sending, source
from scrapers.warehouse.engine import engine as open_engine
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.gaps import open_gaps
from scrapers.warehouse.holding import FetchedPage
from scrapers.warehouse.hub_state import let_go_on
from scrapers.warehouse.ops_tables import FailureRow, PageRow, TargetRow
from scrapers.warehouse.records import BatchKey, PlannedTarget, State
from tests.support.source import silent

KEY = BatchKey("whoscored_nightly", "scheduled__1", PageKind.MATCH_CENTRE)
MATCHES = [Target.match_centre(number) for number in (1, 2, 3)]
PLANNED = [PlannedTarget(target, "new") for target in MATCHES]
FIRST = MATCHES[0].key


def page(page_hash: str = "a" * 64) -> FetchedPage:
    return FetchedPage(
        page_hash=page_hash,
        url="http://site/matches/1/live",
        title="a match",
        status=200,
        browser="chrome 1",
        size_bytes=10,
        ready=True,
        load_seconds=0.2,
        fetched_at=datetime(2022, 8, 14, 5, tzinfo=UTC),
    )


@pytest.fixture
def batch(engine: Engine) -> UUID:
    return ledger.open_batch(engine, KEY, PLANNED, None)


def row(engine: Engine, key: str = FIRST) -> Any:
    with engine.connect() as connection:
        return connection.execute(
            select(TargetRow.__table__).where(TargetRow.target_key == key)
        ).one()


def set_target(engine: Engine, **values: Any) -> None:
    with engine.begin() as connection:
        connection.execute(update(TargetRow).where(TargetRow.target_key == FIRST).values(**values))


def claimed(engine: Engine, key: str = FIRST) -> holding.Claim:
    claim = holding.claim_fetch(engine, key, uuid4())
    assert claim is not None
    return claim


def parse_claimed(engine: Engine) -> holding.Claim:
    assert holding.archived(engine, claimed(engine), page())
    claim = holding.claim_parse(engine, FIRST, uuid4())
    assert claim is not None
    return claim


# --- batches --------------------------------------------------------------------------------


def test_a_batch_opened_by_many_at_once_is_one(engine):
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: ledger.open_batch(engine, KEY, PLANNED, None), range(8)))
    assert len(set(ids)) == 1
    assert ledger.open_batch_id(engine, KEY) == ids[0]
    assert ledger.progress(engine, ids[0]).total == 3


def test_two_batches_over_the_same_targets_in_any_order_never_lock_each_other(engine):
    many = [PlannedTarget(Target.match_centre(number), "new") for number in range(1, 200)]

    def open_one(number: int) -> UUID:
        planned = many if number % 2 else many[::-1]
        return ledger.open_batch(engine, BatchKey("d", f"r{number}", "match_centre"), planned, None)

    with ThreadPoolExecutor(6) as pool:
        ids = list(pool.map(open_one, range(6)))
    assert {ledger.progress(engine, one).total for one in ids} == {199}


def test_a_target_at_rest_starts_over_and_one_under_way_does_not(engine, batch):
    claim = claimed(engine)
    set_target(engine, failure_class="SourceUnavailable", failures=2)
    other = BatchKey("whoscored_scrape", "manual__1", PageKind.MATCH_CENTRE)
    ledger.open_batch(engine, other, PLANNED, None)
    assert (row(engine).state, row(engine).holder) == (State.FETCHING, claim.holder)
    set_target(engine, state=State.BLOCKED, holder=None)
    third = BatchKey("whoscored_scrape", "manual__2", PageKind.MATCH_CENTRE)
    ledger.open_batch(engine, third, PLANNED, None)
    again = row(engine)
    assert (again.state, again.attempts, again.failures) == (State.PLANNED, 0, 0)
    assert again.failure_class is None
    assert again.sent_at is None


def test_a_batch_closed_once_stays_as_it_was_closed(engine, batch):
    ledger.close_batch(engine, batch, ledger.FAILED, {"failure": "x"})
    ledger.close_batch(engine, batch, ledger.PUBLISHED, {})
    state = engine.connect().scalar(text("SELECT state FROM ops.batch"))
    assert state == "failed"


def test_the_triggerer_sees_the_same_progress(engine, batch, make_settings, monkeypatch):
    monkeypatch.setattr(ledger, "current_settings", make_settings)
    set_target(engine, state=State.BLOCKED, failure_class="LayoutChanged")
    found = asyncio.run(ledger.async_progress(batch))
    assert found == ledger.progress(engine, batch)
    assert found.failures == {"LayoutChanged": 1}
    assert not found.done
    assert found.paused_until is None

    until = source.pause_by_hand(engine, SOURCE, who="ada", until=None, reason="maintenance")
    paused = asyncio.run(ledger.async_progress(batch))
    assert paused == ledger.progress(engine, batch) != found
    assert (paused.paused_until, paused.paused_for) == (until, "by ada")


def test_a_database_that_is_away_is_a_failure_with_a_class_and_no_secret(
    make_settings, monkeypatch
):
    away = make_settings(database_url="postgresql+psycopg2://user:sesame@127.0.0.1:1/x")
    monkeypatch.setattr(ledger, "current_settings", lambda: away)
    for call in (
        lambda: ledger.progress(open_engine(away), UUID(int=1)),
        lambda: asyncio.run(ledger.async_progress(UUID(int=1))),
    ):
        with pytest.raises(WarehouseUnavailable) as caught:
            call()
        assert "sesame" not in str(caught.value)


def test_a_connection_cut_in_the_middle_keeps_nothing(engine, batch):
    def cut() -> None:
        with transaction(engine) as connection:
            connection.execute(update(TargetRow).values(state=State.LANDED))
            pid = connection.scalar(text("SELECT pg_backend_pid()"))
            with engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            connection.execute(text("SELECT 1"))

    with pytest.raises(WarehouseUnavailable):
        cut()
    assert row(engine).state == State.PLANNED


# --- holds ----------------------------------------------------------------------------------


def test_a_target_is_held_by_one_of_many(engine, batch):
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: holding.claim_fetch(engine, FIRST, uuid4()), range(8)))
    (claim,) = [claim for claim in claims if claim]
    assert row(engine).holder == claim.holder
    assert claim.attempt == 1


def test_a_message_delivered_twice_gives_no_second_hold(engine, batch):
    assert holding.claim_fetch(engine, FIRST, uuid4())
    assert holding.claim_fetch(engine, FIRST, uuid4()) is None


def test_nothing_is_held_before_it_is_due_nor_after_it_is_done(engine, batch):
    set_target(engine, due_at=datetime.now(UTC) + timedelta(hours=1))
    assert holding.claim_fetch(engine, FIRST, uuid4()) is None
    set_target(engine, due_at=datetime.now(UTC), state=State.LANDED)
    assert holding.claim_fetch(engine, FIRST, uuid4()) is None
    assert holding.claim_fetch(engine, "whoscored/match_centre/99", uuid4()) is None


def test_what_a_worker_says_after_its_hold_is_gone_changes_nothing(engine, batch):
    dead = claimed(engine)
    set_target(engine, state=State.PLANNED, holder=None)
    alive = claimed(engine)
    before = row(engine)
    assert not holding.archived(engine, dead, page())
    assert not holding.absent(engine, dead, TargetAbsent("nothing"))
    assert not holding.prolong(engine, dead)
    error = SourceUnavailable("x")
    assert holding.failed(engine, dead, error, "fetch", State.PLANNED) is None
    assert tuple(row(engine)) == tuple(before)
    assert holding.archived(engine, alive, page())


def test_an_archived_page_is_known_once_however_often_it_is_fetched(engine, batch):
    for _ in range(2):
        assert holding.archived(engine, claimed(engine), page())
        set_target(engine, state=State.PLANNED, sent_at=None)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(PageRow)) == 1
    found = row(engine)
    assert (found.page_hash, found.fetched_at) == (page().page_hash, page().fetched_at)


# --- failures -------------------------------------------------------------------------------


def test_a_failure_that_counts_is_tried_again_later_each_time_and_then_blocked(engine, batch):
    waits = []
    while row(engine).state == State.PLANNED:
        error = SourceUnavailable("no answer", status=503)
        before = datetime.now(UTC)
        due = holding.failed(engine, claimed(engine), error, "fetch", State.PLANNED)
        if due:
            waits.append((due - before).total_seconds())
            assert row(engine).due_at == due
        set_target(engine, due_at=datetime.now(UTC))
    assert len(waits) == SourceUnavailable.retry.max_attempts - 1
    for number, wait in enumerate(waits, start=1):
        full = 5 * 3 ** (number - 1)
        assert full / 2 - 1 < wait < full + 1
    found = row(engine)
    assert (found.state, found.attempts) == (State.BLOCKED, 5)
    assert (found.failure_class, found.failure_facts) == ("SourceUnavailable", {"status": 503})
    with engine.connect() as connection:
        failures = connection.execute(select(FailureRow.__table__)).all()
    assert [failure.attempt for failure in failures] == [1, 2, 3, 4, 5]
    assert failures[-1].retry_at is None


def test_a_wait_for_the_platform_uses_no_attempt_but_ends_when_patience_does(engine, batch):
    error = BrowserUnavailable("no hub")
    for _ in range(8):
        assert holding.failed(engine, claimed(engine), error, "fetch", State.PLANNED)
        set_target(engine, due_at=datetime.now(UTC))
    assert (row(engine).attempts, row(engine).failures) == (0, 8)
    # Another trouble in between does not use up this one's patience.
    set_target(engine, failing_since=datetime.now(UTC) - timedelta(hours=1))
    assert holding.failed(engine, claimed(engine), SourceUnavailable("x"), "fetch", State.PLANNED)
    set_target(engine, due_at=datetime.now(UTC))
    assert holding.failed(engine, claimed(engine), error, "fetch", State.PLANNED)
    set_target(engine, due_at=datetime.now(UTC))
    patience = timedelta(seconds=BrowserUnavailable.retry.patience)
    set_target(engine, failing_since=datetime.now(UTC) - patience)
    assert holding.failed(engine, claimed(engine), error, "fetch", State.PLANNED) is None
    assert row(engine).state == State.BLOCKED


@pytest.mark.parametrize("error", [BrowserUnavailable("tab crashed"), WarehouseUnavailable("x")])
def test_once_the_site_was_asked_for_a_page_each_try_counts(engine, batch, error):
    for _ in range(3):  # nobody was asked
        assert holding.failed(engine, claimed(engine), error, "fetch", State.PLANNED)
        set_target(engine, due_at=datetime.now(UTC))
    assert row(engine).attempts == 0
    tries = 0
    while row(engine).state == State.PLANNED:
        holding.failed(engine, claimed(engine), error, "fetch", State.PLANNED, asked=True)
        set_target(engine, due_at=datetime.now(UTC))
        tries += 1
    assert tries == row(engine).attempts == error.retry.max_attempts
    assert row(engine).state == State.BLOCKED


@pytest.mark.parametrize("error", [LayoutChanged("x", fields=["teams"]), SourceRefused("x")])
def test_what_can_not_help_is_not_tried_again(engine, batch, error):
    claim = claimed(engine)
    assert holding.failed(engine, claim, error, "fetch", State.PLANNED, page()) is None
    found = row(engine)
    assert (found.state, found.failure_class) == (State.BLOCKED, error.failure_class)
    assert found.page_hash is None, "a page that is none is the failure's, not the target's"
    with engine.connect() as connection:
        assert connection.scalar(select(FailureRow.page_hash)) == page().page_hash


def test_a_failed_parse_is_parsed_again_or_fetched_again(engine, batch):
    claim = parse_claimed(engine)
    error = WorkerLost("x")
    assert holding.failed(engine, claim, error, "parse", State.ARCHIVED)
    assert row(engine).state == State.ARCHIVED
    set_target(engine, due_at=datetime.now(UTC))
    claim = holding.claim_parse(engine, FIRST, uuid4())
    cut = SourceUnavailable("the page is cut")
    assert holding.failed(engine, claim, cut, "parse", State.PLANNED)
    assert row(engine).state == State.PLANNED


def test_a_page_that_kills_its_readers_is_given_up(engine, batch):
    assert holding.archived(engine, claimed(engine), page())
    for _ in range(WorkerLost.retry.max_attempts):
        claim = holding.claim_parse(engine, FIRST, uuid4())
        holding.failed(engine, claim, WorkerLost("x"), "parse", State.ARCHIVED)
        set_target(engine, due_at=datetime.now(UTC))
    assert (row(engine).state, row(engine).failure_class) == (State.BLOCKED, "WorkerLost")


def test_absence_is_recorded_and_is_no_failure(engine, batch):
    assert holding.absent(engine, parse_claimed(engine), TargetAbsent("no match centre"))
    assert row(engine).state == State.ABSENT
    assert ledger.progress(engine, batch).failures == {}


def test_rows_staged_for_a_batch_that_failed_are_not_taken_for_new_ones(engine, batch):
    set_target(engine, state=State.PARSED, staged_id=uuid4())
    other = BatchKey("d", "second", PageKind.MATCH_CENTRE)
    second = ledger.open_batch(engine, other, PLANNED, None)
    assert row(engine).state == State.PARSED, "the first batch waits for it still"
    for one in (batch, second):
        ledger.close_batch(engine, one, ledger.FAILED, {})
    ledger.open_batch(engine, BatchKey("d", "third", PageKind.MATCH_CENTRE), PLANNED, None)
    assert row(engine).state == State.PLANNED


# --- sent and lost --------------------------------------------------------------------------


def test_what_is_due_is_sent_once_by_many_senders(engine, batch):
    with ThreadPoolExecutor(6) as pool:
        sent = list(pool.map(lambda _: sending.to_send(engine, State.PLANNED, 2), range(6)))
    assert sorted(key for keys in sent for key in keys) == [target.key for target in MATCHES]
    assert sending.outstanding(engine, State.PLANNED) == 3


def test_only_a_batch_or_a_target_is_sent_if_asked(engine, batch):
    other = BatchKey("d", "other", PageKind.MATCH_CENTRE)
    fourth = Target.match_centre(4)
    other_id = ledger.open_batch(engine, other, [PlannedTarget(fourth, "new")], None)
    assert sending.to_send(engine, State.PLANNED, 9, batch_id=other_id) == [fourth.key]
    assert sending.to_send(engine, State.PLANNED, 9, target_key=FIRST) == [FIRST]
    assert sending.to_send(engine, State.PLANNED, 9, target_key=FIRST) == []


def test_what_no_open_batch_waits_for_is_not_sent(engine, batch):
    ledger.close_batch(engine, batch, ledger.FAILED, {})
    assert sending.to_send(engine, State.PLANNED, 9) == []


def test_the_latest_matches_go_first_and_feeds_before_them(engine):
    feed = Target.schedule(7, "202208")
    kickoffs = {1: 2020, 2: 2022, 3: 2021}
    planned = [
        PlannedTarget(Target.match_centre(number), "new", datetime(year, 8, 1, tzinfo=UTC))
        for number, year in kickoffs.items()
    ]
    ledger.open_batch(engine, KEY, [*planned, PlannedTarget(feed, "new")], None)
    order = [sending.to_send(engine, State.PLANNED, 1)[0] for _ in range(4)]
    assert [Target.from_key(key).ids[-1] for key in order] == ["202208", "2", "3", "1"]


def test_what_the_broker_did_not_take_is_due_again(engine, batch):
    sending.to_send(engine, State.PLANNED, 9)
    holder = claimed(engine).holder
    sending.not_sent(engine, [target.key for target in MATCHES])
    assert row(engine).holder == holder
    assert sending.to_send(engine, State.PLANNED, 9) == [target.key for target in MATCHES[1:]]


def test_lost_messages_are_the_oldest_that_nobody_took_up(engine, batch):
    sending.to_send(engine, State.PLANNED, 9)
    minute = timedelta(minutes=1)
    assert sending.lost_messages(engine, State.PLANNED, sent_before=minute, at_most=9) == 0
    set_target(engine, sent_at=datetime.now(UTC) - 2 * minute)
    assert sending.lost_messages(engine, State.PLANNED, sent_before=minute, at_most=0) == 0
    assert sending.lost_messages(engine, State.PLANNED, sent_before=minute, at_most=9) == 1
    assert sending.to_send(engine, State.PLANNED, 9) == [FIRST]


def test_a_worker_that_is_silent_is_lost_after_a_hold_and_a_half(engine, batch):
    claim = claimed(engine)
    for _ in range(9):  # a sweep each five seconds
        assert holding.lost_claims(engine, State.FETCHING) == []
        silent(engine, 5)
    silent(engine, 5)
    (lost,) = holding.lost_claims(engine, State.FETCHING)
    assert (lost.target, lost.holder) == (claim.target, claim.holder)
    assert holding.failed(engine, lost, WorkerLost("x"), "fetch", State.PLANNED, expired=True)
    assert row(engine).state == State.PLANNED
    assert holding.lost_claims(engine, State.FETCHING) == []


@pytest.mark.parametrize("state", [State.FETCHING, State.ARCHIVED])
def test_nobody_is_lost_because_postgresql_was_away(engine, batch, state):
    claim = claimed(engine) if state is State.FETCHING else parse_claimed(engine)
    for minutes in (1, 10):
        silent(engine, 60 * minutes)  # nobody could prolong, nobody could sweep
        # It is back, and the sweep, of whichever process, is quicker than the workers.
        for _ in range(4):
            assert holding.lost_claims(engine, state) == []
            silent(engine, 2)
        assert holding.prolong(engine, claim)
        for _ in range(8):
            assert holding.lost_claims(engine, state) == []
            silent(engine, 7)
            assert holding.prolong(engine, claim)
    # It goes away again before the worker could be heard, and comes back after any hold's end.
    silent(engine, 20)
    assert holding.lost_claims(engine, state) == []
    silent(engine, 60)
    assert holding.lost_claims(engine, state) == []
    assert holding.prolong(engine, claim)
    # The worker that did not come back is found all the same.
    silent(engine, 600)
    assert holding.lost_claims(engine, state) == []
    silent(engine, 31)
    (lost,) = holding.lost_claims(engine, state)
    assert lost.holder == claim.holder


def test_sweeps_that_are_always_late_find_who_is_lost_all_the_same(engine, batch):
    claim, minutes = claimed(engine), 0
    while not (lost := holding.lost_claims(engine, State.FETCHING)):
        silent(engine, 60)  # all slots are busy, and a sweep comes once a minute
        minutes += 1
        assert minutes < 15
    assert [one.holder for one in lost] == [claim.holder]
    assert minutes > 5


def test_a_hold_that_ran_out_is_found_unless_it_is_prolonged(engine, batch):
    claim = claimed(engine)
    assert holding.lost_claims(engine, State.FETCHING) == []
    silent(engine, 31)
    assert holding.lost_claims(engine, State.FETCHING) == []
    silent(engine, 31)
    (lost,) = holding.lost_claims(engine, State.FETCHING)
    assert (lost.target, lost.holder) == (claim.target, claim.holder)
    assert holding.prolong(engine, claim)
    assert holding.lost_claims(engine, State.FETCHING) == []
    # Prolonged between the look and the word: the worker keeps its hold.
    lost_too_soon = WorkerLost("x")
    assert not holding.failed(engine, lost, lost_too_soon, "fetch", State.PLANNED, expired=True)
    assert row(engine).holder == claim.holder


# --- the source -----------------------------------------------------------------------------


def test_a_target_put_off_by_a_pause_keeps_its_attempts(engine, batch):
    until = datetime.now(UTC) + timedelta(hours=1)
    holding.postpone(engine, claimed(engine), until)
    found = row(engine)
    assert (found.state, found.attempts, found.due_at) == (State.PLANNED, 0, until)
    assert FIRST not in sending.to_send(engine, State.PLANNED, 9)


# --- batches that nobody waits for ------------------------------------------------------------


def bring_to_landed(engine: Engine, key: str) -> None:
    with engine.begin() as connection:
        landed = update(TargetRow).where(TargetRow.target_key == key)
        connection.execute(landed.values(state=State.LANDED))


def gaps_of(engine: Engine) -> list[str]:
    return sorted(gap.target_key for gap in open_gaps(engine))


def test_a_batch_whose_run_was_stopped_is_closed_a_day_later_and_leaves_gaps(engine, batch):
    """One page was read and never published, one never sent, one landed."""
    set_target(engine, state=State.PARSED)
    bring_to_landed(engine, MATCHES[1].key)
    assert ledger.close_abandoned(engine) == []
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.batch SET created_at = now() - interval '25 hours'"))
    assert ledger.close_abandoned(engine) == [], "its pages are moving"
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.target SET updated_at = now() - interval '7 hours'"))
    assert ledger.close_abandoned(engine) == [batch]
    assert gaps_of(engine) == [MATCHES[0].key, MATCHES[2].key]
    assert ledger.close_abandoned(engine) == []


def test_what_another_run_waits_for_is_no_gap_of_a_stopped_one(engine, batch):
    set_target(engine, state=State.PARSED)
    other = BatchKey("whoscored_scrape", "manual__1", PageKind.MATCH_CENTRE)
    ledger.open_batch(engine, other, PLANNED[:1], None)
    assert ledger.close_run(engine, KEY.dag_id, "scheduled__2", "x") == 0
    assert ledger.close_run(engine, KEY.dag_id, KEY.run_id, "its time was over") == 1
    assert ledger.open_batch_id(engine, KEY) is None
    assert ledger.open_batch_id(engine, other) is not None
    assert gaps_of(engine) == [MATCHES[1].key, MATCHES[2].key]


def test_what_the_gate_refused_is_no_gap(engine, batch):
    set_target(engine, state=State.PARSED)
    ledger.close_batch(engine, batch, ledger.FAILED, {"failure": "half is missing"})
    assert FIRST not in gaps_of(engine)


def test_taken_back_and_planned_at_once_no_two_wait_for_each_other(engine):
    """Hubs that work again, messages that were not taken, plans: all change the same targets."""
    many = [Target.match_centre(number) for number in range(1, 150)]
    planned = [PlannedTarget(target, "new") for target in many]
    ledger.open_batch(engine, KEY, planned, None)

    def change(number: int) -> None:
        kind = number % 4
        if kind == 0:
            sending.not_sent(engine, [target.key for target in many[::-1]])
        elif kind == 1:
            let_go_on(engine)
        elif kind == 2:
            key = BatchKey("whoscored_scrape", str(number), PageKind.MATCH_CENTRE)
            ledger.open_batch(engine, key, planned[::-1], None)
        else:
            with engine.begin() as connection:
                connection.execute(
                    text(
                        "UPDATE ops.target SET failure_class = 'BrowserUnavailable', "
                        "due_at = now() + interval '1 hour' WHERE target_key = :key"
                    ),
                    {"key": many[number % len(many)].key},
                )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(64)))
    let_go_on(engine)
    with engine.connect() as connection:
        late = select(func.count()).where(TargetRow.due_at > func.clock_timestamp())
        assert connection.scalar(late) == 0
