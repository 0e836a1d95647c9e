"""What the ledger says is wrong: each kind of trouble, when it begins and when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, insert, text

from scrapers.incidents.condition import Condition
from scrapers.incidents.conditions import ALL_HUBS, NIGHTLY, ledger_conditions
from scrapers.register import Severity
from scrapers.settings import Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse.health_tables import HubStateRow
from scrapers.warehouse.ops_tables import (
    BatchRow,
    FailureRow,
    PageRow,
    SourceStateRow,
    TargetRow,
    ValidationRow,
)
from scrapers.warehouse.tables import Competition, Fixture, Match, Season, Stage, Team

STAGE = 20934
NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
FORM = "whoscored_scrape"  # no run of it is due
LINEAGE = {
    "page_hash": "0" * 64,
    "selector_version": "test",
    "batch_id": UUID(int=1),
    "landed_at": NOW,
}


@pytest.fixture
def settings(make_settings: Any) -> Settings:
    follow = [{"competition": "Spain LaLiga", "season": "2025/2026", "stage_id": STAGE}]
    return make_settings(
        follow=follow,
        hub_urls="http://user:pw@hub-a:4444/wd/hub,http://hub-b:4444/wd/hub/",
        freshness_hours=36,
        run_late_hours=6,
    )


def put(engine: Engine, table: Any, **values: Any) -> None:
    with engine.begin() as connection:
        connection.execute(insert(table).values(**values))


def sql(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def found(engine: Engine, settings: Settings, now: datetime | None = None) -> list[Condition]:
    with engine.connect() as connection:
        return ledger_conditions(connection, settings, now)


def keys(engine: Engine, settings: Settings, now: datetime | None = None) -> list[tuple[str, str]]:
    return [condition.key for condition in found(engine, settings, now)]


def target(
    engine: Engine,
    number: int,
    state: str,
    failure_class: str | None = None,
    facts: dict[str, Any] | None = None,
    kind: PageKind = PageKind.MATCH_CENTRE,
) -> str:
    one = Target.of(kind, match_id=number)
    put(
        engine,
        TargetRow,
        target_key=one.key,
        page_kind=str(kind),
        state=state,
        planned_at=NOW - HOUR,
        failing_since=NOW - HOUR if failure_class else None,
        failure_class=failure_class,
        failure_detail=f"sentence {number}" if failure_class else None,
        failure_facts=facts,
    )
    return one.key


def failure(engine: Engine, key: str, failure_class: str, ago: timedelta) -> None:
    put(
        engine,
        FailureRow,
        at=NOW - ago,
        target_key=key,
        stage="fetch",
        failure_class=failure_class,
        severity="P2",
        detail="sentence",
        facts={},
        attempt=1,
    )


def batch(engine: Engine, step: str, state: str, **columns: Any) -> UUID:
    batch_id = uuid4()
    values = {
        "dag_id": NIGHTLY,
        "run_id": str(batch_id),
        "round": 1,
        "closed_at": None if state == "open" else NOW,
        **columns,
    }
    put(engine, BatchRow, batch_id=batch_id, step=step, state=state, **values)
    return batch_id


def test_a_ledger_without_trouble_has_no_conditions(engine: Engine, settings: Settings) -> None:
    target(engine, 1, "landed")
    target(engine, 2, "absent", "TargetAbsent")
    batch(engine, "schedule", "published", interval_end=NOW + 24 * HOUR)
    assert found(engine, settings) == []


@pytest.mark.parametrize("failure_class", ["SourceRefused", "SourceUnavailable"])
def test_a_source_that_the_platform_paused(
    engine: Engine, settings: Settings, failure_class: str
) -> None:
    put(
        engine,
        SourceStateRow,
        source="whoscored",
        paused_until=NOW + HOUR,
        paused_at=NOW - HOUR,
        reason="403",
        failure_class=failure_class,
        pauses=1,
    )
    (one,) = found(engine, settings)
    assert (one.key, one.since, one.detail) == ((failure_class, "whoscored"), NOW - HOUR, "403")
    sql(engine, "UPDATE ops.source_state SET paused_until = now() - interval '1 min'")
    assert keys(engine, settings), "no page has been right yet"
    sql(engine, "UPDATE ops.source_state SET paused_by = 'me', paused_until = '9000-01-01'")
    assert keys(engine, settings), "a pause by hand on top does not mend it"
    sql(engine, "UPDATE ops.source_state SET gentle_pages = 1, paused_until = NULL")
    assert keys(engine, settings) == []


def test_a_source_that_a_person_paused_is_no_trouble(engine: Engine, settings: Settings) -> None:
    put(
        engine,
        SourceStateRow,
        source="whoscored",
        paused_until=datetime(9000, 1, 1, tzinfo=UTC),
        failure_class="SourceRefused",
        paused_by="me",
    )
    assert keys(engine, settings) == []


def test_hubs_whose_breaker_is_open_and_all_of_them(engine: Engine, settings: Settings) -> None:
    put(engine, HubStateRow, hub="http://hub-a:4444/wd/hub", state="open", opened_at=NOW - HOUR)
    put(engine, HubStateRow, hub="http://hub-old:4444/wd/hub", state="open", opened_at=NOW)
    (one,) = found(engine, settings)
    assert one.key == ("BrowserUnavailable", "http://hub-a:4444/wd/hub")
    assert not one.silent
    put(engine, HubStateRow, hub="http://hub-b:4444/wd/hub", state="half_open", opened_at=NOW)
    first, second, whole = found(engine, settings)
    assert first.silent
    assert second.silent
    assert (whole.subject, whole.severity, whole.silent) == (ALL_HUBS, Severity.P1, False)


def test_pages_that_wait_for_a_person_are_one_trouble_for_each_kind_and_class(
    engine: Engine, settings: Settings
) -> None:
    for number in range(1, 6):
        target(engine, number, "blocked", "LayoutChanged", {"fields": ["events", "home"]})
    target(engine, 6, "blocked", "LayoutChanged", {"fields": "no list"}, PageKind.MATCH_REPORT)
    target(engine, 7, "quarantined", "InvalidRows")
    target(engine, 8, "blocked", "Defect")
    target(engine, 9, "blocked", "ConfigInvalid", {"setting": "TOUCHLINE_BASE_URL"})
    target(engine, 10, "blocked", "SourceUnavailable")  # a gap: the source's own trouble
    target(engine, 11, "planned", "LayoutChanged")  # under way again
    by_key = {condition.key: condition for condition in found(engine, settings)}
    assert sorted(by_key) == [
        ("ConfigInvalid", "TOUCHLINE_BASE_URL"),
        ("Defect", "match_centre"),
        ("InvalidRows", "match_centre"),
        ("LayoutChanged", "match_centre"),
        ("LayoutChanged", "match_report"),
    ]
    changed = by_key["LayoutChanged", "match_centre"]
    assert (changed.facts["targets"], changed.facts["fields"]) == (5, ["events", "home"])
    assert changed.since == NOW - HOUR
    assert "5 pages" in changed.detail
    assert "sentence" in changed.detail


def test_a_batch_that_was_refused_until_a_later_one_is_published(
    engine: Engine, settings: Settings
) -> None:
    batch(
        engine,
        "match_centre",
        "failed",
        dag_id=FORM,
        summary={"failure": "half of it is missing", "facts": {"rows": 1}},
        created_at=NOW - 2 * HOUR,
    )
    (one,) = found(engine, settings)
    assert one.key == ("InvalidBatch", f"{FORM} match_centre")
    assert one.detail == "half of it is missing"
    batch(engine, "schedule", "published", dag_id=FORM)
    assert keys(engine, settings) == [one.key]
    batch(engine, "match_centre", "published", dag_id=FORM, created_at=NOW - HOUR)
    assert keys(engine, settings) == []


def test_a_batch_that_was_hopeless_is_the_trouble_of_its_pages(
    engine: Engine, settings: Settings
) -> None:
    """Its failures are incidents of their own; only the gate's refusal is one of the batch."""
    batch_id = batch(
        engine, "match_centre", "failed", dag_id=FORM, summary={"failure": "no page read"}
    )
    assert keys(engine, settings) == []
    put(
        engine,
        ValidationRow,
        batch_id=batch_id,
        suite="s",
        table_name="t",
        expectation="e",
        scope="batch",
        success=False,
        rows=1,
        unexpected=1,
        targets=[],
        details={},
    )
    assert keys(engine, settings) == [("InvalidBatch", f"{FORM} match_centre")]


def test_lost_workers_within_the_hour(engine: Engine, settings: Settings) -> None:
    key = target(engine, 1, "planned")
    failure(engine, key, "WorkerLost", timedelta(minutes=65))
    assert keys(engine, settings) == []
    failure(engine, key, "WorkerLost", timedelta(minutes=5))
    assert keys(engine, settings) == [("WorkerLost", "match_centre")]


def test_an_archive_that_failed_and_has_taken_no_page_since(
    engine: Engine, settings: Settings
) -> None:
    key = target(engine, 1, "planned")
    failure(engine, key, "ArchiveUnavailable", timedelta(minutes=5))
    assert keys(engine, settings) == [("ArchiveUnavailable", "archive")]
    put(
        engine,
        PageRow,
        page_hash="a" * 64,
        target_key=key,
        url="u",
        title="t",
        browser="b",
        size_bytes=1,
        ready=True,
        load_seconds=1,
        first_fetched_at=NOW,
        last_fetched_at=NOW,
    )
    assert keys(engine, settings) == []


def test_an_archive_that_pages_wait_for(engine: Engine, settings: Settings) -> None:
    """Hours into an outage nothing fails any more: pages are given back."""
    key = target(engine, 1, "planned", "ArchiveUnavailable")
    failure(engine, key, "ArchiveUnavailable", timedelta(hours=3))
    assert keys(engine, settings) == []
    sql(engine, "UPDATE ops.target SET failing_since = NULL")
    (condition,) = found(engine, settings)
    assert condition.key == ("ArchiveUnavailable", "archive")
    assert condition.detail == "sentence 1"
    sql(engine, "UPDATE ops.target SET sent_at = now()")
    assert keys(engine, settings) == [], "its row was touched as it was sent, and not as it failed"
    sql(engine, "UPDATE ops.target SET sent_at = NULL, updated_at = now() - interval '2 hours'")
    assert keys(engine, settings) == [], "nobody waits for it any more"


@pytest.fixture
def league(engine: Engine) -> Any:
    """A followed stage; league(match_id, hours_ago, status, landed) adds a match of it."""
    put(engine, Competition, competition_id=4, name="LaLiga", **LINEAGE)
    put(engine, Season, season_id=9149, competition_id=4, name="2025/2026", **LINEAGE)
    put(engine, Stage, stage_id=STAGE, season_id=9149, **LINEAGE)
    for team_id in (1, 2):
        put(engine, Team, team_id=team_id, name="x", **LINEAGE)

    def add(match_id: int, hours_ago: float, status: str = "finished", landed: bool = False):
        kickoff = NOW - hours_ago * HOUR
        common = {
            "match_id": match_id,
            "stage_id": STAGE,
            "kickoff_utc": kickoff,
            "status": status,
            "home_team_id": 1,
            "away_team_id": 2,
            **LINEAGE,
        }
        put(engine, Fixture, feed_month=f"{kickoff:%Y%m}", **common)
        if landed:
            page = {
                "competition_id": 4,
                "season_id": 9149,
                "kickoff_page": kickoff.replace(tzinfo=None),
            }
            put(engine, Match, home_score=0, away_score=0, **common, **page)

    return add


def test_a_competition_is_late_when_matches_are_over_for_long_and_not_there(
    engine: Engine, settings: Settings, league: Any
) -> None:
    league(1, 200, landed=True)
    league(2, 20)
    assert keys(engine, settings) == [], "tonight's matches land in the morning"
    league(3, 60)
    (one,) = found(engine, settings)
    assert one.key == ("DataLate", "Spain LaLiga")
    assert one.facts["matches"] == 1
    assert one.since == NOW - 24 * HOUR
    league(4, 50, status="scheduled")
    assert found(engine, settings)[0].facts["matches"] == 2, "a feed that is old hides nothing"
    league(5, 19, landed=True)
    assert keys(engine, settings) == [], "what is older is a gap"


def test_what_has_no_data_or_was_not_played_is_not_late(
    engine: Engine, settings: Settings, league: Any
) -> None:
    league(1, 200, landed=True)
    league(2, 60)
    target(engine, 2, "absent", "TargetAbsent")
    league(3, 60, status="postponed")
    assert keys(engine, settings) == []


def test_a_season_of_long_ago_is_not_news(engine: Engine, settings: Settings, league: Any) -> None:
    league(1, 24 * 400, landed=True)
    league(2, 24 * 390)
    assert keys(engine, settings) == []


DUE = datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours_after_due", "state", "late"),
    [
        (5.9, None, False),
        (6.1, None, True),
        (6.1, "open", True),
        (6.1, "failed", True),
        (6.1, "published", False),
        (23.9, "published", False),
    ],
)
def test_the_night_is_late_when_its_day_is_not_published_in_time(
    engine: Engine, settings: Settings, hours_after_due: float, state: str | None, late: bool
) -> None:
    before = DUE - 24 * HOUR
    batch(engine, "schedule", "published", interval_end=before, created_at=before)
    if state:
        batch(engine, "schedule", state, interval_end=DUE)
    expected = [("DataLate", NIGHTLY)] if late else []
    assert keys(engine, settings, DUE + hours_after_due * HOUR) == expected


def test_where_no_night_runs_none_is_late(engine: Engine, settings: Settings) -> None:
    before = DUE - 24 * HOUR
    batch(
        engine,
        "schedule",
        "published",
        dag_id="touchline",
        interval_end=before,
        created_at=before,
    )
    batch(engine, "schedule", "open", interval_end=DUE, created_at=DUE + 7 * HOUR)  # the first
    assert keys(engine, settings, DUE + 8 * HOUR) == []
