"""Dispatch, waiting and the completeness check on a real ledger; the workers are played here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert, select, update

from scrapers.errors import InvalidBatch, LayoutChanged, SourceRefused
from scrapers.pipeline.completeness import check_completeness, completeness
from scrapers.pipeline.dispatch import close_if_hopeless, dispatch
from scrapers.pipeline.intervals import Interval
from scrapers.pipeline.publish import publish
from scrapers.pipeline.reasons import NEW
from scrapers.pipeline.request import Request
from scrapers.pipeline.run import run_request, wait
from scrapers.settings import Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse import ledger
from scrapers.warehouse.ops_tables import BatchRow, TargetRow, ValidationRow
from scrapers.warehouse.records import BatchKey, PlannedTarget, State
from scrapers.warehouse.tables import Competition, Fixture, Match, Season, Stage, Team

STAGE = 20934
FEED = Target.schedule(STAGE, "202208")
KEY = BatchKey("whoscored_nightly", "manual__1", PageKind.MATCH_CENTRE)
LINEAGE = {
    "page_hash": "0" * 64,
    "selector_version": "schedule/test",
    "batch_id": UUID(int=1),
    "landed_at": datetime(2022, 8, 1, tzinfo=UTC),
}


@pytest.fixture
def settings(make_settings: Any) -> Settings:
    follow = [{"competition": "Spain LaLiga", "season": "2022/2023", "stage_id": STAGE}]
    return make_settings(follow=follow, completeness_floor=0.9)


@pytest.fixture
def request_(settings: Settings) -> Request:
    return Request.of_interval(Interval.of_day("2022-08-13"), settings)


@pytest.fixture
def day(engine: Engine) -> list[Target]:
    """Four finished matches on 13 August 2022, and one that ought to be over."""
    kickoff = datetime(2022, 8, 13, 19, tzinfo=UTC)
    with engine.begin() as connection:
        connection.execute(insert(Competition), {"competition_id": 4, "name": "x", **LINEAGE})
        connection.execute(
            insert(Season), {"season_id": 9, "competition_id": 4, "name": "x", **LINEAGE}
        )
        connection.execute(insert(Stage), {"stage_id": STAGE, "season_id": 9, **LINEAGE})
        for team_id in (1, 2):
            connection.execute(insert(Team), {"team_id": team_id, "name": "x", **LINEAGE})
        for match_id in (1, 2, 3, 4, 5):
            row = {
                "match_id": match_id,
                "stage_id": STAGE,
                "feed_month": "202208",
                "kickoff_utc": kickoff,
                "status": "finished" if match_id < 5 else "live",
                "home_team_id": 1,
                "away_team_id": 2,
                **LINEAGE,
            }
            connection.execute(insert(Fixture), row)
    return [Target.match_centre(match_id) for match_id in (1, 2, 3, 4)]


def bring_to(
    engine: Engine,
    state: State,
    *targets: Target,
    failure: str | None = None,
    at: datetime = datetime(2022, 8, 14, 6, tzinfo=UTC),
) -> None:
    """Play the workers: bring targets of the ledger to a state."""
    values: dict[str, Any] = {"state": state, "failure_class": failure}
    if state is State.LANDED:
        values["landed_at"] = at
    keys = [target.key for target in targets]
    with engine.begin() as connection:
        connection.execute(update(TargetRow).where(TargetRow.target_key.in_(keys)).values(**values))


def batches(engine: Engine) -> list[tuple[int, str]]:
    with engine.connect() as connection:
        rows = connection.execute(
            select(BatchRow.round, BatchRow.state)
            .where(BatchRow.run_id == KEY.run_id)
            .order_by(BatchRow.round)
        )
        return [(row.round, row.state) for row in rows]


class Sender:
    """Stands where the broker's sender stands, and counts."""

    def __init__(self) -> None:
        self.sent: list[UUID] = []

    def __call__(self, batch_id: UUID) -> None:
        self.sent.append(batch_id)


@pytest.fixture
def send() -> Sender:
    return Sender()


def test_an_open_batch_is_taken_up_and_not_planned_anew(engine, settings, request_, day, send):
    first = dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    assert first is not None
    assert ledger.progress(engine, first).total == 4
    bring_to(engine, State.LANDED, day[0])
    again = dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    assert again == first
    assert batches(engine) == [(1, "open")]
    # The sender is asked both times; it sends only what was not sent yet.
    assert send.sent == [first, first]


def test_a_closed_batch_is_followed_by_a_new_round_that_plans_anew(
    engine, settings, request_, day, send
):
    first = dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    bring_to(engine, State.LANDED, *day[:3])
    bring_to(engine, State.BLOCKED, day[3], failure="SourceUnavailable")
    ledger.close_batch(engine, first, "published", {})
    second = dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    assert batches(engine) == [(1, "published"), (2, "open")]
    assert ledger.progress(engine, second).by_state == {State.PLANNED: 1}


def test_nothing_to_do_opens_no_batch_and_sends_nothing(engine, settings, request_, send):
    assert dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send) is None
    assert batches(engine) == []
    assert send.sent == []


def test_two_runs_over_the_same_day_wait_for_the_same_pages(engine, settings, request_, day, send):
    first = dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    bring_to(engine, State.FETCHING, day[0])
    other = BatchKey(KEY.dag_id, "manual__2", PageKind.MATCH_CENTRE)
    second = dispatch(engine, settings, other, request_, PageKind.MATCH_CENTRE, send)
    expected = {State.FETCHING: 1, State.PLANNED: 3}
    assert ledger.progress(engine, first).by_state == expected
    assert ledger.progress(engine, second).by_state == expected


def test_a_batch_that_is_refused_as_a_whole_fails_and_the_next_round_tries_again(
    engine, settings, request_, day, send
):
    first = dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    bring_to(engine, State.BLOCKED, *day, failure="SourceRefused")
    failure = close_if_hopeless(engine, ledger.progress(engine, first), PageKind.MATCH_CENTRE)
    assert isinstance(failure, SourceRefused)
    assert "4 of 4 blocked (4 SourceRefused)" in failure.detail
    second = dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    assert batches(engine) == [(1, "failed"), (2, "open")]
    assert ledger.progress(engine, second).by_state == {State.PLANNED: 4}


def test_waiting_tells_each_change_and_ends_when_all_is_done(engine, settings, request_, day, send):
    batch_id = dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    seen = []

    def look(_: PageKind, progress: Any) -> None:
        # The first look finds all waiting; the workers then finish before the second.
        seen.append(dict(progress.by_state))
        bring_to(engine, State.ABSENT, *day)

    progress = wait(engine, batch_id, PageKind.MATCH_CENTRE, look, poll_seconds=0)
    assert seen == [{State.PLANNED: 4}, {State.ABSENT: 4}]
    assert progress.done


def test_a_batch_without_anything_to_read_is_published_once(engine, settings, request_, day, send):
    batch_id = dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    bring_to(engine, State.ABSENT, *day)
    assert publish(engine, batch_id, settings).states == {"absent": 4}
    assert publish(engine, batch_id, settings).states == {"absent": 4}
    assert batches(engine) == [(1, "published")]


def refuse(engine: Engine, batch_id: UUID) -> None:
    """What the gate writes when it refuses a batch as a whole."""
    with engine.begin() as connection:
        connection.execute(
            insert(ValidationRow).values(
                batch_id=batch_id,
                suite="match_centre",
                table_name="event",
                expectation="expect_column_mean_to_be_between",
                scope="batch",
                success=False,
                rows=1,
                unexpected=0,
                targets=[],
                details={},
            )
        )


def test_a_batch_refused_before_a_kill_is_not_published_after_it_nor_when_cleared(
    engine, settings, request_, day, send
):
    batch_id = dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    bring_to(engine, State.QUARANTINED, *day, failure="InvalidBatch")
    refuse(engine, batch_id)
    for _ in range(2):
        with pytest.raises(InvalidBatch, match="the gate refused the batch"):
            publish(engine, batch_id, settings)
        assert batches(engine) == [(1, "failed")]


def test_a_batch_is_not_refused_because_another_one_was(engine, settings, request_, day, send):
    first = dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    other = BatchKey(KEY.dag_id, "manual__2", PageKind.MATCH_CENTRE)
    second = dispatch(engine, settings, other, request_, PageKind.MATCH_CENTRE, send)
    bring_to(engine, State.QUARANTINED, day[0], failure="InvalidBatch")
    bring_to(engine, State.LANDED, *day[1:])
    refuse(engine, first)
    assert publish(engine, second, settings).states == {"landed": 3, "quarantined": 1}


def feed_landed(engine: Engine, at: datetime = datetime(2022, 8, 14, 6, tzinfo=UTC)) -> None:
    key = BatchKey("earlier", "feed", PageKind.SCHEDULE)
    ledger.open_batch(engine, key, [PlannedTarget(FEED, NEW)], None)
    bring_to(engine, State.LANDED, FEED, at=at)


def test_completeness_counts_every_match_once(engine, settings, request_, day, send):
    feed_landed(engine)
    dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    bring_to(engine, State.LANDED, day[0])
    bring_to(engine, State.ABSENT, day[1])
    bring_to(engine, State.BLOCKED, day[2], failure="LayoutChanged")
    found = completeness(engine, request_)
    assert (found.expected, found.landed, found.absent) == (4, 1, 1)
    assert found.missing == {"blocked LayoutChanged": 1, "planned": 1}
    assert found.overdue == 1
    assert found.feeds_missing == ()
    assert found.share == pytest.approx(1 / 4)
    with pytest.raises(InvalidBatch, match=r"1 blocked LayoutChanged.*the floor is 90%"):
        check_completeness(engine, settings, request_)


def test_a_feed_that_failed_tonight_is_missing_though_it_landed_before(
    engine, settings, request_, day
):
    feed_landed(engine, at=datetime(2022, 8, 13, 6, tzinfo=UTC))
    assert completeness(engine, request_).feeds_missing == (FEED.key,)


def test_matches_that_ought_to_be_over_make_a_night_incomplete(engine, settings, request_, day):
    feed_landed(engine)
    with engine.begin() as connection:
        connection.execute(update(Fixture).values(status="scheduled"))
    with pytest.raises(InvalidBatch, match="5 not called finished yet"):
        check_completeness(engine, settings, request_)


def test_a_night_of_absences_is_no_complete_night(engine, settings, request_, day, send):
    feed_landed(engine)
    dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    bring_to(engine, State.ABSENT, *day)
    with engine.begin() as connection:
        connection.execute(
            update(Fixture).where(Fixture.status == "live").values(status="postponed")
        )
    # Stages that never had a match centre may be without; these have had one.
    assert check_completeness(engine, settings, request_).absent == 4
    with engine.begin() as connection:
        row = {
            "match_id": 99,
            "competition_id": 4,
            "season_id": 9,
            "stage_id": STAGE,
            "home_team_id": 1,
            "away_team_id": 2,
            "kickoff_utc": datetime(2022, 8, 6, 19, tzinfo=UTC),
            "kickoff_page": datetime(2022, 8, 6, 20),  # noqa: DTZ001 - the page's own clock
            "status": "finished",
            "home_score": 0,
            "away_score": 0,
            **LINEAGE,
        }
        connection.execute(insert(Match), row)
    with pytest.raises(InvalidBatch, match="most are absent"):
        check_completeness(engine, settings, request_)


def test_a_correction_that_failed_is_told_and_its_match_stays_landed(
    engine, settings, request_, day, send
):
    feed_landed(engine)
    dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    bring_to(engine, State.LANDED, *day)
    bring_to(engine, State.BLOCKED, day[0], failure="LayoutChanged")
    found = completeness(engine, request_)
    assert (found.landed, found.outdated) == (4, 1)
    assert "1 of them outdated" in str(found)


def test_a_run_for_schedules_alone_misses_no_match(engine, settings, day):
    feed_landed(engine)
    form = {"date_from": "2022-08-13", "page_kinds": ["schedule"]}
    found = check_completeness(engine, settings, Request.of_form(form, settings))
    assert found.expected == 0


def test_a_match_under_way_for_a_correction_counts_as_landed(engine, settings, request_, day, send):
    feed_landed(engine)
    with engine.begin() as connection:
        live = update(Fixture).where(Fixture.status == "live")
        connection.execute(live.values(status="postponed"))
    dispatch(engine, settings, KEY, request_, PageKind.MATCH_CENTRE, send)
    bring_to(engine, State.LANDED, *day)
    bring_to(engine, State.FETCHING, day[0])
    assert check_completeness(engine, settings, request_).landed == 4


def test_a_day_without_matches_is_complete_but_not_without_its_feed(engine, settings, request_):
    with pytest.raises(InvalidBatch, match=f"feeds missing: {FEED.key}"):
        check_completeness(engine, settings, request_)
    feed_landed(engine)
    assert check_completeness(engine, settings, request_).expected == 0


def test_matches_nobody_planned_are_missing(engine, settings, request_, day):
    feed_landed(engine)
    assert completeness(engine, request_).missing == {"unplanned": 4}
    by_id = Request.of_form({"match_ids": [1, 77]}, settings)
    assert completeness(engine, by_id).missing == {"unplanned": 2}


# what a run says of what it did


def form_of(*kinds: PageKind, **more: Any) -> dict[str, Any]:
    return {"date_from": "2022-08-13", "page_kinds": list(kinds), **more}


def run(engine: Engine, settings: Settings, form: dict[str, Any], play: Any, run_id: str = "1"):
    request = Request.of_form(form, settings)
    return run_request(engine, settings, request, play, run_id=run_id, poll_seconds=0)


def test_a_run_without_a_readable_match_tells_which_pages_it_does_not_ask_for(
    engine, settings, day
):
    kinds = (PageKind.MATCH_CENTRE, PageKind.MATCH_PREVIEW, PageKind.MATCH_REPORT)

    def fail(_: UUID) -> None:
        bring_to(engine, State.BLOCKED, *day, failure="LayoutChanged")

    with pytest.raises(LayoutChanged) as told:
        run(engine, settings, form_of(*kinds), fail)
    # The preview of the match that is still played belongs to the day as well.
    assert told.value.detail == (
        "no matches could be read: 4 of 4 blocked (4 LayoutChanged). Not asked for, as the run "
        "stops there: 5 match_preview, 4 match_report; the next run of the same days or matches "
        "asks for them"
    )
    assert told.value.facts["not_asked_for"] == {"match_preview": 5, "match_report": 4}
    assert told.value.facts["failures"] == {"LayoutChanged": 4}
    with pytest.raises(LayoutChanged) as alone:
        run(engine, settings, form_of(PageKind.MATCH_CENTRE), fail)
    assert alone.value.detail == "no matches could be read: 4 of 4 blocked (4 LayoutChanged)"


def test_matches_that_the_gate_refuses_leave_the_same_pages_unasked_for(engine, settings, day):
    def quarantine(batch_id: UUID) -> None:
        bring_to(engine, State.QUARANTINED, *day, failure="InvalidBatch")
        refuse(engine, batch_id)

    form = form_of(PageKind.MATCH_CENTRE, PageKind.MATCH_REPORT)
    with pytest.raises(InvalidBatch, match=r"the gate refused .* stops there: 4 match_report;"):
        run(engine, settings, form, quarantine)


def test_a_run_of_previews_alone_tells_of_previews(engine, settings, day):
    previews = [Target.of(PageKind.MATCH_PREVIEW, match_id=number) for number in range(1, 6)]

    def land(_: UUID) -> None:
        bring_to(engine, State.LANDED, *previews[:3])
        bring_to(engine, State.ABSENT, previews[3])
        bring_to(engine, State.BLOCKED, previews[4], failure="LayoutChanged")

    form = form_of(PageKind.MATCH_PREVIEW)
    told = run(engine, settings, form, land).completeness
    assert str(told) == (
        "match_preview: 1 absent, 1 blocked, 3 landed; no match centre was asked for"
    )
    assert told.as_json()["pages"] == {"match_preview": {"landed": 3, "absent": 1, "blocked": 1}}


def test_a_run_of_schedules_alone_tells_of_feeds(engine, settings, day):
    feed_landed(engine)
    form = {"date_from": "2022-08-13", "page_kinds": ["schedule"]}
    told = check_completeness(engine, settings, Request.of_form(form, settings))
    assert str(told) == "1 of 1 schedule feeds landed; no match centre was asked for"


def test_an_id_of_no_match_is_not_called_a_finished_match(engine, settings):
    form = {"match_ids": [77, 78], "page_kinds": [PageKind.MATCH_CENTRE, PageKind.MATCH_PREVIEW]}

    def answer(_: UUID) -> None:
        bring_to(engine, State.LANDED, Target.match_centre(77))
        bring_to(engine, State.ABSENT, Target.match_centre(78), failure="TargetAbsent")

    told = run(engine, settings, {**form, "page_kinds": [PageKind.MATCH_CENTRE]}, answer)
    assert str(told.completeness) == (
        "1 of 2 matches asked for by id landed, 1 not there (TargetAbsent)"
    )
    assert str(check_completeness(engine, settings, Request.of_form(form, settings))) == (
        "1 of 2 matches asked for by id landed, 1 not there (TargetAbsent); "
        "match_preview: 2 unplanned"
    )
