"""Planning from landed fixtures and the ledger, in a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert, update

from scrapers.pipeline.intervals import Interval
from scrapers.pipeline.plan import plan
from scrapers.pipeline.reasons import CORRECTION, NEW, RECHECK
from scrapers.pipeline.request import Request
from scrapers.settings import Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse import ledger
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import FORCE, BatchKey, PlannedTarget, State
from scrapers.warehouse.tables import Competition, Fixture, Season, Stage, Team

STAGE, OTHER_STAGE = 20934, 777
DAY = Interval.of_day("2022-08-13")
LINEAGE = {
    "page_hash": "0" * 64,
    "selector_version": "schedule/test",
    "batch_id": UUID(int=1),
    "landed_at": datetime(2022, 8, 1, tzinfo=UTC),
}
FOLLOW = [{"competition": "Spain LaLiga", "season": "2022/2023", "stage_id": STAGE}]


@pytest.fixture
def settings(make_settings: Any) -> Settings:
    return make_settings(follow=FOLLOW, lookback_days=7, settle_hours=36)


@pytest.fixture
def fixtures(engine: Engine) -> Any:
    """Adds fixtures: fixtures(match_id, kickoff, status=…, …)."""
    with engine.begin() as connection:
        connection.execute(insert(Competition), {"competition_id": 4, "name": "LaLiga", **LINEAGE})
        connection.execute(
            insert(Season),
            {"season_id": 9149, "competition_id": 4, "name": "2022/2023", **LINEAGE},
        )
        for stage_id in (STAGE, OTHER_STAGE):
            connection.execute(insert(Stage), {"stage_id": stage_id, "season_id": 9149, **LINEAGE})
        for team_id in (1, 2):
            connection.execute(insert(Team), {"team_id": team_id, "name": "x", **LINEAGE})

    def add(match_id: int, kickoff: datetime, **columns: Any) -> None:
        row = {
            "match_id": match_id,
            "stage_id": STAGE,
            "feed_month": f"{kickoff:%Y%m}",
            "kickoff_utc": kickoff,
            "status": "finished",
            "home_team_id": 1,
            "away_team_id": 2,
            "is_opta": True,
            **LINEAGE,
            **columns,
        }
        with engine.begin() as connection:
            connection.execute(insert(Fixture), row)

    return add


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def known(engine: Engine, target: Target, state: State, fetched_at: datetime | None) -> None:
    """Put a target into the ledger in a state, as if a run had brought it there."""
    key = BatchKey("earlier", str(target.key), target.page_kind)
    ledger.open_batch(engine, key, [PlannedTarget(target, NEW)], None)
    landed = {"landed_at": fetched_at} if state is State.LANDED else {}
    with engine.begin() as connection:
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key == target.key)
            .values(state=state, fetched_at=fetched_at, **landed)
        )


def matches(engine: Engine, settings: Settings, request: Request, now: datetime) -> dict[int, str]:
    planned = plan(engine, settings, request, PageKind.MATCH_CENTRE, now=now)
    return {int(item.target.ids[0]): item.reason for item in planned}


def feeds(engine: Engine, settings: Settings, request: Request, now: datetime) -> dict[str, str]:
    planned = plan(engine, settings, request, PageKind.SCHEDULE, now=now)
    return {item.target.key: item.reason for item in planned}


def request(settings: Settings, interval: Interval = DAY, *, force: bool = False) -> Request:
    return Request.of_interval(interval, settings, force=force)


def test_matches_of_the_day_and_of_the_lookback_oldest_first(engine, settings, fixtures):
    fixtures(1, utc(2022, 8, 13, 19))
    fixtures(2, utc(2022, 8, 14, 4, 59))  # an evening in America: still that day
    fixtures(3, utc(2022, 8, 14, 5))  # the next day
    fixtures(4, utc(2022, 8, 6, 5))  # the look-back's first moment
    fixtures(5, utc(2022, 8, 6, 4, 59))  # before it
    planned = plan(
        engine, settings, request(settings), PageKind.MATCH_CENTRE, now=utc(2022, 8, 14, 5)
    )
    assert [(item.target.ids, item.reason, item.kickoff_utc) for item in planned] == [
        (("4",), NEW, utc(2022, 8, 6, 5)),
        (("1",), NEW, utc(2022, 8, 13, 19)),
        (("2",), NEW, utc(2022, 8, 14, 4, 59)),
    ]


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "scheduled"},
        {"status": "live"},
        {"status": "postponed"},
        {"status": "abandoned"},
        {"status": "cancelled"},
        {"closed_at": utc(2022, 8, 13)},
        {"stage_id": OTHER_STAGE},
    ],
)
def test_matches_not_to_fetch(engine, settings, fixtures, columns: dict[str, Any]):
    fixtures(1, utc(2022, 8, 13, 19), **columns)
    assert matches(engine, settings, request(settings), utc(2022, 8, 14, 5)) == {}


@pytest.mark.parametrize("is_opta", [True, False, None])
def test_whatever_the_feed_calls_it_a_finished_match_is_tried(engine, settings, fixtures, is_opta):
    fixtures(1, utc(2022, 8, 13, 19), is_opta=is_opta)
    assert matches(engine, settings, request(settings), utc(2022, 8, 14, 5)) == {1: NEW}


def test_a_postponed_match_is_fetched_when_it_was_played_in_another_month(
    engine, settings, fixtures
):
    fixtures(1, utc(2022, 8, 13, 19), status="postponed")
    assert matches(engine, settings, request(settings), utc(2022, 8, 14, 5)) == {}
    with engine.begin() as connection:
        moved = {"status": "finished", "kickoff_utc": utc(2022, 10, 4, 19), "feed_month": "202210"}
        connection.execute(update(Fixture).where(Fixture.match_id == 1).values(moved))
    later = request(settings, Interval.of_day("2022-10-04"))
    assert matches(engine, settings, later, utc(2022, 10, 5, 5)) == {1: NEW}


def test_a_settled_landed_week_plans_nothing_the_second_time(engine, settings, fixtures):
    week = request(settings, Interval.of_days(date(2022, 8, 8), date(2022, 8, 14)))
    now = utc(2022, 10, 1)
    for match_id in range(1, 8):
        fixtures(match_id, utc(2022, 8, 7 + match_id, 19))
    first = feeds(engine, settings, week, now)
    assert first == {f"whoscored/schedule/{STAGE}/202208": NEW}
    assert len(matches(engine, settings, week, now)) == 7
    for match_id in range(1, 8):
        known(engine, Target.match_centre(match_id), State.LANDED, now)
    known(engine, Target.schedule(STAGE, "202208"), State.LANDED, now)
    assert feeds(engine, settings, week, now + timedelta(minutes=5)) == {}
    assert matches(engine, settings, week, now + timedelta(minutes=5)) == {}


def test_force_plans_all_of_it_again(engine, settings, fixtures):
    fixtures(1, utc(2022, 8, 13, 19))
    known(engine, Target.match_centre(1), State.LANDED, utc(2022, 10, 1))
    known(engine, Target.schedule(STAGE, "202208"), State.LANDED, utc(2022, 10, 1))
    forced = request(settings, force=True)
    assert matches(engine, settings, forced, utc(2022, 10, 2)) == {1: FORCE}
    assert feeds(engine, settings, forced, utc(2022, 10, 2)) == {
        f"whoscored/schedule/{STAGE}/202208": FORCE
    }


def test_a_later_run_looks_back_and_corrects_once(engine, settings, fixtures):
    fixtures(1, utc(2022, 8, 13, 19))
    known(engine, Target.match_centre(1), State.LANDED, utc(2022, 8, 14, 5, 10))
    for day, now, expected in [
        ("2022-08-14", utc(2022, 8, 15, 5), {}),  # 34 hours after kick-off: not settled yet
        ("2022-08-15", utc(2022, 8, 16, 5), {1: CORRECTION}),
    ]:
        night = request(settings, Interval.of_day(day))
        assert matches(engine, settings, night, now) == expected
    known(engine, Target.match_centre(1), State.LANDED, utc(2022, 8, 16, 5, 10))
    night = request(settings, Interval.of_day("2022-08-16"))
    assert matches(engine, settings, night, utc(2022, 8, 17, 5)) == {}


def test_what_failed_or_was_absent_is_looked_at_again(engine, settings, fixtures):
    for match_id in (1, 2, 3):
        fixtures(match_id, utc(2022, 8, 13, 19))
    fetched = utc(2022, 8, 14, 5)
    known(engine, Target.match_centre(1), State.BLOCKED, fetched)
    known(engine, Target.match_centre(2), State.QUARANTINED, fetched)
    known(engine, Target.match_centre(3), State.ABSENT, fetched)
    again = matches(engine, settings, request(settings), fetched + timedelta(hours=1))
    assert again == {1: RECHECK, 2: RECHECK}
    tomorrow = matches(engine, settings, request(settings), fetched + timedelta(days=1))
    assert tomorrow == {1: RECHECK, 2: RECHECK, 3: RECHECK}


def test_feeds_of_every_month_the_lookback_touches(engine, settings):
    early = request(settings, Interval.of_day("2022-09-03"))
    assert feeds(engine, settings, early, utc(2022, 9, 4, 5)) == {
        f"whoscored/schedule/{STAGE}/202208": NEW,
        f"whoscored/schedule/{STAGE}/202209": NEW,
    }


def test_a_feed_of_a_month_that_runs_is_fetched_every_night(engine, settings):
    known(engine, Target.schedule(STAGE, "202208"), State.LANDED, utc(2022, 8, 14, 5))
    assert feeds(engine, settings, request(settings), utc(2022, 8, 15, 5)) == {
        f"whoscored/schedule/{STAGE}/202208": RECHECK
    }


def test_matches_by_id_need_no_fixture_and_no_feed(engine, settings, fixtures):
    fixtures(1, utc(2022, 8, 13, 19))
    known(engine, Target.match_centre(1), State.LANDED, utc(2022, 10, 1))
    by_id = Request.of_form({"match_ids": [1, 99]}, settings)
    assert matches(engine, settings, by_id, utc(2022, 10, 2)) == {99: NEW}
    assert feeds(engine, settings, by_id, utc(2022, 10, 2)) == {}


def test_a_page_kind_that_is_not_asked_for_is_not_planned(engine, settings, fixtures):
    fixtures(1, utc(2022, 8, 13, 19))
    only_feeds = Request.of_form({"date_from": "2022-08-13", "page_kinds": ["schedule"]}, settings)
    assert matches(engine, settings, only_feeds, utc(2022, 8, 14, 5)) == {}
    assert len(feeds(engine, settings, only_feeds, utc(2022, 8, 14, 5))) == 1
