"""Gaps and the catch-up on a real ledger: what opens one, what closes it, what is asked again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select, text, update

from scrapers.errors import ConfigInvalid, Defect, SourceRefused, SourceUnavailable, TargetAbsent
from scrapers.pipeline import catch_up
from scrapers.pipeline.catch_up import budget, dispatch_catch_up, idle, plan_catch_up
from scrapers.pipeline.dispatch import close_if_hopeless, dispatch
from scrapers.pipeline.intervals import Interval
from scrapers.pipeline.request import Request
from scrapers.pipeline.steps import Step
from scrapers.settings import Settings
from scrapers.targets import SOURCE, PageKind, Target
from scrapers.warehouse import gaps, holding, landing, ledger, source
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.gaps import open_gaps
from scrapers.warehouse.health_tables import GapRow
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import (
    CANARY,
    CATCH_UP,
    ArchivedPage,
    BatchKey,
    PlannedTarget,
    State,
)
from tests.support.rows import STAGE, feed_rows, match_rows, put
from tests.support.source import pass_time

DAY = Interval.of_day("2022-08-13")
FEED = Target.schedule(STAGE, "202208")
MATCHES = [Target.match_centre(number) for number in (1, 2, 3, 4)]
HOUR = timedelta(hours=1)


@pytest.fixture
def settings(make_settings: Any) -> Settings:
    follow = [{"competition": "Spain LaLiga", "season": "2022/2023", "stage_id": STAGE}]
    return make_settings(follow=follow, lookback_days=2, settle_hours=12)


class Sender:
    """Stands where the broker's sender stands, and counts."""

    def __init__(self) -> None:
        self.sent: list[UUID] = []

    def __call__(self, batch_id: UUID) -> None:
        self.sent.append(batch_id)


def ended(
    engine: Engine,
    outcomes: dict[Target, tuple[State, str | None]],
    *,
    name: str = "night",
    reason: str = "new",
    interval: Any = None,
) -> UUID:
    """A batch whose targets ended so, closed."""
    key = BatchKey("whoscored_nightly", name, next(iter(outcomes)).page_kind)
    planned = [
        PlannedTarget(target, reason, datetime(2022, 8, 13, 12, tzinfo=UTC) + place * HOUR)
        for place, target in enumerate(outcomes)
    ]
    batch_id = ledger.open_batch(engine, key, planned, interval)
    for target, (state, failure) in outcomes.items():
        bring_to(engine, target, state, failure)
    ledger.close_batch(engine, batch_id, ledger.PUBLISHED, {})
    return batch_id


def bring_to(engine: Engine, target: Target, state: State, failure: str | None = None) -> None:
    with engine.begin() as connection:
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key == target.key)
            .values(state=state, failure_class=failure)
        )


def ask(engine: Engine, *targets: Target, counts: bool = True) -> None:
    """What a worker tells when it has asked the site for these."""
    for target in targets:
        with engine.connect() as connection:
            planned_at = connection.scalar(
                select(TargetRow.planned_at).where(TargetRow.target_key == target.key)
            )
        gaps.asked(engine, target.key, planned_at, counts=counts)


def keys(engine: Engine) -> list[str]:
    return [gap.target_key for gap in open_gaps(engine)]


def closed(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.execute(
            select(GapRow.target_key, GapRow.closed_by).where(GapRow.closed_at.is_not(None))
        ).all()
    return {row[0]: row[1] for row in rows}


# --- what is a gap --------------------------------------------------------------------------


@pytest.mark.parametrize("failure", gaps.GAP_CLASSES)
def test_what_failed_for_no_reason_of_its_own_is_a_gap(engine, failure):
    ended(engine, {MATCHES[0]: (State.BLOCKED, failure), MATCHES[1]: (State.LANDED, None)})
    (gap,) = open_gaps(engine)
    assert (gap.target_key, gap.failure_class, gap.tries) == (MATCHES[0].key, failure, 0)
    assert gap.kickoff_utc == datetime(2022, 8, 13, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "failure"),
    [
        (State.BLOCKED, "LayoutChanged"),
        (State.BLOCKED, "Defect"),
        (State.QUARANTINED, "InvalidRows"),
        (State.ABSENT, "TargetAbsent"),
        (State.LANDED, None),
    ],
)
def test_what_the_page_itself_says_is_no_gap_and_ends_one(engine, state, failure):
    ended(engine, {MATCHES[0]: (state, failure)})
    assert keys(engine) == []
    ended(engine, {MATCHES[0]: (State.BLOCKED, "SourceRefused")}, name="second")
    assert keys(engine) == [MATCHES[0].key]
    if state in (State.BLOCKED, State.QUARANTINED):
        ended(engine, {MATCHES[0]: (state, failure)}, name="third")
        assert closed(engine) == {MATCHES[0].key: "given up"}


def test_what_was_never_sent_is_a_gap_unless_another_run_waits_for_it(engine):
    other = BatchKey("whoscored_scrape", "manual", PageKind.MATCH_CENTRE)
    ledger.open_batch(engine, other, [PlannedTarget(MATCHES[1], "new")], None)
    ended(engine, {MATCHES[0]: (State.PLANNED, None), MATCHES[1]: (State.FETCHING, None)})
    assert keys(engine) == [MATCHES[0].key]


def test_canaries_catalogue_and_pages_of_the_archive_are_no_gaps(engine):
    out = (State.BLOCKED, "SourceUnavailable")
    ended(engine, {MATCHES[0]: out}, name="watch", reason=CANARY)
    ended(engine, {Target.of(PageKind.TOURNAMENTS): out}, name="follow")
    page = ArchivedPage("a" * 64, datetime.now(UTC), datetime.now(UTC) + HOUR)
    key = BatchKey("whoscored_reparse", "x", "reparse")
    planned = [PlannedTarget(MATCHES[2], "mend", page=page)]
    batch_id = ledger.open_batch(engine, key, planned, None)
    bring_to(engine, MATCHES[2], State.BLOCKED, "ArchiveUnavailable")
    ledger.close_batch(engine, batch_id, ledger.FAILED, {})
    assert keys(engine) == []


def test_closed_by_many_at_once_a_batch_leaves_each_gap_once(engine):
    key = BatchKey("whoscored_nightly", "night", PageKind.MATCH_CENTRE)
    planned = [PlannedTarget(target, "new") for target in MATCHES]
    batch_id = ledger.open_batch(engine, key, planned, None)
    for target in MATCHES:
        bring_to(engine, target, State.BLOCKED, "SourceRefused")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: ledger.close_batch(engine, batch_id, "failed", {}), range(6)))
    assert sorted(keys(engine)) == sorted(target.key for target in MATCHES)
    # A later run that does not get them either opens no second gap.
    ended(engine, dict.fromkeys(MATCHES, (State.BLOCKED, "SourceUnavailable")), name="next")
    assert len(keys(engine)) == len(MATCHES)
    assert {gap.failure_class for gap in open_gaps(engine)} == {"SourceUnavailable"}


def test_neither_the_gaps_nor_the_closing_without_the_other(engine, monkeypatch):
    key = BatchKey("whoscored_nightly", "night", PageKind.MATCH_CENTRE)
    batch_id = ledger.open_batch(engine, key, [PlannedTarget(MATCHES[0], "new")], None)
    bring_to(engine, MATCHES[0], State.BLOCKED, "SourceRefused")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE ops.gap ADD CONSTRAINT never CHECK (false) NOT VALID"))
    try:
        with pytest.raises(Exception, match="never"):
            ledger.close_batch(engine, batch_id, "failed", {})
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE ops.gap DROP CONSTRAINT never"))
    assert ledger.open_batch_id(engine, key) == batch_id
    ledger.close_batch(engine, batch_id, "failed", {})
    assert keys(engine) == [MATCHES[0].key]


@pytest.mark.parametrize("failure", [ConfigInvalid("no hub"), Defect("KeyError")])
def test_a_setting_or_defect_of_ours_at_the_fetch_says_nothing_of_the_page(engine, failure):
    ended(engine, {MATCHES[0]: (State.BLOCKED, "SourceRefused")})
    for name, stage in (("fetched", "fetch"), ("parsed", "parse")):
        key = BatchKey("whoscored_nightly", name, PageKind.MATCH_CENTRE)
        batch_id = ledger.open_batch(engine, key, [PlannedTarget(MATCHES[0], "new")], None)
        claim = holding.claim_fetch(engine, MATCHES[0].key, uuid4())
        assert holding.failed(engine, claim, failure, stage, None) is None
        ledger.close_batch(engine, batch_id, "failed", {})
        if stage == "fetch":
            assert [gap.failure_class for gap in open_gaps(engine)] == [failure.failure_class]
    assert closed(engine) == {MATCHES[0].key: "given up"}, "no asking again would read it"


def test_of_two_batches_that_close_at_once_one_leaves_the_gap(engine):
    """Each sees the other one open, unless one waits for the other."""
    for turn in range(15):
        batches = [
            ledger.open_batch(
                engine,
                BatchKey("whoscored_nightly", f"{turn} {number}", PageKind.MATCH_CENTRE),
                [PlannedTarget(target, "new") for target in MATCHES],
                None,
            )
            for number in range(4)
        ]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda one: ledger.close_batch(engine, one, "failed", {}), batches))
        assert sorted(keys(engine)) == sorted(target.key for target in MATCHES)
        with transaction(engine) as connection:
            gaps.close(connection, [target.key for target in MATCHES], gaps.LANDED)


def test_two_who_close_gaps_in_other_orders_never_block_each_other(engine, settings):
    many = [Target.match_centre(number) for number in range(1, 120)]
    for turn in range(4):
        ended(engine, dict.fromkeys(many, (State.BLOCKED, "SourceRefused")), name=str(turn))
        pass_time(engine, timedelta(days=settings.gap_days, minutes=1))

        def end(number: int) -> None:
            if number % 2:
                gaps.give_up(engine, tries=8, older_than=timedelta(days=settings.gap_days))
            else:
                with transaction(engine) as connection:
                    gaps.close(connection, [target.key for target in many[::-1]], gaps.LANDED)

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(end, range(6)))
        assert keys(engine) == []


# --- what closes it -------------------------------------------------------------------------


def test_a_page_that_is_absent_closes_its_gap_with_the_word_of_the_worker(engine):
    ended(engine, {MATCHES[0]: (State.BLOCKED, "SourceRefused")})
    key = BatchKey("whoscored_catch_up", "x", PageKind.MATCH_CENTRE)
    ledger.open_batch(engine, key, [PlannedTarget(MATCHES[0], CATCH_UP)], None)
    claim = holding.claim_fetch(engine, MATCHES[0].key, uuid4())
    assert holding.absent(engine, claim, TargetAbsent("postponed"))
    assert closed(engine) == {MATCHES[0].key: "absent"}
    assert not holding.absent(engine, claim, TargetAbsent("postponed"))


def test_given_up_after_so_many_tries_or_days_but_not_while_it_is_under_way(engine, settings):
    out = (State.BLOCKED, "SourceUnavailable")
    ended(engine, {MATCHES[0]: out, MATCHES[1]: out})
    with engine.begin() as connection:
        connection.execute(
            update(GapRow)
            .where(GapRow.target_key == MATCHES[0].key)
            .values(tries=settings.gap_tries)
        )
    key = BatchKey("whoscored_catch_up", "x", PageKind.MATCH_CENTRE)
    batch_id = ledger.open_batch(engine, key, [PlannedTarget(MATCHES[0], CATCH_UP)], None)
    idle(engine, settings)
    assert closed(engine) == {}
    bring_to(engine, MATCHES[0], *out)
    ledger.close_batch(engine, batch_id, "failed", {})
    idle(engine, settings)
    assert closed(engine) == {MATCHES[0].key: "given up"}
    pass_time(engine, timedelta(days=settings.gap_days, minutes=1))
    idle(engine, settings)
    assert set(closed(engine)) == {MATCHES[0].key, MATCHES[1].key}


# --- the catch-up ---------------------------------------------------------------------------


def test_the_newest_first_and_no_more_than_the_budget(engine, settings, make_settings):
    ended(engine, dict.fromkeys(MATCHES, (State.BLOCKED, "SourceRefused")))
    planned = plan_catch_up(engine, settings, Step.MATCH_CENTRE)
    assert [item.target for item in planned] == MATCHES[::-1]
    assert {item.reason for item in planned} == {CATCH_UP}
    poor = make_settings(follow=settings.follow, catch_up_requests_per_day=3)
    assert len(plan_catch_up(engine, poor, Step.MATCH_CENTRE)) == 3
    send = Sender()
    key = BatchKey("whoscored_catch_up", "one", Step.MATCH_CENTRE)
    batch_id = dispatch_catch_up(engine, poor, key, send)
    assert send.sent == [batch_id]
    assert ledger.progress(engine, batch_id).total == 3
    assert budget(engine, poor) == 0
    assert "used up" in idle(engine, poor)
    # Dispatched once more, as after a kill, it takes up the open batch: nothing is counted twice.
    assert dispatch_catch_up(engine, poor, key, send) == batch_id
    assert {gap.tries for gap in open_gaps(engine)} == {0}, "nobody has asked the site yet"
    ask(engine, *MATCHES[1:], *MATCHES[1:])
    assert sorted(gap.tries for gap in open_gaps(engine)) == [0, 1, 1, 1], "one try in a batch"
    for target in MATCHES:
        bring_to(engine, target, State.BLOCKED, "SourceRefused")
    assert isinstance(
        close_if_hopeless(engine, ledger.progress(engine, batch_id), Step.MATCH_CENTRE),
        SourceRefused,
    )
    assert len(keys(engine)) == 4, "they stay gaps"
    pass_time(engine, timedelta(hours=24, minutes=1))
    assert budget(engine, poor) == 3


def test_each_try_makes_the_next_one_later(engine, settings):
    ended(engine, {MATCHES[0]: (State.BLOCKED, "SourceRefused")})
    waits = []
    for number in range(settings.gap_tries):
        waited = timedelta()
        while not plan_catch_up(engine, settings, Step.MATCH_CENTRE):
            pass_time(engine, HOUR)
            waited += HOUR
        waits.append(waited / HOUR)
        key = BatchKey("whoscored_catch_up", str(number), Step.MATCH_CENTRE)
        batch_id = dispatch_catch_up(engine, settings, key, Sender())
        ask(engine, MATCHES[0])
        bring_to(engine, MATCHES[0], State.BLOCKED, "SourceRefused")
        ledger.close_batch(engine, batch_id, "failed", {})
    assert waits == [0, 1, 2, 4, 7, 14, 24, 24]
    assert idle(engine, settings) == "no gap is open, or none is due"
    assert closed(engine) == {MATCHES[0].key: "given up"}


def test_nothing_is_done_without_gaps_or_while_the_source_is_paused(engine, settings):
    assert idle(engine, settings) == "no gap is open, or none is due"
    ended(engine, {MATCHES[0]: (State.BLOCKED, "SourceRefused")})
    assert idle(engine, settings) is None
    source.pause_by_hand(engine, SOURCE, who="ada", until=None, reason="x")
    assert "paused" in idle(engine, settings)


def test_an_outage_of_days_gives_up_nothing_and_asks_for_one_page_at_a_time(engine, settings):
    """No run is under way, so the pauses end untried, and each hour's catch-up tries the source."""
    ended(engine, dict.fromkeys(MATCHES, (State.BLOCKED, "SourceUnavailable")))
    rules = source.Rules.of(settings)
    for _ in range(rules.failures):
        source.wrong(engine, SOURCE, source.Leave(), SourceUnavailable("out"), rules)
    planned = []
    for hour in range(5 * 24):
        pass_time(engine, HOUR)
        idle(engine, settings)
        key = BatchKey("whoscored_catch_up", str(hour), Step.MATCH_CENTRE)
        batch_id = dispatch_catch_up(engine, settings, key, Sender())
        if batch_id is None:
            continue
        planned.append(ledger.progress(engine, batch_id).total)
        leave = source.enter(engine, SOURCE, rules)
        source.wrong(engine, SOURCE, leave, SourceUnavailable("out"), rules)
        with engine.connect() as connection:
            query = select(TargetRow.target_key).where(TargetRow.state == State.PLANNED)
            target = Target.from_key(connection.scalars(query).one())
        ask(engine, target, counts=False)
        bring_to(engine, target, State.BLOCKED, "SourceUnavailable")
        ledger.close_batch(engine, batch_id, "failed", {})
    assert len(planned) > 100
    assert set(planned) == {1}
    assert sorted(keys(engine)) == sorted(target.key for target in MATCHES)
    assert {gap.tries for gap in open_gaps(engine)} == {0}
    # It is back: the next page tries it, and then all are asked for.
    pass_time(engine, HOUR)
    source.right(engine, SOURCE, source.enter(engine, SOURCE, rules))
    assert len(plan_catch_up(engine, settings, Step.MATCH_CENTRE)) == len(MATCHES)
    pass_time(engine, timedelta(days=settings.gap_days))
    idle(engine, settings)
    assert keys(engine) == [], "days do count"


def test_what_was_not_asked_for_uses_up_nothing_of_the_days_budget(engine, settings):
    out = (State.BLOCKED, "SourceUnavailable")
    ended(engine, dict.fromkeys(MATCHES, out))
    full = budget(engine, settings)
    key = BatchKey("whoscored_catch_up", "one", Step.MATCH_CENTRE)
    batch_id = dispatch_catch_up(engine, settings, key, Sender())
    assert budget(engine, settings) == full - len(MATCHES)
    ask(engine, MATCHES[0], counts=False)
    for target in MATCHES:
        bring_to(engine, target, *out)
    ledger.close_batch(engine, batch_id, "failed", {})
    assert budget(engine, settings) == full - 1


def land_one(engine: Engine, batch_id: UUID, target: Target, rows: Any) -> None:
    """What the workers do for a page of the batch, and its publishing."""
    assert landing.land(engine, batch_id, [put(engine, target, rows)])
    ledger.close_batch(engine, batch_id, ledger.PUBLISHED, {})


def test_a_night_without_its_feed_is_caught_up_match_by_match(engine, settings):
    """The feed was refused, so the night planned no match: they are found by the feed."""
    request = Request.of_interval(DAY, settings)
    key = BatchKey("whoscored_nightly", "night", Step.SCHEDULE)
    batch_id = dispatch(engine, settings, key, request, Step.SCHEDULE, Sender())
    bring_to(engine, FEED, State.BLOCKED, "SourceRefused")
    assert close_if_hopeless(engine, ledger.progress(engine, batch_id), Step.SCHEDULE)
    assert keys(engine) == [FEED.key]
    assert plan_catch_up(engine, settings, Step.MATCH_CENTRE) == []

    # The catch-up gets the feed.
    key = BatchKey("whoscored_catch_up", "one", Step.SCHEDULE)
    batch_id = dispatch_catch_up(engine, settings, key, Sender())
    kickoff = datetime(2022, 8, 13, 19, tzinfo=UTC)
    fixtures = {
        1: {"status": "finished", "kickoff_utc": kickoff},
        2: {"status": "finished", "kickoff_utc": kickoff - timedelta(days=2)},  # the look-back's
        3: {"status": "finished", "kickoff_utc": kickoff - timedelta(days=9)},  # nobody's
        4: {"status": "scheduled", "kickoff_utc": kickoff},
    }
    land_one(engine, batch_id, FEED, feed_rows("202208", fixtures))
    assert closed(engine) == {FEED.key: "landed"}

    # Its matches are planned: those of the days that the night wanted, the newest first.
    planned = plan_catch_up(engine, settings, Step.MATCH_CENTRE)
    assert [item.target.ids for item in planned] == [("1",), ("2",)]
    assert {item.reason for item in planned} == {CATCH_UP}
    assert idle(engine, settings) is None
    key = BatchKey("whoscored_catch_up", "one", Step.MATCH_CENTRE)
    batch_id = dispatch_catch_up(engine, settings, key, Sender())
    # One lands, one is refused: that one is a gap by itself, and nothing is planned by the feed.
    bring_to(engine, MATCHES[1], State.BLOCKED, "SourceRefused")
    land_one(engine, batch_id, MATCHES[0], match_rows(1))
    assert keys(engine) == [MATCHES[1].key]
    assert [i.target for i in plan_catch_up(engine, settings, Step.MATCH_CENTRE)] == [MATCHES[1]]
    # A match that no reading helps is not asked for each hour.
    bring_to(engine, MATCHES[1], State.BLOCKED, "LayoutChanged")
    with transaction(engine) as connection:
        gaps.close(connection, [MATCHES[1].key], gaps.GIVEN_UP)
    assert plan_catch_up(engine, settings, Step.MATCH_CENTRE) == []


def test_a_feed_that_a_later_night_got_is_followed_too(engine, settings):
    """The next night fetches the feed again; a day before its look-back would stay empty."""
    early = Interval.of_day("2022-08-08")
    key = BatchKey("whoscored_nightly", "backfill", Step.SCHEDULE)
    request = Request.of_interval(early, settings)
    batch_id = dispatch(engine, settings, key, request, Step.SCHEDULE, Sender())
    bring_to(engine, FEED, State.BLOCKED, "SourceUnavailable")
    close_if_hopeless(engine, ledger.progress(engine, batch_id), Step.SCHEDULE)
    request = Request.of_interval(DAY, settings)
    key = BatchKey("whoscored_nightly", "night", Step.SCHEDULE)
    batch_id = dispatch(engine, settings, key, request, Step.SCHEDULE, Sender())
    kickoffs = {1: datetime(2022, 8, 13, 19, tzinfo=UTC), 3: datetime(2022, 8, 8, 19, tzinfo=UTC)}
    fixtures = {n: {"status": "finished", "kickoff_utc": at} for n, at in kickoffs.items()}
    land_one(engine, batch_id, FEED, feed_rows("202208", fixtures))
    planned = plan_catch_up(engine, settings, Step.MATCH_CENTRE)
    assert [item.target.ids for item in planned] == [("3",)], "the night plans its own"


def test_what_is_due_is_asked_by_any_catch_up_once(engine, settings):
    assert catch_up.is_due(gap(tries=0, ago=None), datetime.now(UTC))
    assert not catch_up.is_due(gap(tries=1, ago=0.5), datetime.now(UTC))
    assert catch_up.is_due(gap(tries=1, ago=1), datetime.now(UTC))
    assert not catch_up.is_due(gap(tries=30, ago=23), datetime.now(UTC))
    assert catch_up.is_due(gap(tries=30, ago=25), datetime.now(UTC))


def gap(tries: int, ago: float | None) -> gaps.Gap:
    now = datetime.now(UTC)
    at = None if ago is None else now - timedelta(hours=ago)
    return gaps.Gap("k", PageKind.MATCH_CENTRE, "SourceRefused", None, now, tries, at)
